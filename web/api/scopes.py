"""What an API key may be good for."""

from collections.abc import Collection
from typing import Literal, get_args

from storage.records import User

Scope = Literal["rooms", "join", "users.read", "users.write", "calls.read", "calls.write", "server.read"]

MEANINGS: dict[Scope, str] = {
    "rooms": "create, list, change, end and delete rooms of its owner",
    "join": "let people into rooms of its owner, also as hosts",
    "users.read": "list accounts",
    "users.write": "disable, enable and delete accounts",
    "calls.read": "list all calls and who is in them",
    "calls.write": "end any call, and close any room for good",
    "server.read": "settings without secrets, health, findings, recent problems",
}

SCOPES: tuple[Scope, ...] = get_args(Scope)

OF_OWNER: frozenset[Scope] = frozenset(("rooms", "join"))
"""Scopes for what belongs to the key's owner; the others are for the whole server."""


def problem(scopes: Collection[str], owner: User | None) -> str | None:
    """Say why no key of that owner can have these scopes; None: it can."""
    if owner is None and (own := OF_OWNER.intersection(scopes)):
        return f"The scope {sorted(own)[0]} needs an owner, whom the rooms belong to."
    if owner is not None and owner.administrator_at is None and (rest := set(scopes) - OF_OWNER):
        return f"For the scope {sorted(rest)[0]}, the owner has to be an administrator."
    return None
