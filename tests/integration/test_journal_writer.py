"""What happens in rooms, on its way to the database and back, on SQLite and on PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
import pytest_asyncio

from signaling import codes
from signaling.client import Client, ClientOptions
from signaling.messages.room_settings import NEW_ROOM
from signaling.rooms import registry
from signaling.rooms.journal import (
    Banned,
    Fact,
    HostMade,
    MessageDeleted,
    PresenceChanged,
    Said,
    SavedMessage,
    StateChanged,
)
from storage.batch import Batch
from storage.store import Store
from tests.integration.conftest import until
from tests.integration.talk import serving
from web.app import Server
from web.journal_writer import JournalWriter

pytestmark = pytest.mark.asyncio

NOW = 1_800_000_000.0
NO_MEDIA = ClientOptions(audio_slots=0, video_slots=0)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with Store(database, new_room=NEW_ROOM) as opened:
        yield opened


def message(number: int, text: str, to: str | None = None) -> SavedMessage:
    return SavedMessage(number, "ada", "Ada", text, to, to, NOW + number)


async def test_every_fact_is_in_the_database(store: Store) -> None:
    ada = (await store.users.create("ada@example.org", "Ada", "hash", NOW)).id
    room = (await store.rooms.create("abcde-fghjk-mnpqr", None, NOW, ttl_seconds=60.0)).id
    writer = JournalWriter(store, lambda: NOW + 30)
    writer.start()
    facts: list[Fact] = [
        StateChanged(room, "waiting"),
        StateChanged(room, "active"),
        PresenceChanged(room, ada, "Ada", "joined"),
        PresenceChanged(room, "guest-1", "Eve", "joined"),
        HostMade(room, ada, True),
        Said(room, message(1, "hello")),
        Said(room, message(1, "hello")),
        Said(room, message(2, "alone", "bob")),
        Said(room, message(3, "taken back")),
        MessageDeleted(room, 3, "ada"),
        Banned(room, "guest-1", "Eve", ada),
        PresenceChanged(room, "guest-1", "Eve", "removed"),
        Said("a room that is gone", message(4, "nobody will read this")),
        PresenceChanged(room, ada, "Ada", "left"),
        StateChanged(room, "waiting"),
    ]
    for fact in facts:
        writer.record(fact)
    await writer.stop()
    assert [(each.id, each.text, each.recipient_id) for each in await store.chat.page(room, None)] == [
        (1, "hello", None), (2, "alone", "bob"), (3, "", None),
    ]  # fmt: skip
    assert [(each.name, each.kind) for each in await store.history.page(room)] == [
        ("Ada", "joined"), ("Eve", "joined"), ("Eve", "removed"), ("Ada", "left"),
    ]  # fmt: skip
    assert [ban.person_id for ban in await store.rooms.bans(room)] == ["guest-1"]
    assert [(member.user_id, member.role) for member in await store.rooms.members(room)] == [(ada, "host")]
    found = await store.rooms.by_id(room)
    assert found is not None
    assert (found.state, found.last_active_at, found.expires_at) == ("waiting", NOW + 30, NOW + 90)


@pytest_asyncio.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[tuple[Server, str]]:
    async with serving(tmp_path / "data", database) as found:
        yield found


class Gate:
    """Between a server's writer and its store: what happens waits as long as the gate is shut."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        assert server.services is not None
        self.writer = server.services.calls._writer
        self.opened = asyncio.Event()
        self._write = self.writer._write
        monkeypatch.setattr(self.writer, "_write", self._write_later)

    async def _write_later(self, store: Store | Batch, fact: Fact, at: float) -> object:
        await self.opened.wait()
        writing: Awaitable[object] = self._write(store, fact, at)
        return await writing


async def test_a_room_does_not_expire_under_who_has_come_meanwhile(
    running: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, url = running
    assert server.services is not None
    store, calls = server.services.store, server.services.calls
    room = await store.rooms.create(codes.make_code(), None, time.time() - 59, ttl_seconds=60.0)
    gate = Gate(server, monkeypatch)
    async with Client(url, room.code, "Ada", NO_MEDIA) as ada:
        assert room.expires_at is not None
        await until(lambda: time.time() > (room.expires_at or 0))
        looking = asyncio.create_task(calls.poll())
        await until(lambda: looking.done() or gate.writer._waiting)
        gate.opened.set()
        await looking
        await ada.chat("still here")
        assert ada.bye is None
        assert await store.rooms.states([room.id]) == {room.id: "active"}


async def test_who_comes_back_finds_what_was_said_until_a_moment_ago(
    running: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "UNUSED_SECONDS", 0.0)
    server, url = running
    assert server.services is not None
    room = await server.services.store.rooms.create(codes.make_code(), None, time.time())
    gate = Gate(server, monkeypatch)
    said = [f"message {number}" for number in range(10)]
    async with Client(url, room.code, "Ada", NO_MEDIA) as ada:
        for text in said:
            await ada.chat(text)
    await until(lambda: not server.signaling.registry.rooms)
    bob = Client(url, room.code, "Bob", NO_MEDIA)
    joining = asyncio.create_task(bob.join())
    await until(lambda: gate.writer._waiting)
    assert not joining.done()
    gate.opened.set()
    await joining
    assert [message.text for message in bob.chat_messages] == said
    await bob.leave()
