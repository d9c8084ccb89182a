import asyncio
import time
from itertools import pairwise

import pytest

from signaling.turns import Turns
from tests.times import seconds

pytestmark = pytest.mark.asyncio


def _work(duration: float) -> None:
    until = time.perf_counter() + duration
    while time.perf_counter() < until:
        pass


class _Loop:
    """Notes when the loop could have looked at its sockets."""

    def __init__(self) -> None:
        self.turns: list[float] = []
        self.running = True
        self._turn()

    def _turn(self) -> None:
        self.turns.append(time.perf_counter())
        if self.running:
            asyncio.get_running_loop().call_soon(self._turn)

    def longest(self) -> float:
        self.running = False
        return max(later - earlier for earlier, later in pairwise(self.turns))


async def test_a_crowd_is_spread_over_turns_of_the_loop_in_order() -> None:
    turns, order = Turns(slice=0.004), list[int]()

    async def piece(number: int) -> None:
        await turns.mine()
        order.append(number)
        _work(0.001)

    loop = _Loop()
    await asyncio.gather(*(piece(number) for number in range(200)))
    assert order == list(range(200))
    assert loop.longest() < seconds(0.02)
    assert len(loop.turns) >= 20


async def test_work_that_fits_into_a_turn_never_waits() -> None:
    turns = Turns(slice=10.0)
    loop = _Loop()
    for _ in range(1000):
        await turns.mine()
    loop.running = False
    assert len(loop.turns) == 1


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    turns = Turns(slice=0.0)
    await turns.mine()
    waiting = [asyncio.create_task(turns.mine()) for _ in range(10)]
    await asyncio.sleep(0)
    for task in waiting[:9]:
        task.cancel()
    await asyncio.wait_for(waiting[9], 5)
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0)
    await asyncio.wait_for(turns.mine(), 5)
    assert not turns._waiting
