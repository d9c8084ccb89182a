"""The built page: files with hashed names that may be kept for ever, and one document for every address of the page."""

import functools
import re
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from web.base_path import BASE, document_in, local_path

STATIC = Path(__file__).resolve().parent / "static"
"""Where the build of `web/ui` puts it."""

PATHS = ("/", "/{room:[rR]}/{code:[^/]+/?}", "/profile", "/verify", "/reset")
"""Addresses that the page shows something for."""

_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
"""Names that the build gives files."""

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


async def asset(request: web.Request) -> web.StreamResponse:
    """A file of the build."""
    name = request.match_info["name"]
    # The file system is asked for nothing else: of a name that is too long it raises an error of its own.
    if not _ASSET.fullmatch(name):
        raise web.HTTPNotFound
    return web.FileResponse(STATIC / "assets" / name)


async def nowhere(request: web.Request) -> web.StreamResponse:
    """The page again, which says that there is nothing here; for programs just that."""
    if "text/html" not in request.headers.get("Accept", ""):
        raise web.HTTPNotFound
    return _document(request, 404)


def is_built() -> bool:
    """Whether the page is there to be served."""
    return (STATIC / "index.html").is_file()


def routes() -> list[web.RouteDef]:
    """Routes of the page."""
    found = [*(web.get(path, document) for path in PATHS), web.get("/assets/{name}", asset)]
    # Not for these: there another method may do, which is to be told by 405.
    return [*found, web.get("/{path:(?!api/|assets/).*}", nowhere)]
