"""Keeps the certificate current: files that a renewal has replaced are loaded again, without a restart."""

import asyncio
import datetime
import logging
import ssl
from pathlib import Path

from web.tls.certificate import PROTOCOLS, Certificate, CertificateError, load

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0
"""Between looks at the files."""
REMINDER = datetime.timedelta(days=1)
"""Between warnings of the same kind."""

_State = tuple[tuple[int, int, int] | None, ...]


class CertificateWatch:
    """Serves connections with the newest valid certificate. Call `start`, then `stop`."""

    def __init__(self, certificate: Path, key: Path | None, host: str | None) -> None:
        """`host`: the name at which people come, if it is known. Raises `CertificateError`."""
        self._paths = (certificate, key)
        self._host = host
        self._seen = self._state()
        self.current: Certificate = load(certificate, key)
        self._failing = False
        self._reminded = datetime.datetime.min.replace(tzinfo=datetime.UTC)
        self._task: asyncio.Task[None] | None = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        """Lets each new connection have the certificate that is current then; others keep theirs."""
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(PROTOCOLS)
        self.context.sni_callback = self._choose

    def start(self) -> None:
        """Begin to look at the files."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()

    def poll(self, now: datetime.datetime) -> None:
        """Load the files if they have changed, and warn of a certificate that browsers refuse or soon will."""
        state = self._state()
        if self._failing or state != self._seen:
            self._load(quiet=state == self._seen)
            self._seen = state
        warnings = self.current.warnings(now, self._host)
        if warnings and now - self._reminded >= REMINDER:
            self._reminded = now
            for warning in warnings:
                log.warning("%s", warning)

    def _load(self, *, quiet: bool) -> None:
        before = self.current.fingerprint
        try:
            self.current = load(*self._paths)
        except CertificateError as error:
            # A renewal writes one file after the other: it is tried again.
            self._failing = True
            if not quiet:
                log.error("the certificate isn't loaded again, and the old one stays in use: %s", error)
            return
        self._failing = False
        if self.current.fingerprint != before:
            self._reminded = datetime.datetime.min.replace(tzinfo=datetime.UTC)
            log.info("new connections get the new certificate, which ends on %s", self.current.ends.date())

    def _state(self) -> _State:
        return tuple(_version(path) for path in self._paths if path is not None)

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self.current.context

    async def _run(self) -> None:
        while True:
            self.poll(datetime.datetime.now(datetime.UTC))
            await asyncio.sleep(POLL_SECONDS)


def _version(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced or written; links are followed."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
