"""All checks of a server, beside one that runs or before one is started."""

import asyncio
import datetime
import platform
import resource
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from web.addresses import interface_addresses
from web.config import HTTP_PORT, HTTPS_PORT, Settings, is_loopback
from web.doctor import addresses, certificates, clock, machine, ports, services
from web.doctor.finding import Finding, problem
from web.doctor.owners import Protocol, file_limit, owner_of
from web.doctor.visit import NOBODY, Visit, served_until, trust, visit
from web.security.hosts import http_url

_CONFIG = "/api/config"
"""What is asked for: it has the version, and anybody may see it."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What to check, and how."""

    settings: Settings
    now: Callable[[], float]
    """Seconds since 1970."""
    clock_url: str | None = None
    """The server with which the clock is compared; None: the certificate authority's, or the one at `public_url`."""
    trusted: Callable[[], ssl.SSLContext] = trust
    interfaces: Callable[[], list[str]] = interface_addresses

    async def findings(self) -> list[Finding]:
        """Run all checks, at once as far as they can, in some seconds."""
        settings = self.settings
        now = datetime.datetime.fromtimestamp(self.now(), datetime.UTC)
        site = None if settings.public_url is None else urlsplit(settings.public_url)
        tcp, own = await self._own_port()
        running = own.version is not None
        context = self.trusted()
        outside, shown, resolved, mail = await asyncio.gather(
            self._outside(context), self._shown(site, context), _resolved(site), services.try_mail(settings)
        )
        udp = await self._port("UDP", self._media_port, settings.relay_host)
        database = await services.try_database(settings)
        disk = await asyncio.to_thread(machine.try_disk, settings.data)
        own_addresses = await asyncio.to_thread(self._interfaces)
        host, compared, is_own = await self._clock(site, outside, resolved, own_addresses, context)
        listed = [] if isinstance(resolved, str) else resolved
        known = [*own_addresses, *settings.announce]
        return [
            ports.check_tcp(tcp, own),
            ports.check_udp(udp, tcp, running=running),
            *await self._http(tcp, running=running),
            addresses.check_addresses(settings, own_addresses, listed, self._media_port),
            addresses.check_name(site, resolved, known, outside),
            addresses.check_site(settings.public_url, outside, running=running),
            self._certificate(site, shown, now),
            clock.check_clock(host, compared, own=is_own),
            services.check_database(database),
            services.check_mail(settings, mail),
            machine.check_disk(disk),
            machine.check_kernel(platform.system(), platform.release()),
            *await asyncio.to_thread(_sockets),
            machine.check_files(_file_limit(tcp), running=running and tcp.owner is not None),
        ]

    @property
    def _media_port(self) -> int:
        settings = self.settings
        return settings.port if settings.media_port is None else settings.media_port

    async def _own_port(self) -> tuple[ports.Port, Visit]:
        settings = self.settings
        port = await self._port("TCP", settings.port, settings.host)
        if not port.taken:
            return port, NOBODY
        url = http_url(settings.host or "127.0.0.1", settings.port, "https" if settings.speaks_https else "http")
        # We ask whatever listens on the port, with or without a certificate.
        return port, await visit(url + settings.base_path + _CONFIG, self.now, False)

    async def _port(self, protocol: Protocol, number: int, host: str) -> ports.Port:
        def look() -> ports.Port:
            error = (ports.try_tcp if protocol == "TCP" else ports.try_udp)(host, number)
            return ports.Port(protocol, number, error, None if error is None else owner_of(protocol, number))

        return await asyncio.to_thread(look)

    async def _http(self, tcp: ports.Port, *, running: bool) -> list[Finding]:
        settings = self.settings
        number = HTTP_PORT if settings.http_port is None and settings.domain else settings.http_port
        if not settings.speaks_https or not number:
            return []
        port = await self._port("TCP", number, settings.host)
        return [ports.check_http(port, tcp, running=running, wanted=settings.http_port is not None)]

    def _interfaces(self) -> list[str]:
        try:
            return self.interfaces()
        except OSError:
            return []

    async def _outside(self, context: ssl.SSLContext) -> Visit:
        settings = self.settings
        if settings.public_url is None:
            return NOBODY
        # Browsers are warned of it, which a line of its own says.
        trusted = False if settings.self_signed else context
        return await visit(settings.public_url + _CONFIG, self.now, trusted)

    async def _shown(self, site: SplitResult | None, context: ssl.SSLContext) -> float | Exception | None:
        if site is None or site.scheme != "https" or self.settings.speaks_https:
            return None
        try:
            return await served_until(site.hostname or "", site.port or HTTPS_PORT, context)
        except OSError as error:
            return error

    async def _clock(
        self,
        site: SplitResult | None,
        outside: Visit,
        resolved: list[str] | str,
        own: list[str],
        context: ssl.SSLContext,
    ) -> tuple[str | None, Visit, bool]:
        """Whom the clock is compared with, what that gave, and whether it is this machine."""
        url = self.clock_url or (self.settings.acme_url if self.settings.domain else None)
        if url is not None:
            return urlsplit(url).hostname, await visit(url, self.now, context), False
        here = not isinstance(resolved, str) and any(each in own or is_loopback(each) for each in resolved)
        return None if site is None else site.hostname, outside, here

    def _certificate(
        self, site: SplitResult | None, shown: float | Exception | None, now: datetime.datetime
    ) -> Finding:
        if self.settings.speaks_https:
            return certificates.check_own(self.settings, now, None if site is None else site.hostname)
        return certificates.check_shown(site, shown, now)


async def _resolved(site: SplitResult | None) -> list[str] | str:
    """The addresses of a name, or why there are none."""
    if site is None or site.hostname is None:
        return []
    try:
        async with asyncio.timeout(5):
            found = await asyncio.get_running_loop().getaddrinfo(site.hostname, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        return "no answer from the name server in time"
    except OSError as error:
        return error.strerror or str(error)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _sockets() -> list[Finding]:
    try:
        found = machine.try_sockets()
    except OSError as error:
        return [
            problem(
                "gso.no_socket",
                "no UDP socket can be opened: {reason}",
                "Allow this user to use the network.",
                reason=error.strerror or str(error),
            )
        ]
    return [machine.check_segments(found), machine.check_buffers(found)]


def _file_limit(tcp: ports.Port) -> int | None:
    """The running server's limit if that is known, else the highest that this process may set for itself."""
    if tcp.owner is not None:
        found = file_limit(tcp.owner.pid)
        if found is not None:
            return found
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard
