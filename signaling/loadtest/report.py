"""What a load test found, made of the seconds of all its processes: written as JSON, and shown everywhere else.

A path such as `joins.p95_s` names a figure in limits, timelines and documents; `COLUMNS` has all of them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from signaling.loadtest import bottleneck
from signaling.loadtest.columns import Column, columns, value
from signaling.loadtest.figures import Figures, Part, Tally, quantile, ratio, significant
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import Second, ServerSecond, Spread, Stats
from signaling.version import version

FORMAT: Literal[1] = 1
"""Of the JSON; counts up when a path takes another meaning."""

MAX_MOMENTS = 600
"""Of a timeline; longer tests have several seconds in each."""

TIMELINE = (
    "people.inside", "joins.succeeded", "joins.tried", "joins.p50_s", "joins.p95_s",
    "first_audio.p50_s", "first_audio.p95_s", "first_frame.p50_s", "first_frame.p95_s",
    "packets.per_s", "loss", "freezes", "frozen.share", "jitter_ms.p50", "jitter_ms.p95", "delay_ms.p50",
    "delay_ms.p99", "bitrate.wanted_kbps", "bitrate.got_kbps", "frames.per_s", "layers.switches",
    "layers.keyframe_requests", "repairs.recovered", "repairs.asked", "signaling_ms.p50", "signaling_ms.p95",
    "tester.cpu_us_per_packet", "tester.cpu_share", "tester.loop_lag_ms_p99", "server.cpu_us_per_packet",
    "server.cpu_cores", "server.loop_lag_ms_p99", "server.memory_mb", "server.packets_per_s", "server.dropped",
)  # fmt: skip
"""What is told for each moment."""


class Window(Part):
    """The time that figures of media are of."""

    phase: Literal["measure", "ramp"]
    """`ramp` where the test ended before all had joined."""
    begins_s: float
    """Seconds after the start of the test."""
    seconds: float
    complete: bool
    """Whether it is as long as the scenario says."""


class Tester(Part):
    """What the load test itself cost, and whether it was the limit."""

    limited: Annotated[int, Column("limited", "", "1 where the tester itself was the bottleneck, else 0")] = 0
    bottleneck: str | None = None
    """Null, or a sentence that says what of the tester was the limit."""
    cpu_us_per_packet: Annotated[
        float | None, Column("tester CPU", "µs", "CPU of all processes of the tester for each packet received")
    ] = None
    cpu_share: Annotated[
        float | None, Column("tester CPU", "share", "CPU of the tester's busiest process, of one core")
    ] = None
    cpu_cores: Annotated[float | None, Column("tester CPU", "cores", "CPU of all processes of the tester")] = None
    loop_lag_ms_p50: Annotated[
        float | None, Column("tester lag, median", "ms", "how late the tester's event loop was, in its worst process")
    ] = None
    loop_lag_ms_p99: Annotated[
        float | None, Column("tester lag, p99", "ms", "the same: 99 of 100 looks found it at most so late")
    ] = None
    processes: Annotated[int, Column("processes", "", "processes that played people", "")] = 0
    unsent: Annotated[int, Column("unsent", "", "datagrams that the kernel of the tester's machine didn't take")] = 0


class ServerFigures(Part):
    """What the server's `/metrics` said in the time measured."""

    cpu_us_per_packet: Annotated[
        float | None, Column("server CPU", "µs", "CPU of the whole server for each packet forwarded to a viewer")
    ] = None
    cpu_cores: Annotated[float | None, Column("server CPU", "cores", "CPU of the whole server")] = None
    loop_lag_ms_p50: Annotated[
        float | None,
        Column("server lag, median", "ms", "how late the server's event loop was: bound of a bucket, 5 ms and more"),
    ] = None
    loop_lag_ms_p99: Annotated[
        float | None, Column("server lag, p99", "ms", "the same: 99 of 100 looks found it at most so late")
    ] = None
    memory_mb: Annotated[float | None, Column("server memory", "MB", "largest resident memory of the server")] = None
    packets_forwarded: Annotated[int, Column("forwarded", "", "packets to viewers, without repeats", "more")] = 0
    packets_per_s: Annotated[float | None, Column("forwarded", "/s", "packets to viewers per second", "more")] = None
    retransmitted: Annotated[int, Column("retransmitted", "", "packets sent once more, as viewers missed them")] = 0
    dropped: Annotated[
        int, Column("dropped", "", "datagrams, packets and requests without effect (docs/metrics.md)")
    ] = 0
    drops: Annotated[dict[str, int], Column("dropped by reason", "", "the same by reason", keys="REASON")] = Field(
        default={}
    )
    overflows: Annotated[
        int, Column("overflows", "", "datagrams that the server's kernel lost, its receive buffer being full")
    ] = 0
    unsent: Annotated[int, Column("unsent", "", "datagrams that the server's kernel didn't take")] = 0


class Verdict(Part):
    """Whether a limit that was asked for was crossed."""

    limit: str
    """As it was asked for, such as `joins.p95_s>1`."""
    value: float | None
    crossed: bool
    """True as well where there is no value to judge."""


class Head(Part):
    """What was tested, by whom and for how long; told before the figures."""

    format: Literal[1] = FORMAT
    name: str
    """The scenario's."""
    url: str
    started: str
    """UTC, as 2026-01-31T12:00:00Z."""
    version: str
    """The tester's."""
    window: Window
    notes: tuple[str, ...] = ()
    """What a reader has to know: processes that ended too early, what couldn't be measured."""
    limits: tuple[Verdict, ...] = ()
    tester: Tester
    server: ServerFigures | None


class Report(Figures, Head):
    """A load test's result."""

    groups: dict[str, Figures]
    """The same figures for each group."""
    timeline: dict[str, list[float | None]]
    """`at_s`, and for each path of `TIMELINE` that was measured a list of the same length."""
    scenario: Scenario

    def to_json(self) -> str:
        """For a file; ends with a newline."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote. Raises `ValueError` with one line for anything else."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(each) for each in first["loc"])
            raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None

    @property
    def crossed(self) -> bool:
        """Whether a limit was."""
        return any(verdict.crossed for verdict in self.limits)


COLUMNS = columns(Report)
"""Every figure of a report by its path."""


@dataclass(slots=True)
class _Bin:
    """All that falls into one moment of the timeline, or into the time measured."""

    everyone: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    testers: dict[int, Stats] = field(default_factory=dict)
    """By process."""
    server: list[ServerSecond] = field(default_factory=list)
    inside: dict[tuple[int, str], int] = field(default_factory=dict)
    """The last that each process told of each group."""

    def note(self, second: Second, *, whole: bool, measured: bool) -> None:
        """Count a second's joins (`whole`) and its media (`measured`)."""
        for name, stats in second.groups.items():
            tally = self.groups.setdefault(name, Tally())
            for each in (tally, self.everyone):
                if whole:
                    each.whole.add(stats)
                if measured:
                    each.measured.add(stats)
                    each.person_seconds += stats.inside * stats.seconds
            if measured:
                self.inside[second.process, name] = stats.inside
        if measured:
            tester = self.testers.setdefault(second.process, Stats())
            tester.follow(second.tester)

    def close(self) -> None:
        """After the last second: set what is not a sum of clients."""
        seconds = max((tester.seconds for tester in self.testers.values()), default=0.0)
        for tally in (self.everyone, *self.groups.values()):
            tally.seconds = seconds
        for (_, name), inside in self.inside.items():
            self.groups[name].inside += inside
            self.everyone.inside += inside

    def tester(self) -> Tester:
        """Of all processes, without a judgement."""
        worst = max((each.lag for each in self.testers.values()), key=_lag, default=Spread())
        cpu = sum(each.cpu for each in self.testers.values())
        shares = [each.cpu / each.seconds for each in self.testers.values() if each.seconds]
        return Tester(
            cpu_us_per_packet=ratio(cpu, self.everyone.measured.packets, 1e6),
            cpu_share=significant(max(shares)) if shares else None,
            cpu_cores=significant(sum(shares)) if shares else None,
            loop_lag_ms_p50=quantile(worst, 0.5, 1e3),
            loop_lag_ms_p99=quantile(worst, 0.99, 1e3),
            processes=len(self.testers),
            unsent=self.everyone.measured.unsent,
        )

    def server_figures(self) -> ServerFigures | None:
        """None where it told nothing."""
        if not self.server:
            return None
        lag, drops = Spread(), dict[str, int]()
        for each in self.server:
            lag.add(each.lag)
            for reason, count in each.drops.items():
                drops[reason] = drops.get(reason, 0) + count
        seconds = sum(each.seconds for each in self.server)
        cpu = sum(each.cpu for each in self.server)
        forwarded = sum(each.forwarded for each in self.server)
        return ServerFigures(
            cpu_us_per_packet=ratio(cpu, forwarded, 1e6),
            cpu_cores=ratio(cpu, seconds),
            loop_lag_ms_p50=quantile(lag, 0.5, 1e3),
            loop_lag_ms_p99=quantile(lag, 0.99, 1e3),
            memory_mb=significant(max(each.memory for each in self.server) / 1e6),
            packets_forwarded=forwarded,
            packets_per_s=ratio(forwarded, seconds),
            retransmitted=sum(each.retransmitted for each in self.server),
            dropped=sum(drops.values()),
            drops=dict(sorted(drops.items())),
            overflows=sum(each.overflows for each in self.server),
            unsent=sum(each.unsent for each in self.server),
        )


def _lag(spread: Spread) -> float:
    return spread.quantile(0.99) or 0.0


class _Moment(Figures):
    """What a moment of the timeline is picked from."""

    tester: Tester
    server: ServerFigures | None


def build(
    scenario: Scenario,
    seconds: Sequence[Second],
    *,
    url: str = "",
    started: float = 0.0,
    server: Sequence[ServerSecond] | None = None,
    notes: Iterable[str] = (),
) -> Report:
    """The report on the seconds of all processes, in any order.

    `started`: Unix time. `server`: None, or empty, where its metrics were out of reach.
    """
    ordered = sorted(seconds, key=lambda each: each.at)
    phase: Literal["measure", "ramp"] = "measure" if any(each.phase == "measure" for each in ordered) else "ramp"
    measured = [each for each in ordered if each.phase == phase]
    begins = min((each.at - each.tester.seconds for each in measured), default=0.0)
    ends = max((each.at for each in measured), default=0.0)
    total, ramp = _Bin(), _Bin()
    for second in ordered:
        total.note(second, whole=True, measured=second.phase == phase)
        ramp.note(second, whole=False, measured=second.phase == "ramp")
    total.server = [each for each in server or () if begins < each.at <= ends]
    total.close()
    length = total.everyone.seconds
    return Report(
        **Figures.of(total.everyone).model_dump(),
        name=scenario.name,
        url=_without_password(url),
        started=datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        version=version(),
        window=Window(
            phase=phase,
            begins_s=significant(max(0.0, begins)),
            seconds=significant(length),
            complete=phase == "measure" and length >= scenario.duration * 0.98,
        ),
        notes=tuple(notes),
        tester=_judged(total, ramp),
        server=total.server_figures(),
        groups={group.name: Figures.of(total.groups.get(group.name, Tally())) for group in scenario.groups},
        timeline=timeline(ordered, server or ()),
        scenario=scenario,
    )


def _judged(total: _Bin, ramp: _Bin) -> Tester:
    tester = total.tester()
    stats = total.everyone.measured
    said = bottleneck.sentence(
        processes=total.testers,
        joining=ramp.testers,
        join_median=total.everyone.whole.join.quantile(0.5),
        unsent=stats.unsent,
        sent=stats.sent,
    )
    return tester.model_copy(update={"bottleneck": said, "limited": int(said is not None)})


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


class _Ticks:
    """Numbers the seconds of one process: ticks that come a little early or late leave no gap and share no number."""

    def __init__(self) -> None:
        self._first: float | None = None

    def number(self, at: float, seconds: float) -> int:
        """In which second of the test most of the time before `at` lay."""
        middle = at - seconds / 2
        if self._first is None:
            self._first = middle
        return max(0, int(self._first)) + round(middle - self._first)


def timeline(seconds: Sequence[Second], server: Sequence[ServerSecond]) -> dict[str, list[float | None]]:
    """All of `TIMELINE` that was measured, over moments of equal length; `seconds` are in their order."""
    last = max((each.at for each in seconds), default=0.0)
    width = max(1, math.ceil(last / MAX_MOMENTS))
    bins: dict[int, _Bin] = {}
    clocks: dict[int, _Ticks] = {}
    for second in seconds:
        ticks = clocks.setdefault(second.process, _Ticks())
        moment = bins.setdefault(ticks.number(second.at, second.tester.seconds) // width, _Bin())
        moment.note(second, whole=True, measured=True)
    ticks = _Ticks()
    for each in server:
        index = ticks.number(each.at, each.seconds) // width
        if index in bins:
            bins[index].server.append(each)
    order = sorted(bins)
    rows = []
    inside: dict[tuple[int, str], int] = {}
    for index in order:
        # Of a process that tells nothing in a moment its people are still where they were.
        inside |= bins[index].inside
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


def _moment(moment: _Bin) -> _Moment:
    moment.close()
    figures: dict[str, Any] = Figures.of(moment.everyone).model_dump()
    return _Moment(**figures, tester=moment.tester(), server=moment.server_figures())
