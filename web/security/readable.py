"""Requests that are not text: refused before a response or a log quotes them."""

from aiohttp import web
from aiohttp.typedefs import Handler

from web.api.errors import ApiError


def _is_text(value: str) -> bool:
    # aiohttp decodes bytes that aren't UTF-8 to lone surrogates, which no response and no log can encode.
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


@web.middleware
async def readable(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a request that has bytes other than UTF-8 in its method, address or headers."""
    headers = (text for header in request.headers.items() for text in header)
    if all(map(_is_text, (request.method, request.path_qs, *headers))):
        return await handler(request)
    return ApiError(400, "bad_request", "The request's address or headers are not UTF-8.").response()
