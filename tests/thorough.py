"""How much a test tries: everything under `make test-long`, and in every other run enough to notice a fault."""

import os
from typing import TypeVar

_T = TypeVar("_T")

LONG = bool(os.environ.get("MILANIO_TEST_LONG"))


def choose(some: _T, everything: _T) -> _T:
    """`everything` under `make test-long`, else `some`: cases, rounds, or seconds of virtual time."""
    return everything if LONG else some
