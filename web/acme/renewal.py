"""Keeps a certificate valid: gets the first one, and a new one when a third of its time is left."""

import asyncio
import datetime
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from storage.files import replace_file
from web.acme.proofs import Proofs
from web.acme.request import Order, OrderError, Request
from web.tls import self_signed
from web.tls.certificate import Certificate, CertificateError, load

log = logging.getLogger(__name__)

FILE_NAME = "certificate.pem"
"""The key and the certificate."""

LEFT = 1 / 3
"""Share of its time that a certificate has left when it is renewed."""

POLL = datetime.timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = datetime.timedelta(minutes=5), datetime.timedelta(hours=6)
"""Between attempts, doubled each time: authorities allow a few failures an hour."""


class Renewal:
    """Has a certificate for its request in `path`, self-signed until the authority has given one. Call `start`, then
    `stop`.
    """

    def __init__(self, request: Request, get: Order | None = None) -> None:
        """Raises `CertificateError` if the folder can't be written."""
        self.request = request
        self.proofs = Proofs()
        self.problem: str | None = None
        """Why there is no certificate, or no new one; None: nothing is wrong."""
        self.path = request.folder / FILE_NAME
        self._get = _order if get is None else get
        self._pause = FIRST_PAUSE
        self._next = datetime.datetime.min.replace(tzinfo=datetime.UTC)
        self._task: asyncio.Task[None] | None = None
        self._prepare(datetime.datetime.now(datetime.UTC))

    def _prepare(self, now: datetime.datetime) -> None:
        """Let there be some certificate, so that the port can be opened and the authority find the proof."""
        if self.certificate() is None:
            _write(self.path, self_signed.make(self.request.hosts, now))

    def certificate(self) -> Certificate | None:
        """Return the one in the file; None: it can't be used, or is for other names."""
        try:
            found = load(self.path, None)
        except CertificateError:
            return None
        return found if all(found.covers(host) for host in self.request.hosts) else None

    def due(self, now: datetime.datetime) -> bool:
        """Whether to get a certificate now."""
        if now < self._next:
            return False
        have = self.certificate()
        return have is None or have.self_signed or have.ends - now < (have.ends - have.begins) * LEFT

    async def renew(self, now: datetime.datetime) -> bool:
        """Get a certificate. False: that failed, and is tried again after a while."""
        hosts = ", ".join(self.request.hosts)
        try:
            got = await _in_thread(lambda: self._get(self.request, self.proofs))
            _write(self.path, got)
        except Exception as error:
            if not isinstance(error, (OrderError, CertificateError)):
                log.exception("getting a certificate")  # a bug; all the same the next attempt may succeed
            self.problem = str(error) or type(error).__name__
            self._next = now + self._pause
            log.error("no certificate for %s: %s; next attempt in %s", hosts, error, self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            return False
        self.problem = None
        self._pause = FIRST_PAUSE
        log.info("there is a new certificate for %s", hosts)
        return True

    def start(self) -> None:
        """Begin; call it when the port is open."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Stop. An attempt that has begun goes on in its thread, without effect."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            now = datetime.datetime.now(datetime.UTC)
            if self.due(now):
                await self.renew(now)
            pause = POLL if self.problem is None else max(self._next - now, datetime.timedelta(seconds=1))
            await asyncio.sleep(min(POLL, pause).total_seconds())


async def _in_thread(get: Callable[[], bytes]) -> bytes:
    """Wait for it in a thread that doesn't keep the server from ending."""
    outcome: Future[bytes] = Future()
    outcome.set_running_or_notify_cancel()  # whoever stops waiting doesn't stop it

    def run() -> None:
        try:
            outcome.set_result(get())
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="certificate", daemon=True).start()
    return await asyncio.wrap_future(outcome)


def _order(request: Request, proofs: Proofs) -> bytes:
    # Imported here: its libraries take memory, and are needed every few weeks.
    from web.acme.order import order

    return order(request, proofs)


def _write(path: Path, content: bytes) -> None:
    """Replace the file. Raises `CertificateError`."""
    try:
        replace_file(path, content)
    except OSError as error:
        raise CertificateError(f"{path} can't be written: {error.strerror}") from None
