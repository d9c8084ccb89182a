"""Whether a load test measured the server, or itself."""

from collections.abc import Mapping

from signaling.loadtest.stats import Stats

MAX_LAG = 0.02
"""Seconds by which the loop of a process may be late, 99 times of 100: packets wait as long before they are seen."""
MAX_CPU = 0.85
"""Of its core, that a process may use on average: what comes in bursts already waits above that."""
MAX_UNSENT = 0.001
"""Of the datagrams sent, that the tester's kernel may refuse."""
MAX_JOIN_SHARE = 0.1
"""Of the median join, that the loop may be late while people join, 95 times of 100: there are few looks then."""

_HEAD = "The tester itself was the bottleneck, so the figures below say little of the server"
_HEAD_OF_JOINS = "Join times are too long, as the tester itself was the bottleneck while people joined"
_ADVICE = "Use more processes or machines, or a slower ramp."


def sentence(
    processes: Mapping[int, Stats],
    joining: Mapping[int, Stats],
    join_median: float | None,
    unsent: int,
    sent: int,
) -> str | None:
    """What of the tester was the limit; None where nothing was.

    `processes`: what each spent in the time measured, `joining` while people joined (`cpu`, `lag` and `seconds`);
    `join_median`: in seconds.
    """
    found = [*_cpu(processes), *_lag(processes, MAX_LAG, 99)]
    if unsent > MAX_UNSENT * sent:
        found.append(f"its kernel didn't take {unsent:,} of {sent:,} packets sent")
    if found:
        return f"{_HEAD}: {'; '.join(found)}. {_ADVICE}"
    if join_median is not None:
        found = _lag(joining, max(MAX_LAG, MAX_JOIN_SHARE * join_median), 95)
    return f"{_HEAD_OF_JOINS}: {'; '.join(found)}. {_ADVICE}" if found else None


def _cpu(processes: Mapping[int, Stats]) -> list[str]:
    shares = [stats.cpu / stats.seconds for stats in processes.values() if stats.seconds]
    busy = sum(share > MAX_CPU for share in shares)
    if not busy:
        return []
    return [f"{_some(busy, len(shares))} used {max(shares):.0%} of a core (at most {MAX_CPU:.0%} is safe)"]


def _lag(processes: Mapping[int, Stats], limit: float, percent: int) -> list[str]:
    lags = [stats.lag.quantile(percent / 100) or 0.0 for stats in processes.values()]
    late = sum(lag > limit for lag in lags)
    if not late:
        return []
    worst = max(lags) * 1e3
    return [
        f"the event loop of {_some(late, len(lags))} was {worst:.0f} ms late"
        f" ({percent}th percentile; at most {limit * 1e3:.0f} ms is safe)"
    ]


def _some(count: int, of: int) -> str:
    return "its process" if of == 1 else f"{count} of its {of} processes"
