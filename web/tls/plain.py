"""Answers those who come without TLS to a port that speaks it: they are sent on, or told what they will see there."""

import html
from collections.abc import Awaitable, Callable

from aiohttp import web

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Milanio</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 3rem auto; padding: 0 1rem }}
code {{ overflow-wrap: anywhere }}
</style>
<h1>Your browser will warn you once</h1>
<p>Cameras and microphones work only over an encrypted connection. This server made its certificate itself, so your
browser can't tell whether it is the right one, and says that the connection isn't private. If somebody you trust
runs this server on your network, choose <em>Advanced</em>, and then to continue.</p>
<p>To make sure, compare the certificate's SHA-256 fingerprint with what the browser shows:</p>
<p><code>{fingerprint}</code></p>
<p><a href="{target}">Continue to {target}</a></p>
</html>
"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}


def answer(
    origin: Callable[[str], str],
    fingerprint: Callable[[], str] | None,
    proof: Callable[[str], str | None] = lambda _path: None,
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """Return the handler.

    `origin`: gives the `https://` origin of this server from a Host header. `fingerprint`: that of a certificate which
    browsers don't know; None: they know it, and nothing needs to be explained. `proof`: what a certificate authority
    looks for at a path (RFC 8555, section 8.3); None: nothing.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        proven = proof(request.path)
        if proven is not None:
            return web.Response(text=proven, content_type="application/octet-stream")
        target = origin(request.host) + request.raw_path if request.raw_path.startswith("/") else origin(request.host)
        if request.method not in ("GET", "HEAD"):
            # What was sent has been read by others, so it mustn't seem to work.
            return web.Response(status=403, text=f"This server speaks HTTPS: use {origin(request.host)}.\n")
        if fingerprint is None:
            return web.Response(status=308, headers={"Location": target})
        text = _PAGE.format(fingerprint=html.escape(fingerprint()), target=html.escape(target))
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=_HEADERS)

    return handle
