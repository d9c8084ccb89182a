"""The key that signs tokens: generated on the first run, and kept in a file that only its owner can read."""

import logging
import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.files import OWNER_ONLY, WITH_GROUP, is_shared, make_file, replace_file
from web.config import Settings
from web.config_names import ConfigError

log = logging.getLogger(__name__)

FILE_NAME = "secret.key"
SIZE = 32


def key_of(settings: Settings) -> bytes:
    """Return the key from the settings, or the one in the data folder. Raises `ConfigError`.

    The data folder is created if something is kept in it.
    """
    if settings.secret is None:
        return load_or_create(settings.data)
    if settings.database is None:
        make_folder(settings.data)
    return settings.secret.get_secret_value().encode()


def make_folder(folder: Path) -> None:
    """Create a missing data folder, accessible to its owner only. Raises `ConfigError`."""
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"data folder {folder}: {error.strerror}") from None


def load_or_create(folder: Path) -> bytes:
    """Return the key in `folder`, 32 bytes. Raises `ConfigError` if the folder can't be used or the key is too
    short.
    """
    path = folder / FILE_NAME
    make_folder(folder)
    try:
        try:
            descriptor = make_file(path)
        except FileExistsError:
            key = _existing(path)
        else:
            key = secrets.token_bytes(SIZE)
            with os.fdopen(descriptor, "r+b") as file:
                file.write(key)
    except OSError as error:
        raise ConfigError(f"data folder {folder}: {error.strerror}") from None
    if len(key) < SIZE:
        raise ConfigError(f"{path} is too short for a key; delete it to have a new one generated")
    return key


def _existing(path: Path) -> bytes:
    """Read the key in an existing file. Raises `OSError`, or `ConfigError` that says what to do."""
    try:
        return _read(path)
    except PermissionError:
        owner = path.stat().st_uid
        raise ConfigError(
            f"{path} belongs to user {owner}, and user {os.geteuid()} can't read it; give it to the user who runs "
            "Milanio, or to one of their groups: chmod g+rw on the folder and everything in it"
        ) from None


def _read(path: Path) -> bytes:
    """Read the key, after taking away others' read permission. Raises `OSError`, or `ConfigError` if that fails."""
    meant = WITH_GROUP if is_shared(path.parent) else OWNER_ONLY
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & ~meant & 0o077:
            try:
                os.fchmod(file.fileno(), mode & meant)
            except OSError:
                raise ConfigError(
                    f"{path} can be read by others, and this user can't change that; run chmod 600 on it"
                ) from None
            log.warning(
                "%s could be read by others (mode %o) and no longer can; if one of them may have read it, "
                "delete it: a new key is generated, and everyone has to log in again",
                path,
                mode,
            )
        return file.read()


def existing(folder: Path) -> bytes | None:
    """Return the key in `folder`; None: there is none yet. Raises `ConfigError`."""
    try:
        return _existing(folder / FILE_NAME)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"data folder {folder}: {error.strerror}") from None


def replace(folder: Path, key: bytes) -> None:
    """Put another key in place of the one in `folder`; a running server goes on with the old one until it is restarted.

    Raises `ConfigError`.
    """
    try:
        replace_file(folder / FILE_NAME, key)
    except OSError as error:
        raise ConfigError(f"data folder {folder}: {error.strerror}") from None


def derive(key: bytes, purpose: str) -> bytes:
    """Derive a key of 32 bytes for one purpose, so that what one key signs is invalid for another (RFC 5869)."""
    return HKDF(SHA256(), 32, None, b"milanio " + purpose.encode()).derive(key)
