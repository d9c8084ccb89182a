"""Runs coroutines without an event loop."""

from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def at_once(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine that never waits; returns its result."""
    try:
        work.send(None)
    except StopIteration as end:
        found: _Result = end.value
        return found
    work.close()
    raise AssertionError("it waits for something")
