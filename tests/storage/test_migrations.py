import asyncio
from pathlib import Path
from typing import Any

import pytest

from storage import models
from storage.database import Database
from storage.errors import SchemaTooNewError
from storage.migrations import STEPS, Step, migrate, run_steps
from storage.models import current
from storage.store import Store

pytestmark = pytest.mark.asyncio

EVERYTHING = [f"{step.version} {step.name}" for step in STEPS]


def schema() -> dict[str, Any]:
    """All that there is to say about the tables, in the words of the database at hand."""
    found = {}
    for table in sorted(current.get_tables()):
        if table in ("schema_version", "sqlite_sequence"):
            continue
        if current.for_update:
            query = f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '{table}'::regclass"
        else:
            query = f'SELECT "from", "table", "to", on_delete FROM pragma_foreign_key_list(\'{table}\')'
        columns = [
            (column.name, column.data_type, column.null, column.primary_key, column.default)
            for column in current.get_columns(table)
        ]
        indexes = sorted((index.columns, index.unique) for index in current.get_indexes(table))
        found[table] = (columns, indexes, sorted(current.execute_sql(query).fetchall()))
    return found


async def test_from_nothing_and_then_nothing(url: str) -> None:
    async with Database(url) as database:
        assert await migrate(database) == EVERYTHING
        assert await migrate(database) == []


async def test_two_at_once(url: str) -> None:
    async with Database(url) as one, Database(url) as other, Database(url) as third:
        done = await asyncio.gather(migrate(one), migrate(other), migrate(third))
        assert sorted(done) == [[], [], EVERYTHING]


@pytest.mark.parametrize("attempt", range(10))
async def test_new_file_opened_by_several_at_once(tmp_path: Path, attempt: int) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'store.db'}") for _ in range(6)]
    try:
        for database in databases:
            await database.start()
        done = await asyncio.gather(*(migrate(database) for database in databases))
        assert sorted(done) == [[]] * 5 + [EVERYTHING]
    finally:
        for database in databases:
            await database.close()


@pytest.mark.parametrize("version", range(len(STEPS) + 1))
async def test_every_version_upwards_is_what_the_models_say(url: str, version: int) -> None:
    def from_models() -> dict[str, Any]:
        current.drop_tables(models.ALL, cascade=current.for_update)
        current.create_tables(models.ALL)
        return schema()

    async with Database(url) as database:
        await database.run(lambda: run_steps(STEPS[:version]))
        assert await migrate(database) == EVERYTHING[version:]
        migrated = await database.run(schema)
        assert len(migrated) == len(models.ALL)
        assert migrated == await database.run(from_models)


async def test_what_was_stored_stays(url: str) -> None:
    async with Database(url) as database:
        await database.run(lambda: run_steps(STEPS[:1]))
        new = {"password_hash": "h", "avatar_colour": "", "theme": "", "created_at": 1.0}
        await database.run(lambda: models.User.insert(id="u", email="a@x.org", name="A", **new).execute())
    async with Store(url) as store:
        assert (await store.users.list())[0].name == "A"


async def test_scopes_of_stored_keys_are_renamed(url: str) -> None:
    async with Database(url) as database:
        await database.run(lambda: run_steps(STEPS[:6]))
        insert = (
            "INSERT INTO api_keys (id, name, token_hash, scopes, created_at)"
            " VALUES ('k', 'Old', 'h', 'rooms.read rooms.write server.read', 1)"
        )
        await database.run(lambda: current.execute_sql(insert))
    async with Store(url) as store:
        (key,) = await store.api_keys.list()
        assert key.scopes == {"calls.read", "calls.write", "server.read"}
        assert (key.owner, key.expires_at) == (None, None)


async def test_a_step_that_fails_undoes_all(url: str) -> None:
    broken = Step(90, "broken", ("CREATE TABLE more (id INTEGER)", "CREATE NONSENSE"))
    async with Database(url) as database:
        with pytest.raises(Exception, match=r"(?i)nonsense"):
            await database.run(lambda: run_steps((*STEPS, broken)))
        assert await database.read(lambda: current.get_tables()) == []
        assert await migrate(database) == EVERYTHING


async def test_a_later_version_is_left_alone(url: str) -> None:
    async with Store(url) as store:
        insert = "INSERT INTO schema_version (version, name) VALUES (99, 'future')"
        await store.database.run(lambda: current.execute_sql(insert))
    later = Store(url)
    with pytest.raises(SchemaTooNewError, match="99"):
        await later.start()
