import logging
import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from web.config import Settings
from web.config_names import ConfigError
from web.security import secret

STRONG = "x7Q-fT0w+Kp9/ZsR2uVb5yNd8gHj1mLc"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    key = secret.load_or_create(folder)
    assert len(key) == 32
    assert secret.load_or_create(folder) == key
    assert mode(folder / secret.FILE_NAME) == 0o600
    assert mode(folder) == 0o700
    assert secret.load_or_create(tmp_path) != key


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    secret.load_or_create(tmp_path)
    assert mode(tmp_path) == 0o750


@pytest.mark.parametrize("rights", [0o644, 0o640, 0o604, 0o666, 0o610])
def test_a_key_that_others_can_read_is_closed_to_them_with_a_warning(
    tmp_path: Path, rights: int, caplog: pytest.LogCaptureFixture
) -> None:
    key = secret.load_or_create(tmp_path)
    path = tmp_path / secret.FILE_NAME
    path.chmod(rights)
    with caplog.at_level(logging.WARNING):
        assert secret.load_or_create(tmp_path) == key
    assert mode(path) == 0o600
    (record,) = caplog.records
    assert f"{path} could be read by others (mode {rights:o})" in record.getMessage()
    caplog.clear()
    secret.load_or_create(tmp_path)
    assert not caplog.records


def test_in_a_folder_that_its_group_writes_to_the_group_may_read_the_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As Kubernetes mounts it (fsGroup), and as OpenShift starts it: with any user of one group."""
    tmp_path.chmod(0o2775)
    key = secret.load_or_create(tmp_path)
    path = tmp_path / secret.FILE_NAME
    assert mode(path) == 0o660
    assert secret.load_or_create(tmp_path) == key
    assert not caplog.records
    path.chmod(0o664)
    assert secret.load_or_create(tmp_path) == key
    assert mode(path) == 0o660
    assert len(caplog.records) == 1


def test_a_key_of_another_user_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret.load_or_create(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(secret, "_read", refuse)
    with pytest.raises(ConfigError, match=r"belongs to user \d+, and user \d+ can't read it"):
        secret.load_or_create(tmp_path)


def test_a_key_that_can_t_be_closed_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret.load_or_create(tmp_path)
    (tmp_path / secret.FILE_NAME).chmod(0o644)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(ConfigError, match="run chmod 600"):
        secret.load_or_create(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short", bytes(31)])
def test_a_key_that_is_too_short_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / secret.FILE_NAME).write_bytes(content)
    (tmp_path / secret.FILE_NAME).chmod(0o600)
    with pytest.raises(ConfigError, match="too short"):
        secret.load_or_create(tmp_path)


def test_a_folder_that_can_t_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError, match="data folder"):
            secret.load_or_create(folder)


def test_a_key_that_is_set_is_used_and_the_folder_made_only_for_what_is_kept_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    elsewhere = Settings(data=folder, secret=SecretStr(STRONG), database=SecretStr("postgresql:///name"))
    assert secret.key_of(elsewhere) == STRONG.encode()
    assert not folder.exists()
    assert secret.key_of(Settings(data=folder, secret=SecretStr(STRONG))) == STRONG.encode()
    assert mode(folder) == 0o700
    assert list(folder.iterdir()) == []
    assert len(secret.key_of(Settings(data=folder))) == 32


def test_keys_are_derived_for_one_purpose_each() -> None:
    assert secret.derive(b"k" * 32, "join") == secret.derive(b"k" * 32, "join")
    keys = {secret.derive(key, purpose) for key in (b"k" * 32, b"l" * 32) for purpose in ("join", "access")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
