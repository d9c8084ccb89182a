"""What happens to a room while the database is being asked about it, on SQLite and on PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from signaling import codes
from signaling.client import Client, ClientOptions
from signaling.client.errors import ClientError
from signaling.errors import RoomError
from storage.records import Room
from tests.integration.conftest import until
from tests.integration.talk import log_in, register, serving
from web.app import Server
from web.services import Services

pytestmark = pytest.mark.asyncio

NO_MEDIA = ClientOptions(audio_slots=0, video_slots=0)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


class Running:
    """A server whose questions to the database can be held up."""

    def __init__(self, server: Server, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.url = url
        self._monkeypatch = monkeypatch

    @property
    def services(self) -> Services:
        assert self.server.services is not None
        return self.server.services

    async def room(self, owner: str | None = None, *, age: float = 0.0, **settings: Any) -> Room:
        return await self.services.store.rooms.create(codes.make_code(), owner, time.time() - age, **settings)

    def hold(self, repository: object, name: str) -> "Held":
        """Hold up the next answer of a repository's method."""
        return Held(repository, name, self._monkeypatch)

    async def ask(self, method: str, path: str, token: str, body: object = None) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, json=body, headers=headers) as response,
        ):
            return response.status


class Held:
    """An answer that has been given and doesn't arrive until `let_go`."""

    def __init__(self, repository: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given = asyncio.Event()
        self._go = asyncio.Event()
        ask = getattr(repository, name)

        async def later(*arguments: object, **named: object) -> object:
            answer = await ask(*arguments, **named)
            if not self.given.is_set():
                self.given.set()
                await self._go.wait()
            return answer

        monkeypatch.setattr(repository, name, later)

    def let_go(self) -> None:
        self._go.set()


@pytest_asyncio.fixture
async def running(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with serving(tmp_path / "data", database) as (server, url):
        calls = server.services.calls if server.services is not None else None
        assert calls is not None
        for task in calls._tasks:  # the tests look themselves, when they want to
            task.cancel()
        yield Running(server, url, monkeypatch)


async def test_a_room_that_is_opened_while_states_are_asked_for_lives_on(running: Running) -> None:
    calls, store = running.services.calls, running.services.store
    await calls.open((await running.room()).id)
    states = running.hold(store.rooms, "states")
    polling = asyncio.create_task(calls.poll())
    await states.given.wait()
    async with Client(running.url, (await running.room()).code, "Ada", NO_MEDIA) as ada:
        states.let_go()
        await polling
        await ada.chat("still here")
        assert ada.bye is None


async def test_a_room_that_ended_elsewhere_is_ended_here(running: Running) -> None:
    calls, store = running.services.calls, running.services.store
    destroyed, deleted = await running.room(), await running.room()
    for room in (destroyed, deleted):
        await calls.open(room.id)
    await store.rooms.set_state(destroyed.id, "destroyed", time.time())
    await store.rooms.delete(deleted.id)
    await calls.poll()
    assert [calls.live(room.id) for room in (destroyed, deleted)] == [None, None]


async def test_a_room_that_is_deleted_while_it_is_being_opened_is_not_there(running: Running) -> None:
    calls, store = running.services.calls, running.services.store
    room = await running.room()
    page = running.hold(store.chat, "page")
    opening = asyncio.create_task(calls.open(room.id))
    await page.given.wait()
    assert await calls.destroy(room.id)
    page.let_go()
    assert await opening is None
    assert calls.live(room.id) is None


async def test_a_room_that_expires_while_it_is_being_opened_is_not_there(running: Running) -> None:
    calls, store = running.services.calls, running.services.store
    room = await running.room(age=59.5, ttl_seconds=60.0)
    page = running.hold(store.chat, "page")
    opening = asyncio.create_task(calls.open(room.id))
    await page.given.wait()
    await until(lambda: time.time() > (room.expires_at or 0))
    await calls.poll()
    page.let_go()
    assert await opening is None
    assert calls.live(room.id) is None


async def test_a_room_that_somebody_enters_while_it_expires_goes_on(running: Running) -> None:
    calls, store = running.services.calls, running.services.store
    room = await running.room(age=59.5, ttl_seconds=60.0)
    async with Client(running.url, room.code, "Early", NO_MEDIA):
        pass
    await until(lambda: (live := calls.live(room.id)) is not None and not live.participants)
    await calls.written()
    await store.rooms.update(room.id, ttl_seconds=-1.0)  # its time is over since a moment
    due = running.hold(store.rooms, "expire_due")
    polling = asyncio.create_task(calls.poll())
    await due.given.wait()
    assert await store.rooms.states([room.id]) == {room.id: "expired"}
    async with Client(running.url, room.code, "Ada", NO_MEDIA) as ada:
        due.let_go()
        await polling
        await ada.chat("still here")
        assert ada.bye is None
        await calls.written()
        assert await store.rooms.states([room.id]) == {room.id: "active"}
    await calls.written()
    assert await store.rooms.states([room.id]) == {room.id: "waiting"}


async def test_settings_members_and_bans_that_change_while_a_room_is_being_opened_are_taken_over(
    running: Running,
) -> None:
    calls, store = running.services.calls, running.services.store
    await register(running.url)
    token = (await log_in(running.url)).access_token
    owner = await store.users.by_email("ada@example.org")
    assert owner is not None
    room = await running.room(owner.id, title="before")
    await store.rooms.ban(room.id, "guest", "Eve", owner.id, time.time())
    page = running.hold(store.chat, "page")
    opening = asyncio.create_task(calls.open(room.id))
    await page.given.wait()
    assert await running.ask("PUT", f"/api/rooms/{room.id}", token, {"title": "after", "locked": True}) == 200
    assert await running.ask("DELETE", f"/api/rooms/{room.id}/bans/guest", token) == 204
    page.let_go()
    live = await opening
    assert live is not None
    assert (live.info.title, live.info.locked, live.admission.banned) == ("after", True, set())


async def test_who_signs_out_while_a_room_is_being_opened_for_them_does_not_come_in(running: Running) -> None:
    calls, store = running.services.calls, running.services.store
    await register(running.url)
    token = (await log_in(running.url)).access_token
    owner = await store.users.by_email("ada@example.org")
    assert owner is not None
    room = await running.room(owner.id)
    client = Client(running.url, room.code, "Ada", ClientOptions(audio_slots=0, video_slots=0, access_token=token))
    signaling = running.services.signaling
    await calls.open(room.id)
    opening = asyncio.Event()
    going = asyncio.Event()
    open_room = signaling.registry.open

    async def open_later(identifier: str, now: float) -> Any:
        opening.set()
        await going.wait()
        return await open_room(identifier, now)

    signaling.registry.open = open_later  # type: ignore[method-assign]
    joining = asyncio.create_task(client.join())
    await opening.wait()
    assert await running.ask("POST", "/api/auth/logout", token) == 204
    going.set()
    with pytest.raises((ClientError, RoomError)) as caught:
        await joining
    assert getattr(caught.value, "code", "") in ("bad_token", "invalid_token", "unauthorized")
    live = calls.live(room.id)
    assert live is not None
    assert live.participants == {}
    await client.close()
