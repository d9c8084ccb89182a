"""How long a test of the long suite runs."""

import os

from tests.thorough import choose


def duration(name: str, *, short: float, long: float) -> float:
    """Seconds, or a count: the variable `name`, else `long` under `make test-long`, else `short`."""
    chosen = os.environ.get(name)
    if chosen:
        return float(chosen)
    return choose(short, long)
