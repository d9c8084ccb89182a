"""What a load test found, made of the seconds of all its processes: written as JSON, and shown everywhere else.

A path such as `joins.p95_s` names a figure in limits, timelines and documents; `COLUMNS` has all of them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from signaling.loadtest import bottleneck
from signaling.loadtest.columns import columns
from signaling.loadtest.figures import Figures, Part, Tally, significant
from signaling.loadtest.gathering import Gathering
from signaling.loadtest.machines import ServerFigures, Tester
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import Second, ServerSecond
from signaling.loadtest.timeline import timeline
from signaling.version import version

FORMAT: Literal[1] = 1
"""Of the JSON; counts up when a path takes another meaning."""


class Window(Part):
    """The time that figures of media are of."""

    phase: Literal["measure", "ramp"]
    """`ramp` where the test ended before all had joined."""
    begins_s: float
    """Seconds after the start of the test."""
    seconds: float
    complete: bool
    """Whether it is as long as the scenario says."""


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
    total, ramp = Gathering(), Gathering()
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
        server=ServerFigures.of(total.server),
        groups={group.name: Figures.of(total.groups.get(group.name, Tally())) for group in scenario.groups},
        timeline=timeline(ordered, server or ()),
        scenario=scenario,
    )


def _judged(total: Gathering, ramp: Gathering) -> Tester:
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
