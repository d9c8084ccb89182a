"""The real client behind the reverse proxies that the operator has named. No other proxy is trusted."""

import ipaddress
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web

log = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: an address (empty without one, as on a Unix socket), and http or https."""

    address: str
    scheme: str


class TrustedProxies:
    """Reads `X-Forwarded-For` and `-Proto` as far as the given hops (addresses or networks) have written them.

    A hop that is neither raises `ValueError`.
    """

    def __init__(self, hops: Iterable[str] = ()) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(hop.strip(), strict=False) for hop in hops]
        self._warned = False

    def client(self, peer: str, scheme: str, forwarded_for: Sequence[str], forwarded_proto: Sequence[str]) -> Client:
        """Return the client of a connection from `peer`, given all lines of both headers.

        Each hop appends its peer, so the client is the right-most address that isn't a trusted hop. An entry that isn't
        an address ends the search; the client is then the last address before it.
        """
        current = _address(peer)
        if current is None or not self._trusts(current):
            return Client(peer if current is None else str(current), scheme)
        hops = 0
        for entry in reversed(_entries(forwarded_for)):
            address = _address(entry)
            if address is None:
                break
            hops += 1
            current = address
            if not self._trusts(address):
                break
        return Client(str(current), _proto(_entries(forwarded_proto), hops) or scheme)

    def of(self, request: web.Request) -> Client:
        """Return the client of a request, from its connection (not from what other middlewares may have set)."""
        peer = _peer(request)
        scheme = "https" if request.transport and request.transport.get_extra_info("sslcontext") else "http"
        headers = request.headers
        if not self._warned and "X-Forwarded-For" in headers:
            self._warn(peer)
        return self.client(peer, scheme, headers.getall("X-Forwarded-For", []), headers.getall("X-Forwarded-Proto", []))

    def _warn(self, peer: str) -> None:
        """Warn once of a proxy that doesn't seem to be named. Strangers on the internet can't cause that."""
        if self._is_unnamed(peer):
            self._warned = True
            log.warning(
                "%s sends X-Forwarded-For but isn't in trusted_proxies: everyone behind it counts as one address",
                _address(peer),
            )

    def _is_unnamed(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and (address.is_private or address.is_loopback) and not self._trusts(address)

    def share_address(self, request: web.Request) -> bool:
        """Whether a request seems to come through a proxy that isn't named, so that its clients share an address."""
        return "X-Forwarded-For" in request.headers and self._is_unnamed(_peer(request))

    def trusts(self, peer: str) -> bool:
        """Whether connections from this address are a trusted proxy's."""
        address = _address(peer)
        return address is not None and self._trusts(address)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _entries(lines: Sequence[str]) -> list[str]:
    return [entry.strip() for line in lines for entry in line.split(",")]


def _proto(entries: list[str], hops: int) -> str | None:
    """Return the scheme that the outermost trusted hop saw: there is one entry per hop if hops append, only one if they
    overwrite.
    """
    if not entries:
        return None
    return _SCHEMES.get(entries[-min(max(hops, 1), len(entries))].lower())


def _peer(request: web.Request) -> str:
    """Return the address at the other end of a request's connection; empty without one."""
    peername = request.transport.get_extra_info("peername") if request.transport else None
    return peername[0] if isinstance(peername, tuple) else ""


def _address(text: str) -> Address | None:
    """Parse an address, also as `1.2.3.4:80`, `[::1]`, `[::1]:80`, or with a zone; mapped IPv4 becomes IPv4."""
    if text.startswith("["):
        text, closing, port = text[1:].partition("]")
        if not closing or (port and not (port[0] == ":" and _is_port(port[1:]))):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(port):
            return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 5
