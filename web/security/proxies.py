"""Who is really there, behind the reverse proxies that the operator has named. Nobody else is believed."""

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
    """Where a request comes from: an address (empty where there is none, as on a Unix socket), and http or https."""

    address: str
    scheme: str


class TrustedProxies:
    """Reads `X-Forwarded-For` and `-Proto` as far as they were written by the given hops: addresses or networks.

    What is neither raises `ValueError`.
    """

    def __init__(self, hops: Iterable[str] = ()) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(hop.strip(), strict=False) for hop in hops]
        self._warned = False

    def client(self, peer: str, scheme: str, forwarded_for: Sequence[str], forwarded_proto: Sequence[str]) -> Client:
        """The client of a connection from `peer`, given all lines of both headers.

        Each hop appends whom it talks to, so the client is the right-most address that is no trusted hop. An entry
        that is no address ends the search: then it is the last hop that wrote one.
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
        """The client of a request, from its connection (not from what other middlewares may have put in)."""
        peer = _peer(request)
        scheme = "https" if request.transport and request.transport.get_extra_info("sslcontext") else "http"
        headers = request.headers
        if not self._warned and "X-Forwarded-For" in headers:
            self._warn(peer)
        return self.client(peer, scheme, headers.getall("X-Forwarded-For", []), headers.getall("X-Forwarded-Proto", []))

    def _warn(self, peer: str) -> None:
        """Say once that a proxy seems to stand there which isn't named. Strangers from elsewhere can't cause that."""
        if self._is_unnamed(peer):
            self._warned = True
            log.warning(
                "%s sends X-Forwarded-For and isn't in trusted_proxies: all who come through it count as one address",
                _address(peer),
            )

    def _is_unnamed(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and (address.is_private or address.is_loopback) and not self._trusts(address)

    def share_address(self, request: web.Request) -> bool:
        """Whether a request seems to come through a proxy that isn't named, as whose all its clients count."""
        return "X-Forwarded-For" in request.headers and self._is_unnamed(_peer(request))

    def trusts(self, peer: str) -> bool:
        """Whether connections from there are a trusted proxy's."""
        address = _address(peer)
        return address is not None and self._trusts(address)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _entries(lines: Sequence[str]) -> list[str]:
    return [entry.strip() for line in lines for entry in line.split(",")]


def _proto(entries: list[str], hops: int) -> str | None:
    """The scheme that the outermost trusted hop saw: where hops append, one entry each; where they overwrite, the
    only one.
    """
    if not entries:
        return None
    return _SCHEMES.get(entries[-min(max(hops, 1), len(entries))].lower())


def _peer(request: web.Request) -> str:
    """The address at the other end of a request's connection; empty where there is none."""
    peername = request.transport.get_extra_info("peername") if request.transport else None
    return peername[0] if isinstance(peername, tuple) else ""


def _address(text: str) -> Address | None:
    """An address, also as `1.2.3.4:80`, `[::1]`, `[::1]:80`, or with a zone; IPv4 that is mapped into IPv6 as IPv4."""
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
