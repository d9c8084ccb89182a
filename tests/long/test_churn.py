"""Calls that people keep leaving, with others coming in their place: what the server holds doesn't grow.

`MILANIO_CHURN_SECONDS` says for how long.
"""

import asyncio
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests import times
from tests.bench.join import running_server
from tests.bench.relay_process import ServerProcess
from tests.integration.load_tests import load_test
from tests.long.durations import duration

SECONDS = duration("MILANIO_CHURN_SECONDS", short=90, long=1800)
SAMPLES = 30
ROOMS, PEOPLE, CHURN = 2, 6, 1
GROWTH = 1.02
"""By how much memory may be more in the last third of the time than in the second one."""
SPARE = 6
"""Descriptors and tasks of somebody who comes while another leaves."""

pytestmark = [pytest.mark.asyncio, pytest.mark.long]

Sample = dict[str, Any]


def _sample(server: ServerProcess, when: str) -> Sample:
    found = {**server.call("state"), "memory": server.call("memory")}
    print(
        f"{when:>9}: {found['memory'] / 1e6:6.1f} MB of its own, {found['rss'] / 1e6:6.1f} MB resident,"
        f" {found['descriptors']:3} descriptors, {found['tasks']:3} tasks, {found['transports']:3} transports",
        flush=True,
    )
    return found


async def _settled(server: ServerProcess) -> Sample:
    """Once everyone has left, and the last connection is closed."""
    async with asyncio.timeout(times.seconds(60)):
        while server.call("state")["transports"]:
            await asyncio.sleep(0.2)
        # HTTP connections are kept for a while.
        before = server.call("state")
        await asyncio.sleep(20)
        while (now := server.call("state"))["descriptors"] < before["descriptors"]:
            before = now
            await asyncio.sleep(5)
    return _sample(server, "all left")


async def test_memory_descriptors_and_tasks_stay_flat(tmp_path: Path) -> None:
    print(f"\n{SECONDS:.0f} s, {CHURN} person a second replaced, of {ROOMS * PEOPLE}")
    with running_server(None) as server:
        empty = _sample(server, "empty")
        flags = {"rooms": ROOMS, "people": PEOPLE, "churn": CHURN, "ramp": 5, "duration": SECONDS, "processes": 1}
        words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        async with load_test(tmp_path, server.url, "--scenario", "churn", *words) as test:
            await test.printed(" measure ")
            begun = asyncio.get_running_loop().time()
            samples = []
            for number in range(1, SAMPLES):
                await asyncio.sleep(begun + number * SECONDS / SAMPLES - asyncio.get_running_loop().time())
                samples.append(_sample(server, f"{number * SECONDS / SAMPLES:.0f} s"))
            assert await test.done() == 0, test.output + test.errors
        after, log = await _settled(server), server.log()
    found = test.report
    print(f"{found.joins.tried} joins, {found.joins.refused} refused, {found.people.lost} lost, loss {found.loss}")
    assert (found.joins.share, found.joins.refused) == (1, {})
    assert found.people.lost == 0
    assert found.joins.tried > 0.9 * CHURN * SECONDS
    assert "Traceback" not in log, log
    second, last = samples[SAMPLES // 3 : 2 * SAMPLES // 3], samples[2 * SAMPLES // 3 :]
    assert median(each["memory"] for each in last) <= GROWTH * median(each["memory"] for each in second)
    for what in ("descriptors", "tasks"):
        assert max(each[what] for each in last) <= max(each[what] for each in second) + SPARE, what
        assert after[what] <= empty[what] + SPARE, what
