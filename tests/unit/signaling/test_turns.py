import asyncio

import pytest

from signaling.turns import Turns

pytestmark = pytest.mark.asyncio


class _Loop:
    """Counts turns of the loop, after each of which it could look at its sockets; its clock is moved by hand."""

    def __init__(self) -> None:
        self.turn = 0
        self.now = 0.0
        self.running = True
        self._next()

    def _next(self) -> None:
        self.turn += 1
        if self.running:
            asyncio.get_running_loop().call_soon(self._next)


@pytest.mark.parametrize("cost", [0.0003, 0.001, 0.004, 0.1])
async def test_a_crowd_is_spread_over_turns_of_the_loop_in_order(cost: float) -> None:
    loop = _Loop()
    turns, order, spent = Turns(0.004, lambda: loop.now), list[int](), dict[int, float]()

    async def piece(number: int) -> None:
        await turns.mine()
        order.append(number)
        loop.now += cost
        spent[loop.turn] = spent.get(loop.turn, 0.0) + cost

    await asyncio.gather(*(piece(number) for number in range(200)))
    loop.running = False
    assert order == list(range(200))
    assert max(spent.values()) < 0.004 + 2 * cost
    assert len(spent) <= 2 + 2 * 200 * max(cost / 0.004, 1 / 200)


async def test_work_that_comes_while_others_wait_waits_behind_them() -> None:
    loop = _Loop()
    turns, order = Turns(0.004, lambda: loop.now), list[str]()

    async def piece(name: str, after: int = 0) -> None:
        for _ in range(after):
            await asyncio.sleep(0)
        await turns.mine()
        order.append(name)
        loop.now += 0.003

    await asyncio.gather(*(piece(f"first {n}") for n in range(6)), *(piece(f"later {n}", 2) for n in range(3)))
    loop.running = False
    assert order == [*(f"first {n}" for n in range(6)), *(f"later {n}" for n in range(3))]


async def test_work_that_fits_into_a_turn_never_waits() -> None:
    loop = _Loop()
    turns = Turns(10.0, lambda: loop.now)
    for _ in range(1000):
        await turns.mine()
    loop.running = False
    assert loop.turn == 1


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
