import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from tests import times
from web import garbage_collector as module
from web.garbage_collector import GarbageCollector

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
    """Only for the test: what was frozen after collecting the tests is so again, or each full pass would take long."""
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def test_full_passes_wait_until_nobody_is_in_a_call() -> None:
    people = 1
    before = gc.get_threshold()
    running = GarbageCollector(lambda: people)
    running.start()
    try:
        assert gc.get_threshold()[:2] == before[:2]
        knots = old_knots(2 * module.FEW)
        running.poll()
        assert all(knot() is not None for knot in knots)
        people = 0
        running.poll()
        assert all(knot() is None for knot in knots)
    finally:
        running.stop()
    assert gc.get_threshold() == before


async def test_much_garbage_is_collected_in_the_middle_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY", 2000)
    monkeypatch.setattr(module, "EACH", 500)
    running = GarbageCollector(lambda: 2)
    running.start()
    try:
        monkeypatch.setattr(running, "_kept", 0)
        few = old_knots(1000)  # two objects each
        running.poll()
        assert all(knot() is not None for knot in few)
        many = old_knots(3000)
        running.poll()
        assert all(knot() is None for knot in few + many)
    finally:
        running.stop()


async def test_young_objects_do_not_gather_during_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where as many are freed as are made, the interpreter never finds it time for a pass."""
    monkeypatch.setattr(module, "YOUNG_EVERY", 0.001)
    people = 0
    running = GarbageCollector(lambda: people)
    running.start()
    passes, visited = 0, asyncio.Event()

    def count(phase: str, info: dict[str, int]) -> None:
        nonlocal passes
        if phase == "stop" and info["generation"] == 0:
            passes += 1
            visited.set()

    gc.disable()
    gc.callbacks.append(count)
    try:
        for _ in range(3):
            await asyncio.sleep(0.002)
        assert passes == 0  # nobody is there
        people = 1
        young = [[number] for number in range(5000)]
        await asyncio.wait_for(visited.wait(), times.seconds(5))
        kept = gc.get_objects(generation=0)
        assert not any(each is young[0] for each in kept)
    finally:
        gc.callbacks.remove(count)
        gc.enable()
        running.stop()
    await asyncio.sleep(0.002)
    before = passes
    await asyncio.sleep(0.005)
    assert passes == before
