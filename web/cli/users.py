"""`milanio user …`: accounts, from the server's own terminal."""

import argparse
import json
import time
from collections.abc import Awaitable, Callable

from signaling.names import NameRefusedError, accept_name
from storage.errors import EmailTakenError
from storage.records import User
from storage.store import Store
from web.cli.database import on_store, settings_of
from web.cli.new_password import ask_new_password
from web.cli.terminal import CommandError, moment, plain, print_table
from web.mail import MailError, check_address
from web.security.passwords import PasswordHasher

_PAGE = 500


def add(arguments: argparse.Namespace) -> None:
    """`milanio user add`."""
    try:
        email = check_address(arguments.email.strip())
        name = accept_name(arguments.name)
    except (MailError, NameRefusedError) as error:
        raise CommandError(str(error)) from None
    settings = settings_of(arguments, may_create=True)
    if on_store(settings, lambda store: store.users.by_email(email)) is not None:
        raise _taken(email)
    password = ask_new_password()

    async def create(store: Store) -> None:
        try:
            user = await store.users.create(email, name, await _hashed(password), time.time())
        except EmailTakenError:
            raise _taken(email) from None
        await store.users.verify(user.id, time.time())
        if arguments.admin:
            await store.users.set_administrator(user.id, time.time())

    on_store(settings, create)
    print(f"added {plain(email)}{', an administrator' if arguments.admin else ''}")


def _taken(email: str) -> CommandError:
    return CommandError(f"{plain(email)} already has an account")


def show(arguments: argparse.Namespace) -> None:
    """`milanio user list`."""
    users = on_store(settings_of(arguments, may_create=False), _everyone)
    if arguments.json:
        print(json.dumps([_facts(user) for user in users], indent=2))
        return
    print_table(
        ("E-MAIL", "NAME", "STATE", "REGISTERED"),
        ((user.email, user.name, _state(user), moment(user.created_at) or "") for user in users),
    )


async def _everyone(store: Store) -> list[User]:
    users: list[User] = []
    while page := await store.users.list(_PAGE, len(users)):
        users += page
    return users


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    if user.administrator_at is not None:
        return "administrator"
    return "active" if user.verified_at is not None else "not verified"


def _facts(user: User) -> dict[str, str | None]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "registered_at": moment(user.created_at),
        "verified_at": moment(user.verified_at),
        "disabled_at": moment(user.disabled_at),
        "administrator_since": moment(user.administrator_at),
    }


def disable(arguments: argparse.Namespace) -> None:
    """`milanio user disable`."""
    _change(arguments, lambda store, user: store.users.disable(user.id, time.time()))
    print(f"disabled {plain(arguments.email)}; all sessions have ended")


def enable(arguments: argparse.Namespace) -> None:
    """`milanio user enable`."""
    _change(arguments, lambda store, user: store.users.enable(user.id))
    print(f"enabled {plain(arguments.email)}")


def delete(arguments: argparse.Namespace) -> None:
    """`milanio user delete`."""
    _change(arguments, lambda store, user: store.users.delete(user.id, time.time()))
    print(f"deleted {plain(arguments.email)} and the rooms of that account; all sessions have ended")


def admin(arguments: argparse.Namespace) -> None:
    """`milanio user admin`."""
    since = None if arguments.remove else time.time()
    _change(arguments, lambda store, user: store.users.set_administrator(user.id, since))
    print(f"{plain(arguments.email)} is {'no longer' if arguments.remove else 'now'} an administrator")


def _change(arguments: argparse.Namespace, change: Callable[[Store, User], Awaitable[object]]) -> None:
    """Change the account that a command names."""

    async def find_and_change(store: Store) -> None:
        await change(store, await known_user(store, arguments.email))

    on_store(settings_of(arguments, may_create=False), find_and_change)


def passwd(arguments: argparse.Namespace) -> None:
    """`milanio user passwd`."""
    settings = settings_of(arguments, may_create=False)
    user = on_store(settings, lambda store: known_user(store, arguments.email))
    password = ask_new_password()

    async def change(store: Store) -> bool:
        return await store.users.set_password(user.id, await _hashed(password), time.time())

    if not on_store(settings, change):
        raise _unknown(arguments.email)
    print(f"changed the password of {plain(user.email)}; all sessions have ended")


async def known_user(store: Store, email: str) -> User:
    """Return the account with an address. Raises `CommandError`."""
    try:
        user = await store.users.by_email(check_address(email.strip()))
    except MailError:
        user = None
    if user is None:
        raise _unknown(email)
    return user


def _unknown(email: str) -> CommandError:
    return CommandError(f"there is no account with the address {email!r}")


async def _hashed(password: str) -> str:
    hasher = PasswordHasher()
    try:
        return await hasher.hash(password)
    finally:
        hasher.close()
