"""A database that the event loop never waits for.

Synchronous functions run on database threads, each in one transaction. On SQLite one thread writes and another
reads; on PostgreSQL a few threads share the work, each with its own connection.

Peewee's asyncio mode was compared with this, by how late a timer of 2 ms fires (`python -m tests.storage.lag`;
2 cores, Python 3.11; 99th percentile · maximum, in ms). An idle loop: 0.3–2.3 · 1.4–4.4.

| calls/s                         | threads, SQLite    | threads, PostgreSQL | asyncio, SQLite  | asyncio, PostgreSQL |
|---------------------------------|--------------------|---------------------|------------------|---------------------|
| 190 (asyncio mode: 42 and 76)   | 1.6–2.3 · 2.6–6.5  | 1.9–3.2 · 4.1–5.0   | 1.1–1.3 · 3.6–6.7 | 1.7–1.8 · 5.2–5.5  |
| maximum rate, 32 callers        | 2.7–6.1 · 6.0–16.6 | 4.9–5.9 · 12.0–14.4 | 0.9–1.1 · 2.4    | 1.8–2.0 · 4.3–6.6   |
| which is                        | 1,560–1,630        | 1,260–1,620         | 990–1,160        | 1,200–1,230         |

At the load of a busy server the two are alike; at the maximum rate, threads sometimes cost the loop one switch interval
of the interpreter lock (5 ms). Threads were chosen all the same: a transaction can be abandoned and cut off from
outside when its time is up, a connection is held for one transaction and not for the life of a task (hence the low
rates above), and neither greenlet nor a second PostgreSQL driver is needed.
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from storage.backend import backend_of
from storage.errors import StorageUnavailableError
from storage.worker import Job, Jobs, Worker

T = TypeVar("T")

TIMEOUT_SECONDS = 5.0
"""How long a call may take in total: waiting for a thread, for a lock, for the server."""
COMMIT_SECONDS = 1.0
"""Extra time for a commit that has begun: it is almost done."""
MAX_WAITING = 2000
"""Calls beyond this number are refused: while the database hangs, requests must not pile up in memory."""


class Database:
    """The store's database: `sqlite:///relative`, `sqlite:////absolute` or `postgresql://user@host/name`.

    Use `async with Database(url) as database`, or `start` and `close`. The first call makes the connection, and the
    next call restores a lost one, so the store may be started before the database server is.
    Raises `ValueError` for other URLs.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._backend = backend_of(url, timeout)
        self._writing: Jobs = Jobs()
        self._reading: Jobs = Jobs() if self._backend.readers else self._writing
        self._workers: list[Worker] = []
        self._waiting = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Start the threads."""
        if self._workers:
            raise RuntimeError("the database was started before")
        backend = self._backend
        writers = [Worker(backend, self._writing, f"database-{n}", read_only=False) for n in range(backend.writers)]
        readers = [Worker(backend, self._reading, f"database-read-{n}", read_only=True) for n in range(backend.readers)]
        self._workers = writers + readers
        for worker in self._workers:
            worker.start()

    async def close(self) -> None:
        """Finish what was begun, close all connections, and end the threads. Later calls are refused."""
        workers, self._workers = self._workers, []
        for _ in range(self._backend.writers if workers else 0):
            self._writing.put(None)
        for _ in range(self._backend.readers if workers else 0):
            self._reading.put(None)
        for worker in workers:
            await worker.ended()

    async def run(self, function: Callable[[], T], *, timeout: float | None = None) -> T:
        """Run a function on a database thread in one transaction, rolled back after an error. Returns its result.

        It must not await, or touch anything that belongs to the event loop. Its own errors are passed on unchanged.
        Raises `StorageUnavailableError` after `timeout` seconds at most (None: the database's own timeout).
        Cancelling the caller abandons the transaction, unless it is already being committed.
        """
        return await self._submit(self._writing, function, self._timeout if timeout is None else timeout)

    async def read(self, function: Callable[[], T], *, timeout: float | None = None) -> T:
        """Like `run`, for functions that only read: on SQLite they don't wait for writers or a locked file."""
        return await self._submit(self._reading, function, self._timeout if timeout is None else timeout)

    async def _submit(self, jobs: Jobs, function: Callable[[], T], timeout: float) -> T:
        if not self._workers:
            raise StorageUnavailableError("the database is closed")
        if self._waiting >= MAX_WAITING:
            raise StorageUnavailableError("too many calls are waiting for the database")
        job = Job(function, time.monotonic() + timeout)
        outcome = asyncio.wrap_future(job.outcome)
        self._waiting += 1
        jobs.put(job)
        try:
            # Waiting for a lock ends at the same deadline; the margin lets its error, which says more, arrive first.
            await asyncio.wait({outcome}, timeout=timeout + 0.25)
            if not outcome.done() and not job.abandon():
                await asyncio.wait({outcome}, timeout=COMMIT_SECONDS)
            if outcome.done():
                return outcome.result()
            for worker in self._workers:
                worker.cut(job)
            raise StorageUnavailableError("the database did not answer in time")
        finally:
            self._waiting -= 1
            if not outcome.done():
                job.abandon()
                outcome.cancel()
