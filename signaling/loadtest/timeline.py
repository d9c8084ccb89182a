"""How a load test went: some of its figures for each second, or for moments of several seconds where it was long."""

import math
from collections.abc import Sequence
from typing import Any

from signaling.loadtest.columns import value
from signaling.loadtest.figures import Figures, Tally
from signaling.loadtest.gathering import Gathering
from signaling.loadtest.machines import ServerFigures, Tester
from signaling.loadtest.stats import Second, ServerSecond

MAX_MOMENTS = 600
"""Of a timeline; longer tests have several seconds in each."""

TIMELINE = (
    "people.inside", "joins.succeeded", "joins.tried", "joins.p50_s", "joins.p95_s",
    "first_audio.p50_s", "first_audio.p95_s", "first_frame.p50_s", "first_frame.p95_s",
    "packets.per_s", "loss", "freezes", "frozen.share", "jitter_ms.p50", "jitter_ms.p95", "delay_ms.p50",
    "delay_ms.p99", "bitrate.wanted_kbps", "bitrate.got_kbps", "bitrate.all_kbps", "frames.per_s", "layers.switches",
    "layers.keyframe_requests", "repairs.recovered", "repairs.asked", "signaling_ms.p50", "signaling_ms.p95",
    "tester.cpu_us_per_packet", "tester.cpu_share", "tester.loop_lag_ms_p99", "server.cpu_us_per_packet",
    "server.cpu_cores", "server.loop_lag_ms_p99", "server.memory_mb", "server.packets_per_s", "server.dropped",
)  # fmt: skip
"""What is told for each moment."""


class _Moment(Figures):
    """What a moment of the timeline is picked from."""

    tester: Tester
    server: ServerFigures | None


def timeline(seconds: Sequence[Second], server: Sequence[ServerSecond]) -> dict[str, list[float | None]]:
    """All of `TIMELINE` that was measured, over moments of equal length, until people leave."""
    told = [each for each in seconds if each.phase != "end"]
    width = max(1, math.ceil(max((each.at for each in told), default=0.0) / MAX_MOMENTS))
    bins: dict[int, Gathering] = {}
    last: dict[int, int] = {}
    for second in told:
        index = _index(second.at, second.tester.seconds, width)
        bins.setdefault(index, Gathering()).note(second, whole=True, measured=True)
        last[second.process] = max(index, last.get(second.process, 0))
    for each in server:
        index = _index(each.at, each.seconds, width)
        if index in bins:
            bins[index].server.append(each)
    order = sorted(bins)
    rows = []
    inside: dict[tuple[int, str], int] = {}
    for index in order:
        # Of a process that tells nothing in a moment, but does later, the people are still where they were.
        inside = {key: count for key, count in inside.items() if last[key[0]] >= index} | bins[index].inside
        for _, name in inside:
            bins[index].groups.setdefault(name, Tally())
        bins[index].inside = dict(inside)
        rows.append(_moment(bins[index]))
    found: dict[str, list[float | None]] = {"at_s": [float(index * width) for index in order]}
    for path in TIMELINE:
        values = [value(row, path) for row in rows]
        if any(each is not None for each in values):
            found[path] = values
    return found


def _index(at: float, seconds: float, width: int) -> int:
    """The moment in which most of the time before `at` lay: processes tell a little late what they did in a second."""
    return max(0, int(at - seconds / 2)) // width


def _moment(moment: Gathering) -> _Moment:
    moment.close()
    figures: dict[str, Any] = Figures.of(moment.everyone).model_dump()
    return _Moment(**figures, tester=moment.tester(), server=ServerFigures.of(moment.server))
