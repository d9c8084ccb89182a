import asyncio
import gc
import os
import stat
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import storage.database
from storage.database import Database
from storage.errors import StorageUnavailableError
from storage.models import User, current
from storage.store import Store
from tests import times

pytestmark = pytest.mark.asyncio


def insert(name: str) -> None:
    new = {"password_hash": "h", "avatar_colour": "", "theme": "", "created_at": 1.0}
    User.insert(id=name, email=f"{name}@x.org", name=name, **new).execute()


def names() -> list[str]:
    return sorted(user.name for user in User.select(User.name))


async def test_an_error_undoes_all_and_comes_through(store: Store) -> None:
    def fail() -> None:
        insert("anna")
        assert names() == ["anna"]
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await store.database.run(fail)
    assert await store.database.read(names) == []


async def test_calls_from_one_task_after_the_other_see_each_other(store: Store) -> None:
    await asyncio.gather(*(store.database.run(partial(insert, f"u{n}")) for n in range(50)))
    assert len(await store.database.read(names)) == 50


async def test_models_are_of_no_use_outside(store: Store) -> None:
    with pytest.raises(AttributeError, match=r"Database\.run"):
        names()


async def test_reading_does_not_write_on_sqlite(sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:
        with pytest.raises(StorageUnavailableError, match="readonly"):
            await store.database.read(lambda: insert("anna"))
        assert await store.database.read(names) == []


async def test_cancelled_before_the_commit_is_not_stored(store: Store) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        insert("anna")
        started.set()
        assert go_on.wait(times.seconds(10))

    task = asyncio.create_task(store.database.run(slow))
    await asyncio.to_thread(started.wait, times.seconds(10))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await store.database.run(lambda: insert("ben"))
    assert await store.database.read(names) == ["ben"]


async def test_a_call_that_is_cancelled_in_the_queue_is_never_run(sqlite_url: str) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        assert go_on.wait(times.seconds(10))

    async with Store(sqlite_url) as store:
        first = asyncio.create_task(store.database.run(slow))
        await asyncio.to_thread(started.wait, times.seconds(10))
        second = asyncio.create_task(store.database.run(lambda: insert("anna")))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        go_on.set()
        await first
        assert await store.database.read(names) == []


def endless_on_sqlite() -> None:
    current.execute_sql(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    ).fetchall()


def endless_on_postgres() -> None:
    # As if the server hung: its own limit must not help.
    current.execute_sql("SET LOCAL statement_timeout = 0")
    current.execute_sql("SELECT pg_sleep(100)")


async def test_what_takes_too_long_is_cut_off(url: str) -> None:
    endless: Callable[[], None] = endless_on_sqlite if url.startswith("sqlite") else endless_on_postgres

    def work() -> None:
        insert("anna")
        endless()

    async with Store(url, timeout=0.5) as store:
        before = time.monotonic()
        results = await asyncio.gather(*(store.database.run(work) for _ in range(8)), return_exceptions=True)
        assert time.monotonic() - before < times.seconds(3.0)
        assert [type(result) for result in results] == [StorageUnavailableError] * 8
        # The threads are free again, not stuck in what was cut off.
        while True:
            try:
                await store.database.run(lambda: insert("ben"))
                break
            except StorageUnavailableError:
                assert time.monotonic() - before < times.seconds(5.0)
        assert await store.database.read(names) == ["ben"]


async def test_closed_and_not_started(url: str) -> None:
    database = Database(url)
    with pytest.raises(StorageUnavailableError, match="closed"):
        await database.run(names)
    await database.close()
    async with database:
        assert await database.run(lambda: 1) == 1
        with pytest.raises(RuntimeError):
            await database.start()
    with pytest.raises(StorageUnavailableError, match="closed"):
        await database.read(names)


async def test_opened_and_closed_leaves_nothing(url: str) -> None:
    async with Store(url):
        pass
    gc.collect()  # what tests before this one have left to be collected
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        async with Store(url) as store:
            await asyncio.gather(*(store.users.count() for _ in range(8)))
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == files


async def test_too_many_callers_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.database, "MAX_WAITING", 10)
    results = await asyncio.gather(*(store.users.count() for _ in range(15)), return_exceptions=True)
    assert results[:10] == [0] * 10
    assert all(isinstance(result, StorageUnavailableError) for result in results[10:])
    assert await store.users.count() == 0


async def test_a_database_file_is_for_its_owner(sqlite_url: str, tmp_path: Path) -> None:
    async with Store(sqlite_url) as store:
        await store.users.count()
        files = [path for path in tmp_path.iterdir() if path.is_file()]
        assert any(sqlite_url.endswith(str(path)) for path in files)
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


async def test_files_that_are_no_database(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 1000)
    for path in (tmp_path / "text", tmp_path, tmp_path / "missing" / "file"):
        with pytest.raises(StorageUnavailableError):
            await Store(f"sqlite:///{path}").start()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/x",
        "mysql://x/y",
        "postgresql://u:secret@h:x y/z",
    ],
)
async def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        Database(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
