"""Sends queued mail, and retries until each one is accepted or too old."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from web.mail.message import OutgoingMail
from web.mail.senders import SendError

log = logging.getLogger(__name__)

FIRST_DELAY = 60.0
"""Seconds to the next attempt after the first failure; doubled after each further one."""
LONGEST_DELAY = 6 * 3600.0
GIVE_UP_AFTER = 3 * 24 * 3600.0
"""Seconds after which a mail is given up."""

POLL = 15.0
"""Seconds between polls of the queue: how late a mail may be that is due again, or that another process has queued."""
QUEUE_RETRY = 3.0
"""Seconds to the next poll of a queue that can't be read."""
STOP_TIMEOUT = 2.0
"""Seconds for which a mail being sent may delay the server's end; containers are killed after ten."""


_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")


class MailQueue(Protocol):
    """Where mail waits. Every method may fail while the database is unavailable."""

    async def claim_due(self, now: float, limit: int, /) -> Sequence[OutgoingMail]:
        """Claim at most `limit` mails that are due, the longest overdue first. Each is handed out again if neither
        `done` nor `failed` is called within some minutes, as after a crash.
        """

    async def done(self, mail_id: int, now: float, /) -> object:
        """Note that a mail was sent, and delete its text and link."""

    async def failed(self, mail_id: int, error: str, next_attempt_at: float | None, /) -> object:
        """Note that a mail wasn't sent: hand it out again at that time, or never (None)."""


class MailSender(Protocol):
    """Sends single mails."""

    async def send(self, mail: OutgoingMail) -> None:
        """Send a mail. Raises `SendError`."""


class MailWorker:
    """A task that empties a queue. Call `start`, `wake` after queueing a mail, and `stop`. `clock` gives seconds since
    1970, since the times outlive the process.
    """

    def __init__(self, queue: MailQueue, sender: MailSender, clock: Callable[[], float] = time.time) -> None:
        self._queue = queue
        self._sender = sender
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        # Sent, but not yet marked as sent in the queue: these aren't sent again.
        self._sent: set[int] = set()
        self._queue_fails = False

    def start(self) -> None:
        """Start, on the running event loop."""
        self._task = asyncio.create_task(self._run(), name="mail")

    def wake(self) -> None:
        """Poll at once: a mail was queued. Returns immediately."""
        self._wake.set()

    async def stop(self) -> None:
        """End after the mail being sent. If that takes too long, it is aborted; the queue will hand it out again."""
        self._stopping = True
        self.wake()
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=STOP_TIMEOUT)
        if not done:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._task = None

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            pause = POLL
            try:
                if await self.send_next():
                    continue
                self._queue_fails = False
            except Exception:
                # The database is unavailable, or something unforeseen happened: mail waits, and the worker goes on.
                if not self._queue_fails:
                    log.exception("mail is waiting until the queue can be read again")
                self._queue_fails = True
                pause = QUEUE_RETRY
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def send_next(self) -> bool:
        """Try to send a mail that is due. Returns whether there was one. Raises what the queue raises.

        One at a time: claims expire, and a worker that stops has no others to give back.
        """
        for mail in await self._queue.claim_due(self._clock(), 1):
            if mail.id not in self._sent:
                try:
                    await self._sender.send(mail)
                except SendError as error:
                    await self._failed(mail, error)
                    return True
                except Exception as error:
                    log.exception("mail %d can't be sent", mail.id)
                    await self._failed(mail, SendError(type(error).__name__))
                    return True
                self._sent.add(mail.id)
            await self._queue.done(mail.id, self._clock())
            self._sent.discard(mail.id)
            return True
        return False

    async def _failed(self, mail: OutgoingMail, error: SendError) -> None:
        now = self._clock()
        next_attempt_at: float | None = now + retry_delay(mail.attempts)
        if error.final or now >= mail.created_at + GIVE_UP_AFTER:
            next_attempt_at = None
            outcome = f"was given up after {mail.attempts} attempts"
        else:
            outcome = "wasn't sent and will be retried"
        people = {"recipient": mail.recipient, "said": str(error)}
        log.warning("mail %d %s: %s", mail.id, outcome, without_addresses(str(error)), extra={"people": people})
        await self._queue.failed(mail.id, str(error), next_attempt_at)


def without_addresses(text: str) -> str:
    """Remove addresses from what a mail server said."""
    return _ADDRESS.sub("<address>", text)


def retry_delay(attempts: int) -> float:
    """Return the seconds to the next attempt after this many."""
    return min(FIRST_DELAY * 2.0 ** min(attempts - 1, 20), LONGEST_DELAY)
