"""The token by which an operator lets a load test past the limits that strangers meet."""

import secrets

import jwt

PURPOSE = "load tests"
"""What the key of these tokens is derived for (`web.security.secret.derive`)."""

MAX_HOURS = 7 * 24
MAX_LENGTH = 512
"""Of a token, in characters."""

_ALGORITHM = "HS256"
_AUDIENCE = "milanio:load-test"


def sign(key: bytes, hours: float, now: float) -> str:
    """A token that is good for so many hours; `now` in seconds since 1970. `ValueError` where that is too long."""
    if not 0 < hours <= MAX_HOURS:
        raise ValueError(f"a token is good for {MAX_HOURS} hours at most, and for more than 0")
    claims = {
        "aud": _AUDIENCE,
        "iat": int(now),
        "exp": int(now + hours * 3600),
        "jti": secrets.token_urlsafe(9),
    }
    return jwt.encode(claims, key, _ALGORITHM)


def is_good(text: str, key: bytes) -> bool:
    """Whether it is a token of this key, and of now."""
    if not text or len(text) > MAX_LENGTH:
        return False
    try:
        claims = jwt.decode(
            text,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["aud", "exp", "iat", "jti"], "strict_aud": True},
        )
    except (jwt.InvalidTokenError, ValueError):
        return False
    # Whoever has the key could sign for ever; such a token isn't one that the command makes.
    return int(claims["exp"]) - int(claims["iat"]) <= MAX_HOURS * 3600
