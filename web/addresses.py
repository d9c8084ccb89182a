"""The addresses at which browsers can reach this machine."""

import ipaddress
import time
from collections.abc import Callable, Iterable

import ifaddr

_LOOPBACK = "127.0.0.1"

MAX_AGE = 2.0
"""Seconds for which the addresses are cached. Reading them takes less than a millisecond, and clients that lost their
media come back about then."""


def interface_addresses() -> list[str]:
    """List the addresses of this machine's interfaces, IPv4 first, without loopback and link-local ones."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ipaddress.ip_address(text)
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.append(text)
    return sorted(dict.fromkeys(found), key=lambda text: ":" in text)


class LocalAddresses:
    """The addresses of this machine's interfaces, which may change while the server runs."""

    def __init__(
        self, read: Callable[[], list[str]] = interface_addresses, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._now = read, now
        self._addresses: list[str] = []
        self._read_at = float("-inf")

    def current(self) -> list[str]:
        """Return the present addresses, or those of a moment ago."""
        now = self._now()
        if now >= self._read_at + MAX_AGE:
            self._read_at = now
            try:
                self._addresses = self._read()
            except OSError:
                pass  # keep the previous ones
        return self._addresses


def candidates(bound: str, announced: Iterable[str], detected: Iterable[str], host_header: str) -> list[str]:
    """List the relay's addresses for one client, best first.

    `bound`: the address that the relay listens on, empty for all. If the operator announces addresses, only those
    count. Otherwise the interfaces' count, and the address that the client used: it works for this client, even if the
    server is in a container or behind a forwarded port.
    """
    chosen = list(announced)
    if chosen:
        return chosen
    if bound:
        return [bound]
    addresses = list(detected)
    name = _host_of(host_header)
    if name == "localhost":
        name = _LOOPBACK
    try:
        own = str(ipaddress.ip_address(name))
    except ValueError:
        own = ""
    if own and own not in addresses:
        addresses.append(own)
    return addresses or [_LOOPBACK]


def _host_of(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] if header.count(":") == 1 else header
