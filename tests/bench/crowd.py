"""A whole server, and Janus, under a load test: the same clients, and figures from the same report."""

import asyncio
import time

from signaling.client import create_room
from signaling.loadtest import columns, report
from signaling.loadtest.crowd import Crowd
from signaling.loadtest.scenario import Group, Scenario
from signaling.loadtest.share import Share, plan
from signaling.loadtest.stats import Second
from tests.bench import janus, janus_crowd
from tests.bench.join import running_server
from tests.bench.peers import cpu_seconds
from tests.bench.results import Results

SCENARIO = Scenario(
    name="bench",
    groups=(
        Group(name="publishers", people=9, audio=False, height=180, simulcast=False, tiles=0),
        Group(name="viewers", people=40, audio=False, video=False, tiles=9),
    ),
    speakers=0,
    ramp=20,
    duration=10,
    relayout=0,
)
"""Nine cameras for forty viewers, each in one encoding, as Janus takes it too: some 11,000 packets per second."""

_TITLES = {
    "us_per_packet": ("CPU per packet received", "µs", ""),
    "tester_us_per_packet": ("  of the tester, whose clients receive it", "µs", "≤ 8"),
    "first_frame_p95_s": ("  first frame, 95th percentile", "s", "< 2"),
    "delay_p50_ms": ("  delay, median", "ms", ""),
    "delay_p99_ms": ("  delay, 99th percentile", "ms", ""),
    "loss": ("  packets lost, share", "", "0"),
}
_PATHS = {
    "tester_us_per_packet": "tester.cpu_us_per_packet",
    "first_frame_p95_s": "first_frame.p95_s",
    "delay_p50_ms": "delay_ms.p50",
    "delay_p99_ms": "delay_ms.p99",
    "loss": "loss",
}
"""Where the report has them."""


def titles(prefix: str, what: str) -> dict[str, tuple[str, str, str]]:
    """For the table: names of the figures with a prefix."""
    return {
        prefix + name: (f"{what}: {title}" if not title.startswith(" ") else title, unit, target)
        for name, (title, unit, target) in _TITLES.items()
    }


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


def note(results: Results, prefix: str, made: report.Report, cpu: float) -> None:
    """Put a report's figures into the results; `cpu`: seconds of the relay's."""
    results.add(f"{prefix}us_per_packet", cpu / max(1, made.packets.received) * 1e6)
    for name, path in _PATHS.items():
        found = columns.value(made, path)
        if found is not None:
            results.add(prefix + name, found)


def measure(results: Results, core: int | None, rounds: int) -> None:
    """The server, and Janus where it can be measured, in turns."""
    results.titles.update(titles("load_test_", "load test"))
    with_janus = janus.in_namespace()
    if with_janus:
        results.titles.update(titles("load_test_janus_", "through Janus"))
    for _ in range(rounds):
        with running_server(core) as server:
            note(results, "load_test_", *asyncio.run(_play(server.url, server.pid)))
        if with_janus:
            note(results, "load_test_janus_", *janus_crowd.play(SCENARIO, core))
