"""Looks into a database without changing it."""

from dataclasses import dataclass

import peewee

from storage.database import Database
from storage.errors import StorageUnavailableError
from storage.migrations import STEPS
from storage.models import current

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Inspected:
    """A database. `version`: of its tables; None: it has none yet. `problem`: why it can't be written, if it can't."""

    version: int | None
    problem: str = ""
    known: int = STEPS[-1].version
    """The version that this program makes."""


async def inspect(url: str) -> Inspected:
    """Open a database that exists, and begin to write. Raises `StorageUnavailableError`."""
    async with Database(url, SECONDS) as database:
        tables = await database.read(lambda: current.get_tables())
        if "schema_version" not in tables:
            return Inspected(None)
        version = await database.read(lambda: current.execute_sql("SELECT max(version) FROM schema_version").fetchone())
        try:
            # It is written whenever a row is to be changed, even if there is none.
            await database.run(lambda: current.execute_sql("UPDATE schema_version SET version = 0 WHERE version < 0"))
        except (StorageUnavailableError, peewee.PeeweeException) as error:
            return Inspected(version[0], str(error).strip().partition("\n")[0])
        return Inspected(version[0])
