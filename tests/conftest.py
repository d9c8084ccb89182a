"""Databases for tests: a file, and a database on a PostgreSQL server that is started once for the session."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.postgres import Postgres

_numbers = itertools.count()


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
def postgres_url(postgres: Postgres) -> Iterator[str]:
    name = f"store{next(_numbers)}"
    yield postgres.create(name)
    postgres.drop(name)
