"""Under which names this server is known. Whatever else a request says in its Host header stands in no link."""

import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from web.security.csrf import normal_origin

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def http_url(host: str, port: int) -> str:
    """The address of a server on that host, a name or an address of either kind."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class OwnHosts:
    """Makes the origin of links. `addresses` tells this machine's, the best for others first; `allowed` are origins."""

    def __init__(self, public_url: str | None, addresses: Callable[[], list[str]], allowed: Iterable[str] = ()) -> None:
        self._public_url = public_url
        self._addresses = addresses
        name = socket.gethostname().lower()
        self._names = {*_LOOPBACK, name, f"{name}.local", *(urlsplit(origin).hostname or "" for origin in allowed)}
        self.port = 0
        """That this server listens on."""

    @property
    def safe_url(self) -> str:
        """For links that go to someone else than the asker, as in mails: nothing of it comes from the request."""
        if self._public_url is not None:
            return self._public_url
        host = next(iter(self._addresses()), "localhost")
        return http_url(host, self.port)

    def url(self, scheme: str, host_header: str) -> str:
        """For links in an answer: as the client came here, if that is one of this server's names."""
        if self._public_url is not None:
            return self._public_url
        origin = normal_origin(f"{scheme}://{host_header}")
        if origin is None or not _has_port(origin):
            return self.safe_url
        name = urlsplit(origin).hostname
        return origin if name in self._names or name in self._addresses() else self.safe_url


def _has_port(origin: str) -> bool:
    """Whether the port is none, or one that there is."""
    try:
        return urlsplit(origin).port != 0
    except ValueError:
        return False
