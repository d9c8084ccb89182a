"""The names of this server. No other name from a request's Host header gets into a link."""

import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from web.security.csrf import normal_origin

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def http_url(host: str, port: int, scheme: str = "http") -> str:
    """Return the URL of a server on a host: a name, or an IPv4 or IPv6 address."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class OwnHosts:
    """Gives the origin of links. `addresses` lists this machine's, the best for others first; `allowed` are origins;
    `scheme` is what the server itself speaks, `http` or `https`.
    """

    def __init__(
        self,
        public_url: str | None,
        addresses: Callable[[], list[str]],
        allowed: Iterable[str] = (),
        scheme: str = "http",
    ) -> None:
        self._public_url = public_url
        self._addresses = addresses
        self._scheme = scheme
        name = socket.gethostname().lower()
        self._names = {*_LOOPBACK, name, f"{name}.local", *(urlsplit(origin).hostname or "" for origin in allowed)}
        self.port = 0
        """The port that this server listens on."""

    @property
    def safe_url(self) -> str:
        """The URL for links to someone other than the requester, as in mail: no part of it comes from the request."""
        if self._public_url is not None:
            return self._public_url
        host = next(iter(self._addresses()), "localhost")
        return http_url(host, self.port, self._scheme)

    def url(self, scheme: str, host_header: str) -> str:
        """Return the URL for links in an answer: the one that the client used, if it is one of this server's names."""
        if self._public_url is not None:
            return self._public_url
        origin = normal_origin(f"{scheme}://{host_header}")
        if origin is None or not _has_port(origin):
            return self.safe_url
        name = urlsplit(origin).hostname
        return origin if name in self._names or name in self._addresses() else self.safe_url


def _has_port(origin: str) -> bool:
    """Whether the port is left out or valid."""
    try:
        return urlsplit(origin).port != 0
    except ValueError:
        return False
