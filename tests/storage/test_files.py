"""Who may use the database file: its owner, and the group where the folder is the group's to write to."""

import asyncio
from pathlib import Path

import pytest

from storage.store import Store


@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o755, 0o600), (0o770, 0o660), (0o2775, 0o660)])
def test_the_database_has_the_rights_of_its_folder_without_those_of_others(
    tmp_path: Path, folder: int, file: int
) -> None:
    tmp_path.chmod(folder)

    async def use() -> set[int]:
        store = Store(f"sqlite:///{tmp_path}/some.db")
        await store.start()
        try:
            return {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
        finally:
            await store.close()

    assert asyncio.run(use()) == {file}
