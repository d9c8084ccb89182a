"""A load test during which the server is stopped or killed, started again, and backed up."""

import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests import times
from tests.integration.load_tests import load_test
from tests.integration.process import milanio, running
from tests.integration.test_restarts import Before

ROOMS, PEOPLE = 2, 12
BACK_WITHIN = 5.0
"""Seconds from the start of the server to the last person's picture."""

pytestmark = [pytest.mark.asyncio, pytest.mark.long]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_everyone_is_back_and_rooms_are_as_they_were(tmp_path: Path, how: signal.Signals) -> None:
    data, other, saved = tmp_path / "data", tmp_path / "other", tmp_path / "saved"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(data))
        before, port = Before(first.url), int(first.url.rpartition(":")[2])
        await before.fill(stack)
        await before.is_stored(data)
        flags = {"rooms": ROOMS, "people": PEOPLE, "tiles": 4, "height": 180, "ramp": 10, "duration": times.seconds(30)}
        words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        test = await stack.enter_async_context(load_test(tmp_path, first.url, *words))
        await test.printed(" measure ", 5)
        await milanio(data, "backup", str(saved))
        stopped = time.monotonic()
        assert await first.end(how) == (0 if how is signal.SIGTERM else -signal.SIGKILL), first.log
        ended = time.monotonic()
        for client in before.people.values():
            await client.close()
        second = await stack.enter_async_context(running(data, port))
        ready = time.monotonic()
        assert await test.done() == 0, test.output + test.errors
        found = test.report
        print(
            f"\n{how.name}: ended after {ended - stopped:.2f} s, ready again {ready - ended:.2f} s later; media again"
            f" after {found.outages.p50_s} / {found.outages.p95_s} / {found.outages.max_s} s (median / p95 / longest)"
            f" for {found.outages.count} people; rejoined {found.people.rejoined}, lost {found.people.lost}"
        )
        assert (found.people.rejoined, found.people.lost) == (ROOMS * PEOPLE, 0)
        assert found.people.inside == found.outages.count == ROOMS * PEOPLE
        assert found.outages.max_s is not None
        assert found.outages.max_s - (ready - stopped) < times.seconds(BACK_WITHIN)
        await before.check(second.url)
        assert await second.end(signal.SIGTERM) == 0, second.log
        await milanio(other, "restore", str(saved))
        async with running(other) as restored:
            await before.check(restored.url)
            assert await restored.end(signal.SIGTERM) == 0, restored.log
    for server in (first, second, restored):
        assert "Traceback" not in server.log
