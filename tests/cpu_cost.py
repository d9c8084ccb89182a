"""CPU time of one call, converted to the idle reference machine of `tests.times`.

Each measurement is compared with one of a fixed piece of Python, so that neither the machine's speed nor its
neighbours matter: a busy sibling core slows both alike.
"""

import os
import time
from collections.abc import Callable

from tests import times

_ITERATIONS = 20_000
_SECONDS_PER_ITERATION = 42e-9
"""The cost of `_work` on the reference machine."""

ROUNDS = 7


def _work() -> int:
    total = 0
    for number in range(_ITERATIONS):
        total += number & 7
    return total


def slowness() -> float:
    """How much longer than on the reference machine, when idle, Python takes just now."""
    start = time.thread_time()
    _work()
    return (time.thread_time() - start) / (_ITERATIONS * _SECONDS_PER_ITERATION)


def microseconds(run: Callable[[], object], calls: int = 1, rounds: int = ROUNDS) -> float:
    """Microseconds that a call of `run` takes: the best of `rounds` rounds of `calls` calls."""
    best = float("inf")
    before = slowness()
    for _ in range(rounds):
        start = time.thread_time()
        for _ in range(calls):
            run()
        spent = time.thread_time() - start
        after = slowness()
        best = min(best, spent / max(before, after))
        before = after
    return best / calls * 1e6


def limit(target: float) -> float:
    """The limit for a test with that target: higher only if `MILANIO_TEST_TIME_FACTOR` says so."""
    return target * float(os.environ.get(times.VARIABLE) or 1)
