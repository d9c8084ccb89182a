"""The cookie of a browser in which someone has logged in before. Such log-ins aren't held up by strangers' attempts.

It proves only that: its holder still needs the password. It stays after a log-out (OWASP, "Device Cookies").
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import jwt
from aiohttp import web
from aiohttp.typedefs import Handler

from web.security.https import is_https

NAME = "milanio-device"
SECURE_NAME = f"__Host-{NAME}"
LIFETIME = 365 * 24 * 3600
"""Seconds for which a browser is known after a log-in."""

_ALGORITHM = "HS256"
_AUDIENCE = "milanio:device"
_MAX_LENGTH = 1024
_NEW = "milanio.device"


@dataclass(frozen=True, slots=True)
class Device:
    """A browser, and the user who logged in there last."""

    id: str
    user: str
    """A digest of the user's id."""


class Devices:
    """Signs and verifies the cookies. The key must have at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, request: web.Request) -> Device | None:
        """Return the device that a request comes from; None if it isn't known."""
        text = request.cookies.get(SECURE_NAME if is_https(request) else NAME, "")
        if not text or len(text) > _MAX_LENGTH:
            return None
        try:
            claims = jwt.decode(
                text,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["aud", "exp", "sub", "jti"], "strict_aud": True},
            )
        except (jwt.InvalidTokenError, ValueError):
            return None
        return Device(str(claims["jti"]), str(claims["sub"]))

    def is_of(self, device: Device, user: str) -> bool:
        """Whether this user was the last to log in there."""
        return hmac.compare_digest(device.user.encode(), self._digest(user).encode())

    def _digest(self, user: str) -> str:
        # The browser's next user mustn't learn who used it before, or that two browsers are the same person's.
        return hashlib.blake2b(user.encode(), key=self._key, digest_size=16).hexdigest()

    def remember(self, request: web.Request, user: str, now: float) -> None:
        """Mark the browser as one in which the user has logged in."""
        before = self.of(request)
        id = before.id if before is not None and self.is_of(before, user) else secrets.token_urlsafe(16)
        claims = {"aud": _AUDIENCE, "sub": self._digest(user), "jti": id, "exp": int(now) + LIFETIME}
        request[_NEW] = jwt.encode(claims, self._key, _ALGORITHM)

    def forget(self, request: web.Request) -> None:
        """Remove the mark from the browser."""
        if NAME in request.cookies or SECURE_NAME in request.cookies:
            request[_NEW] = ""


@web.middleware
async def device_cookie(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Set the cookie that `Devices.remember` made, or delete it."""
    response = await handler(request)
    value = request.get(_NEW)
    if value is not None and not response.prepared:
        secure = is_https(request)
        name = SECURE_NAME if secure else NAME
        if not value:
            response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
            return response
        response.set_cookie(
            name,
            value,
            max_age=LIFETIME,
            path="/",
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
    return response
