"""Migrations: steps that create and change the tables. Each is run once; all missing ones run in one transaction.

A released step is never changed: later changes are further steps. Steps contain SQL rather than models, since models
change. `test_migrations` checks that all steps together give what `storage.models` declares.
"""

from dataclasses import dataclass
from typing import Any

from storage.database import Database
from storage.errors import SchemaTooNewError
from storage.migrations import (
    m0001_accounts,
    m0002_rooms,
    m0003_chat,
    m0004_client_ids,
    m0005_proof,
    m0006_administrators,
    m0007_key_owners,
)
from storage.models import current

_LOCK = 0x4D494C41
"""An arbitrary number, the same in all processes."""
_TIMEOUT_SECONDS = 120.0
"""Changing large tables takes a while, and a second process waits for the first."""

_TYPES = {
    "sqlite": {"time": "REAL", "boolean": "INTEGER", "bytes": "BLOB", "serial": "INTEGER", "number": "INTEGER"},
    "postgresql": {
        "time": "DOUBLE PRECISION",
        "boolean": "BOOLEAN",
        "bytes": "BYTEA",
        "serial": "BIGSERIAL",
        "number": "BIGINT",
    },
}


@dataclass(frozen=True)
class Step:
    """One step: its number, its name, and statements with {time}, {boolean}, {bytes}, {serial}, {number} for types."""

    version: int
    name: str
    statements: tuple[str, ...]


STEPS = (
    Step(1, "accounts", m0001_accounts.STATEMENTS),
    Step(2, "rooms", m0002_rooms.STATEMENTS),
    Step(3, "chat", m0003_chat.STATEMENTS),
    Step(4, "client_ids", m0004_client_ids.STATEMENTS),
    Step(5, "proof", m0005_proof.STATEMENTS),
    Step(6, "administrators", m0006_administrators.STATEMENTS),
    Step(7, "key_owners", m0007_key_owners.STATEMENTS),
)


async def migrate(database: Database) -> list[str]:
    """Bring the tables up to date, and return the steps that were run: `["1 accounts", …]`, or none.

    If several processes start at once, one does it and the others wait.
    Raises `SchemaTooNewError`, and changes nothing, if a later version of Milanio has migrated the database.
    """
    return await database.run(lambda: run_steps(STEPS), timeout=_TIMEOUT_SECONDS)


def run_steps(steps: tuple[Step, ...]) -> list[str]:
    """Do the missing ones of these steps in the running transaction; returns them as `migrate` does."""
    lock_schema()
    types = _TYPES["postgresql" if current.for_update else "sqlite"]
    _execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL)")
    done = {version for (version,) in _execute("SELECT version FROM schema_version").fetchall()}
    unknown = done - {step.version for step in STEPS}
    if unknown:
        raise SchemaTooNewError(
            f"the database is at version {max(unknown)}, but this Milanio only knows up to {STEPS[-1].version}"
        )
    names = []
    for step in steps:
        if step.version in done:
            continue
        for statement in step.statements:
            _execute(statement.format_map(types))
        # Both values are constants, and each driver writes placeholders differently.
        _execute(f"INSERT INTO schema_version (version, name) VALUES ({step.version}, '{step.name}')")  # noqa: S608
        names.append(f"{step.version} {step.name}")
    return names


def lock_schema() -> None:
    """Let this transaction alone change the tables, and take its time. On SQLite it is exclusive from its start."""
    if current.for_update:
        milliseconds = round(_TIMEOUT_SECONDS * 1000)
        _execute(f"SET LOCAL statement_timeout = {milliseconds}")
        _execute(f"SET LOCAL lock_timeout = {milliseconds}")
        _execute(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _execute(sql: str) -> Any:
    return current.execute_sql(sql)
