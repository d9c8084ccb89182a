"""Seconds of a load test as real ones look, without a server: for reports, tables and pages."""

import random

from signaling.loadtest.scenario import Group, Network, Scenario
from signaling.loadtest.stats import Second, ServerSecond, Spread, Stats

BAD = Network(loss=5)

SCENARIO = Scenario(
    name="office",
    rooms=4,
    groups=(Group(name="good", people=20, tiles=9), Group(name="lossy", people=5, tiles=4, network=BAD)),
    ramp=20,
    duration=30,
)

_PACKETS = 400
"""For each person and second."""
_OCTETS = 900


def _spread(draw: random.Random, median: float, count: int) -> Spread:
    """Values with a tail, as delays have."""
    spread = Spread()
    for _ in range(count):
        spread.note(median * draw.lognormvariate(0, 0.4))
    return spread


def stats(draw: random.Random, inside: int, joins: int, *, lossy: bool) -> Stats:
    """A second of a group in one process."""
    packets = inside * _PACKETS
    return Stats(
        seconds=1.0,
        tried=joins,
        joined=joins,
        join=_spread(draw, 0.2, joins),
        first_audio=_spread(draw, 0.3, joins),
        first_frame=_spread(draw, 0.45, joins),
        inside=inside,
        signaling=_spread(draw, 0.004, inside),
        events=inside * 2,
        packets=packets,
        octets=packets * _OCTETS,
        missing=packets // 200 if lossy else 0,
        recovered=packets // 20 if lossy else 0,
        nacked=packets // 18 if lossy else 0,
        frames=inside * 9 * 15,
        freezes=draw.choice((0, 0, 1)) if lossy else 0,
        frozen=0.3 if lossy else 0.0,
        watched=inside * 9.0,
        jitter=_spread(draw, 0.006 if lossy else 0.001, inside),
        delay=_spread(draw, 0.0008, inside * 5),
        switches=inside // 10,
        camera_octets=packets * _OCTETS,
        wanted_octets=packets * _OCTETS * 1.02,
        sent=inside * 60,
        sent_octets=inside * 60 * 900,
    )


def seconds(
    scenario: Scenario = SCENARIO,
    *,
    processes: int = 2,
    lag: float = 0.002,
    cpu: float = 0.3,
    until: float | None = None,
    seed: int = 1,
) -> list[Second]:
    """All seconds of all processes; `lag` and `cpu` are the tester's own, by second. `until` ends it early."""
    draw = random.Random(seed)
    ramp = int(scenario.people / scenario.ramp) + 1
    found = []
    for process in range(processes):
        inside = {group.name: 0.0 for group in scenario.groups}
        for number in range(ramp + int(scenario.duration) + 1):
            phase = "ramp" if number < ramp else "measure" if number < ramp + scenario.duration else "end"
            groups = {}
            for group in scenario.groups:
                all_of_it = scenario.rooms * group.people / processes
                before, inside[group.name] = inside[group.name], min(all_of_it, inside[group.name] + all_of_it / ramp)
                joins = round(inside[group.name]) - round(before)
                groups[group.name] = stats(
                    draw, 0 if phase == "end" else round(inside[group.name]), joins, lossy=group.network.impaired
                )
            # Ticks are up to 0.1 s late.
            at = number + 1 + draw.uniform(0, 0.1)
            tester = Stats(seconds=1.0, cpu=cpu * draw.uniform(0.95, 1.05), lag=_spread(draw, lag, 50))
            if until is None or at <= until:
                found.append(Second(at, phase, groups, tester, process))
    return found


def server_seconds(scenario: Scenario = SCENARIO, *, seed: int = 1) -> list[ServerSecond]:
    """What the server tells in the same time."""
    draw = random.Random(seed)
    ramp = int(scenario.people / scenario.ramp) + 1
    found = []
    for number in range(ramp + int(scenario.duration)):
        forwarded = round(scenario.people * _PACKETS * min(1.0, (number + 1) / ramp))
        lag = Spread({})
        lag.note(0.005, 9)
        lag.note(0.01)
        found.append(
            ServerSecond(
                at=number + 1.0,
                seconds=1.0,
                cpu=forwarded * 9e-6 * draw.uniform(0.9, 1.1),
                forwarded=forwarded,
                memory=90_000_000 + number * 100_000,
                lag=lag,
                drops={"probe": 2},
            )
        )
    return found
