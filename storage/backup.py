"""A backup of the whole database in one file, which either kind of database can be restored from.

The file is gzip of lines of JSON: a head, then each table's name and columns followed by its rows as lists, and at the
end how many rows there were, so that half a file isn't taken for a whole one. Bytes are base64 in an object. The tables
are as they were at one moment, while others go on writing.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from storage.database import Database
from storage.errors import BackupError, NotEmptyError, SchemaTooNewError
from storage.migrations import STEPS, lock_schema, run_steps
from storage.models import ALL, Base, Run, current

FORMAT = 1
"""Version of the file's form."""

SECONDS = 3600.0
"""The longest time for either direction."""

SAVED: tuple[type[Base], ...] = tuple(model for model in ALL if model is not Run)
"""Tables in the file; a table comes after the ones it refers to. The record of the running server is left out: it would
be wrong on another machine.
"""

MAX_LINE = 8 << 20
"""Bytes of a line: the longest mail has less, though JSON takes up to twelve for a character."""

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup has: rows by table, and the key that signs tokens; None: it isn't in it."""

    made_at: float
    schema: int
    rows: dict[str, int]
    key: bytes | None


async def save(database: Database, file: BinaryIO, now: float, key: bytes | None) -> Contents:
    """Write a backup of the database, while others use it. Raises `StorageUnavailableError`, and `OSError` of the
    file.
    """
    return await database.read(lambda: _save(file, now, key), timeout=SECONDS)


async def restore(database: Database, path: Path, *, replace: bool) -> Contents:
    """Put a backup in place of what the database has, in one transaction; `replace` permits that it has anything.

    Raises `BackupError` for a file that is damaged or isn't a backup, `StorageUnavailableError`, and `OSError` of the
    file; then nothing has changed.
    """
    contents = read(path)
    await database.run(lambda: _restore(path, contents, replace=replace), timeout=SECONDS)
    return contents


def read(path: Path) -> Contents:
    """Read the whole file and check that nothing is missing. Raises `BackupError`, and `OSError`."""
    rows: dict[str, int] = {}
    lines = _lines(path)
    head = next(lines, None)
    if not isinstance(head, dict) or "milanio_backup" not in head:
        raise BackupError("this isn't a backup of Milanio")
    if head["milanio_backup"] != FORMAT or head["schema"] > STEPS[-1].version:
        raise BackupError("a later version of Milanio has made this backup; restore it with that one")
    table, last = "", None
    for line in lines:
        if last is not None:
            raise BackupError("there is something behind the backup's end")
        if isinstance(line, list):
            rows[table] += 1
        elif "table" in line:
            table = line["table"]
            rows[table] = 0
        else:
            last = line
    if last is None or last.get("rows") != sum(rows.values()):
        raise BackupError("the backup isn't complete")
    key = head.get("key")
    return Contents(head["made_at"], head["schema"], rows, None if key is None else base64.b64decode(key))


def _lines(path: Path) -> Iterator[Any]:
    """Yield the lines. Raises `BackupError`."""
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(MAX_LINE):
                yield json.loads(line)
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError):
        raise BackupError("this isn't a backup of Milanio, or it is damaged") from None


def _save(file: BinaryIO, now: float, key: bytes | None) -> Contents:
    if current.for_update:  # PostgreSQL: all queries see one moment, and may take long
        current.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        current.execute_sql("SET LOCAL statement_timeout = 0")
    schema = STEPS[-1].version
    counts = {}
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:

        def write(line: Any) -> None:
            packed.write(json.dumps(line, separators=(",", ":"), default=_bytes).encode() + b"\n")

        encoded = None if key is None else base64.b64encode(key).decode()
        write({"milanio_backup": FORMAT, "schema": schema, "made_at": now, "key": encoded})
        for model in SAVED:
            fields = model._meta.sorted_fields  # noqa: SLF001
            write({"table": model._meta.table_name, "columns": [field.column_name for field in fields]})  # noqa: SLF001
            count = 0
            for row in model.select().tuples().iterator():
                write(row)
                count += 1
            counts[model._meta.table_name] = count  # noqa: SLF001
        write({"rows": sum(counts.values())})
    return Contents(now, schema, counts, key)


def _bytes(value: Any) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}


def _restore(path: Path, contents: Contents, *, replace: bool) -> None:
    lock_schema()
    if not replace:
        _check_empty()
    version, *_ = current.execute_sql("SELECT max(version) FROM schema_version").fetchone()
    if version is not None and version > STEPS[-1].version:
        raise SchemaTooNewError("a later version of Milanio has used this database; restore with that one")
    for model in reversed(ALL):
        current.execute_sql(f"DROP TABLE IF EXISTS {model._meta.table_name}")  # noqa: SLF001
    current.execute_sql("DELETE FROM schema_version")
    # The tables as they were when the backup was made, then the steps since, as for any database of that version.
    run_steps(tuple(step for step in STEPS if step.version <= contents.schema))
    for table, columns, rows in _tables(path):
        _insert(table, columns, rows)
    for model in SAVED:
        _follow(model)
    run_steps(STEPS)


def _check_empty() -> None:
    found = [model._meta.table_name for model in SAVED if model.select().exists()]  # noqa: SLF001
    if found:
        raise NotEmptyError(f"the database isn't empty ({', '.join(found)})")


def _tables(path: Path) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Yield some rows of a table at a time."""
    known = {model._meta.table_name for model in SAVED}  # noqa: SLF001
    table, columns, rows = "", list[str](), list[list[Any]]()
    lines = _lines(path)
    next(lines)
    for line in lines:
        if isinstance(line, list):
            rows.append([_value(value) for value in line])
            if len(rows) < ROWS_AT_ONCE:
                continue
        if rows:
            yield table, columns, rows
            rows = []
        if isinstance(line, dict) and "table" in line:
            table, columns = line["table"], line["columns"]
            if table not in known or not all(column.isidentifier() for column in columns):
                raise BackupError(f"there is no table {table!r} with these columns")


def _value(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def _insert(table: str, columns: list[str], rows: list[list[Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join([current.param] * len(columns))
    cursor = current.cursor()
    cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608


def _follow(model: type[Base]) -> None:
    """Let numbers that the database gives go on after the highest one."""
    key: Any = model._meta.primary_key  # noqa: SLF001
    if not current.for_update or not getattr(key, "auto_increment", False):
        return
    table, column = model._meta.table_name, key.column_name  # noqa: SLF001
    current.execute_sql(
        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "  # noqa: S608
        f"(SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)"
    )
