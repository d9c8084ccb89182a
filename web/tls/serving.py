"""HTTPS of one server: which certificate it has, and who answers on its port."""

import asyncio
import datetime
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from web.acme.renewal import Renewal
from web.acme.request import Request
from web.config import HTTPS_PORT, Settings
from web.config_names import ConfigError
from web.connections import Connections
from web.front_door import Choose, Way
from web.security.hosts import OwnHosts
from web.security.secret import make_folder
from web.tls import plain, self_signed
from web.tls.certificate import CertificateError
from web.tls.first_bytes import Speaks
from web.tls.watch import CertificateWatch


class Tls:
    """A server's certificate, and where it comes from."""

    def __init__(self, watch: CertificateWatch, renewal: Renewal | None = None, *, self_signed: bool = False) -> None:
        self.watch = watch
        self.renewal = renewal
        """None: others see to it."""
        self.self_signed = self_signed

    def start(self) -> None:
        """Begin to keep the certificate current; call it when the ports are open."""
        self.watch.start()
        if self.renewal is not None:
            self.renewal.start()

    def stop(self) -> None:
        """Stop that."""
        self.watch.stop()
        if self.renewal is not None:
            self.renewal.stop()

    def chooser(self, connections: Connections, server: web.Server, hosts: OwnHosts) -> Choose:
        """Return who takes which connections: everything is over TLS, and who comes without it is told so."""
        secure, told = Way(connections.factory(server), self.watch.context), self._told(connections, hosts)

        def choose(speaks: Speaks, first: bytes) -> Way | None:
            if speaks is Speaks.HTTP:
                return told
            if speaks is not Speaks.TLS:
                return None
            proof = None if self.renewal is None else self.renewal.proofs.context_for(first)
            return secure if proof is None else Way(_Shown, proof)

        return choose

    def plain_chooser(self, connections: Connections, hosts: OwnHosts) -> Choose:
        """The same for a port without TLS."""
        told = self._told(connections, hosts)
        return lambda speaks, _first: told if speaks is Speaks.HTTP else None

    def _told(self, connections: Connections, hosts: OwnHosts) -> Way:
        def origin(host: str) -> str:
            parts = urlsplit(hosts.url("https", host))
            return f"{parts.scheme}://{parts.netloc}"

        def proof(path: str) -> str | None:
            return None if self.renewal is None else self.renewal.proofs.texts.get(path)

        fingerprint = (lambda: self.watch.current.fingerprint) if self.self_signed else None
        return Way(connections.factory(web.Server(plain.answer(origin, fingerprint, proof), access_log=None)))


class _Shown(asyncio.Protocol):
    """A validation: it has seen the certificate, and that was all."""

    def __init__(self, made: Callable[[], None]) -> None:
        self._made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._made()
        transport.close()


def tls_of(settings: Settings, addresses: Callable[[], list[str]]) -> Tls | None:
    """Load the certificate; None: the server doesn't speak HTTPS itself. Raises `ConfigError`.

    `addresses` lists this machine's.
    """
    if not settings.speaks_https:
        return None
    try:
        return _from_authority(settings) if settings.domain else _from_file(settings, addresses)
    except CertificateError as error:
        raise ConfigError(f"setting {'domain' if settings.domain else 'tls_certificate'}: {error}") from None


def _from_authority(settings: Settings) -> Tls:
    folder = settings.data / "acme"
    make_folder(settings.data)
    make_folder(folder)
    # Where browsers come on another port, authorities still look at 443, unless there is a port for HTTP.
    over_http = settings.port != HTTPS_PORT and bool(settings.http_port)
    renewal = Renewal(Request(settings.domain, settings.acme_url, settings.acme_email, folder, over_http))
    return Tls(CertificateWatch(renewal.path, None, settings.domain[0]), renewal)


def _from_file(settings: Settings, addresses: Callable[[], list[str]]) -> Tls:
    certificate = settings.tls_certificate
    assert certificate is not None
    host = None if settings.public_url is None else urlsplit(settings.public_url).hostname
    if settings.self_signed:
        make_folder(settings.data)
        name = socket.gethostname().lower()
        own = [*([host] if host else []), "localhost", "127.0.0.1", "::1", name, f"{name}.local", *addresses()]
        certificate = self_signed.prepare(settings.data, own, datetime.datetime.now(datetime.UTC))
    return Tls(CertificateWatch(certificate, settings.tls_key, host), self_signed=settings.self_signed)
