"""Commands on the database, whether or not a server is using it: `migrate`, and helpers of the others."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from storage.errors import StorageError
from storage.store import Store
from web import config_sources
from web.cli.terminal import CommandError
from web.config import Settings
from web.security.secret import make_folder

T = TypeVar("T")


def migrate(arguments: argparse.Namespace) -> None:
    """`milanio migrate`."""
    settings = settings_of(arguments, may_create=True)

    async def nothing(_store: Store) -> None:
        """Do nothing: opening the store was enough."""

    steps, _ = asyncio.run(_opened(settings, nothing))
    for step in steps:
        print(f"done: {step}")
    if not steps:
        print("nothing to do")


def settings_of(arguments: argparse.Namespace, *, may_create: bool) -> Settings:
    """Load the settings for a command on the database. Raises `ConfigError`.

    Without `may_create` a missing database is a `CommandError`, rather than a new one in the wrong folder.
    """
    settings = config_sources.load(arguments.config, data=arguments.data).settings
    if settings.database is None:
        if may_create:
            make_folder(settings.data)
        else:
            _check_exists(settings.default_database)
    return settings


def _check_exists(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise CommandError(f"there is no database {path} yet; is --data or --config missing?") from None
    except OSError as error:
        raise CommandError(f"database {path}: {error.strerror}") from None


def on_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Run `work` on the opened store, and return its result. Raises `CommandError` if the database fails."""
    return asyncio.run(_opened(settings, work))[1]


async def _opened(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> tuple[list[str], T]:
    """Return the migration steps that were run, and the result of `work`."""
    store = Store(settings.database_url)
    try:
        return await store.start(), await work(store)
    except StorageError as error:
        raise CommandError(f"database: {error}") from None
    finally:
        await store.close()
