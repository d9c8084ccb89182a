"""A load test in a terminal: its progress, drawn once a second, and the report at its end."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from pydantic import BaseModel

from signaling.loadtest import limits, table
from signaling.loadtest.columns import shown, symbol, value
from signaling.loadtest.figures import Figures, Tally
from signaling.loadtest.gathering import Gathering
from signaling.loadtest.machines import ServerFigures
from signaling.loadtest.report import COLUMNS, Report
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import Second, ServerSecond

_LIVE = (
    ("inside", "people.inside"),
    ("joined", "joins.succeeded"),
    ("join p95", "joins.p95_s"),
    ("frame p95", "first_frame.p95_s"),
    ("packets", "packets.per_s"),
    ("loss", "loss"),
    ("freezes", "freezes"),
    ("delay p99", "delay_ms.p99"),
    ("bitrate", "bitrate.all_kbps"),
    ("signaling p95", "signaling_ms.p95"),
)
"""Head and figure. Joins and signaling are since the start, all else since the table was last drawn."""

_STALE = 3
"""How often what a process told last is shown, until it counts as lost."""

_HEAD_EVERY = 20
"""Lines, where the output is no terminal."""
_NAME = 20
"""Characters of a group's name, at most."""


class _Told:
    """What a process told since the table was last drawn, or before that where it told nothing since."""

    def __init__(self) -> None:
        self._seconds: list[Second] = []
        self._shown = 0

    def take(self, second: Second) -> None:
        if self._shown:
            self._seconds, self._shown = [], 0
        self._seconds.append(second)

    def shown(self) -> list[Second]:
        self._shown += 1
        return self._seconds if self._shown <= _STALE else []


class Live:
    """The progress of a test. In a terminal a table that is drawn again in its place, elsewhere a line each time."""

    def __init__(
        self, stream: TextIO, scenario: Scenario, *, tty: bool | None = None, size: tuple[int, int] | None = None
    ) -> None:
        """`tty` and `size` (columns, lines): None for what the stream and the terminal say."""
        self._stream = stream
        self._scenario = scenario
        self._tty = stream.isatty() if tty is None else tty
        self._size = size
        self._whole = Gathering()
        self._recent = Gathering()
        self._told: dict[int, _Told] = {}
        self._server: list[ServerSecond] = []
        self._server_told: list[ServerSecond] = []
        self._phase = "ramp"
        self._measured_since = 0.0
        self._drawn = 0
        """Lines of the table that is on the screen; elsewhere, lines so far."""

    def note(self, second: Second) -> None:
        """Take in what a process told."""
        self._whole.note(second, whole=True, measured=False)
        self._told.setdefault(second.process, _Told()).take(second)
        if second.phase == "measure" and self._phase == "ramp":
            self._measured_since = second.at - second.tester.seconds
        if second.phase != "ramp":
            self._phase = second.phase

    def note_server(self, second: ServerSecond) -> None:
        """Take in what the server told."""
        self._server_told.append(second)

    def draw(self, at: float) -> None:
        """Show what came since the last time; `at`: seconds since the test began."""
        self._recent = Gathering()
        for told in self._told.values():
            for second in told.shown():
                self._recent.note(second, whole=False, measured=True)
        self._recent.close()
        if self._server_told:
            self._server, self._server_told = self._server_told, []
        if self._tty:
            self._draw_table(at)
        else:
            self._draw_line(at)
        self._stream.flush()

    def _figures(self) -> dict[str, Figures]:
        whole, recent = self._whole, self._recent
        found = {"all": _merged(whole.everyone, recent.everyone)}
        if len(self._scenario.groups) > 1:
            for group in self._scenario.groups:
                tallies = (each.groups.get(group.name, Tally()) for each in (whole, recent))
                found[group.name] = _merged(*tallies)
        return found

    def _draw_table(self, at: float) -> None:
        width, height = self._size or shutil.get_terminal_size()
        figures = self._figures()
        heads = [["", *(head for head, _ in _LIVE)], ["", *(symbol(COLUMNS[path].unit) for _, path in _LIVE)]]
        rows = [[name[:_NAME], *_cells(each)] for name, each in figures.items()]
        # The last line stays free for the cursor; a table that scrolls couldn't be drawn over.
        rows = rows[: max(1, height - 5)]
        lines = [self._progress(at, figures["all"]), *_aligned([*heads, *rows]), self._machines()]
        erase = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        self._stream.write(erase + "".join(f"{line[: width - 1]}\n" for line in lines))
        self._drawn = len(lines)

    def _draw_line(self, at: float) -> None:
        widths = [max(len(head), 9, 6 + len(symbol(COLUMNS[path].unit))) for head, path in _LIVE]
        if self._drawn % _HEAD_EVERY == 0:
            heads = [head.rjust(width) for (head, _), width in zip(_LIVE, widths, strict=True)]
            self._stream.write("  ".join(["     s", "phase  ", *heads]) + "\n")
        cells = _cells(self._figures()["all"], with_units=True)
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        self._stream.write("  ".join([f"{at:6.0f}", f"{self._phase:7}", *padded]) + "\n")
        self._drawn += 1

    def _progress(self, at: float, everyone: Figures) -> str:
        name = self._scenario.name
        if self._phase == "ramp":
            return f"{name}: joining for {at:.0f} s, {everyone.people.inside:,} of {self._scenario.people:,} are in"
        if self._phase == "measure":
            since = min(self._scenario.duration, max(0.0, at - self._measured_since))
            return f"{name}: measuring, {since:.0f} of {self._scenario.duration:.0f} s"
        return f"{name}: leaving"

    def _machines(self) -> str:
        tester = self._recent.tester()
        text = f"tester: {shown(tester.cpu_share, 'share')} % of a core, {shown(tester.loop_lag_ms_p99)} ms late (p99)"
        server = ServerFigures.of(self._server)
        if server is None:
            return text
        return (
            f"{text}; server: {shown(server.cpu_cores)} cores, {shown(server.loop_lag_ms_p99)} ms late (p99),"
            f" {shown(server.memory_mb)} MB"
        )


def _merged(whole: Tally, recent: Tally) -> Figures:
    return Figures.of(Tally(whole.whole, recent.measured, recent.seconds, recent.person_seconds, recent.inside))


def _cells(figures: Figures, *, with_units: bool = False) -> list[str]:
    found = []
    for _, path in _LIVE:
        unit = COLUMNS[path].unit
        number = value(figures, path)
        text = shown(number, unit)
        found.append(f"{text} {symbol(unit)}".rstrip() if with_units and number is not None else text)
    return found


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, all others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def final(report: Report, width: int | None = None) -> str:
    """The report for a terminal of so many columns (None: of this one's). What limits its worth comes first."""
    width = width or shutil.get_terminal_size().columns
    lines = [f"Load test {report.name} of {report.url}", table.headline(report)]
    lines += [f"! {line}" for line in table.introduction(report)]
    for sources in _fitting(table.sources(report), width):
        lines += ["", *_block(table.PEOPLE, sources)]
    lines += ["", *(_block(table.SERVER, {"": report}) if report.server is not None else (table.NO_SERVER,))]
    lines += ["", *_block(table.TESTER, {"": report})]
    told = [f"{title}: {text}" for title, text in table.reasons(report)]
    lines += ["", *told] if told else []
    if report.limits:
        lines += ["", "limits", *(f"{'✗' if each.crossed else '✓'} {limits.told(each)}" for each in report.limits)]
    return "\n".join(lines) + "\n"


def _block(rows: Sequence[table.Row], sources: Mapping[str, BaseModel]) -> Iterator[str]:
    kept = [row for row in rows if row.told_of(list(sources.values()))]
    cells = [[row.title, *(row.cell(source) for source in sources.values())] for row in kept]
    heads = [["", *(name[:_NAME] for name in sources)]] if any(sources) else []
    return _aligned([*heads, *cells])


def _fitting(sources: Mapping[str, Figures], width: int) -> Iterator[dict[str, Figures]]:
    """Sources beside each other as far as the terminal is wide enough, the others below."""
    block: dict[str, Figures] = {}
    for name, figures in sources.items():
        wider = {**block, name: figures}
        if block and max(len(line) for line in _block(table.PEOPLE, wider)) > width:
            yield block
            wider = {name: figures}
        block = wider
    yield block
