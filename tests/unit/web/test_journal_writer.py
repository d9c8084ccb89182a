import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import pytest_asyncio

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
from storage.errors import NotFoundError, StorageUnavailableError
from storage.records import Message
from storage.store import Store
from tests import times
from tests.integration.conftest import until
from web import journal_writer as module
from web.journal_writer import JournalWriter

pytestmark = pytest.mark.asyncio

NOW = 1_800_000_000.0


def said(text: str, number: int = 1) -> Said:
    return Said("room", SavedMessage(number, "ada", "Ada", text, None, None, NOW))


class Notebook:
    """A store that records its calls; unavailable or slow if the test wants it."""

    def __init__(self) -> None:
        self.rooms = self.chat = self.history = self
        self.notes: list[tuple[Any, ...]] = []
        self.tries = 0
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    def _is_away(self, *, away: bool) -> None:
        self.error = StorageUnavailableError("the database is away") if away else None

    async def _note(self, *note: Any) -> None:
        self.tries += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.notes.append(note)

    async def add(self, *values: Any) -> None:
        await self._note("add", *values)

    async def delete(self, *values: Any) -> None:
        await self._note("delete", *values)

    async def set_state(self, *values: Any) -> None:
        await self._note("set_state", *values)

    async def ban(self, *values: Any) -> None:
        await self._note("ban", *values)

    async def add_member(self, *values: Any) -> None:
        await self._note("add_member", *values)

    def batch(self) -> "Notebook":
        """Facts are noted as they come."""
        return self

    async def commit(self) -> None:
        """Done."""

    async def mark_gap(self, *values: Any) -> None:
        await self._note("mark_gap", *values)

    @property
    def texts(self) -> list[str]:
        return [note[1].text for note in self.notes if isinstance(note[1], Message)]


class Rig:
    def __init__(self) -> None:
        self.now = NOW
        self.store = Notebook()
        self.writer = JournalWriter(cast(Store, self.store), lambda: self.now)

    def record(self, *facts: Fact) -> None:
        for fact in facts:
            self.writer.record(fact)


@pytest_asyncio.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setattr(module, "FIRST_RETRY", 0.001)
    monkeypatch.setattr(module, "LONGEST_RETRY", 0.01)
    made = Rig()
    yield made
    made.store.error = None
    made.store.open.set()
    await made.writer.stop()


async def test_facts_are_written_in_order_with_the_time_when_they_happened(rig: Rig) -> None:
    facts: list[Fact] = [
        StateChanged("room", "active"),
        PresenceChanged("room", "ada", "Ada", "joined"),
        said("hello"),
        MessageDeleted("room", 1, "ada"),
        Banned("room", "eve", "Eve", "ada"),
        HostMade("room", "bob", True),
        HostMade("room", "bob", False),
    ]
    for fact in facts:
        rig.record(fact)
        rig.now += 1
    rig.now += 3600  # so late is it written
    rig.writer.start()
    assert await rig.writer.written(5)
    assert rig.store.notes == [
        ("set_state", "room", "active", NOW),
        ("add", "room", "ada", "Ada", "joined", NOW + 1),
        ("add", Message("room", 1, "ada", "Ada", "hello", None, None, NOW)),
        ("delete", "room", 1, NOW + 3, "ada"),
        ("ban", "room", "eve", "Eve", "ada", NOW + 4),
        ("add_member", "room", "bob", "host", NOW + 5),
        ("add_member", "room", "bob", "member", NOW + 6),
    ]


async def test_while_the_database_is_away_everything_waits(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig.writer.start()
    rig.record(said("0"))
    assert await rig.writer.written(5)
    rig.store._is_away(away=True)
    rig.record(*(said(str(number), number) for number in range(1, 50)))
    await until(lambda: rig.store.tries > 4)
    assert not await rig.writer.written(0.01)
    assert rig.store.texts == ["0"]
    rig.store._is_away(away=False)
    assert await rig.writer.written(5)
    assert rig.store.texts == [str(number) for number in range(50)]
    assert caplog.messages == [
        "room events are waiting to be stored: the database is away",
        "room events are being stored again",
    ]


@pytest.mark.parametrize("error", [NotFoundError(), ValueError("a mistake of ours")])
async def test_what_can_t_be_stored_holds_up_nothing_else(rig: Rig, error: Exception) -> None:
    rig.store.error = error
    rig.writer.start()
    rig.record(said("of a room that is gone"))
    assert await rig.writer.written(5)
    rig.store.error = None
    rig.record(said("next"))
    assert await rig.writer.written(5)
    assert (rig.store.texts, rig.store.tries) == (["next"], 2)


async def test_what_waits_is_written_in_batches(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    async def commit() -> None:
        sizes.append(len(rig.store.texts) - sum(sizes))

    monkeypatch.setattr(rig.store, "commit", commit)
    rig.record(*(said(str(number), number) for number in range(450)))
    rig.writer.start()
    assert await rig.writer.written(5)
    assert sizes == [200, 200, 50]
    assert rig.store.texts == [str(number) for number in range(450)]


async def test_a_batch_that_fails_is_written_one_by_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a batch is stored that fails, for there is one fact in it that can't be."""
    single, batches = Notebook(), [0]

    class Broken(Notebook):
        async def commit(self) -> None:
            batches[0] += 1
            raise NotFoundError

    monkeypatch.setattr(rig.store, "batch", Broken)
    monkeypatch.setattr(rig.store, "add", single.add)
    rig.record(*(said(str(number), number) for number in range(60)))
    rig.writer.start()
    assert await rig.writer.written(5)
    assert single.texts == [str(number) for number in range(60)]
    assert batches == [1]


async def test_where_messages_were_lost_is_marked(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FACTS", 3)
    rig.store._is_away(away=True)
    rig.writer.start()
    rig.record(*(said(str(number), number) for number in range(10, 16)), StateChanged("other", "active"))
    assert (rig.writer.lost, rig.writer.lost_in_all) == (4, 4)
    rig.store._is_away(away=False)
    assert await rig.writer.written(5)
    assert [note[:3] for note in rig.store.notes if note[0] == "mark_gap"] == [("mark_gap", "room", 12)]
    assert (rig.writer.lost, rig.writer.lost_in_all) == (0, 4)
    assert await rig.writer.stop()


async def test_only_so_much_waits_and_the_rest_is_counted(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MAX_FACTS", 10)
    monkeypatch.setattr(module, "MAX_CHARACTERS", 1000)
    rig.record(said("x" * 990), *(said(str(number)) for number in range(15)))
    assert rig.writer.lost == 6
    rig.writer.start()
    assert await rig.writer.written(5)
    assert rig.store.texts[1:] == [str(number) for number in range(9)]
    assert caplog.messages == [
        "the database has been unavailable for too long; room events are no longer stored",
        "6 room events from while the database was unavailable are not stored",
    ]
    assert rig.writer.lost == 0
    # By the length of its texts, too.
    rig.store.open.clear()
    rig.record(said("x" * 600), said("y" * 600), said("z" * 400))
    assert rig.writer.lost == 1
    rig.store.open.set()
    assert await rig.writer.written(5)
    assert [text[0] for text in rig.store.texts[-2:]] == ["x", "z"]
    rig.record(said("x" * 1000))
    assert rig.writer.lost == 0


async def test_who_waits_does_not_wait_for_what_happens_later(rig: Rig) -> None:
    """A server on which something always happens would else never load a room."""
    rig.writer.start()
    rig.store.open.clear()
    rig.record(said("before"))
    waiting = asyncio.create_task(rig.writer.written(5))
    await until(lambda: rig.store.tries == 1)
    rig.record(said("after"))
    slow, rig.store.open = rig.store.open, asyncio.Event()
    slow.set()
    assert await waiting
    assert rig.store.texts == ["before"]


async def test_who_gives_up_waiting_leaves_nothing(rig: Rig) -> None:
    rig.store.open.clear()
    rig.writer.start()
    rig.record(said("hello"))
    cancelled = asyncio.create_task(rig.writer.written(5))
    patient = asyncio.create_task(rig.writer.written(5))
    assert await asyncio.gather(*(rig.writer.written(0.01) for _ in range(20))) == [False] * 20
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert len(rig.writer._waiting) == 1
    rig.store.open.set()
    assert await patient
    assert len(rig.writer._waiting) == 0


async def test_the_end_writes_what_waits(rig: Rig) -> None:
    rig.writer.start()
    rig.record(*(said(str(number), number) for number in range(100)))
    await rig.writer.stop()
    assert len(rig.store.texts) == 100


async def test_the_end_does_not_wait_for_ever(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.store._is_away(away=True)
    rig.writer.start()
    rig.record(said("1"), said("2"))
    before = time.monotonic()
    await rig.writer.stop(timeout=0.05)
    assert time.monotonic() - before < times.seconds(2)
    assert caplog.messages[-1] == "2 room events were not stored"
    await rig.writer.stop()
