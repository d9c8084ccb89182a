"""CORS: lets pages of sites that the operator has named use the API; by default none."""

from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from web.base_path import local_path
from web.security.csrf import normal_origin

METHODS = "GET, POST, PUT, PATCH, DELETE"
HEADERS = "Authorization, Content-Type, If-None-Match"
EXPOSED = "ETag, Retry-After"
"""Response headers that those pages may read, besides the usual ones."""
MAX_AGE = 600
"""Seconds for which a browser may cache a preflight."""

_PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": HEADERS,
    "Access-Control-Max-Age": str(MAX_AGE),
}


def cors(allowed: Iterable[str]) -> Middleware:
    """Make the middleware, which goes outside of the one that answers errors."""
    origins = {normal_origin(each) for each in allowed} - {None}

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not origins or not local_path(request).startswith("/api/"):
            return await handler(request)
        origin = request.headers.get("Origin", "")
        permitted = normal_origin(origin) in origins
        if permitted and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response: web.StreamResponse = web.Response(status=204, headers=_PREFLIGHT)
        else:
            response = await handler(request)
        # Caches must not give this answer to a page of another site.
        response.headers.add("Vary", "Origin")
        if permitted:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response

    return middleware
