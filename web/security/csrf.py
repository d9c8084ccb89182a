"""Requests that another site made somebody's browser send, and ways out of this site."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""These change nothing and need no check; a WebSocket's handshake is a GET and does need `permits_origin`."""

MAX_NEXT = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")
_DOT_SEGMENT = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)


class OriginCheck:
    """Which origins may act with a browser's cookie: this one, and those allowed. What is no origin in `allowed`
    raises `ValueError`.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = set()
        for text in allowed:
            origin = normal_origin(text)
            if origin is None:
                raise ValueError(f"{text!r} is no origin, as https://example.org")
            self._allowed.add(origin)

    def permits(self, method: str, headers: Mapping[str, str], own: str) -> bool:
        """Whether a request that carries the session's cookie may be answered. `headers` regardless of case, as
        aiohttp's; `own` is this server's origin as the browser knows it.
        """
        return method in SAFE_METHODS or self.permits_origin(headers, own)

    def permits_origin(self, headers: Mapping[str, str], own: str) -> bool:
        """The check itself, whatever the method. A request that says nothing about where it comes from is refused:
        browsers always say it, and other clients use tokens.
        """
        fetch_site = headers.get("Sec-Fetch-Site")
        if fetch_site == "same-origin":
            # The browser's own judgement, which no page can set: it also holds behind a proxy that isn't configured.
            return True
        origin = normal_origin(headers.get("Origin", ""))
        if origin is None:
            return False
        # What the browser calls foreign, or same-site only, isn't this origin even if it looks like it.
        return origin in self._allowed or (fetch_site is None and origin == normal_origin(own))


def normal_origin(text: str) -> str | None:
    """An origin in its one form: lower case, without the default port. None for all else, as `null` or with a path."""
    text = text.lower()
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return None
    host, port = rest, None
    head, colon, tail = rest.rpartition(":")
    if colon and not rest.endswith("]"):
        if not (tail.isascii() and tail.isdecimal() and 1 <= len(tail) <= 5):
            return None
        host, port = head, int(tail)
    if not _HOST.fullmatch(host):
        return None
    return f"{scheme}://{host}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"


def safe_next(text: str) -> str | None:
    """Where to go after a log-in: `text` if it is a path on this site, else None.

    Browsers take `//` and `/\\` for another host and skip control characters; after a dot segment a `//` may come
    to stand at the beginning.
    """
    if len(text) > MAX_NEXT or not text.startswith("/") or not text.isascii() or not text.isprintable():
        return None
    if "\\" in text or " " in text:
        return None
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    if "//" in path or _DOT_SEGMENT.search(path):
        return None
    # In case some reading of the text was missed above: the standard library's must be a bare path as well.
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text
