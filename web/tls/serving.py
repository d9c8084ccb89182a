"""HTTPS of one server: which certificate it has, and who answers on its port."""

import datetime
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from web.config import ConfigError, Settings
from web.connections import Connections
from web.front_door import Way
from web.security.hosts import OwnHosts
from web.security.secret import make_folder
from web.tls import plain, self_signed
from web.tls.certificate import CertificateError
from web.tls.first_bytes import Speaks
from web.tls.watch import CertificateWatch


@dataclass(frozen=True, slots=True)
class Tls:
    """A server's certificate."""

    watch: CertificateWatch
    self_signed: bool

    def ways(self, connections: Connections, server: web.Server, hosts: OwnHosts) -> dict[Speaks, Way]:
        """Return who takes which connections: everything is over TLS, and who comes without it is told so."""

        def origin(host: str) -> str:
            parts = urlsplit(hosts.url("https", host))
            return f"{parts.scheme}://{parts.netloc}"

        fingerprint = (lambda: self.watch.current.fingerprint) if self.self_signed else None
        told = web.Server(plain.answer(origin, fingerprint), access_log=None)
        return {
            Speaks.TLS: Way(connections.factory(server), self.watch.context),
            Speaks.HTTP: Way(connections.factory(told)),
        }


def tls_of(settings: Settings, addresses: Callable[[], list[str]]) -> Tls | None:
    """Load the certificate; None: the server doesn't speak HTTPS itself. Raises `ConfigError`.

    `addresses` lists this machine's.
    """
    if settings.tls_certificate is None:
        return None
    certificate, key = settings.tls_certificate, settings.tls_key
    host = None if settings.public_url is None else urlsplit(settings.public_url).hostname
    try:
        if settings.self_signed:
            make_folder(settings.data)
            name = socket.gethostname().lower()
            own = [*([host] if host else []), "localhost", "127.0.0.1", "::1", name, f"{name}.local", *addresses()]
            certificate = self_signed.prepare(settings.data, own, datetime.datetime.now(datetime.UTC))
        return Tls(CertificateWatch(certificate, key, host), settings.self_signed)
    except CertificateError as error:
        raise ConfigError(f"setting tls_certificate: {error}") from None
