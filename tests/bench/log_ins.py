"""How media suffers when everyone logs in at once: `python -m tests.bench.log_ins` prints it.

The whole server relays 20,000 packets a second, and 200 people send their passwords at the same moment, hashed with
the real cost. Those who don't fit into the queue are told to try again later.
"""

import asyncio
import math
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import aiohttp

from storage.store import Store
from tests.bench import figures
from tests.bench.load import PACKETS_PER_FRAME, SETTLING, Load
from tests.bench.relay_process import ServerProcess
from web.security.passwords import PasswordHasher

LOG_INS = 200
PASSWORD = "kanarienvogel gelb"
FPS = 20_000 / (figures.PUBLISHERS * figures.VIEWERS * PACKETS_PER_FRAME)
WARM_UP, SECONDS, SECONDS_WITHOUT = 1.0, 8.0, 3.0
"""Seconds of a run; with log-ins about as long as they take."""
TRIES = 3
BEFORE = 0.5
"""Seconds from the beginning of a run to the log-ins."""

Answers = list[tuple[int, float]]
"""Status and seconds of each log-in."""


@dataclass(frozen=True, slots=True)
class Result:
    """Delays in milliseconds: median, 99th percentile, longest; and the results of the log-ins."""

    p50: float
    p99: float
    most: float
    lost: int
    answers: Answers

    @property
    def done(self) -> int:
        """Log-ins that succeeded."""
        return sum(status == 200 for status, _ in self.answers)

    @property
    def longest(self) -> float:
        """Seconds of the longest of those."""
        return max((seconds for status, seconds in self.answers if status == 200), default=math.inf)


def _email(number: int) -> str:
    return f"user{number}@example.org"


async def _make_accounts(data: Path) -> None:
    hasher = PasswordHasher()
    hashed = await hasher.hash(PASSWORD)
    hasher.close()
    async with Store(f"sqlite:///{data / 'milanio.db'}") as store:
        for number in range(LOG_INS):
            await store.users.create(_email(number), "Somebody", hashed, time.time())


async def _log_in_all(url: str) -> Answers:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def one(number: int) -> tuple[int, float]:
            before = time.monotonic()
            body = {"email": _email(number), "password": PASSWORD}
            async with session.post(f"{url}/api/auth/login", json=body) as response:
                await response.read()
                return response.status, time.monotonic() - before

        return await asyncio.gather(*(one(number) for number in range(LOG_INS)))


def _people(pipe: Connection, url: str) -> None:
    pipe.send(None)
    while (seconds := pipe.recv()) is not None:
        time.sleep(seconds)
        pipe.send(asyncio.run(_log_in_all(url)))


@contextmanager
def _people_process(url: str) -> Iterator[Connection]:
    """Start the people, who log in when they are told how many."""
    pipe, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_people, args=(theirs, url), daemon=True)
    process.start()
    pipe.recv()
    try:
        yield pipe
    finally:
        pipe.send(None)
        process.join(10)


def _without_loss(load: Load, people: Connection | None) -> Result:
    """A run without loss, if one of a few is: other processes that keep the cores busy cause losses."""
    for _ in range(TRIES):
        result = _run(load, people)
        if not result.lost:
            break
    return result


def _run(load: Load, people: Connection | None) -> Result:
    if people is not None:
        people.send(WARM_UP + SETTLING + BEFORE)
    seconds = SECONDS_WITHOUT if people is None else SECONDS
    run = load.run("spread", seconds, fps=FPS, warm_up=WARM_UP, measure=True)
    answers: Answers = []
    if people is not None:
        # A relay closes publishers that are silent for long.
        while not people.poll():
            load.sender.run("spread", 0.2, FPS)
        answers = people.recv()
    delays = sorted(run.delays) or [math.inf]
    at = [delays[int(len(delays) * share)] * 1e3 for share in (0.5, 0.99)]
    return Result(at[0], at[1], delays[-1] * 1e3, run.expected - run.received, answers)


def measure(core: int | None, rounds: int) -> tuple[list[Result], list[Result]]:
    """Runs without and with log-ins, in turns; the server on that core."""
    without, during = [], []
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(_make_accounts(data))
        server = ServerProcess(core, data)
        stack.callback(server.stop)
        load = figures.relay_load(server, figures.PUBLISHERS, figures.VIEWERS, stack)
        people = stack.enter_context(_people_process(server.url))
        for _ in range(rounds):
            without.append(_without_loss(load, None))
            during.append(_without_loss(load, people))
    return without, during


def describe(result: Result) -> str:
    """A run, for a reader."""
    text = f"delay p50 {result.p50:5.2f} ms, p99 {result.p99:6.2f} ms, most {result.most:6.1f} ms"
    if result.lost:
        text += f", {result.lost} packets lost"
    for status, count in sorted(Counter(status for status, _ in result.answers).items()):
        seconds = sorted(spent for found, spent in result.answers if found == status)
        text += f"; {count} × {status} in {median(seconds):.2f} s (median), {seconds[-1]:.2f} s (most)"
    return text


def main() -> int:
    """Print the figures."""
    if sys.platform != "linux":
        print("The measurements read /proc and need Linux.", file=sys.stderr)
        return 1
    cores = sorted(os.sched_getaffinity(0))
    core = None
    if len(cores) > 1:
        core = cores[0]
        os.sched_setaffinity(0, {cores[1]})
    without, during = measure(core, 3)
    for result in without:
        print(f"without log-ins: {describe(result)}")
    for result in during:
        print(f"{LOG_INS} log-ins:     {describe(result)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
