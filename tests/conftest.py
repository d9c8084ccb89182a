"""Databases for tests: a file, and a database on a PostgreSQL server that is started once for the session. Time limits
of tests are multiplied by the factor of `tests.times`, which is measured before a test starts.
"""

import gc
import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests import times
from tests.storage.postgres import Postgres

HERE = Path(__file__).resolve().parent
FAST = (HERE / "unit", HERE / "sim")

_numbers = itertools.count()

# Workers, and the servers that tests start, would compile every module again where PYTHONDONTWRITEBYTECODE is set.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure() -> None:
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Use two workers for the whole suite; a few tests finish sooner without workers."""
    asked = [Path(argument).resolve() for argument in config.args]
    return 2 if all(path in FAST for path in asked) else 0


def pytest_collection_finish() -> None:
    # Modules and tests stay for the whole session; without this the garbage collector visits them again and again.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    times.measure()
    marker = item.get_closest_marker("timeout")
    if marker is None:
        limit = float(item.config.getini("timeout"))
        item.add_marker(pytest.mark.timeout(times.seconds(limit)))
    else:
        limit = float(marker.args[0] if marker.args else marker.kwargs["timeout"])
        item.add_marker(pytest.mark.timeout(times.seconds(limit)), append=False)
    return (yield)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    # Not pytest's own directory: its path is too long for a socket, and closed to the user that the server runs as.
    directory = Path(tempfile.mkdtemp(prefix="milanio-pg-"))
    server = None
    try:
        server = Postgres(directory)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def other_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'other.db'}"


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    yield from _database(postgres)


@pytest.fixture
def other_postgres_url(postgres: Postgres) -> Iterator[str]:
    yield from _database(postgres)


def _database(postgres: Postgres) -> Iterator[str]:
    name = f"store{next(_numbers)}"
    yield postgres.create(name)
    postgres.drop(name)
