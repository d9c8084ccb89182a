import asyncio
import time

import pytest

from web.loop_lag import BUCKETS, LoopLag


def test_lateness_is_counted_by_size() -> None:
    lag = LoopLag()
    for late in (0.0, 0.004, 0.06, 0.06, 5.0):
        lag.note(late)
    assert dict(zip(BUCKETS, lag.counts, strict=True)) == {
        0.002: 1, 0.005: 2, 0.01: 2, 0.015: 2, 0.02: 2, 0.03: 2, 0.04: 2, 0.05: 2,
        0.075: 4, 0.1: 4, 0.25: 4, 0.5: 4, 1.0: 4,
    }  # fmt: skip
    assert lag.count == 5
    assert lag.sum == pytest.approx(5.124)


@pytest.mark.asyncio
async def test_what_keeps_the_loop_busy_is_seen() -> None:
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(0)
    time.sleep(0.35)
    while lag.count == 0:
        await asyncio.sleep(0.01)
    lag.stop()
    assert lag.sum > 0.1
