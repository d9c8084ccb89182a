"""What the API returns about people with an account."""

import hashlib
from typing import Annotated

from pydantic import Field

from storage.records import User
from web.api.endpoint import Reply
from web.api.fields import Theme

COLOURS = (
    "#b91c1c", "#c2410c", "#a16207", "#4d7c0f", "#15803d", "#0f766e",
    "#0e7490", "#1d4ed8", "#4338ca", "#6d28d9", "#a21caf", "#be185d",
)  # fmt: skip
"""For people who haven't chosen one; white letters are readable on each."""


class Account(Reply):
    """An account, as its owner sees it."""

    id: str
    email: str
    name: str
    verified: Annotated[bool, Field(description="whether they have confirmed the address")]
    avatar_colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$", description="as #rrggbb")]
    avatar: Annotated[str | None, Field(description="where the picture is; null: none")]
    theme: Theme
    created_at: Annotated[float, Field(description="seconds since 1970")]
    administrator: Annotated[bool, Field(description="whether they may manage the whole server")]


def account(user: User) -> Account:
    """Describe an account, with defaults for what was never chosen."""
    theme: Theme = "light" if user.theme == "light" else "dark" if user.theme == "dark" else "system"
    return Account(
        id=user.id,
        email=user.email,
        name=user.name,
        verified=user.verified_at is not None,
        avatar_colour=user.avatar_colour or colour_of(user.id),
        avatar=f"/api/users/{user.id}/avatar" if user.has_avatar else None,
        theme=theme,
        created_at=user.created_at,
        administrator=user.administrator_at is not None,
    )


def colour_of(identity: str) -> str:
    """Return the colour of someone who hasn't chosen one: always the same for the same id."""
    return COLOURS[hashlib.sha256(identity.encode()).digest()[0] % len(COLOURS)]
