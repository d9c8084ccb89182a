"""API keys: administrators make and revoke them; with one, a program has rooms, and lets its own people in."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from signaling import join_token
from signaling.client import Client, ClientError, ClientOptions, create_room
from signaling.rooms.participant import Person
from storage.repositories.api_keys import PREFIX
from tests import times
from tests.integration.api import Api
from tests.integration.running import serving
from tests.storage.postgres import Postgres
from web import api
from web.api.endpoint import Access
from web.api.scopes import OF_OWNER
from web.app import Server

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    settings = {}
    postgres: Postgres | None = None
    if request.param == "postgres":
        found: Postgres = request.getfixturevalue("postgres")
        postgres = found
        settings["database"] = postgres.create("api_keys")
    async with serving(tmp_path, **settings) as running:
        yield running
    if postgres is not None:
        postgres.drop("api_keys")


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


async def administrator(server: Server, name: str) -> Api:
    """An administrator, logged in."""
    person = Api(url(server))
    await person.register(name)
    assert server.services is not None
    await server.services.store.users.set_administrator(person.user["id"], time.time())
    return person


@pytest_asyncio.fixture
async def ada(server: Server) -> AsyncIterator[Api]:
    async with await administrator(server, "Ada") as person:
        yield person


async def made(ada: Api, name: str, *scopes: str, **more: Any) -> str:
    """A key that the administrator makes."""
    answer = await ada.good("POST", "/api/admin/keys", {"name": name, "scopes": list(scopes), **more})
    return str(answer["token"])


@pytest_asyncio.fixture
async def portal(server: Server, ada: Api) -> AsyncIterator[Api]:
    """Another product, with a key of Ada's."""
    async with Api(url(server)) as program:
        program.access_token = await made(ada, "Portal", "rooms", "join")
        yield program


async def test_an_administrator_makes_lists_and_revokes_keys(ada: Api) -> None:
    soon = time.time() + 3600
    token = await made(ada, " Portal ", "join", "rooms", expires_at=soon)
    assert token.startswith("milanio_")
    (key,) = (await ada.good("GET", "/api/admin/keys"))["keys"]
    assert (key["name"], key["scopes"], key["owner"]) == ("Portal", ["rooms", "join"], "Ada")
    assert (key["last_used_at"], key["expires_at"]) == (None, soon)
    assert token not in str(key)
    same = {"name": "Portal", "scopes": ["rooms"]}
    assert await ada.refused("POST", "/api/admin/keys", same) == (409, "name_taken")
    for wrong in (
        {"name": "X", "scopes": []},
        {"name": "X", "scopes": ["everything"]},
        {"name": " \n", "scopes": ["rooms"]},
        {"name": "X", "scopes": ["rooms"], "expires_at": 1.0},
    ):
        assert await ada.refused("POST", "/api/admin/keys", wrong) == (422, "invalid")
    await ada.good("DELETE", f"/api/admin/keys/{key['id']}")
    assert (await ada.good("GET", "/api/admin/keys"))["keys"] == []
    assert await ada.refused("DELETE", f"/api/admin/keys/{key['id']}") == (404, "not_found")


async def test_a_program_has_the_rooms_of_its_owner(server: Server, ada: Api, portal: Api) -> None:
    own = await ada.good("POST", "/api/rooms/create", {"title": "Ada's"})
    room = await portal.good("POST", "/api/rooms/create", {"title": "Lesson", "access": "members"})
    assert (room["role"], room["access"], room["expires_at"]) == ("owner", "members", None)
    listed = (await portal.good("GET", "/api/rooms"))["rooms"]
    assert {each["title"] for each in listed} == {"Ada's", "Lesson"}
    assert {each["id"] for each in (await ada.good("GET", "/api/rooms"))["rooms"]} == {own["id"], room["id"]}
    path = f"/api/rooms/{room['id']}"
    assert (await portal.good("PUT", path, {"title": "Lesson 2", "capacity": 9}))["capacity"] == 9
    assert (await portal.good("GET", path))["title"] == "Lesson 2"
    assert (await portal.good("GET", f"{path}/participants"))["participants"] == []
    await portal.good("POST", f"{path}/end")
    await portal.good("DELETE", path)
    assert await portal.refused("GET", path) == (404, "not_found")
    code = await create_room(url(server), "By the client", portal.access_token)
    assert code in {each["code"] for each in (await ada.good("GET", "/api/rooms"))["rooms"]}


async def test_a_program_has_no_rooms_of_others_not_even_where_its_owner_is_host(
    server: Server, ada: Api, portal: Api
) -> None:
    async with Api(url(server)) as ben:
        await ben.register("Ben")
        room = await ben.good("POST", "/api/rooms/create", {"title": "Ben's"})
        path = f"/api/rooms/{room['id']}"
        invited = await ben.good("POST", f"{path}/members", {"email": "ada@example.org", "role": "host"})
        await ada.good("POST", "/api/rooms/accept", {"token": invited["link"].partition("#invite=")[2]})
    assert (await ada.good("GET", path))["role"] == "host"
    assert (await portal.good("GET", "/api/rooms"))["rooms"] == []
    for method, end in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/end"), ("GET", "/participants")):
        assert await portal.refused(method, path + end, {} if method == "PUT" else None) == (404, "not_found")
    join = {"code": room["code"], "name": "Cleo"}
    assert await portal.refused("POST", "/api/rooms/join", join) == (403, "not_allowed")
    join["code"] = "zzzzz-zzzzz-zzzzz"
    assert await portal.refused("POST", "/api/rooms/join", join) == (404, "room_not_found")


async def test_a_program_lets_its_people_in(server: Server, portal: Api) -> None:
    """Without waiting; the host as host, the others not; known again by the program's own id."""
    room = await portal.good("POST", "/api/rooms/create", {"title": "Lesson", "access": "waiting"})
    options = ClientOptions(access_token=portal.access_token)
    teacher = Client(url(server), room["code"], "Teacher", ClientOptions(access_token=portal.access_token, host=True))
    async with Client(url(server), room["code"], "Pupil", options), teacher:
        found = (await portal.good("GET", f"/api/rooms/{room['id']}/participants"))["participants"]
        assert {(each["name"], each["host"], each["guest"]) for each in found} == {
            ("Pupil", False, True),
            ("Teacher", True, True),
        }
        joined = await portal.good(
            "POST", "/api/rooms/join", {"code": room["code"], "name": "Cleo", "person": "cleo@school"}
        )
        assert (joined["waits"], joined["ws_url"]) == (False, "/ws")
        assert "cleo@school" not in str(joined)
        await portal.good("POST", f"/api/rooms/{room['id']}/end")
        async with asyncio.timeout(times.seconds(10)):
            async for _ in teacher.events():
                pass
    assert teacher.bye is not None


async def test_people_are_known_by_the_programs_id(server: Server, portal: Api) -> None:
    room = await portal.good("POST", "/api/rooms/create", {"title": "Lesson"})

    async def person(**who: Any) -> str:
        joined = await portal.good("POST", "/api/rooms/join", {"code": room["code"], "name": "Cleo", **who})
        assert server.services is not None
        return join_token.verify(joined["token"], server.services.signaling.key).person.id

    device = "0123456789abcdef" * 2
    assert await person(person="7") == await person(person="7", device=device)
    assert await person(device=device) == await person(device=device)
    others = [await person(), await person(), await person(person="8"), await person(person="7")]
    assert len({*others, await person(device=device)}) == 5


async def test_the_rules_of_the_room_apply_to_a_programs_people(server: Server, portal: Api) -> None:
    room = await portal.good("POST", "/api/rooms/create", {"locked": True})
    cleo = {"code": room["code"], "name": "Cleo", "person": "7"}
    assert await portal.refused("POST", "/api/rooms/join", cleo) == (403, "room_locked")
    token = (await portal.good("POST", "/api/rooms/join", {**cleo, "host": True}))["token"]
    assert server.services is not None
    person = join_token.verify(token, server.services.signaling.key).person.id
    live = server.services.calls.live(room["id"])
    assert live is not None
    live.admission.ban(Person(person, "Cleo"))
    assert await portal.refused("POST", "/api/rooms/join", {**cleo, "host": True}) == (403, "banned")


async def test_people_cannot_say_that_they_are_host_or_someone_else(server: Server, ada: Api) -> None:
    room = await ada.good("POST", "/api/rooms/create", {})
    async with Api(url(server)) as guest:
        for more in ({"host": True}, {"person": "1"}):
            join = {"code": room["code"], "name": "Eve", **more}
            assert await guest.refused("POST", "/api/rooms/join", join) == (403, "not_allowed")
    assert await ada.refused("POST", "/api/rooms/join", {"code": room["code"], "host": True}) == (403, "not_allowed")


async def test_a_name_is_needed(portal: Api) -> None:
    room = await portal.good("POST", "/api/rooms/create", {})
    status, answer = await portal.call("POST", "/api/rooms/join", {"code": room["code"]})
    assert (status, answer["error"]["fields"]) == (422, {"name": "Enter your name."})


OWNERS = [endpoint for group in api.ALL for endpoint in group.all if endpoint.scope in OF_OWNER]


async def test_wrong_scopes_are_refused_and_no_other_endpoint_takes_keys(server: Server, ada: Api) -> None:
    assert {endpoint.path.partition("{")[0] for endpoint in OWNERS} == {
        "/api/rooms",
        "/api/rooms/",
        "/api/rooms/create",
        "/api/rooms/join",
        "/api/rooms/link",
    }
    tokens = {scope: await made(ada, scope, scope) for scope in ("rooms", "join", "calls.read")}
    async with Api(url(server)) as program:
        for endpoint in (endpoint for group in api.ALL for endpoint in group.all):
            if endpoint.access in (Access.PUBLIC, Access.ADMIN):
                continue
            path = endpoint.path.replace("{", "").replace("}", "")
            for scope, token in tokens.items():
                program.access_token = token
                status, answer = await program.call(endpoint.method, path)
                if endpoint.scope is None:
                    assert (status, answer["error"]["message"]) == (401, "API keys aren't accepted here."), path
                elif endpoint.scope != scope:
                    assert (status, answer["error"]["code"]) == (403, "wrong_scope"), (path, scope)
                    assert answer["error"]["message"] == f"This needs a key with the scope {endpoint.scope}."
                else:
                    assert status in (200, 201, 404, 422), (path, scope, answer)


async def test_a_key_ends_when_it_expires_or_is_revoked_or_its_owner_is_disabled(
    server: Server, ada: Api, portal: Api
) -> None:
    assert server.services is not None
    store = server.services.store
    (key,) = await store.api_keys.list()

    async def is_found() -> bool:
        return await store.api_keys.by_id(key.id, time.time()) is not None

    await portal.good("GET", "/api/rooms")
    assert await is_found()
    await store.users.disable(ada.user["id"], time.time())
    assert await portal.refused("GET", "/api/rooms") == (401, "not_signed_in")
    assert not await is_found()
    await store.users.enable(ada.user["id"])
    await portal.good("GET", "/api/rooms")
    assert await is_found()
    assert await store.api_keys.revoke("Portal")
    assert not await is_found()
    status, answer = await portal.call("GET", "/api/rooms")
    assert (status, answer["error"]["message"]) == (401, "This API key is wrong, has expired, or was revoked.")
    with pytest.raises(ClientError, match="has expired, or was revoked"):
        await create_room(url(server), "", portal.access_token)
    now = time.time()
    portal.access_token = await store.api_keys.create("Brief", ["rooms"], now - 9, ada.user["id"], now - 1)
    assert await portal.refused("GET", "/api/rooms") == (401, "not_signed_in")


async def test_keys_for_the_server_end_with_the_owners_right(server: Server, ada: Api) -> None:
    async with await administrator(server, "Ben") as ben, Api(url(server)) as program:
        program.access_token = await made(ben, "Ben's", "calls.read", "rooms")
        await program.good("GET", "/api/admin/rooms")
        await ada.good("PUT", f"/api/admin/users/{ben.user['id']}/administrator", {"administrator": False})
        assert await program.refused("GET", "/api/admin/rooms") == (403, "not_administrator")
        await program.good("GET", "/api/rooms")


async def test_what_programs_do_is_in_the_log(portal: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        room = await portal.good("POST", "/api/rooms/create", {})
        await portal.good("DELETE", f"/api/rooms/{room['id']}")
    facts = [vars(record).get("facts", {}) for record in caplog.records]
    assert [each for each in facts if each.get("key") == "Portal"] == [
        {"do": "POST /api/rooms/create", "key": "Portal"},
        {"room": room["id"], "do": "DELETE ", "key": "Portal"},
    ]


async def test_limits_are_by_key(tmp_path: Path) -> None:
    """Not by address: a program in the name of thousands of people has only one."""
    async with (
        serving(tmp_path, rate_limits=True) as server,
        await administrator(server, "Ada") as ada,
        Api(url(server)) as one,
        Api(url(server)) as other,
    ):
        one.access_token, other.access_token = await made(ada, "One", "rooms"), await made(ada, "Other", "rooms")
        for _ in range(120):
            await one.good("POST", "/api/rooms/create", {})
        status, answer = await one.call("POST", "/api/rooms/create", {})
        assert (status, answer["error"]["code"]) == (429, "too_many")
        await other.good("POST", "/api/rooms/create", {})
        await one.good("GET", "/api/rooms")


async def test_wrong_keys_are_looked_up_only_so_often(tmp_path: Path) -> None:
    """Each is a question to the database, and strangers can send any number of them."""
    async with serving(tmp_path, rate_limits=True) as server, Api(url(server)) as stranger:
        stranger.access_token = PREFIX + "x" * 43
        status, answer = await stranger.call("GET", "/api/rooms")
        assert (status, answer["error"]["code"]) == (401, "not_signed_in")
        assert server.services is not None
        limits = server.services.limits
        while limits.hit("unknown-key-lookup", "127.0.0.1") is None:
            pass
        for path in ("/api/rooms", "/api/admin/keys"):
            status, answer = await stranger.call("GET", path)
            assert (status, answer["error"]["code"]) == (429, "too_many")
