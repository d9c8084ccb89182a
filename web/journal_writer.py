"""Stores what happens in rooms, in the background: calls never wait for the database, even if it is unavailable."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice

from signaling.rooms.journal import Banned, Fact, HostMade, MessageDeleted, PresenceChanged, Said, StateChanged
from storage.batch import Batch
from storage.errors import StorageError, StorageUnavailableError
from storage.records import Message
from storage.store import Store

log = logging.getLogger(__name__)

MAX_FACTS = 50_000
MAX_CHARACTERS = 16 << 20
"""How many facts may wait for the database, and how long their texts may be in total. Further ones are lost, and
counted."""

MAX_BATCH = 200
"""Facts written in one transaction. With this many, a second's worth of facts from the busiest rooms is stored in a few
hundredths of a second, so a crash loses at most the last second while the database answers.
"""

FIRST_RETRY, LONGEST_RETRY = 0.25, 2.0
"""Seconds between attempts while the database is unavailable."""


class JournalWriter:
    """The `Journal` of this server: a queue in memory, and a task that empties it. Call `start`, then `stop`."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._facts: deque[tuple[Fact, float]] = deque()
        self._characters = 0
        self._news = asyncio.Event()
        self._taken = self._done = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        """Callers that wait until this many facts are done, in that order."""
        self._task: asyncio.Task[None] | None = None
        self._singly = 0
        """How many facts are to be written one by one, because one of them made a batch fail."""
        self.lost = 0
        """Facts lost since the queue was last empty."""
        self.lost_in_all = 0
        """Facts lost since the start."""
        self._gaps: dict[str, int] = {}
        """Rooms with missing chat messages, each with the id of the last message before those."""

    def __len__(self) -> int:
        """Return the number of facts that wait."""
        return len(self._facts)

    def start(self) -> None:
        """Start writing."""
        self._task = asyncio.create_task(self._run(), name="journal writer")

    async def stop(self, timeout: float = 5.0) -> bool:
        """Write what can be written within `timeout` seconds, and end. Returns whether everything is stored."""
        if self._task is None:
            return False
        stored = await self.written(timeout) and not self._gaps
        if self._facts:
            log.error("%d room events were not stored", len(self._facts))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        return stored

    def record(self, fact: Fact) -> None:
        """Queue a fact."""
        length = _length(fact)
        if len(self._facts) >= MAX_FACTS or self._characters + length > MAX_CHARACTERS:
            if self.lost == 0:
                log.error("the database has been unavailable for too long; room events are no longer stored")
            self.lost += 1
            self.lost_in_all += 1
            if isinstance(fact, Said) and len(self._gaps) < MAX_FACTS:
                self._gaps.setdefault(fact.room, fact.message.id - 1)
            return
        self._facts.append((fact, self._clock()))
        self._characters += length
        self._taken += 1
        self._news.set()

    async def written(self, timeout: float) -> bool:
        """Wait until everything so far is stored. Returns False if it isn't after `timeout` seconds."""
        if not self._facts:
            return True
        waiter = self._taken, asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter[1]
        except TimeoutError:
            return False
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
        return True

    async def _run(self) -> None:
        delay = FIRST_RETRY
        while True:
            if not self._facts:
                self._news.clear()
                await self._news.wait()
            try:
                written = await self._write_next()
            except StorageUnavailableError as error:
                if delay == FIRST_RETRY:
                    log.warning("room events are waiting to be stored: %s", error)
                await asyncio.sleep(delay)
                delay = min(2 * delay, LONGEST_RETRY)
                continue
            if delay != FIRST_RETRY:
                log.info("room events are being stored again")
            delay = FIRST_RETRY
            for _ in range(written):
                self._finish()

    async def _write_next(self) -> int:
        """Write the oldest facts, and return how many. Raises `StorageUnavailableError`."""
        await self._write_gaps()
        facts = list(islice(self._facts, MAX_BATCH))
        if len(facts) > 1 and self._singly == 0:
            try:
                batch = self._store.batch()
                for fact, at in facts:
                    await self._write(batch, fact, at)
                await batch.commit()
            except StorageUnavailableError:
                raise
            except Exception as error:
                log.debug("storing room events one by one: %s", type(error).__name__)
                self._singly = len(facts)
            else:
                return len(facts)
        self._singly = max(0, self._singly - 1)
        fact, at = facts[0]
        try:
            await self._write(self._store, fact, at)
        except StorageUnavailableError:
            self._singly += 1
            raise
        except StorageError as error:
            # For example, the room has been deleted in the meantime.
            log.debug("%s is not stored: %s", type(fact).__name__, type(error).__name__)
        except Exception:
            log.exception("%s is not stored", type(fact).__name__)
        return 1

    async def _write_gaps(self) -> None:
        """Mark where messages were lost, once the database is available again."""
        while self._gaps:
            room, after = next(iter(self._gaps.items()))
            try:
                await self._store.chat.mark_gap(room, after, self._clock())
            except StorageUnavailableError:
                raise
            except StorageError:
                log.debug("room %s has gone", room)
            self._gaps.pop(room, None)

    def _finish(self) -> None:
        """Remove the first fact, which is done."""
        fact, _ = self._facts.popleft()
        self._characters -= _length(fact)
        self._done += 1
        if self.lost and not self._facts:
            log.error("%d room events from while the database was unavailable are not stored", self.lost)
            self.lost = 0
        while self._waiting and self._waiting[0][0] <= self._done:
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _write(self, store: Store | Batch, fact: Fact, at: float) -> Awaitable[object]:
        rooms = store.rooms
        match fact:
            case Said(room, message):
                said = Message(
                    room_id=room,
                    id=message.id,
                    sender_id=message.sender,
                    sender_name=message.sender_name,
                    text=message.text,
                    recipient_id=message.recipient,
                    recipient_name=message.recipient_name,
                    sent_at=message.sent_at,
                    client_id=message.client_id,
                )
                return store.chat.add(said)
            case MessageDeleted(room, message_id, by):
                return store.chat.delete(room, message_id, at, by)
            case StateChanged(room, state):
                return rooms.set_state(room, state, at)
            case PresenceChanged(room, person, name, kind):
                return store.history.add(room, person, name, kind, at)
            case Banned(room, person, name, by):
                return rooms.ban(room, person, name, by, at)
            case HostMade(room, person, host):
                return rooms.add_member(room, person, "host" if host else "member", at)


def _length(fact: Fact) -> int:
    return len(fact.message.text) if isinstance(fact, Said) else 0
