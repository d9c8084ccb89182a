"""The built page: files with hashed names that may be kept for ever, and one document for every address of the page."""

import functools
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from web.base_path import BASE, document_in, local_path

STATIC = Path(__file__).resolve().parent / "static"
"""Where the build of `web/ui` puts it."""

PATHS = ("/", "/{room:[rR]}/{code:[^/]+/?}", "/profile", "/verify", "/reset")
"""Addresses that the page shows something for."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@web.middleware
async def secure_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell browsers what this page never does."""
    response = await handler(request)
    if not response.prepared:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@web.middleware
async def caching(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hashed files never change; everything else is asked for again."""
    response = await handler(request)
    if not response.prepared:
        hashed = local_path(request).startswith("/assets/") and response.status == 200
        response.headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if hashed else "no-cache")
    return response


async def document(request: web.Request) -> web.StreamResponse:
    """The page itself, for each address that it shows."""
    return _document(request, 200)


def _document(request: web.Request, status: int) -> web.StreamResponse:
    base = request.app.get(BASE, "")
    if not base:
        return web.FileResponse(STATIC / "index.html", status=status)
    return web.Response(text=_document_in(base), status=status, content_type="text/html")


@functools.cache
def _document_in(base: str) -> str:
    return document_in((STATIC / "index.html").read_text(encoding="utf-8"), base)


async def nowhere(request: web.Request) -> web.StreamResponse:
    """The page again, which says that there is nothing here; for programs just that."""
    if "text/html" not in request.headers.get("Accept", ""):
        raise web.HTTPNotFound
    return _document(request, 404)


def is_built() -> bool:
    """Whether the page is there to be served."""
    return (STATIC / "index.html").is_file()


def routes() -> list[web.AbstractRouteDef]:
    """Routes of the page; `/assets` only where it is built."""
    found: list[web.AbstractRouteDef] = [web.get(path, document) for path in PATHS]
    if (STATIC / "assets").is_dir():
        found.append(web.static("/assets", STATIC / "assets"))
    # Not for these: there another method may do, which is to be told by 405.
    return [*found, web.get("/{path:(?!api/|assets/).*}", nowhere)]
