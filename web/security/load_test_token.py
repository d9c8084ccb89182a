"""The token by which an operator exempts a load test from the limits for strangers."""

import secrets

import jwt

PURPOSE = "load tests"
"""The purpose for which the key of these tokens is derived (`web.security.secret.derive`)."""

MAX_HOURS = 7 * 24
MAX_LENGTH = 512
"""Characters of a token."""

_ALGORITHM = "HS256"
_AUDIENCE = "milanio:load-test"


def sign(key: bytes, hours: float, now: float) -> str:
    """Sign a token valid for this many hours; `now` in seconds since 1970. Raises `ValueError` if that is too long."""
    if not 0 < hours <= MAX_HOURS:
        raise ValueError(f"a token is valid for more than 0 and at most {MAX_HOURS} hours")
    claims = {
        "aud": _AUDIENCE,
        "iat": int(now),
        "exp": int(now + hours * 3600),
        "jti": secrets.token_urlsafe(9),
    }
    return jwt.encode(claims, key, _ALGORITHM)


def is_good(text: str, key: bytes) -> bool:
    """Whether the text is a token that was signed with this key and hasn't expired."""
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
    # The command makes no token with a longer lifetime, even though a holder of the key could.
    return int(claims["exp"]) - int(claims["iat"]) <= MAX_HOURS * 3600
