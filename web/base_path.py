"""The folder of a site in which this server is, where `public_url` has a path: `/meet` of `https://example.org/meet`.

A proxy may cut that off or leave it on, so each address works both ways.
"""

import re
from collections.abc import Iterable

from aiohttp import web

BASE = web.AppKey("base", str)
"""The folder, as `/meet`; empty at the root of a site."""

_LINK = re.compile(r'((?:href|src)=")/(?!/)')
_META = '<meta name="milanio-base" content="'


def local_path(request: web.Request) -> str:
    """The path of a request, within this server."""
    base = request.app.get(BASE, "")
    return request.path.removeprefix(base) if base and request.path.startswith(f"{base}/") else request.path


def in_folder(routes: Iterable[web.RouteDef], base: str) -> list[web.RouteDef]:
    """Routes as they are, and before them the same below `base`."""
    found = list(routes)
    moved = [web.RouteDef(route.method, base + route.path, route.handler, route.kwargs) for route in found]
    return moved + found if base else found


def document_in(html: str, base: str) -> str:
    """The built page, with its links and its knowledge of where it is as they have to be there."""
    return _LINK.sub(rf"\1{base}/", html).replace(f'{_META}"', f'{_META}{base}"')
