"""Requests of a load test, which an operator exempts from the limits for strangers by a token in a header.

The token grants no access: such a request may do what it could do without it, more often and more at once.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from signaling.load_test_header import NAME
from web.connections import Connection
from web.security.load_test_token import is_good
from web.services import SERVICES

_UNLIMITED = "milanio.unlimited"


@web.middleware
async def load_test(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note whether a request has a valid token; if so, don't count its connection for its address."""
    text = request.headers.get(NAME, "")
    if not text or not is_good(text, request.app[SERVICES].load_test_key):
        return await handler(request)
    request[_UNLIMITED] = True
    if isinstance(request.protocol, Connection):
        request.protocol.exempt_from_share()
    response = await handler(request)
    if not response.prepared:
        # So that a load test can say from the start that a token is expired or another server's.
        response.headers[NAME] = "accepted"
    return response


def is_unlimited(request: web.Request) -> bool:
    """Whether the request belongs to a load test that the operator has exempted from the limits."""
    return bool(request.get(_UNLIMITED, False))
