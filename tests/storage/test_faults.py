"""The database killed, hanging, locked: a clear error in time, nothing half stored, and back by itself."""

import asyncio
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from storage.errors import StorageUnavailableError
from storage.models import User, current
from storage.store import Store
from tests import times
from tests.storage.lag import measured
from tests.storage.postgres import Postgres
from tests.storage.test_database import insert, names

pytestmark = pytest.mark.asyncio


async def back(store: Store) -> float:
    """Seconds until the store works again."""
    before = time.monotonic()
    while True:
        try:
            await store.users.count()
            return time.monotonic() - before
        except StorageUnavailableError:
            assert time.monotonic() - before < times.seconds(5.0)
            await asyncio.sleep(0.05)


async def test_postgres_killed_and_started_again(postgres: Postgres, postgres_url: str) -> None:
    async with Store(postgres_url) as store:
        await store.database.run(lambda: insert("before"))
        started, killed = threading.Event(), threading.Event()

        def half() -> None:
            insert("half")
            started.set()
            assert killed.wait(times.seconds(20))
            insert("other half")

        def waiting() -> None:
            current.execute_sql("SELECT pg_sleep(60)")

        calls = [asyncio.create_task(store.database.run(function)) for function in (half, waiting)]
        await asyncio.to_thread(started.wait, times.seconds(10))
        try:
            postgres.kill()
            killed.set()
            async with measured() as late:
                for call in calls:
                    with pytest.raises(StorageUnavailableError):
                        await asyncio.wait_for(call, times.seconds(3.0))
                before = time.monotonic()
                failing = (store.users.count(), store.users.create("a@x.org", "A", "h", 1.0), store.database.run(names))
                results = await asyncio.gather(*failing, return_exceptions=True)
                assert [type(result) for result in results] == [StorageUnavailableError] * 3
                assert time.monotonic() - before < times.seconds(2.5)
            assert sorted(late)[len(late) // 2] < times.seconds(0.05)
        finally:
            postgres.start()
        assert await back(store) < times.seconds(5.0)
        assert await store.database.read(names) == ["before"]


async def test_connections_lost_while_idle_are_not_noticed(postgres_url: str) -> None:
    async with Store(postgres_url) as store, Store(postgres_url) as killer:
        await asyncio.gather(*(store.users.count() for _ in range(8)))
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        for _ in range(3):
            await killer.database.run(lambda: current.execute_sql(f"{others} AND pid <> pg_backend_pid()").fetchall())
            assert await asyncio.gather(*(store.users.count() for _ in range(8))) == [0] * 8


async def test_postgres_that_does_not_answer(postgres: Postgres, postgres_url: str) -> None:
    async with Store(postgres_url):
        pass
    store = Store(postgres_url, timeout=1.0)
    await store.database.start()
    try:
        os.kill(postgres.pid, signal.SIGSTOP)
        before = time.monotonic()
        with pytest.raises(StorageUnavailableError):
            await store.users.count()
        assert time.monotonic() - before < times.seconds(3.0)
    finally:
        os.kill(postgres.pid, signal.SIGCONT)
    assert await back(store) < times.seconds(5.0)
    await store.close()


async def test_no_server_at_all(tmp_path: Path) -> None:
    before = time.monotonic()
    with pytest.raises(StorageUnavailableError):
        await Store(f"postgresql://u:secret@/x?host={tmp_path}").start()
    assert time.monotonic() - before < times.seconds(3.0)


async def test_sqlite_locked_by_another_process(sqlite_url: str, tmp_path: Path) -> None:
    """Writers get a clear error in time, readers go on, and the event loop doesn't notice."""
    async with Store(sqlite_url, timeout=1.0) as store:
        await store.database.run(lambda: insert("before"))
        worst = []
        # The machine itself may hold the loop up for a moment; what the lock does, it does every time.
        for _ in range(3):
            lock = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
            async with measured() as late:
                before = time.monotonic()
                writers = [asyncio.create_task(store.users.create(f"{n}@x.org", "A", "h", 1.0)) for n in range(20)]
                assert await store.database.read(names) == ["before"]
                assert not any(writer.done() for writer in writers)
                results = await asyncio.gather(*writers, return_exceptions=True)
                assert 0.5 < time.monotonic() - before < times.seconds(2.5)
            lock.execute("ROLLBACK")
            lock.close()
            assert [type(result) for result in results] == [StorageUnavailableError] * 20
            assert await store.database.read(names) == ["before"]
            await store.database.run(lambda: User.update(theme="works").execute())
            worst.append(max(late))
            if worst[-1] < times.seconds(0.05):
                break
        assert min(worst) < times.seconds(0.05)


async def test_sqlite_locked_for_ten_seconds_is_an_error_after_five(sqlite_url: str, tmp_path: Path) -> None:
    async with Store(sqlite_url) as store:
        lock = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        before = time.monotonic()
        with pytest.raises(StorageUnavailableError):
            await store.users.create("a@x.org", "A", "h", 1.0)
        assert 4.0 < time.monotonic() - before < times.seconds(6.5)
        lock.execute("ROLLBACK")
        lock.close()
        await store.users.create("a@x.org", "A", "h", 1.0)


async def test_sqlite_locked_for_a_moment_is_waited_for(sqlite_url: str, tmp_path: Path) -> None:
    async with Store(sqlite_url) as store:
        lock = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        writer = asyncio.create_task(store.users.create("a@x.org", "A", "h", 1.0))
        done, _ = await asyncio.wait({writer}, timeout=0.3)
        assert not done
        lock.execute("ROLLBACK")
        lock.close()
        assert (await writer).email == "a@x.org"


async def test_the_disk_is_full(sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:

        def fill() -> None:
            # The same error as from a disk, but this one we can fill.
            current.execute_sql(f"PRAGMA max_page_count = {current.pragma('page_count') + 2}")
            for n in range(10_000):
                insert(f"u{n}")

        with pytest.raises(StorageUnavailableError, match="full"):
            await store.database.run(fill)
        assert await store.database.read(names) == []
        await store.users.create("a@x.org", "A", "h", 1.0)
