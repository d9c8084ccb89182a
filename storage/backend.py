"""What differs between SQLite and PostgreSQL: opening a connection, beginning, and cutting off what takes too long.

A backend is used by one worker thread at a time; only `cut` may be called from elsewhere.
"""

import contextlib
import os
import socket
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import peewee
import psycopg
from psycopg.conninfo import conninfo_to_dict

from storage.files import make_file

CONNECT_SECONDS = 2
"""The least that libpq allows; asked of every address of the host."""

_UNAVAILABLE = (
    peewee.OperationalError,
    peewee.InterfaceError,
    peewee.InternalError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
)


def is_unavailable(error: BaseException) -> bool:
    """Whether it is an error of the surroundings, not of a query.

    Raw ones count too: peewee translates while executing, not while fetching. A plain DatabaseError is how SQLite says
    that the file is damaged, or no database.
    """
    return isinstance(error, _UNAVAILABLE) or type(error) in (peewee.DatabaseError, sqlite3.DatabaseError)


class Backend(Protocol):
    """One kind of database."""

    writers: int
    """Threads for transactions that write (and for reading too, when `readers` is 0)."""
    readers: int
    """Threads that only read."""
    reconnects: bool
    """Whether a connection can die while nobody uses it, so that a failing BEGIN deserves a second connection."""

    def open(self, *, read_only: bool, seconds: float) -> Any:
        """A connected peewee database. Gives up after about `seconds`."""

    def begin(self, database: Any, *, read_only: bool, seconds: float) -> Any:
        """An `atomic` context that waits for locks for `seconds` at most; not yet entered."""

    def cut(self, database: Any) -> None:
        """End what the connection is waiting for, from another thread."""


class SqliteBackend:
    """A file. One thread writes, another reads: in WAL mode neither waits for the other."""

    writers = 1
    readers = 1
    reconnects = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, *, read_only: bool, seconds: float) -> Any:
        """Connect; the file and its WAL are made where they are missing, readable by the owner only."""
        _make_file(self._path)
        pragmas = [
            ("journal_mode", "wal"),
            ("synchronous", "normal"),
            ("foreign_keys", 1),
            ("query_only", int(read_only)),
        ]
        database = peewee.SqliteDatabase(
            str(self._path), pragmas=pragmas, timeout=seconds, returning_clause=True, thread_safe=False
        )
        _connect(database, time.monotonic() + seconds)
        return database

    def begin(self, database: Any, *, read_only: bool, seconds: float) -> Any:
        """Take the write lock at once: a transaction that reads first and then writes could not wait for it."""
        # A little less than there is: "locked" says more than "did not answer in time", which would come otherwise.
        database.pragma("busy_timeout", max(1, round(seconds * 900)))
        return database.atomic("DEFERRED" if read_only else "IMMEDIATE")

    def cut(self, database: Any) -> None:
        """Stop the running statement."""
        with contextlib.suppress(sqlite3.Error, peewee.PeeweeException):
            database.connection().interrupt()


_making = threading.Lock()


def _make_file(path: Path) -> None:
    """Make the database file for its rights, where it is missing. SQLite gives the -wal and -shm files the same.

    One that is there is never opened here: to close it would give up all locks that this process holds on it through
    SQLite (sqlite.org/howtocorrupt.html, 2.2). The next process to leave would believe itself the last, and delete the
    -wal file that is in use.
    """
    with _making:  # nor may a thread open what another is about to close
        try:
            os.close(make_file(Path(os.path.realpath(path))))
        except FileExistsError:
            pass
        except OSError as error:
            raise peewee.OperationalError(f"cannot open the database file: {error.strerror}") from None


def _connect(database: Any, deadline: float) -> None:
    """Connect, again and again while the file is locked.

    Only one connection can turn a new file into WAL mode, and the others are told "locked" at once: whoever waits while
    holding a read lock would wait for ever, so SQLite doesn't call its busy handler there.
    """
    while True:
        try:
            database.connect()
            return
        except peewee.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
        time.sleep(0.01)


class PostgresBackend:
    """A server. A few threads, each with a connection that is made when first needed and again when it is lost."""

    writers = 4
    readers = 0
    reconnects = True

    def __init__(self, url: str, seconds: float) -> None:
        try:
            parameters = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            # The driver's own text may quote the password.
            raise ValueError("not a valid postgresql:// URL") from None
        self._name = str(parameters.pop("dbname", None) or "postgres")
        milliseconds = round(seconds * 1000)
        # The server gives up by itself too, also when this process has died with locks in its hands.
        limits = (
            f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
            f" -c idle_in_transaction_session_timeout={2 * milliseconds}"
        )
        parameters["options"] = f"{limits} {parameters.get('options', '')}".strip()
        parameters["connect_timeout"] = CONNECT_SECONDS
        parameters.setdefault("application_name", "milanio")
        self._parameters: dict[str, Any] = parameters

    def open(self, *, read_only: bool, seconds: float) -> Any:
        """Connect, in two seconds or not at all."""
        database = peewee.PostgresqlDatabase(
            self._name, prefer_psycopg3=True, encoding="utf8", thread_safe=False, **self._parameters
        )
        database.connect()
        return database

    def begin(self, database: Any, *, read_only: bool, seconds: float) -> Any:
        """Read committed; what must not happen twice is an UPDATE with its condition, or locks its row first."""
        return database.atomic()

    def cut(self, database: Any) -> None:
        """Shut the socket down: a server that hangs, or is cut off, would not answer a request to cancel either."""
        with (
            contextlib.suppress(OSError, psycopg.Error, peewee.PeeweeException),
            socket.socket(fileno=os.dup(database.connection().fileno())) as own,
        ):
            own.shutdown(socket.SHUT_RDWR)


def backend_of(url: str, seconds: float) -> Backend:
    """The backend for `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://…`.

    Raises `ValueError` for anything else, and without repeating the URL: it may hold a password.
    """
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresBackend(url, seconds)
    parts = urlsplit(url)
    path = unquote(parts.path)[1:]
    if parts.scheme != "sqlite" or parts.netloc or not path or path == ":memory:":
        raise ValueError("a database URL is sqlite:///path or postgresql://user@host/name")
    return SqliteBackend(Path(path))
