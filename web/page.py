"""The built page: files with hashed names that may be kept for ever, and one document for every address of the page."""

import functools
import hashlib
import html
import re
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from web.base_path import BASE, document_in, local_path
from web.services import SERVICES

STATIC = Path(__file__).resolve().parent / "static"
"""Where the build of `web/ui` puts it."""

PATHS = ("/", "/{room:[rR]}/{code:[^/]+/?}", "/profile", "/verify", "/reset")
"""Addresses that the page shows something for."""

_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
"""Names that the build gives files."""
FIXED_FILES = {
    "favicon.ico": "image/x-icon",
    "apple-touch-icon.png": "image/png",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "icon-mask-512.png": "image/png",
    "preview.png": "image/png",
    "manifest.webmanifest": "application/manifest+json",
}
"""What browsers, systems and other programs ask for by these names, with media types."""
FIXED_SECONDS = 86_400
"""For which they may keep these."""

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
    services = request.app[SERVICES]
    url = services.hosts.url(services.proxies.of(request).scheme, request.host)
    text, etag = _document_at(url, request.app.get(BASE, ""), local_path(request).lower().startswith("/r/"))
    response: web.Response
    if status == 200 and request.if_none_match and etag in {known.value for known in request.if_none_match}:
        response = web.Response(status=304)
    else:
        response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
    response.etag = etag
    response.headers["Vary"] = "Accept-Encoding"
    return response


@functools.lru_cache(maxsize=64)
def _document_at(url: str, base: str, room: bool) -> tuple[str, str]:
    """The document with what other programs show of a link to this server at `url`, and what its ETag is."""
    built = (STATIC / "index.html").read_text(encoding="utf-8")
    text = document_in(built, base).replace("<!-- preview -->", _preview(url, room))
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]


def _preview(url: str, room: bool) -> str:
    """The Open Graph tags. They are the same for every room code, existing or not: link previews are fetched by the
    site where the link was posted, not by a person who was invited.
    """
    title = "Join the video call" if room else "Milanio"
    picture = ("og:image", f"{url}/preview.png"), ("og:image:width", "1200"), ("og:image:height", "630")
    properties = (
        ("og:site_name", "Milanio"),
        ("og:type", "website"),
        ("og:title", title),
        ("og:description", "Meet in the browser. Nothing to install."),
        *picture,
        ("og:image:alt", "Milanio"),
    )
    tags = [f'<meta property="{name}" content="{html.escape(content)}" />' for name, content in properties]
    tags.append('<meta name="twitter:card" content="summary_large_image" />')
    if room:
        # Posting a link in public doesn't mean that search engines should find the room.
        tags.append('<meta name="robots" content="noindex" />')
    return "\n    ".join(tags)


async def _fixed_file(request: web.Request) -> web.FileResponse:
    """An icon, or the manifest."""
    name = local_path(request).removeprefix("/")
    headers = {"Content-Type": FIXED_FILES[name], "Cache-Control": f"public, max-age={FIXED_SECONDS}"}
    return web.FileResponse(STATIC / name, headers=headers)


async def asset(request: web.Request) -> web.StreamResponse:
    """A file of the build."""
    name = request.match_info["name"]
    # The file system is asked for nothing else: of a name that is too long it raises an error of its own.
    if not _ASSET.fullmatch(name):
        raise web.HTTPNotFound
    return web.FileResponse(STATIC / "assets" / name)


async def not_found(request: web.Request) -> web.StreamResponse:
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
    found += [web.get(f"/{name}", _fixed_file) for name in FIXED_FILES if (STATIC / name).is_file()]
    # Not for these: there another method may do, which is to be told by 405.
    return [*found, web.get("/{path:(?!api/|assets/).*}", not_found)]
