"""What differs between SQLite and PostgreSQL: opening a connection, beginning a transaction, and cutting it off.

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
"""The minimum that libpq allows; applies to each address of the host."""

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
    """Whether an error means that the database is unavailable, rather than that a query is wrong.

    The drivers' own errors count too: peewee translates errors while executing, not while fetching. SQLite raises a
    plain DatabaseError if the file is damaged or isn't a database.
    """
    return isinstance(error, _UNAVAILABLE) or type(error) in (peewee.DatabaseError, sqlite3.DatabaseError)


class Backend(Protocol):
    """One kind of database."""

    writers: int
    """Threads for transactions that write (and that read, if `readers` is 0)."""
    readers: int
    """Threads that only read."""
    reconnects: bool
    """Whether an idle connection can die, so that a failed BEGIN is tried again on a new connection."""

    def open(self, *, read_only: bool, seconds: float) -> Any:
        """Return a connected peewee database. Gives up after about `seconds`."""

    def begin(self, database: Any, *, read_only: bool, seconds: float) -> Any:
        """Return an `atomic` context, not yet entered, that waits for locks for `seconds` at most."""

    def cut(self, database: Any) -> None:
        """Abort what the connection is waiting for, from another thread."""


class SqliteBackend:
    """A file. One thread writes and another reads: in WAL mode, neither waits for the other."""

    writers = 1
    readers = 1
    reconnects = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, *, read_only: bool, seconds: float) -> Any:
        """Connect. A missing file is created, and its WAL too, readable by the owner only."""
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
        """Take the write lock at once: a transaction that reads first and then writes couldn't wait for it."""
        # Slightly less than the time left: "locked" is a better error than "did not answer in time".
        database.pragma("busy_timeout", max(1, round(seconds * 900)))
        return database.atomic("DEFERRED" if read_only else "IMMEDIATE")

    def cut(self, database: Any) -> None:
        """Stop the running statement."""
        with contextlib.suppress(sqlite3.Error, peewee.PeeweeException):
            database.connection().interrupt()


_making = threading.Lock()


def _make_file(path: Path) -> None:
    """Create a missing database file with the right permissions. SQLite gives the -wal and -shm files the same.

    An existing file is never opened here: closing it would release all locks that this process holds on it through
    SQLite (sqlite.org/howtocorrupt.html, 2.2). The next process to disconnect would believe that it is the last, and
    delete the -wal file that is in use.
    """
    with _making:  # a thread mustn't open the file while another is about to close it
        try:
            os.close(make_file(Path(os.path.realpath(path))))
        except FileExistsError:
            pass
        except OSError as error:
            raise peewee.OperationalError(f"cannot open the database file: {error.strerror}") from None


def _connect(database: Any, deadline: float) -> None:
    """Connect; retry while the file is locked.

    Only one connection can switch a new file to WAL mode, and the others fail with "locked" at once: waiting while
    holding a read lock would never end, so SQLite doesn't call its busy handler there.
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
    """A server. A few threads, each with a connection that is made on first use, and made again after it is lost."""

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
        # The server times out too, even if this process has died while holding locks.
        limits = (
            f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
            f" -c idle_in_transaction_session_timeout={2 * milliseconds}"
        )
        parameters["options"] = f"{limits} {parameters.get('options', '')}".strip()
        parameters["connect_timeout"] = CONNECT_SECONDS
        parameters.setdefault("application_name", "milanio")
        self._parameters: dict[str, Any] = parameters

    def open(self, *, read_only: bool, seconds: float) -> Any:
        """Connect within two seconds, or fail."""
        database = peewee.PostgresqlDatabase(
            self._name, prefer_psycopg3=True, encoding="utf8", thread_safe=False, **self._parameters
        )
        database.connect()
        return database

    def begin(self, database: Any, *, read_only: bool, seconds: float) -> Any:
        """Read committed. What must not happen twice is an UPDATE with a condition, or locks its row first."""
        return database.atomic()

    def cut(self, database: Any) -> None:
        """Shut down the socket: a server that hangs or can't be reached wouldn't answer a cancel request either."""
        with (
            contextlib.suppress(OSError, psycopg.Error, peewee.PeeweeException),
            socket.socket(fileno=os.dup(database.connection().fileno())) as own,
        ):
            own.shutdown(socket.SHUT_RDWR)


def backend_of(url: str, seconds: float) -> Backend:
    """Make the backend for `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://…`.

    Raises `ValueError` for anything else, without repeating the URL, which may contain a password.
    """
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresBackend(url, seconds)
    parts = urlsplit(url)
    path = unquote(parts.path)[1:]
    if parts.scheme != "sqlite" or parts.netloc or not path or path == ":memory:":
        raise ValueError("a database URL is sqlite:///path or postgresql://user@host/name")
    return SqliteBackend(Path(path))
