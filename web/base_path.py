"""The folder of a site that this server is in, if `public_url` has a path: `/meet` of `https://example.org/meet`.

A proxy may remove it or keep it, so every address works with and without it.
"""

import re
from collections.abc import Iterable

from aiohttp import web

BASE = web.AppKey("base", str)
"""The folder, such as `/meet`; empty at the root of a site."""

_LINK = re.compile(r'((?:href|src)=")/(?!/)')
_META = '<meta name="milanio-base" content="'


def local_path(request: web.Request) -> str:
    """Return a request's path within this server."""
    base = request.app.get(BASE, "")
    return request.path.removeprefix(base) if base and request.path.startswith(f"{base}/") else request.path


def in_folder(routes: Iterable[web.RouteDef], base: str) -> list[web.RouteDef]:
    """Return the routes, preceded by the same ones below `base`."""
    found = list(routes)
    moved = [web.RouteDef(route.method, base + route.path, route.handler, route.kwargs) for route in found]
    return moved + found if base else found


def document_in(html: str, base: str) -> str:
    """Adapt the built page to a folder: its links, and the tag that tells it where it is."""
    return _LINK.sub(rf"\1{base}/", html).replace(f'{_META}"', f'{_META}{base}"')
