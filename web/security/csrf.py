"""CSRF: recognise requests that another site made a person's browser send."""

import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""These change nothing and need no check. A WebSocket's handshake is a GET, but needs `permits_origin`."""

MAX_WARNINGS = 10
"""Most origins that the log names, since anyone can send any origin."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")


class OriginCheck:
    """Decides which pages may act through a person's browser: this server's own, and pages that the operator allows.

    `public_url` is where people reach this server. An entry of `allowed` that isn't an origin raises `ValueError`.
    """

    def __init__(self, allowed: Iterable[str] = (), public_url: str | None = None) -> None:
        self._allowed = set()
        for text in allowed:
            origin = normal_origin(text)
            if origin is None:
                raise ValueError(f"{text!r} isn't an origin such as https://example.org")
            self._allowed.add(origin)
        self._public_url = public_url
        if public_url is not None and (public := origin_of(public_url)) is not None:
            self._allowed.add(public)
        self._warned: set[str] = set()

    def permits(self, method: str, headers: Mapping[str, str], own: str) -> bool:
        """Whether a request may be carried out with the rights of its cookie. `headers` ignores case, as aiohttp's do;
        `own` is this server's origin, as the request names it.
        """
        if method in SAFE_METHODS:
            return True
        return self.permits_origin(headers, own) and not (method == "POST" and _may_be_a_form(headers))

    def permits_origin(self, headers: Mapping[str, str], own: str) -> bool:
        """Check the origin, whatever the method; for the handshake of a WebSocket.

        Browsers send the origin of a WebSocket or a change, so a request without one comes from a program. Programs may
        send cookies too: many HTTP libraries do so automatically.
        """
        fetch_site = headers.get("Sec-Fetch-Site")
        if fetch_site == "same-origin":
            # Set by the browser, not the page: it is right even behind a proxy that isn't configured.
            return True
        text = headers.get("Origin")
        if text is None:
            return fetch_site is None
        origin = normal_origin(text)
        if origin is None:
            return False
        # If the browser says cross-site or same-site, it isn't this origin, even if it looks like it.
        return self.accepts(origin, own if fetch_site is None else "")

    def accepts(self, origin: str, own: str) -> bool:
        """Whether an origin is this server's, or an allowed one."""
        normal = normal_origin(origin)
        if normal is None:
            return False
        # Behind a proxy that doesn't announce HTTPS, https:// looks like http://, with the same host and port. The
        # reverse isn't accepted: an attacker on the network could act through an unencrypted page.
        upgraded = f"https://{own.removeprefix('http://')}"
        return normal in self._allowed or normal in (normal_origin(own), normal_origin(upgraded))

    def warn(self, headers: Mapping[str, str], own: str) -> None:
        """Warn the operator of a refused page, once per origin: it may be this server under another name."""
        origin = self._news(headers.get("Origin", ""))
        if origin is None:
            return
        known = f"public_url is {self._public_url}" if self._public_url else "public_url isn't set"
        log.warning(
            "refused a page of %s: requests call this server %s, and %s. If people reach it at %s, set public_url to "
            "that; to let another site use it, add the site to allowed_origins",
            origin, normal_origin(own) or "wrongly", known, origin,
        )  # fmt: skip

    def warn_unopened(self, text: str) -> None:
        """Warn the operator of an accepted page whose WebSocket didn't open."""
        origin = self._news(text)
        if origin is not None:
            log.warning(
                "a page of %s loads but can't open its WebSocket: if that happens to everyone at that address, the "
                "proxy doesn't pass on the headers Upgrade and Connection; see docs/self-hosting.md",
                origin,
            )

    def _news(self, text: str) -> str | None:
        """Return the origin, if the log hasn't named it yet."""
        origin = normal_origin(text)
        if origin is None or origin in self._warned or len(self._warned) >= MAX_WARNINGS:
            return None
        self._warned.add(origin)
        return origin


def _may_be_a_form(headers: Mapping[str, str]) -> bool:
    """Whether a POST could be a form sent by a page of another site, in a browser from before 2020: those sent cookies
    without an origin.
    """
    if "Cookie" not in headers or "Origin" in headers or "Sec-Fetch-Site" in headers:
        return False
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() in _FORM_TYPES


def origin_of(url: str) -> str | None:
    """Return the origin of a URL with a path."""
    parts = urlsplit(url)
    return normal_origin(f"{parts.scheme}://{parts.netloc}")


def normal_origin(text: str) -> str | None:
    """Normalise an origin: lower case, without the default port. None for anything else, such as `null`."""
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
