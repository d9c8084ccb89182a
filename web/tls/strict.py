"""Tells browsers to come over HTTPS only (HSTS, RFC 6797)."""

from aiohttp import web

_YEAR = 365 * 86_400


async def strict_transport(_request: web.Request, response: web.StreamResponse) -> None:
    """Add the header to an answer: as a signal, it sees every one. Not for a self-signed certificate: browsers would
    then let nobody continue.
    """
    response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}")
