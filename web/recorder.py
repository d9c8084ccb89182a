"""Writes down what happens in rooms, behind the calls: they never wait for the database, nor notice that it is away."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from signaling.journal import Banned, Fact, Happened, HostMade, Said, StateChanged, Unsaid
from storage.errors import StorageError, StorageUnavailableError
from storage.records import Message
from storage.store import Store

log = logging.getLogger(__name__)

MAX_WAITING = 50_000
"""Facts that wait for the database; what comes on top is lost, and counted."""

FIRST_RETRY, LONGEST_RETRY = 0.25, 2.0
"""Seconds between tries while the database is away."""


class Recorder:
    """The `Journal` of this server: a queue in memory, and one task that empties it in order. `start`, `stop`."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._facts: deque[tuple[Fact, float]] = deque()
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task: asyncio.Task[None] | None = None
        self.lost = 0

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="recorder")

    async def stop(self, timeout: float = 5.0) -> None:
        """Write what waits, as far as that goes within `timeout` seconds, and end."""
        if self._task is None:
            return
        if not await self.written(timeout):
            log.error("%d things that happened in rooms were not stored", len(self._facts))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    def record(self, fact: Fact) -> None:
        """Take a fact down."""
        if len(self._facts) >= MAX_WAITING:
            if self.lost == 0:
                log.error("the database has been away for long; what happens in rooms is not stored any more")
            self.lost += 1
            return
        self._facts.append((fact, self._clock()))
        self._empty.clear()
        self._news.set()

    async def written(self, timeout: float) -> bool:
        """Wait until everything is stored. False: it isn't, after so many seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        delay = FIRST_RETRY
        while True:
            if not self._facts:
                self._empty.set()
                self._news.clear()
                await self._news.wait()
            fact, at = self._facts[0]
            try:
                await self._write(fact, at)
            except StorageUnavailableError:
                await asyncio.sleep(delay)
                delay = min(2 * delay, LONGEST_RETRY)
                continue
            except StorageError as error:
                # As when the room was deleted meanwhile.
                log.debug("%s is not stored: %s", type(fact).__name__, type(error).__name__)
            except Exception:
                log.exception("%s is not stored", type(fact).__name__)
            delay = FIRST_RETRY
            self.lost = 0
            self._facts.popleft()

    def _write(self, fact: Fact, at: float) -> Awaitable[object]:
        rooms = self._store.rooms
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
                )
                return self._store.chat.add(said)
            case Unsaid(room, message_id):
                return self._store.chat.delete(room, message_id, at)
            case StateChanged(room, state):
                return rooms.set_state(room, state, at)
            case Happened(room, person, name, kind):
                return self._store.history.add(room, person, name, kind, at)
            case Banned(room, person, name, by):
                return rooms.ban(room, person, name, by, at)
            case HostMade(room, person, host):
                return rooms.add_member(room, person, "host" if host else "member", at)
