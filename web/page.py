"""The built page: files with hashed names, which may be cached for ever, and one document for all its addresses."""

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
"""Where the build of `web/ui` puts the page."""

PATHS = ("/", "/{room:[rR]}/{code:[^/]+/?}", "/admin", "/connection-test", "/profile", "/verify", "/reset")
"""Addresses for which the page shows something."""

_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
"""Names of files in the build."""
FIXED_FILES = {
    "favicon.ico": "image/x-icon",
    "apple-touch-icon.png": "image/png",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "icon-mask-512.png": "image/png",
    "preview.png": "image/png",
    "manifest.webmanifest": "application/manifest+json",
}
"""Files that browsers, systems and other programs request by these names, with their media types."""
FIXED_SECONDS = 86_400
"""How long they may cache these."""

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
    """Add headers that tell browsers what this page never does."""
    response = await handler(request)
    if not response.prepared:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@web.middleware
async def caching(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let hashed files be cached for ever, and everything else be revalidated."""
    response = await handler(request)
    if not response.prepared:
        hashed = local_path(request).startswith("/assets/") and response.status == 200
        response.headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if hashed else "no-cache")
    return response


async def document(request: web.Request) -> web.StreamResponse:
    """Answer with the page, the same for all its addresses."""
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
    """Return the document, with a preview for links to this server at `url`, and its ETag."""
    built = (STATIC / "index.html").read_text(encoding="utf-8")
    text = document_in(built, base).replace("<!-- preview -->", _preview(url, room))
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]


def _preview(url: str, room: bool) -> str:
    """Return the Open Graph tags. They are the same for every room code, existing or not: previews are fetched by the
    site where a link was posted, not by an invited person.
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
    """Answer with an icon, or the manifest."""
    name = local_path(request).removeprefix("/")
    headers = {"Content-Type": FIXED_FILES[name], "Cache-Control": f"public, max-age={FIXED_SECONDS}"}
    return web.FileResponse(STATIC / name, headers=headers)


async def asset(request: web.Request) -> web.StreamResponse:
    """Answer with a file of the build."""
    name = request.match_info["name"]
    # Other names never reach the file system, which raises an error for names that are too long.
    if not _ASSET.fullmatch(name):
        raise web.HTTPNotFound
    return web.FileResponse(STATIC / "assets" / name)


async def not_found(request: web.Request) -> web.StreamResponse:
    """Answer with the page, which then says that nothing is here; for programs, with a plain 404."""
    if "text/html" not in request.headers.get("Accept", ""):
        raise web.HTTPNotFound
    return _document(request, 404)


def is_built() -> bool:
    """Whether the page has been built."""
    return (STATIC / "index.html").is_file()


def routes() -> list[web.RouteDef]:
    """Return the routes of the page."""
    found = [*(web.get(path, document) for path in PATHS), web.get("/assets/{name}", asset)]
    found += [web.get(f"/{name}", _fixed_file) for name in FIXED_FILES if (STATIC / name).is_file()]
    # Except for these: another method may work there, which a 405 has to say.
    return [*found, web.get("/{path:(?!api/|assets/).*}", not_found)]
