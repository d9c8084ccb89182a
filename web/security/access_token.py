"""Access tokens: signed and short-lived, they authenticate clients of the API. Each refresh of a session gives one."""

import secrets
from dataclasses import dataclass

import jwt

LIFETIME = 15 * 60
"""Seconds. A token can't be revoked, so its session is looked up with each request."""

MIN_KEY_BYTES = 32
MAX_LENGTH = 1024
_ALGORITHM = "HS256"
_AUDIENCE = "milanio:api"
_REQUIRED = ["aud", "iss", "exp", "iat", "sub", "jti", "session"]

# All our tokens begin with the same header. Any other (`none`, another algorithm, `kid`, `crit`) is refused by
# comparing text: a stranger's header is never parsed.
HEADER = jwt.encode({}, bytes(MIN_KEY_BYTES), _ALGORITHM).split(".")[0] + "."


class AccessTokenError(ValueError):
    """A token that is invalid or has expired; answered with 401."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The content of a token."""

    user: str
    session: str
    """The family of refresh tokens that it came from, which ends at log-out."""
    id: str
    expires: int
    """Seconds since 1970."""


class AccessTokens:
    """Signs and verifies tokens. A key under 32 bytes raises `ValueError`, so that the server doesn't start."""

    def __init__(self, key: bytes, issuer: str = "milanio") -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError("the signing key is shorter than 32 bytes")
        self._key = key
        self._issuer = issuer

    def sign(self, user: str, session: str, now: float) -> str:
        """Sign a new token; `now` in seconds since 1970."""
        claims = {
            "aud": _AUDIENCE,
            "iss": self._issuer,
            "iat": int(now),
            "exp": int(now) + LIFETIME,
            "sub": user,
            "jti": secrets.token_urlsafe(16),
            "session": session,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def verify(self, text: str) -> AccessToken:
        """Check and decode a token. Raises `AccessTokenError`, with the same sentence whatever is wrong."""
        try:
            if len(text) > MAX_LENGTH or not text.startswith(HEADER):
                raise jwt.InvalidTokenError
            claims = jwt.decode(
                text,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=self._issuer,
                options={"require": _REQUIRED, "strict_aud": True},
            )
            user, session, identity, expires = (claims[name] for name in ("sub", "session", "jti", "exp"))
            if not (isinstance(session, str) and session and user and identity and isinstance(expires, int)):
                raise jwt.InvalidTokenError
            return AccessToken(user, session, identity, expires)
        except (jwt.InvalidTokenError, ValueError):
            raise AccessTokenError("The access token is invalid or has expired.") from None
