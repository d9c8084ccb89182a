"""How long the event loop is blocked while the database is busy.

`python -m tests.storage.lag [url]` prints it for SQLite and a PostgreSQL of its own, or for the given database.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from signaling.messages.room_settings import NEW_ROOM
from storage.records import Message
from storage.store import Store
from tests.storage.postgres import Postgres

_STEP = 0.002


@contextlib.asynccontextmanager
async def measured() -> AsyncIterator[list[float]]:
    """Collect, while inside, by how many seconds each tick of a 2 ms timer was late."""
    late: list[float] = []
    loop = asyncio.get_running_loop()

    async def watch() -> None:
        while True:
            due = loop.time() + _STEP
            await asyncio.sleep(_STEP)
            late.append(loop.time() - due)

    task = asyncio.create_task(watch())
    try:
        yield late
    finally:
        # The last block of the loop shows in the tick after it.
        await asyncio.sleep(2 * _STEP)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Lag:
    """By how many seconds each tick of a 2 ms timer was late: in all (`late`), and without the time in which other
    processes had the cores (`own`).
    """

    def __init__(self) -> None:
        self.late: list[float] = []
        self.own: list[float] = []
        self.most_withheld = 0.0

    def held_up(self, longer_than: float) -> float:
        """Total seconds of the ticks that were later than that."""
        return sum(late for late in self.own if late > longer_than)


def _withheld() -> float:
    """Seconds for which threads of this process were ready to run and got no core; Linux only.

    All threads count: one that waits for a core while it holds the interpreter's lock blocks the others.
    """
    nanoseconds = 0
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{thread}/schedstat") as file:
            nanoseconds += int(file.read().split()[1])
    return nanoseconds / 1e9


_LOOK_EVERY = 50
"""Ticks between checks of the machine: a check costs as much as a tick."""
_LONG = 0.02
"""Seconds of lag from which the reason matters."""


@contextlib.asynccontextmanager
async def own_lag() -> AsyncIterator[Lag]:
    """Measure while inside, on a machine that may be busy otherwise."""
    lag, loop = Lag(), asyncio.get_running_loop()

    async def watch() -> None:
        known = _withheld()
        for number in itertools.count(1):
            due = loop.time() + _STEP
            await asyncio.sleep(_STEP)
            late = loop.time() - due
            withheld = 0.0
            if late > _LONG or number % _LOOK_EVERY == 0:
                before, known = known, _withheld()
                withheld = min(late, known - before)
            lag.late.append(late)
            lag.own.append(late - withheld)
            lag.most_withheld = max(lag.most_withheld, withheld)

    task = asyncio.create_task(watch())
    try:
        yield lag
    finally:
        await asyncio.sleep(2 * _STEP)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


_numbers = itertools.count(1)


async def _work(store: Store, room: str, until: float, pause: float) -> int:
    done = 0
    while time.monotonic() < until:
        await store.chat.add(Message(room, next(_numbers), "someone", "Someone", "a message " * 5, None, None, 1.0))
        await store.chat.page(room, "someone")
        done += 2
        await asyncio.sleep(pause)
    return done


async def _print(name: str, url: str, tasks: int, pause: float, seconds: float = 5.0) -> None:
    async with Store(url, new_room=NEW_ROOM) as store:
        room = (await store.rooms.create(f"{name}-{tasks}-{pause}-{time.time()}", None, 1.0)).id
        cpu = time.process_time()
        async with measured() as late:
            until = time.monotonic() + seconds
            if tasks:
                done = sum(await asyncio.gather(*(_work(store, room, until, pause) for _ in range(tasks))))
            else:
                done = 0
                await asyncio.sleep(seconds)
        cpu = time.process_time() - cpu
    late.sort()
    p50, p99 = (late[int(len(late) * share)] * 1000 for share in (0.5, 0.99))
    each = f"{cpu / done * 1e6:5.0f} µs CPU each" if done else ""
    rate = f"{name:11} {done / seconds:5.0f} calls/s"
    print(f"{rate}: p50 {p50:4.1f}, p99 {p99:5.1f}, most {late[-1] * 1000:5.1f} ms {each}")


async def _all(name: str, url: str) -> None:
    for tasks, pause in ((0, 0.0), (10, 0.1), (32, 0.0)):
        await _print(name, url, tasks, pause)


def main() -> None:
    if len(sys.argv) > 1:
        asyncio.run(_all("given", sys.argv[1]))
        return
    directory = Path(tempfile.mkdtemp(prefix="milanio-lag-"))
    server = None
    try:
        asyncio.run(_all("SQLite", f"sqlite:///{directory / 'lag.db'}"))
        (directory / "pg").mkdir(mode=0o755)
        directory.chmod(0o755)
        server = Postgres(directory / "pg")
        server.start()
        asyncio.run(_all("PostgreSQL", server.create("lag")))
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
