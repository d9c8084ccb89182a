import stat
from pathlib import Path

import pytest

from web.config import ConfigError
from web.security import secret


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    key = secret.load_or_create(folder)
    assert len(key) == 32
    assert secret.load_or_create(folder) == key
    assert stat.S_IMODE((folder / secret.FILE_NAME).stat().st_mode) == 0o600
    assert secret.load_or_create(tmp_path) != key


@pytest.mark.parametrize("content", [b"", b"short", bytes(31)])
def test_a_key_that_is_too_short_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / secret.FILE_NAME).write_bytes(content)
    with pytest.raises(ConfigError, match="too short"):
        secret.load_or_create(tmp_path)


def test_a_folder_that_can_t_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="data folder"):
        secret.load_or_create(tmp_path / "file")
