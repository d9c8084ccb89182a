import asyncio
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from signaling.messages.room_settings import NEW_ROOM
from storage import backup
from storage.errors import BackupError
from storage.migrations import STEPS
from storage.models import ALL, Event, Mail, Run, User, current, tuples
from storage.store import Store

pytestmark = pytest.mark.asyncio

KEY = bytes(range(32))
PICTURE = bytes(range(256)) * 10


@pytest.fixture(params=["sqlite", "postgres"])
def target_url(request: pytest.FixtureRequest) -> str:
    """Another database, of either kind."""
    found: str = request.getfixturevalue(f"other_{request.param}_url")
    return found


async def fill(store: Store) -> None:
    """Something in every table."""
    now = 1000.0
    ada = await store.users.create("ada@example.org", "Ada 🎈", "hash", now)
    await store.users.create("ben@example.org", "Ben", "hash", now)
    await store.users.verify(ada.id, now)

    def rest() -> None:
        User.update(avatar=PICTURE, avatar_type="image/webp").where(User.id == ada.id).execute()
        for model in ALL:
            if model not in (User, Run) and not model.select().exists():
                model.insert(**_row(model, ada.id)).execute()

    await store.database.run(rest)


def _row(model: Any, user: str) -> dict[str, Any]:
    """A row with a value in every column."""
    values: dict[str, Any] = {}
    for field in model._meta.sorted_fields:
        if field.name == "id" and field.field_type == "BIGAUTO":
            continue
        if field.name in ("user", "owner"):
            values[field.name] = user
        elif field.name == "room":
            values[field.name] = "room"
        elif field.name == "id":
            values[field.name] = "room" if field.field_type == "TEXT" else 7
        elif field.field_type == "BOOL":
            values[field.name] = True
        elif field.field_type in ("TEXT", "VARCHAR"):
            values[field.name] = "text"
        elif field.field_type == "BLOB":
            values[field.name] = PICTURE
        else:
            values[field.name] = 3
    return values


async def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return await store.database.read(
        lambda: {model._meta.table_name: sorted(tuples(model.select()), key=repr) for model in ALL if model is not Run}
    )


async def saved(store: Store, path: Path) -> backup.Contents:
    with path.open("wb") as file:
        return await backup.save(store.database, file, 2000.0, KEY)


async def test_either_kind_of_database_is_restored_from_either(store: Store, target_url: str, tmp_path: Path) -> None:
    await fill(store)
    path = tmp_path / "backup"
    contents = await saved(store, path)
    before = await everything(store)
    assert all(before.values())
    assert contents.rows == {table: len(rows) for table, rows in before.items()}
    async with Store(target_url, new_room=NEW_ROOM) as other:
        assert await backup.restore(other.database, path, replace=False) == contents
        assert await everything(other) == before
        # Numbers that the database gives go on.
        await other.database.run(lambda: Mail.insert(**_row(Mail, "")).execute())
        assert len((await everything(other))["outgoing_mail"]) == 2


async def test_what_a_database_has_is_replaced_only_if_that_is_meant(store: Store, tmp_path: Path) -> None:
    await fill(store)
    path = tmp_path / "backup"
    await saved(store, path)
    before = await everything(store)
    cleo = await store.users.create("cleo@example.org", "Cleo", "hash", 1.0)
    with pytest.raises(BackupError, match=r"isn't empty \(users, "):
        await backup.restore(store.database, path, replace=False)
    assert await store.users.by_id(cleo.id) is not None
    await backup.restore(store.database, path, replace=True)
    assert await everything(store) == before


async def test_a_backup_of_an_earlier_version_is_brought_up_to_date(store: Store, tmp_path: Path) -> None:
    await fill(store)
    path, earlier = tmp_path / "backup", tmp_path / "earlier"
    await saved(store, path)
    before = await everything(store)
    with gzip.open(path) as file, gzip.open(earlier, "w") as written:
        # As step 4 had it, without what later steps added.
        columns: list[int] | None = None
        left_out = 0
        for text in file:
            line = json.loads(text)
            if "schema" in line:
                line["schema"] = 4
            if isinstance(line, dict) and "rows" in line:
                line["rows"] -= left_out
            if isinstance(line, dict) and "table" in line:
                skipped = line["table"] in ("chat_gaps", "api_keys")
                late = {
                    "users": {"administrator_at"},
                    "mail_tokens": {"name", "password_hash"},
                    "room_invitations": {"token_hash"},
                }
                missing = late.get(line["table"], set())
                columns = [number for number, name in enumerate(line["columns"]) if name not in missing]
                line["columns"] = [line["columns"][number] for number in columns]
            elif isinstance(line, list) and columns is not None:
                left_out += skipped
                line = [line[number] for number in columns]
            if not (columns is not None and skipped and "rows" not in line):
                written.write(json.dumps(line).encode() + b"\n")
    await backup.restore(store.database, earlier, replace=True)
    after = await everything(store)
    assert after["users"] == before["users"]
    before["chat_gaps"] = before["api_keys"] = []
    assert {table: len(rows) for table, rows in after.items()} == {table: len(rows) for table, rows in before.items()}
    version = await store.database.read(
        lambda: current.execute_sql("SELECT max(version) FROM schema_version").fetchone()
    )
    assert version[0] == STEPS[-1].version


async def test_a_damaged_or_foreign_file_changes_nothing(store: Store, tmp_path: Path) -> None:
    await fill(store)
    path, bad = tmp_path / "backup", tmp_path / "bad"
    await saved(store, path)
    before = await everything(store)
    whole = path.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    head = json.loads(lines[0])
    foreign = gzip.compress(b"".join([lines[0], b'{"table":"pg_user","columns":["a"]}\n["x"]\n{"rows":1}\n']))
    for content, problem in (
        (b"", "isn't a backup"),
        (b"hello", "isn't a backup"),
        (whole[:-20], "damaged"),
        (whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], "damaged|complete"),
        (gzip.compress(b"".join(lines[:-2])), "isn't complete"),
        (gzip.compress(b"".join([*lines[:-3], lines[-1]])), "isn't complete"),
        (gzip.compress(b"".join([*lines, lines[-1]])), "behind the backup's end"),
        (gzip.compress(json.dumps({**head, "schema": 999}).encode()), "later version"),
        (foreign, "there is no table 'pg_user'"),
    ):
        bad.write_bytes(content)
        with pytest.raises(BackupError, match=problem):
            await backup.restore(store.database, bad, replace=True)
        assert await everything(store) == before


async def test_it_is_of_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    """Each new account comes with an event, in one transaction: a backup never has one without the other."""
    busy = True

    async def write(worker: int) -> int:
        number = 0
        while busy:
            number += 1

            def both(name: str = f"{worker}-{number}") -> None:
                User.insert(**{**_row(User, ""), "id": name, "email": name, "avatar": PICTURE}).execute()
                Event.insert(**{**_row(Event, ""), "person_id": name}).execute()

            await store.database.run(both)
        return number

    await fill(store)
    writers = [asyncio.create_task(write(worker)) for worker in range(2)]
    for attempt in range(5):
        file = io.BytesIO()
        contents = await backup.save(store.database, file, 1.0, None)
        assert contents.rows["room_events"] - 1 == contents.rows["users"] - 2, attempt
    busy = False
    assert min(await asyncio.gather(*writers)) > 0
