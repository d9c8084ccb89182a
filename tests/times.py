"""One factor for every time in tests, so that no correct program fails on a busy or slow machine.

`MILANIO_TEST_TIME_FACTOR` (a number ≥ 1) sets it. Otherwise it is measured before a test starts, when nothing of the
program under test runs in this process: how much longer a fixed piece of Python takes than on the machine on which the
limits were chosen. So a slow program can't raise its own limits, and on an idle machine of that speed the factor is
1 and the limits are exactly what the tests say.

Judge CPU time, not the wall clock, if a test is about cost: other processes matter much less then.
"""

import os
import time

VARIABLE = "MILANIO_TEST_TIME_FACTOR"

_ITERATIONS = 1_000_000
_REFERENCE = 0.042
"""Seconds of CPU that `_work` takes on the reference machine, an AMD EPYC with Python 3.11."""
_TOLERATED = 1.5
"""Neighbours of a virtual machine move every measurement by up to a half: below this the factor is 1."""
_MOST = 20.0
_FRESH = 10.0
"""Seconds for which a measurement is valid: 40 ms of work for each 10 s of tests."""


class _Machine:
    """How slow the machine is, by the wall clock and by CPU time; 1 is the reference machine when idle."""

    def __init__(self) -> None:
        self.wall = self.cpu = 1.0
        self.measured = float("-inf")


_machine = _Machine()


def _work() -> int:
    total = 0
    for number in range(_ITERATIONS):
        total += number & 7
    return total


def _slowness(seconds: float) -> float:
    ratio = seconds / _REFERENCE
    return 1.0 if ratio < _TOLERATED else min(ratio, _MOST)


def _chosen() -> float | None:
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    chosen = float(text)
    if not chosen >= 1:
        raise ValueError(f"{VARIABLE} is {text}: a number of at least 1 is needed")
    return chosen


def measure() -> None:
    """Measure the machine, unless that was done within the last ten seconds or the factor is set.

    Called before each test, and never during one: the work would hold up its event loop.
    """
    if _chosen() is not None or time.monotonic() < _machine.measured + _FRESH:
        return
    wall, cpu = time.perf_counter(), time.thread_time()
    _work()
    _machine.wall = _slowness(time.perf_counter() - wall)
    _machine.cpu = _slowness(time.thread_time() - cpu)
    _machine.measured = time.monotonic()


def seconds(limit: float) -> float:
    """`limit` seconds of the wall clock, on this machine as it is now."""
    chosen = _chosen()
    return limit * (_machine.wall if chosen is None else chosen)


def cpu_seconds(limit: float) -> float:
    """`limit` seconds of CPU time on this machine: only its speed counts, not its load."""
    chosen = _chosen()
    return limit * (_machine.cpu if chosen is None else chosen)
