"""Sends the mails of a queue, again and again until each was taken or is too old."""

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
"""Seconds after the first failure; doubled after every other one."""
LONGEST_DELAY = 6 * 3600.0
GIVE_UP_AFTER = 3 * 24 * 3600.0
"""Seconds after which a mail isn't tried any more."""

POLL = 15.0
"""Seconds between looks into the queue when nothing is heard: how late a mail may be whose time has come, or that
another process has queued."""
QUEUE_RETRY = 3.0
"""Seconds to the next look into a queue that can't be read."""
STOP_TIMEOUT = 2.0
"""Seconds that a mail which is being sent may hold up the end of the server; containers are killed after ten."""


_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")


class MailQueue(Protocol):
    """Where mails wait. Every method may fail while the database is away."""

    async def claim_due(self, now: float, limit: int, /) -> Sequence[OutgoingMail]:
        """At most `limit` mails whose time has come, the longest waiting first. Each is handed out again if neither
        `done` nor `failed` comes within some minutes, as after a crash.
        """

    async def done(self, mail_id: int, now: float, /) -> object:
        """It was sent: forget its text and its link."""

    async def failed(self, mail_id: int, error: str, next_attempt_at: float | None, /) -> object:
        """It wasn't sent: hand it out again at that time; never for None."""


class MailSender(Protocol):
    """What sends one mail."""

    async def send(self, mail: OutgoingMail) -> None:
        """Send it. Raises `SendError`."""


class MailWorker:
    """A task that empties a queue. `start`, `wake` when a mail was queued, `stop`. `clock`: seconds since 1970, as the
    times outlive the process.
    """

    def __init__(self, queue: MailQueue, sender: MailSender, clock: Callable[[], float] = time.time) -> None:
        self._queue = queue
        self._sender = sender
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        # Sent, but the queue couldn't be told yet: they aren't sent again.
        self._sent: set[int] = set()
        self._queue_fails = False

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="mail")

    def wake(self) -> None:
        """A mail was queued: look at once. Returns immediately."""
        self._wake.set()

    async def stop(self) -> None:
        """End after the mail that is being sent. One that takes too long is broken off; the queue will hand it out
        again.
        """
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
                # The database is away, or something nobody foresaw: mails wait in the queue, and the worker lives on.
                if not self._queue_fails:
                    log.exception("mails wait until the queue can be read again")
                self._queue_fails = True
                pause = QUEUE_RETRY
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def send_next(self) -> bool:
        """Try a mail that is due, if there is one; whether there was. Raises what the queue raises.

        One at a time: a claim runs out, and whoever stops has no others to hand back.
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
    """What a mail server said, without the addresses that it repeats."""
    return _ADDRESS.sub("<address>", text)


def retry_delay(attempts: int) -> float:
    """Seconds to the next attempt after so many."""
    return min(FIRST_DELAY * 2.0 ** min(attempts - 1, 20), LONGEST_DELAY)
