"""`milanio backup` and `milanio restore`: all accounts, rooms and chats, and the key, in one file."""

import argparse
import contextlib
import os
import time
from pathlib import Path

from storage import backup
from storage.errors import BackupError, NotEmptyError
from storage.files import OWNER_ONLY
from storage.store import Store
from web.cli.database import on_store, settings_of
from web.cli.terminal import CommandError, moment
from web.config import Settings
from web.security import secret

_COUNTED = {"users": "account", "rooms": "room", "chat_messages": "message"}
"""What is told of a backup, by table."""


def save(arguments: argparse.Namespace) -> None:
    """`milanio backup`."""
    settings = settings_of(arguments, may_create=False)
    target = Path(arguments.file)
    # A new file beside it, for its owner only: an interrupted backup mustn't take the place of the one before.
    part = target.with_name(f".{target.name}.part")
    try:
        with open(part, "wb", opener=_for_owner) as file:
            contents = on_store(settings, lambda store: backup.save(store.database, file, time.time(), _key(settings)))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        raise CommandError(f"{target} can't be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    print(f"saved {_summary(contents)}" + (", and the key" if contents.key else ""))


def restore(arguments: argparse.Namespace) -> None:
    """`milanio restore`."""
    path = Path(arguments.file)
    try:
        backup.read(path)  # before anything is made, such as a database in a wrong folder
        settings = settings_of(arguments, may_create=True)

        async def put(store: Store) -> backup.Contents:
            try:
                return await backup.restore(store.database, path, replace=arguments.replace)
            except NotEmptyError as error:
                raise CommandError(f"{error}; add --replace to put the backup in its place") from None

        contents = on_store(settings, put)
    except BackupError as error:
        raise CommandError(f"{path}: {error}") from None
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    print(f"restored {_summary(contents)}, of {moment(contents.made_at)}")
    if contents.key is not None and settings.secret is None and contents.key != _key(settings):
        secret.replace(settings.data, contents.key)
        print("the key is the backup's too: restart the server, if it is running")


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)


def _key(settings: Settings) -> bytes | None:
    """The key that the server has generated; None: it is among the settings, or there is none yet."""
    return secret.existing(settings.data) if settings.secret is None else None


def _summary(contents: backup.Contents) -> str:
    return ", ".join(_counted(contents.rows[table], word) for table, word in _COUNTED.items())


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def reset_secret(arguments: argparse.Namespace) -> None:
    """`milanio reset-secret`."""
    settings = settings_of(arguments, may_create=False)
    if settings.secret is not None:
        raise CommandError("the key is set by the setting secret: change it there, and restart the server")
    sessions = on_store(settings, lambda store: store.tokens.revoke_everyone(time.time()))
    secret.replace(settings.data, os.urandom(secret.SIZE))
    print(f"there is a new key, and {_counted(sessions, 'sign-in')} ended; restart the server, if it is running")
