"""The database killed, hanging or locked in the middle of a call: the call doesn't notice, and nothing said is lost."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from signaling.client import ClientError, create_room
from storage.store import Store
from tests import times
from tests.integration import talk
from tests.integration.process import running
from tests.integration.talk import MAX_GAP, Talk, serving, talking
from tests.storage.lag import own_lag
from tests.storage.postgres import Postgres

pytestmark = pytest.mark.asyncio

BACK_WITHIN = 5.0
"""Seconds from the database's return until everything works."""
ANSWERED_WITHIN = 6.5
"""Seconds within which requests fail while the database is unavailable: its own five, and a commit that has begun."""

LATE = 0.05
"""Seconds for which nothing may hold up the event loop."""
SHARE = 0.02
"""Of the time, that it is held up for longer nevertheless: garbage is collected, and the machine isn't ours alone.
Whatever waits for a database waits for seconds.
"""


@asynccontextmanager
async def unnoticed(call: Talk, what: str) -> AsyncIterator[None]:
    """The call in it has no gaps, and nothing holds up the event loop."""
    call.watch()
    before = time.monotonic()
    async with own_lag() as lag:
        yield
        # As long again as a gap would have to be.
        await asyncio.sleep(MAX_GAP)
    seconds, gap, held_up = time.monotonic() - before, call.longest_gap(), lag.held_up(times.cpu_seconds(LATE))
    raw, own = sorted(lag.late), sorted(lag.own)
    p99 = int(len(own) * 0.99)
    print(
        f"{what}, {seconds:.1f} s: loop late by {raw[p99] * 1e3:.1f} ms (p99), {raw[-1] * 1e3:.1f} ms (most);"
        f" through its own doing {own[p99] * 1e3:.1f} ms, {own[-1] * 1e3:.1f} ms, more than 50 ms for {held_up:.2f} s"
        f" in all; longest gap in media {gap * 1e3:.0f} ms"
    )
    # Whoever has no core can neither send nor receive.
    assert gap - lag.most_withheld < times.seconds(MAX_GAP)
    assert own[p99] < times.cpu_seconds(LATE)
    assert held_up < SHARE * seconds


@pytest_asyncio.fixture
async def on_postgres(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Talk, Store]]:
    """A call on a server with PostgreSQL, and another look at its database."""
    async with serving(tmp_path / "data", postgres_url) as (_, url), talking(url) as call, Store(postgres_url) as store:
        yield call, store


async def stored(store: Store, call: Talk) -> None:
    """Everything that was said is in the database, once, in order; so is who came and went, and how the room is."""

    async def texts() -> list[str]:
        return [message.text for message in await store.chat.page(call.room_id, None)]

    before = time.monotonic()
    while await texts() != call.said:
        assert time.monotonic() - before < times.seconds(BACK_WITHIN), await texts()
        await asyncio.sleep(0.05)
    events = [(event.name, event.kind) for event in await store.history.page(call.room_id)]
    assert events == [("Ada", "joined"), ("Bo", "joined"), ("Cy", "joined"), ("Cy", "left")]
    room = await store.rooms.by_id(call.room_id)
    assert room is not None
    assert room.state == "active"


async def test_postgres_is_killed_and_comes_back(on_postgres: tuple[Talk, Store], postgres: Postgres) -> None:
    call, store = on_postgres
    await call.say(call.ada, "before")
    async with unnoticed(call, "PostgreSQL killed"):
        postgres.kill()
        try:
            for number in range(5):
                await call.say(call.ada if number % 2 else call.bo, f"while it is away {number}")
                assert (await talk.refused_log_in(call.url)).seconds < times.seconds(ANSWERED_WITHIN)
            assert await talk.health(call.url) == (200, 503)
            await call.guest_joins("Cy")
            with pytest.raises(ClientError) as refused:
                await create_room(call.url)
            assert refused.value.code == "unavailable"
            with pytest.raises(ClientError) as refused:
                await call.bo.chat_before()
            assert refused.value.code == "unavailable"
        finally:
            while not postgres.try_start():
                await asyncio.sleep(0.02)
        seconds = await talk.until_log_in(call.url)
        assert seconds < times.seconds(BACK_WITHIN)
        print(f"log-in works {seconds:.2f} s after the return")
        assert await talk.until_ready(call.url) < times.seconds(BACK_WITHIN)
    await call.say(call.bo, "after")
    await stored(store, call)


async def test_postgres_hangs_and_goes_on(on_postgres: tuple[Talk, Store], postgres: Postgres) -> None:
    call, store = on_postgres
    await call.say(call.ada, "before")
    async with unnoticed(call, "PostgreSQL hanging"):
        postgres.freeze()
        try:
            log_ins = [asyncio.create_task(talk.refused_log_in(call.url)) for _ in range(20)]
            older = asyncio.create_task(call.ada.chat_before())
            await call.say(call.bo, "while it hangs 1")
            # Whoever has asked for older messages, and waits for them, can say something meanwhile.
            await call.say(call.ada, "while it hangs 2")
            await call.guest_joins("Cy")
            assert not older.done()
            assert all([(await log_in).seconds < times.seconds(ANSWERED_WITHIN) for log_in in log_ins])
            with pytest.raises(ClientError) as refused:
                await older
            assert refused.value.code == "unavailable"
            await call.say(call.bo, "while it hangs 3")
        finally:
            postgres.thaw()
        seconds = await talk.until_log_in(call.url)
        assert seconds < times.seconds(BACK_WITHIN)
        print(f"log-in works {seconds:.2f} s after the return")
    await stored(store, call)


_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print(flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
"""


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another process holds the database file's lock."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _LOCK, str(file), stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    assert await process.stdout.readline()
    try:
        yield
    finally:
        process.stdin.close()
        await process.wait()


async def test_sqlite_is_locked_for_ten_seconds(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as (server, url), talking(url) as call:
        await call.say(call.ada, "before")
        async with unnoticed(call, "SQLite locked"):
            async with locked(server.settings.default_database):
                until_then = time.monotonic() + 10
                log_ins = [asyncio.create_task(talk.refused_log_in(call.url)) for _ in range(20)]
                number = 0
                while time.monotonic() < until_then:
                    number += 1
                    await call.say(call.ada if number % 2 else call.bo, f"while it is locked {number}")
                    if number == 1:
                        await call.guest_joins("Cy")
                    await asyncio.sleep(1)
                assert all([(await log_in).seconds < times.seconds(ANSWERED_WITHIN) for log_in in log_ins])
                # Reading goes on.
                assert [message.text for message in (await call.bo.chat_before()).messages] == ["before"]
            seconds = await talk.until_log_in(call.url)
            assert seconds < times.seconds(BACK_WITHIN)
            print(f"log-in works {seconds:.2f} s after the lock is gone")
        async with Store(server.settings.database_url) as store:
            await stored(store, call)


async def until_room(url: str) -> None:
    """Wait until rooms can be made again."""
    while True:
        try:
            await create_room(url)
        except ClientError as error:
            if error.code != "unavailable":
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def test_the_disk_is_full(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(data) as process, talking(process.url) as call:
        await call.say(call.ada, "before")
        async with unnoticed(call, "Disk full"):
            process.disk_full(full=True)
            for number in range(3):
                await call.say(call.bo, f"while nothing can be written {number}")
                with pytest.raises(ClientError) as refused:
                    await create_room(call.url)
                assert refused.value.code == "unavailable"
            await talk.refused_log_in(call.url)
            await call.guest_joins("Cy")
            process.disk_full(full=False)
            before = time.monotonic()
            # Not by log-in: passwords are hashed in earnest here, which takes its time where others have the cores.
            await until_room(call.url)
            assert time.monotonic() - before < times.seconds(BACK_WITHIN)
        async with Store(f"sqlite:///{data / 'milanio.db'}") as store:
            await stored(store, call)
    # Whoever runs the server is told why, once, and that it is over.
    (why,) = [line for line in process.log.splitlines() if "disk I/O error" in line]
    assert "room events are waiting to be stored" in why
    assert process.log.count("being stored again") == 1
    assert "Traceback" not in process.log
