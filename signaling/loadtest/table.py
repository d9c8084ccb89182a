"""The report as a table: which figures stand in a row together, under which title, in terminals and pages alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from signaling.loadtest.columns import Column, shown, symbol, value
from signaling.loadtest.figures import Figures
from signaling.loadtest.report import COLUMNS, Report


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one unit that belong together."""

    paths: tuple[str, ...]
    rare: bool = False
    """Left out where all of it is 0 or wasn't measured."""

    @property
    def columns(self) -> list[Column]:
        """Of its figures."""
        return [COLUMNS[path] for path in self.paths]

    @property
    def title(self) -> str:
        """Such as `joins, median / p95 / p99 (s)`: what the titles begin with alike is said once."""
        titles = [column.title for column in self.columns]
        heads = {title.partition(", ")[0] for title in titles}
        if len(heads) == 1 and len(titles) > 1:
            tails = [title.partition(", ")[2] for title in titles]
            text = f"{heads.pop()}, {' / '.join(tails)}"
        else:
            words = titles[0].split()[0]
            text = " / ".join([titles[0], *(title.removeprefix(f"{words} ") for title in titles[1:])])
        unit = symbol(self.columns[0].unit)
        return f"{text} ({unit})" if unit else text

    def cell(self, source: BaseModel) -> str:
        """Its figures, of a report or a group."""
        return " / ".join(shown(value(source, path), COLUMNS[path].unit) for path in self.paths)

    def told_of(self, sources: Sequence[BaseModel]) -> bool:
        """Whether it belongs into a table of these."""
        return not self.rare or any(value(source, path) for source in sources for path in self.paths)


def _quantiles(name: str, suffix: str = "") -> Row:
    return Row(tuple(f"{name}.{quantile}{suffix}" for quantile in ("p50", "p95", "p99")))


PEOPLE = (
    Row(("joins.succeeded", "joins.tried")),
    _quantiles("joins", "_s"),
    _quantiles("first_audio", "_s"),
    _quantiles("first_frame", "_s"),
    Row(("people.inside",)),
    Row(("people.lost", "people.resumed", "people.rejoined"), rare=True),
    Row(("outages.p50_s", "outages.p95_s", "outages.max_s"), rare=True),
    Row(("freezes",)),
    Row(("frozen.share",)),
    Row(("frozen.per_hour",), rare=True),
    Row(("loss",)),
    _quantiles("jitter_ms"),
    _quantiles("delay_ms"),
    Row(("bitrate.got_kbps", "bitrate.wanted_kbps")),
    Row(("bitrate.share",)),
    Row(("bitrate.all_kbps",)),
    Row(("frames.per_s",)),
    Row(("layers.per_minute",)),
    Row(("layers.keyframe_requests",)),
    Row(("layers.off", "layers.on"), rare=True),
    Row(("repairs.share",)),
    Row(("repairs.recovered", "repairs.asked"), rare=True),
    Row(("packets.resent",), rare=True),
    Row(("packets.damaged",), rare=True),
    _quantiles("signaling_ms"),
    Row(("packets.per_s",)),
)
"""Of all people, and of each group."""

SERVER = (
    Row(("server.cpu_us_per_packet",)),
    Row(("server.cpu_cores",)),
    Row(("server.loop_lag_ms_p50", "server.loop_lag_ms_p99")),
    Row(("server.memory_mb",)),
    Row(("server.packets_per_s",)),
    Row(("server.retransmitted",), rare=True),
    Row(("server.dropped",)),
    Row(("server.overflows",), rare=True),
    Row(("server.unsent",), rare=True),
)

TESTER = (
    Row(("tester.cpu_us_per_packet",)),
    Row(("tester.cpu_share",)),
    Row(("tester.loop_lag_ms_p50", "tester.loop_lag_ms_p99")),
    Row(("tester.processes",)),
    Row(("tester.unsent",), rare=True),
)

NO_SERVER = "server: its metrics couldn't be read"
"""In the place of its rows."""


def sources(report: Report) -> dict[str, Figures]:
    """Whose figures are shown beside each other: of all people, and of each group where there are several."""
    return {"all": report, **(report.groups if len(report.groups) > 1 else {})}


def reasons(report: Report) -> list[tuple[str, str]]:
    """What has a number for each of several names, such as refused joins by their codes: title, and numbers."""
    found = []
    for path, column in COLUMNS.items():
        if not column.keys:
            continue
        model: object = report
        for name in path.split("."):
            model = getattr(model, name, None)
        if isinstance(model, dict) and model:
            ordered = sorted(model.items(), key=lambda item: -item[1])
            found.append((column.title, ", ".join(f"{name} {count:,}" for name, count in ordered)))
    return found


def introduction(report: Report) -> list[str]:
    """What a reader has to know before the figures, the worst first: where the tester was the limit, that."""
    scenario, window = report.scenario, report.window
    lines = [report.tester.bottleneck] if report.tester.bottleneck else []
    lines += report.notes
    if window.phase == "ramp":
        lines.append("The test ended before everybody had joined; figures of media are of that time.")
    elif not window.complete:
        lines.append(f"The test ended after {window.seconds:.0f} of {scenario.duration:.0f} s.")
    return lines


def headline(report: Report) -> str:
    """What was tested, in a line."""
    scenario, window = report.scenario, report.window
    where = "1 room" if scenario.rooms == 1 else f"{scenario.rooms} rooms of {scenario.people_per_room}"
    return f"{scenario.people:,} people in {where}, {window.seconds:.0f} s measured, {report.started}"
