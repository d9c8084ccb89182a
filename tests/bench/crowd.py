"""A whole server under a load test: its own clients, and figures from its own report."""

import asyncio
import time

from signaling.client import create_room
from signaling.loadtest import columns, report
from signaling.loadtest.crowd import Crowd
from signaling.loadtest.scenario import Group, Scenario
from signaling.loadtest.share import Share, plan
from signaling.loadtest.stats import Second
from tests.bench.join import running_server
from tests.bench.peers import cpu_seconds
from tests.bench.results import Results

SCENARIO = Scenario(
    name="bench",
    groups=(
        Group(name="publishers", people=9, tiles=0),
        Group(name="viewers", people=40, audio=False, video=False, tiles=9),
    ),
    speakers=4,
    ramp=20,
    duration=10,
    relayout=0,
)
"""Nine cameras and four voices for forty viewers: some 15,000 packets per second."""

TITLES = {
    "load_test_us_per_packet": ("load test: CPU of the server per packet received", "µs", ""),
    "load_test_tester_us_per_packet": ("  of the tester, whose clients receive it", "µs", "≤ 8"),
    "joins.p95_s": ("  joining, 95th percentile", "s", "< 1"),
    "first_frame.p95_s": ("  first frame, 95th percentile", "s", "< 2"),
    "delay_ms.p99": ("  delay, 99th percentile", "ms", ""),
    "loss": ("  packets lost, share", "", "0"),
}
"""Figures with a dot are the report's, by their paths."""


async def _play(url: str, pid: int) -> tuple[report.Report, float]:
    """The report of a load test, and seconds of the server's CPU while it was measured."""
    seconds: list[Second] = []
    code = await create_room(url)
    crowd = Crowd(Share(url, SCENARIO, tuple(plan(SCENARIO, [code]))), seconds.append)
    began = time.time()
    try:
        await crowd.ramp()
        before = cpu_seconds(pid)
        await crowd.measure()
        cpu = cpu_seconds(pid) - before
    finally:
        await crowd.leave()
    return report.build(SCENARIO, seconds, url=url, started=began), cpu


def measure(results: Results, core: int | None, rounds: int) -> None:
    """Measure it so many times."""
    results.titles.update(TITLES)
    for _ in range(rounds):
        with running_server(core) as server:
            made, cpu = asyncio.run(_play(server.url, server.pid))
        received = made.packets.received
        results.add("load_test_us_per_packet", cpu / max(1, received) * 1e6)
        results.add("load_test_tester_us_per_packet", columns.value(made, "tester.cpu_us_per_packet") or 0.0)
        for path in TITLES:
            found = columns.value(made, path) if "." in path or path == "loss" else None
            if found is not None:
                results.add(path, found)
        time.sleep(0.5)
