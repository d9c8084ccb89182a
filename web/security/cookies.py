"""The browser's session cookie."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def cookies(key: bytes) -> Middleware:
    """The middleware that reads and writes the cookie."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request)

    return middleware
