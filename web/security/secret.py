"""The key that signs tokens: made on the first run, kept in a file that only its owner can read."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from web.config import ConfigError, Settings

FILE_NAME = "secret.key"
SIZE = 32


def key_of(settings: Settings) -> bytes:
    """The key as it was set, else the one in the data folder. Raises `ConfigError`."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    return load_or_create(settings.data)


def load_or_create(folder: Path) -> bytes:
    """The key in `folder`, 32 bytes. Raises `ConfigError` where the folder can't be used or the key is too short."""
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
        else:
            key = secrets.token_bytes(SIZE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
    except OSError as error:
        raise ConfigError(f"data folder {folder}: {error.strerror}") from None
    if len(key) < SIZE:
        raise ConfigError(f"{path} is too short for a key; delete it, and a new one is made")
    return key


def derive(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose only, so that what one of them signed means nothing to another (RFC 5869)."""
    return HKDF(SHA256(), 32, None, b"milanio " + purpose.encode()).derive(key)
