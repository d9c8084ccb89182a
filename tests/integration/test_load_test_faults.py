"""A fault of the server shows in the report's right columns, and in no others."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from signaling.loadtest.report import Report
from tests import times
from tests.integration.accounts.people import url_of
from tests.integration.load_tests import load_test
from tests.integration.relay_faults import RelayFaults
from tests.integration.running import serving

pytestmark = pytest.mark.asyncio

WORDS = ("--rooms", "2", "--people", "4", "--tiles", "4", "--ramp", "50", "--duration", "8", "--processes", "1")
PICTURES = 2 * 4 * 3
"""Cameras that are watched, over all people."""

STALL = 0.3
EVERY = 50

CALM = 30.0
"""Milliseconds by which the server's and the tester's loops are late, above which the machine itself holds media up: a
picture freezes then, whatever the server does."""

Fault = Callable[[RelayFaults], Awaitable[None]]


async def report_with(folder: Path, fault: Fault) -> tuple[Report, RelayFaults]:
    """What a load test says of a server that has a fault while media is measured."""
    async with serving(folder, rate_limits=True) as server:
        faults = RelayFaults(server)
        async with (
            asyncio.timeout(times.seconds(90)),
            load_test(folder, url_of(server), *WORDS) as test,
        ):
            # Some seconds in: everybody sees all that they watch.
            await test.printed(" measure ", 4)
            await fault(faults)
            assert await test.done() == 0, test.errors
        return test.report, faults


def is_calm(report: Report) -> bool:
    """Whether the machine had time for both."""
    server = report.server
    assert server is not None
    return max(server.loop_lag_ms_p99 or 0, report.tester.loop_lag_ms_p99 or 0) <= CALM


def untouched(report: Report) -> None:
    """What neither fault may touch."""
    server = report.server
    assert server is not None
    assert (report.joins.tried, report.joins.succeeded, report.joins.refused) == (8, 8, {})
    people = report.people
    assert (people.inside, people.resumed, people.rejoined, people.lost) == (8, 0, 0, 0)
    assert (report.packets.damaged, report.tester.unsent) == (0, 0)
    assert (report.packets.resent, server.overflows, server.unsent) == (0, 0, 0)
    assert report.window.complete


async def test_without_a_fault_nothing_shows(tmp_path: Path) -> None:
    async def nothing(_: RelayFaults) -> None:
        pass

    report, _ = await report_with(tmp_path, nothing)
    untouched(report)
    assert report.loss == 0
    assert (report.repairs.asked, report.repairs.recovered, report.packets.missing) == (0, 0, 0)
    assert report.layers.keyframe_requests == 0
    if is_calm(report):
        assert report.freezes <= 2


async def test_packets_that_the_server_loses_show_as_repairs_and_loss(tmp_path: Path) -> None:
    async def losses(faults: RelayFaults) -> None:
        faults.drop_every(EVERY)

    report, faults = await report_with(tmp_path, losses)
    untouched(report)
    # Lost pictures are repaired; sound isn't sent again, and stays away.
    gone = report.repairs.recovered + report.packets.missing
    assert 0.7 * faults.dropped <= gone <= 1.05 * faults.dropped
    assert report.repairs.recovered > 0.3 * faults.dropped
    shares = (report.repairs.share or 0) + (report.loss or 0)
    assert shares == pytest.approx(faults.dropped / report.packets.received, rel=0.35)
    assert report.server is not None
    assert report.server.retransmitted == pytest.approx(report.repairs.recovered, rel=0.3, abs=10)
    if is_calm(report):
        assert report.freezes <= 4
        assert (report.frozen.share or 0) < 0.01


async def test_a_server_that_stands_still_shows_as_lag_delay_and_freezes(tmp_path: Path) -> None:
    async def stall(faults: RelayFaults) -> None:
        faults.stall(STALL)

    report, _ = await report_with(tmp_path, stall)
    untouched(report)
    # Every picture that somebody watches stands still once, and that is all.
    assert report.freezes >= 0.8 * PICTURES
    assert report.frozen.seconds >= 0.8 * PICTURES * STALL
    assert max(each or 0 for each in report.timeline["delay_ms.p99"]) >= 0.5 * STALL * 1000
    assert max(each or 0 for each in report.timeline["server.loop_lag_ms_p99"]) >= 0.6 * STALL * 1000
    assert report.loss == 0
    assert (report.repairs.asked, report.repairs.recovered, report.packets.missing) == (0, 0, 0)
    if is_calm(report):
        assert report.freezes <= 1.3 * PICTURES
        assert (report.delay_ms.p50 or 0) < 20
