"""The browser's cookie: encrypted, for one log-in or one guest, and valid no longer than the store says.

There are two names. Under HTTPS it is `__Host-milanio`, which browsers only accept from this host and over HTTPS, so
no other host of the same domain can plant one. Over plain HTTP it is `milanio`.
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

# It warns of every cookie that can't be decrypted, and anyone can send those by the thousand.
logging.getLogger("aiohttp_session").setLevel(logging.ERROR)


class CookieStorage(EncryptedCookieStorage):
    """An `EncryptedCookieStorage` that copes with anything a client sends as a cookie, and that deletes the cookie with
    the `Secure` flag too: otherwise browsers keep it.
    """

    def __init__(self, key: bytes, secure: bool) -> None:
        # Without `max_age`, which would be compared with the clock: after setting that back by an hour, all cookies
        # would be invalid. The store decides how long a log-in lasts.
        name = SECURE_NAME if secure else NAME
        super().__init__(key, cookie_name=name, httponly=True, samesite="Lax", path="/", secure=secure)

    async def load_session(self, request: web.Request) -> Session:
        """Return the cookie's content; empty for a damaged or foreign one."""
        try:
            return await super().load_session(request)
        except ValueError:
            # It isn't even UTF-8: it has half of a surrogate pair.
            return await self.new_session()

    def save_cookie(self, response: web.StreamResponse, cookie_data: str, *, max_age: int | None = None) -> None:
        """Set the cookie, or delete it if it has no content."""
        if cookie_data:
            super().save_cookie(response, cookie_data, max_age=LIFETIME)
        else:
            parameters = self.cookie_params
            response.del_cookie(
                self.cookie_name, path="/", secure=parameters["secure"], httponly=True, samesite=parameters["samesite"]
            )


def cookies(key: bytes) -> Middleware:
    """Make the middleware that reads and writes the cookie; `key` is the server's."""
    cookie_key = derive(key, "cookies")
    open_, secure = (session_middleware(CookieStorage(cookie_key, secure)) for secure in (False, True))

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await (secure if is_https(request) else open_)(request, handler)

    return middleware


@dataclass(frozen=True, slots=True)
class LogIn:
    """The content of a signed-in person's cookie. The store knows whether the log-in is still live."""

    user: str
    session: str


async def log_in_of(request: web.Request) -> LogIn | None:
    """Return the log-in in the cookie, if there is one."""
    session = await get_session(request)
    user, log_in = session.get("user"), session.get("session")
    return LogIn(user, log_in) if isinstance(user, str) and isinstance(log_in, str) else None


async def set_log_in(request: web.Request, log_in: LogIn) -> None:
    """Set a new cookie, with nothing from the previous one."""
    session = await new_session(request)
    session["user"], session["session"] = log_in.user, log_in.session


async def renew(request: web.Request) -> None:
    """Set the cookie again unchanged, so that the browser keeps it longer."""
    (await get_session(request)).changed()


async def forget(request: web.Request) -> None:
    """Delete the cookie, if there is one."""
    if NAME in request.cookies or SECURE_NAME in request.cookies:
        (await get_session(request)).invalidate()


async def known_guest(request: web.Request) -> str | None:
    """Return this browser's guest id; None if it has none yet."""
    guest = (await get_session(request)).get("guest")
    return guest if isinstance(guest, str) else None


async def guest_of(request: web.Request) -> str:
    """Return this browser's guest id, the same for as long as it keeps the cookie, which is set again. So a guest who
    was removed stays removed; a client that keeps no cookies is a new guest each time.

    For people without an account: a log-in in the cookie is replaced.
    """
    session = await get_session(request)
    guest = session.get("guest")
    if not isinstance(guest, str):
        session = await new_session(request)
        guest = session["guest"] = f"guest-{secrets.token_urlsafe(16)}"
    session.changed()
    return guest
