import gc
import weakref
from collections.abc import Iterator

import pytest

from web import collector
from web.collector import Collector

pytestmark = pytest.mark.asyncio


class Knot:
    """Garbage that only a pass frees, once it is old."""

    def __init__(self) -> None:
        self.itself = self


def old_knots(count: int) -> "list[weakref.ref[Knot]]":
    knots = [Knot() for _ in range(count)]
    gc.collect(1)
    return [weakref.ref(knot) for knot in knots]


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


async def test_full_passes_wait_until_nobody_is_in_a_call() -> None:
    idle = False
    before = gc.get_threshold()
    running = Collector(lambda: idle)
    running.start()
    try:
        assert gc.get_threshold()[:2] == before[:2]
        knots = old_knots(2 * collector.FEW)
        running.look()
        assert all(knot() is not None for knot in knots)
        idle = True
        running.look()
        assert all(knot() is None for knot in knots)
    finally:
        running.stop()
    assert gc.get_threshold() == before


async def test_much_garbage_is_collected_in_the_middle_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MANY", 3000)
    running = Collector(lambda: False)
    running.start()
    try:
        monkeypatch.setattr(running, "_kept", 0)
        few = old_knots(10)
        running.look()
        assert all(knot() is not None for knot in few)
        many = old_knots(3000)
        running.look()
        assert all(knot() is None for knot in few + many)
    finally:
        running.stop()
