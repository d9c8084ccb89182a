"""Join tokens: signed, they name the room, the person and their rights, and let them in."""

import secrets
from dataclasses import asdict, dataclass, field

import jwt

from signaling.messages import Rights
from signaling.rooms.participant import Person

LIFETIME = 120
"""Seconds for which a token can be used after it was signed."""

MIN_KEY_BYTES = 32
_ALGORITHM = "HS256"
_AUDIENCE = "milanio:join"


class JoinTokenError(ValueError):
    """A token that is invalid or has expired."""


@dataclass(frozen=True, slots=True)
class JoinToken:
    """The content of a token."""

    room: str
    person: Person
    rights: Rights
    needs_admission: bool = False
    """Whether a host has to let them in."""
    id: str = ""
    """Set by `sign`. Each id can be used once."""
    expires: int = 0
    """Set by `sign`: seconds since 1970."""
    issued: float = field(default=0.0, compare=False)
    """Set by `sign`: seconds since 1970."""


def sign(token: JoinToken, key: bytes, now: float) -> str:
    """Encode and sign a token; `now` in seconds since 1970. Raises `ValueError` for a key under 32 bytes."""
    if len(key) < MIN_KEY_BYTES:
        raise ValueError("the signing key is shorter than 32 bytes")
    person = asdict(token.person)
    claims = {
        "aud": _AUDIENCE,
        "jti": secrets.token_urlsafe(16),
        "exp": int(now) + LIFETIME,
        "issued": now,
        "sub": person.pop("id"),
        "room": token.room,
        "person": person,
        "rights": token.rights.model_dump(),
        "waits": token.needs_admission,
    }
    return jwt.encode(claims, key, _ALGORITHM)


def verify(text: str, key: bytes) -> JoinToken:
    """Check and decode a token. Raises `JoinTokenError`."""
    try:
        claims = jwt.decode(
            text, key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options={"require": ["exp", "sub", "aud", "jti"]}
        )
        features = tuple(claims["person"].pop("features"))
        return JoinToken(
            claims["room"],
            Person(id=claims["sub"], features=features, **claims["person"]),
            Rights.model_validate(claims["rights"]),
            bool(claims["waits"]),
            id=str(claims["jti"]),
            expires=int(claims["exp"]),
            issued=float(claims["issued"]),
        )
    except (jwt.InvalidTokenError, AttributeError, KeyError, TypeError, ValueError):
        raise JoinTokenError("The join token is invalid or has expired.") from None
