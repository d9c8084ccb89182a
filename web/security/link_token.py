"""Tokens of personal links, by which programs let people of their own in on the page.

They aren't stored: whether the key that made one is still good is looked up each time.
"""

from dataclasses import dataclass
from typing import Any

import jwt

from web.security.access_token import HEADER

PURPOSE = "links"
"""The purpose for which the key of these tokens is derived (`web.security.secret.derive`)."""

MAX_LENGTH = 2048
"""Characters of a token; those of the longest name, in a script or emoji that JSON escapes, have 1,400."""

_ALGORITHM = "HS256"
_AUDIENCE = "milanio:link"


class LinkTokenError(ValueError):
    """A token that isn't one of this server's, or was changed."""


class LinkExpiredError(LinkTokenError):
    """A token of this server that has expired."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The content of a token: who may come into which room, and which program says so."""

    room: str
    key: str
    """The id of the API key that made it."""
    person: str
    """By which the room recognises them, as `Person.id`."""
    name: str
    host: bool
    expires: int
    """Seconds since 1970."""


def sign(token: LinkToken, key: bytes) -> str:
    """Encode and sign a token."""
    claims = {
        "aud": _AUDIENCE,
        "exp": token.expires,
        "sub": token.person,
        "room": token.room,
        "key": token.key,
        "name": token.name,
        "host": token.host,
    }
    return jwt.encode(claims, key, _ALGORITHM)


def verify(text: str, key: bytes, now: float) -> LinkToken:
    """Check and decode a token; `now` in seconds since 1970. Raises `LinkTokenError`, or its `LinkExpiredError`."""
    try:
        if len(text) > MAX_LENGTH or not text.startswith(HEADER):
            raise jwt.InvalidTokenError
        claims = jwt.decode(
            text,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            # The time is checked below, by our clock.
            options={"require": ["aud", "exp", "sub"], "strict_aud": True, "verify_exp": False},
        )
        texts: list[Any] = [claims.get(claim) for claim in ("room", "key", "sub", "name")]
        host, expires = claims.get("host"), claims["exp"]
        if not all(isinstance(each, str) and each for each in texts):
            raise jwt.InvalidTokenError
        if not (isinstance(host, bool) and isinstance(expires, int)):
            raise jwt.InvalidTokenError
    except (jwt.InvalidTokenError, ValueError):
        raise LinkTokenError("The token of the link is wrong.") from None
    if now >= expires:
        raise LinkExpiredError("The link has expired.")
    room, maker, person, name = texts
    return LinkToken(room, maker, person, name, host, expires)
