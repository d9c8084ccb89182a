"""Passwords: which are accepted, and bcrypt in low-priority threads that give way to media."""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import bcrypt

from web.security.fair_queue import FairQueue

log = logging.getLogger(__name__)

T = TypeVar("T")

MIN_CHARACTERS = 8
MAX_BYTES = 72
"""The limit of bcrypt; longer passwords are refused, so that nobody relies on characters that don't count."""

_TOO_LONG = f"Too long: {MAX_BYTES} bytes at most. Accents and emoji take several."

COST = 12
"""2^12 rounds: about a quarter of a second for each log-in."""

MAX_WAITING, MAX_WAITING_PER_SOURCE = 80, 20
"""Passwords waiting to be checked: about 20 seconds of work for one thread, a quarter of which one address may use."""

NICENESS = 10
"""Niceness of the hashing threads: on a busy core they get about a tenth of its time, on an idle one all of it."""

_WORDS = """
00000000 11111111 1111111111 11223344 112233445566 12121212 123123123 12341234 12344321 1234567890 123456789
12345678 1234567a 123456789a 123456aa 1234qwer 123qweasd 147258369 159753456 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 22222222
55555555 66666666 77777777 87654321 88888888 987654321 9876543210 99999999 a1234567 a12345678 aa123456 aaaaaaaa
abc12345 abcd1234 abcdefgh access14 admin123 admin1234 administrator asdf1234 asdfasdf asdfghjk asdfghjkl baseball
basketball changeme charlie1 computer corvette danielle dragon123 einstein football football1 garfield hello123
iloveyou iloveyou1 internet jennifer jordan23 letmein1 letmein123 liverpool maverick mercedes michael1 michelle
midnight milanio1 monkey123 mustang1 p@ssw0rd p@ssword pa55word pakistan passw0rd password password! password1
password12 password123 password1234 passwort pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsxedc qwer1234
qwerqwer qwert123 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop rockyou1 samantha secret123 spiderman starwars
sunshine sunshine1 superman superman1 test1234 testtest trustno1 victoria welcome1 welcome123 whatever zaq12wsx
zxcvbnm1 zxcvbnm123
"""
_COMMON = frozenset(_WORDS.split())


class TooBusyError(Exception):
    """The queue of passwords to hash is full, or the hasher is closed; answered with 503."""


def check_password(text: str) -> str | None:
    """Say why a new password isn't accepted, in a sentence for its owner; None if it is accepted."""
    if len(text) < MIN_CHARACTERS:
        return f"Use at least {MIN_CHARACTERS} characters."
    # Characters first: a megabyte needn't be encoded to be too long.
    if len(text) > MAX_BYTES:
        return _TOO_LONG
    encoded = _encode(text)
    if encoded is None or any(character < " " or character == "\x7f" for character in text):
        return "A password can't contain control characters."
    if len(encoded) > MAX_BYTES:
        return _TOO_LONG
    if text.casefold() in _COMMON:
        return "This is one of the most common passwords. Choose another."
    return None


def _encode(text: str) -> bytes | None:
    """Return the bytes to hash; None for half of a surrogate pair, which JSON can carry but UTF-8 can't."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a password comes from: keys, such as addresses, take turns. A known device, or a signed-in user, goes
    first.

    """

    key: str = ""
    known: bool = False


_NOBODY = Source()


class _Job:
    """A piece of work waiting for a thread."""

    def __init__(self, work: Callable[[], Any], outcome: asyncio.Future[Any]) -> None:
        self.work = work
        self.outcome = outcome


class PasswordHasher:
    """bcrypt in `workers` threads, with at most `queue_limit` passwords waiting for one, and `per_source` from one
    source. Call `close` at the end.
    """

    def __init__(
        self, workers: int = 1, queue_limit: int = MAX_WAITING, cost: int = COST, per_source: int | None = None
    ) -> None:
        if not 4 <= cost <= 16:
            raise ValueError("the cost of a password hash must be from 4 to 16")
        self._cost = cost
        self._free = workers
        self._closed = False
        self._waiting = FairQueue[_Job](queue_limit, per_source or queue_limit)
        self._pool = ThreadPoolExecutor(workers, "passwords", initializer=_give_way)
        # Matches no password, and takes as long to check as any other hash of this cost.
        self._nobody = f"$2b${cost:02}${'.' * 53}"

    async def hash(self, password: str, source: Source = _NOBODY) -> str:
        """Return the hash to store. Raises `TooBusyError`, and `ValueError` for passwords that are too long."""
        encoded = _encode(password) if len(password) <= MAX_BYTES else None
        if encoded is None or len(encoded) > MAX_BYTES:
            raise ValueError("the password is longer than bcrypt can hash")
        return await self._run(lambda: bcrypt.hashpw(encoded, bcrypt.gensalt(self._cost)).decode(), source)

    async def verify(self, password: str, hashed: str | None, source: Source = _NOBODY) -> bool:
        """Whether the password matches. None stands for an unknown user: False, after the same time as for a wrong
        password. Raises `TooBusyError`.
        """
        encoded = _encode(password) if len(password) <= MAX_BYTES else None
        if encoded is None or len(encoded) > MAX_BYTES:
            return False  # at once, for known and unknown users alike
        against = (hashed or self._nobody).encode()
        return await self._run(lambda: _matches(encoded, against), source) and hashed is not None

    def needs_rehash(self, hashed: str) -> bool:
        """Whether a hash was made with another cost. It is then renewed at log-in, or its time would differ from that
        of an unknown user.
        """
        return not hashed.startswith(f"$2b${self._cost:02}$")

    async def _run(self, work: Callable[[], T], source: Source) -> T:
        if self._closed:
            raise TooBusyError("the password hasher is closed")
        job = _Job(work, asyncio.get_running_loop().create_future())
        if self._free:
            self._begin(job)
        else:
            dropped = self._waiting.put(source.key, job, first=source.known)
            if dropped is not None and not dropped.outcome.done():
                dropped.outcome.set_exception(TooBusyError("too many passwords are being checked"))
        try:
            outcome: T = await job.outcome
            return outcome
        finally:
            # If the request was cancelled, nobody waits for it any more.
            self._waiting.remove(job)

    def _begin(self, job: _Job) -> None:
        loop = job.outcome.get_loop()
        self._free -= 1
        running = self._pool.submit(job.work)

        def finished(future: Future[Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
                loop.call_soon_threadsafe(self._end, job, future)

        running.add_done_callback(finished)

    def _end(self, job: _Job, running: Future[Any]) -> None:
        self._free += 1
        if not job.outcome.done():
            if running.cancelled():
                job.outcome.set_exception(TooBusyError("the password hasher was closed"))
            elif (error := running.exception()) is not None:
                job.outcome.set_exception(error)
            else:
                job.outcome.set_result(running.result())
        if not self._closed and (following := self._waiting.get()) is not None:
            self._begin(following)

    def close(self) -> None:
        """Accept no more work and refuse what waits; work that has begun finishes."""
        self._closed = True
        while (job := self._waiting.get()) is not None:
            if not job.outcome.done():
                job.outcome.set_exception(TooBusyError("the password hasher was closed"))
        self._pool.shutdown(wait=False, cancel_futures=True)


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:
        log.error("a stored password hash is damaged; its owner needs a new password")
        return False


def _give_way() -> None:
    # On Linux, niceness is per thread; elsewhere this would slow the whole server down.
    if sys.platform == "linux":
        try:
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, max(os.getpriority(os.PRIO_PROCESS, thread), NICENESS))
        except OSError:
            log.info("hashing threads keep their normal priority: the system doesn't let them go lower")
