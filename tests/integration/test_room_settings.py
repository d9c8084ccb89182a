"""Each setting of a room, from the API into the store and the live room, and on to everyone who sees it."""

from typing import Any

import pytest

from signaling.client import Client, ClientOptions
from signaling.messages.room_settings import (
    NEW_ROOM,
    AllSettings,
    CallSettings,
    JoinSettings,
    PreviewSettings,
)
from signaling.rooms.room import Room
from tests.integration.api import Api
from tests.integration.conftest import until
from web.api.room_models import RoomSettings
from web.app import Server
from web.services import Services

pytestmark = pytest.mark.asyncio

SCHEMAS: dict[str, dict[str, Any]] = RoomSettings.model_json_schema()["properties"]


def another(name: str) -> Any:
    """A value that the setting may have, other than by default."""
    schema = SCHEMAS[name]
    (kind,) = (each for each in schema.get("anyOf", [schema]) if each["type"] != "null")
    match kind["type"]:
        case "boolean":
            return not NEW_ROOM[name]
        case "string":
            return next(each for each in kind.get("enum", ["Another"]) if each != NEW_ROOM[name])
        case _:
            return kind["minimum"]


@pytest.fixture
def server(server_on_each_database: Server) -> Server:
    return server_on_each_database


@pytest.fixture
def services(server: Server) -> Services:
    assert server.services is not None
    return server.services


@pytest.mark.parametrize("name", AllSettings.model_fields)
async def test_a_setting_that_is_changed(services: Services, url: str, name: str) -> None:
    value = another(name)
    assert value != NEW_ROOM[name]
    async with Api(url) as ada:
        await ada.register("Ada")
        room = await ada.good("POST", "/api/rooms/create", {})
        assert {each: room[each] for each in NEW_ROOM} == NEW_ROOM
        path = f"/api/rooms/{room['id']}"
        options = ClientOptions(audio_slots=1, video_slots=1, access_token=ada.access_token, wait=10.0)
        async with Client(url, room=room["code"], name="Ada", options=options) as inside:
            changed = await ada.good("PUT", path, {name: value})
            assert {each: changed[each] for each in NEW_ROOM} == {**NEW_ROOM, name: value}
            if name in CallSettings.model_fields:
                await until(lambda: getattr(inside.room, name) == value)
        stored = await services.store.rooms.by_id(room["id"])
        assert stored is not None
        assert stored.settings == {**NEW_ROOM, name: value}
        assert (await ada.good("GET", path))[name] == value
        await told_on_the_way_in(ada, room["code"], name, value)


async def told_on_the_way_in(ada: Api, code: str, name: str, value: Any) -> None:
    """A setting is sent to exactly those people that its declaration names."""
    preview = await ada.good("GET", f"/api/rooms/by-code/{code}")
    assert (name in PreviewSettings.model_fields, preview.get(name)) in ((True, value), (False, None))
    joined = await ada.good("POST", "/api/rooms/join", {"code": code})
    assert (name in JoinSettings.model_fields, joined["room"].get(name)) in ((True, value), (False, None))
    options = ClientOptions(audio_slots=1, video_slots=1, access_token=ada.access_token, wait=10.0)
    async with Client(ada.url, room=code, name="Ada", options=options) as inside:
        told = inside.room.model_dump()
    assert (name in CallSettings.model_fields, told.get(name)) in ((True, value), (False, None))


@pytest.mark.parametrize("name", AllSettings.model_fields)
async def test_a_setting_that_is_chosen_for_a_new_room_lasts(services: Services, url: str, name: str) -> None:
    value = another(name)
    async with Api(url) as ada:
        await ada.register("Ada")
        room = await ada.good("POST", "/api/rooms/create", {name: value})
        assert {each: room[each] for each in NEW_ROOM} == {**NEW_ROOM, name: value}
        assert await ada.good("PUT", f"/api/rooms/{room['id']}", {}) == room
        # Loaded from the store, as nobody has come in yet.
        live = await services.calls.find(room["code"])
        assert isinstance(live, Room)
        assert live.info.model_dump().get(name, value) == value
