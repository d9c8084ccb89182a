"""Who sends a request, by access token or by the browser's session cookie."""

from dataclasses import dataclass

from aiohttp import web

from storage.errors import StorageUnavailableError
from storage.records import ApiKey, User
from storage.repositories.api_keys import PREFIX
from web.security import cookies
from web.security.access_token import AccessTokenError
from web.services import Services

SESSION_LIFETIME = float(cookies.LIFETIME)
"""Seconds after which an unused log-in expires."""
TOUCH_AFTER = 3600.0
"""Seconds after which the use of a session by cookie is noted again; using a refresh token notes it too."""


class NotSignedInError(Exception):
    """An access token that is invalid or has expired; answered with 401."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in user."""

    user: User
    session: str
    """The log-in, which log-out ends."""
    by_cookie: bool


async def identify(request: web.Request, services: Services) -> Identity | None:
    """Return who sent a request; None: nobody signed in. Raises `NotSignedInError`.

    An access token takes precedence over a cookie. Other kinds of `Authorization` are ignored: they may be for a proxy.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await _by_token(token.strip(), services)
    return await by_cookie(request, services)


def sends_key(request: web.Request) -> bool:
    """Whether a request is of a program with an API key, valid or not."""
    return _bearer(request).startswith(PREFIX)


async def api_key(request: web.Request, services: Services) -> ApiKey:
    """Return the key that a program sends a request with. Raises `NotSignedInError`."""
    now = services.clock()
    key = await services.store.api_keys.by_token(_bearer(request), now)
    if key is None:
        raise NotSignedInError
    if key.last_used_at is None or now - key.last_used_at > TOUCH_AFTER:
        try:
            await services.store.api_keys.touch(key.id, now)
        except StorageUnavailableError:
            pass  # the next request will note it
    return key


def _bearer(request: web.Request) -> str:
    """Return the token of a request; empty: it has none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _by_token(text: str, services: Services) -> Identity:
    try:
        token = services.access_tokens.verify(text)
    except AccessTokenError:
        raise NotSignedInError from None
    found = await services.store.users.signed_in(token.user, token.session, services.clock())
    if found is None:
        raise NotSignedInError
    return Identity(found.user, token.session, by_cookie=False)


async def by_cookie(request: web.Request, services: Services) -> Identity | None:
    """Return who the cookie belongs to, if its log-in is live."""
    log_in = await cookies.log_in_of(request)
    if log_in is None:
        return None
    now = services.clock()
    found = await services.store.users.signed_in(log_in.user, log_in.session, now)
    if found is None:
        return None
    if now - found.session.last_used_at > TOUCH_AFTER:
        try:
            if await services.store.tokens.touch(log_in.session, now, SESSION_LIFETIME):
                await cookies.renew(request)
        except StorageUnavailableError:
            pass  # The session is valid all the same, and the next request will note it.
    return Identity(found.user, log_in.session, by_cookie=True)
