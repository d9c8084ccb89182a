"""Passwords: which are accepted, and bcrypt in a few threads that give way to media."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import bcrypt

log = logging.getLogger(__name__)

T = TypeVar("T")

MIN_CHARACTERS = 8
MAX_BYTES = 72
"""All that bcrypt looks at; more is refused, so that nobody believes in characters that don't count."""

_TOO_LONG = f"A password can't be longer than {MAX_BYTES} bytes, which is {MAX_BYTES} plain letters."

COST = 12
"""2^12 rounds: about a quarter of a second, each time somebody logs in."""

NICENESS = 10
"""Of the hashing threads: on a busy core they get about a tenth of its time, on an idle one all of it."""

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
    """More passwords wait to be hashed than the queue takes, or the hasher is closed; to be told as 503."""


def check_password(text: str) -> str | None:
    """Why a new password isn't accepted, in a sentence for its owner; None where it is."""
    if len(text) < MIN_CHARACTERS:
        return f"A password needs at least {MIN_CHARACTERS} characters."
    # Characters first: a password of a megabyte needn't be encoded to be too long.
    if len(text) > MAX_BYTES:
        return _TOO_LONG
    encoded = _encode(text)
    if encoded is None or any(character < " " or character == "\x7f" for character in text):
        return "A password can't hold control characters."
    if len(encoded) > MAX_BYTES:
        return _TOO_LONG
    if text.casefold() in _COMMON:
        return "This password is one of the most common ones; please choose another."
    return None


def _encode(text: str) -> bytes | None:
    """The bytes that are hashed; None for half a surrogate pair, which JSON can carry and UTF-8 can't."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


class PasswordHasher:
    """bcrypt in `workers` threads, with at most `queue_limit` more passwords waiting for one. `close` at the end."""

    def __init__(self, workers: int = 1, queue_limit: int = 32, cost: int = COST) -> None:
        if not 4 <= cost <= 16:
            raise ValueError("the cost of a password hash must be from 4 to 16")
        self._cost = cost
        self._room = workers + queue_limit
        self._pool = ThreadPoolExecutor(workers, "passwords", initializer=_give_way)
        self._lock = threading.Lock()
        # Matches no password, and takes as long to find that out as any other hash of this cost.
        self._nobody = f"$2b${cost:02}${'.' * 53}"

    async def hash(self, password: str) -> str:
        """The hash to store. Raises `TooBusyError`, and `ValueError` for what `check_password` calls too long."""
        encoded = _encode(password) if len(password) <= MAX_BYTES else None
        if encoded is None or len(encoded) > MAX_BYTES:
            raise ValueError("the password is longer than bcrypt can hash")
        return await self._run(lambda: bcrypt.hashpw(encoded, bcrypt.gensalt(self._cost)).decode())

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether that is the password. None stands for an unknown user: False, after the same time as a wrong
        password. Raises `TooBusyError`.
        """
        encoded = _encode(password) if len(password) <= MAX_BYTES else None
        if encoded is None or len(encoded) > MAX_BYTES:
            return False  # at once, for known and unknown users alike
        against = (hashed or self._nobody).encode()
        return await self._run(lambda: _matches(encoded, against)) and hashed is not None

    def needs_rehash(self, hashed: str) -> bool:
        """Whether a hash was made with another cost: to be renewed at log-in, or its time tells it from an unknown
        user's.
        """
        return not hashed.startswith(f"$2b${self._cost:02}$")

    async def _run(self, work: Callable[[], T]) -> T:
        with self._lock:
            if self._room == 0:
                raise TooBusyError("too many passwords are being checked")
            self._room -= 1
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._leave()
            raise TooBusyError("the password hasher is closed") from None
        # Not the asyncio future's callback: of work whose request was given up, the thread still has the rest to do.
        future.add_done_callback(self._leave)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise TooBusyError("the password hasher was closed") from None  # by `close`, not the request's end

    def _leave(self, _future: Future[T] | None = None) -> None:
        with self._lock:
            self._room += 1

    def close(self) -> None:
        """Take no more work and cancel what waits; what has begun ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:
        log.error("a stored password hash is damaged; its owner needs a new password")
        return False


def _give_way() -> None:
    # Linux counts niceness by thread; elsewhere this would slow the whole server down.
    if sys.platform == "linux":
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        except OSError:
            log.info("hashing threads keep their normal priority: the system doesn't let them go lower")
