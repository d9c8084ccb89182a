"""Who sends a request: by access token, or by the browser's session cookie."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from storage.records import User

if TYPE_CHECKING:
    from web.services import Services


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who is signed in."""

    user: User
    session: str
    """The log-in that this comes from: what log-out ends."""
    by_cookie: bool


async def identify(request: web.Request, services: "Services") -> Identity | None:
    """Who it is; None: nobody. Raises `ApiError` 401 for an access token that isn't valid (any more)."""
    return None
