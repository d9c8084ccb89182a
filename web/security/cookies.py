"""The browser's cookie: encrypted, of one log-in or one guest, and never longer good than the store says.

There are two names. Under HTTPS it is `__Host-milanio`, which browsers take only from this very host and only over
HTTPS; so no other host of the same domain can plant one. Over plain HTTP it is `milanio`.
"""

import logging
import secrets
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp_session import Session, get_session, new_session, session_middleware
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from web.security.https import is_https
from web.security.secret import derive

NAME = "milanio"
SECURE_NAME = "__Host-milanio"
LIFETIME = 30 * 24 * 3600
"""Seconds for which a browser keeps the cookie after it was last set."""

# It warns of every cookie that can't be decrypted, and anybody may send those by the thousand.
logging.getLogger("aiohttp_session").setLevel(logging.ERROR)


class CookieStorage(EncryptedCookieStorage):
    """`EncryptedCookieStorage` that whatever a client sends for a cookie can't upset, and that also deletes its cookie
    as a secure one: without that, browsers leave it in place.
    """

    def __init__(self, key: bytes, secure: bool) -> None:
        # Without a `max_age`, which would be compared with the clock: one that is set back by an hour would make
        # everybody a stranger. How long a log-in is good for is for the store to say.
        name = SECURE_NAME if secure else NAME
        super().__init__(key, cookie_name=name, httponly=True, samesite="Lax", path="/", secure=secure)

    async def load_session(self, request: web.Request) -> Session:
        """What the cookie says; nothing for a damaged or foreign one."""
        try:
            return await super().load_session(request)
        except ValueError:
            # Not even UTF-8, that is: half a surrogate pair.
            return await self.new_session()

    def save_cookie(self, response: web.StreamResponse, cookie_data: str, *, max_age: int | None = None) -> None:
        """Set the cookie, or delete it where there is nothing to say."""
        if cookie_data:
            super().save_cookie(response, cookie_data, max_age=LIFETIME)
        else:
            parameters = self.cookie_params
            response.del_cookie(
                self.cookie_name, path="/", secure=parameters["secure"], httponly=True, samesite=parameters["samesite"]
            )


def cookies(key: bytes) -> Middleware:
    """The middleware that reads and writes the cookie; `key` is the server's."""
    cookie_key = derive(key, "cookies")
    open_, secure = (session_middleware(CookieStorage(cookie_key, secure)) for secure in (False, True))

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await (secure if is_https(request) else open_)(request, handler)

    return middleware


@dataclass(frozen=True, slots=True)
class LogIn:
    """What the cookie of somebody signed in says. Whether that is still so, the store knows."""

    user: str
    session: str


async def log_in_of(request: web.Request) -> LogIn | None:
    """The log-in that the cookie is of."""
    session = await get_session(request)
    user, log_in = session.get("user"), session.get("session")
    return LogIn(user, log_in) if isinstance(user, str) and isinstance(log_in, str) else None


async def set_log_in(request: web.Request, log_in: LogIn) -> None:
    """Set the cookie anew, with nothing in it of what the one before said."""
    session = await new_session(request)
    session["user"], session["session"] = log_in.user, log_in.session


async def renew(request: web.Request) -> None:
    """Set the cookie again as it is, so that the browser keeps it longer."""
    (await get_session(request)).changed()


async def forget(request: web.Request) -> None:
    """Delete the cookie, if there is one."""
    if NAME in request.cookies or SECURE_NAME in request.cookies:
        (await get_session(request)).invalidate()


async def known_guest(request: web.Request) -> str | None:
    """The id of the guest that this browser is; None where it has none yet."""
    guest = (await get_session(request)).get("guest")
    return guest if isinstance(guest, str) else None


async def guest_of(request: web.Request) -> str:
    """The id of the guest that this browser is, the same for as long as it keeps the cookie; which is set again. So a
    guest who was removed stays removed; a client that keeps no cookies is somebody new each time.

    For somebody without an account: if the cookie is of a log-in, that is gone.
    """
    session = await get_session(request)
    guest = session.get("guest")
    if not isinstance(guest, str):
        session = await new_session(request)
        guest = session["guest"] = f"guest-{secrets.token_urlsafe(16)}"
    session.changed()
    return guest
