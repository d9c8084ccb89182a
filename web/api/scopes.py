"""What an API key may be good for."""

from typing import Literal, get_args

Scope = Literal["users.read", "users.write", "rooms.read", "rooms.write", "server.read"]

MEANINGS: dict[Scope, str] = {
    "users.read": "list accounts",
    "users.write": "disable, enable and delete accounts",
    "rooms.read": "list rooms and who is in them",
    "rooms.write": "end calls, and close rooms for good",
    "server.read": "settings without secrets, health, findings, recent problems",
}

SCOPES: tuple[Scope, ...] = get_args(Scope)
