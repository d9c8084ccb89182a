"""`milanio api-key …`: keys by which programs use the API."""

import argparse
import json
import time

from storage.errors import InvalidTextError, NameTakenError
from storage.store import Store
from web.api.scopes import MEANINGS, SCOPES, problem
from web.cli.database import on_store, settings_of
from web.cli.terminal import CommandError, moment, plain, print_table
from web.cli.users import known_user

MAX_DAYS = 3650
SCOPES_HELP = "what it is good for, separated by commas: " + "; ".join(f"{name} ({MEANINGS[name]})" for name in SCOPES)


def add(arguments: argparse.Namespace) -> None:
    """`milanio api-key add`."""
    name = arguments.name.strip()
    if not name or not name.isprintable():
        raise CommandError("the name must be a line of text, and not empty")
    scopes = {scope for part in arguments.scope for scope in part.replace(",", " ").split()}
    unknown = sorted(scopes - set(SCOPES))
    if unknown or not scopes:
        wrong = f"{unknown[0][:60]!r} isn't a scope" if unknown else "no scope is given"
        raise CommandError(f"--scope: {wrong}; there are {', '.join(SCOPES)}")

    if arguments.days is not None and not 0 < arguments.days <= MAX_DAYS:
        raise CommandError(f"--days: a number up to {MAX_DAYS}, above 0")

    async def create(store: Store) -> str:
        owner = None if arguments.owner is None else await known_user(store, arguments.owner)
        wrong = problem(scopes, owner)
        if wrong is not None:
            raise CommandError(f"{wrong} Name one with --owner" if owner is None else wrong.removesuffix("."))
        now = time.time()
        expires = None if arguments.days is None else now + arguments.days * 86_400
        try:
            return await store.api_keys.create(name, scopes, now, None if owner is None else owner.id, expires)
        except NameTakenError:
            raise CommandError(f"there is already a key named {plain(name)!r}") from None
        except InvalidTextError as error:
            raise CommandError(str(error)) from None

    print(on_store(settings_of(arguments, may_create=True), create))


def show(arguments: argparse.Namespace) -> None:
    """`milanio api-key list`."""
    keys = on_store(settings_of(arguments, may_create=False), lambda store: store.api_keys.list())
    if arguments.json:
        facts = [
            {
                "name": key.name,
                "scopes": sorted(key.scopes),
                "owner": None if key.owner is None else key.owner.email,
                "created_at": moment(key.created_at),
                "last_used_at": moment(key.last_used_at),
                "expires_at": moment(key.expires_at),
            }
            for key in keys
        ]
        print(json.dumps(facts, indent=2))
        return
    print_table(
        ("NAME", "SCOPES", "OWNER", "CREATED", "LAST USED", "EXPIRES"),
        (
            (
                key.name,
                " ".join(sorted(key.scopes)),
                "" if key.owner is None else key.owner.email,
                moment(key.created_at) or "",
                moment(key.last_used_at) or "never",
                moment(key.expires_at) or "never",
            )
            for key in keys
        ),
    )


def revoke(arguments: argparse.Namespace) -> None:
    """`milanio api-key revoke`."""
    name = arguments.name.strip()
    if not on_store(settings_of(arguments, may_create=False), lambda store: store.api_keys.revoke(name)):
        raise CommandError(f"there is no key named {name!r}")
    print(f"revoked {plain(name)}")
