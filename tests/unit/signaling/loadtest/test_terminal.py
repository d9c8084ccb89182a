"""What a terminal shows of a load test, while it goes on and at its end."""

import io
import re

import pytest

from signaling.loadtest import limits, terminal
from signaling.loadtest.report import Report, build
from signaling.loadtest.scenario import Group, Scenario
from tests.unit.signaling.loadtest.made import SCENARIO, seconds, server_seconds


@pytest.fixture(scope="module")
def report() -> Report:
    return build(SCENARIO, seconds(), url="https://meet.example", server=server_seconds())


def played(scenario: Scenario = SCENARIO, *, tty: bool, until: int, size: tuple[int, int] = (120, 40)) -> str:
    stream = io.StringIO()
    live = terminal.Live(stream, scenario, tty=tty, size=size)
    all_seconds, of_the_server = seconds(scenario), server_seconds(scenario)
    for at in range(1, until + 1):
        for second in all_seconds:
            if at - 1 < second.at <= at:
                live.note(second)
        for told in of_the_server:
            if at - 1 < told.at <= at:
                live.note_server(told)
        live.draw(at)
    return stream.getvalue()


class Screen:
    """As much of a terminal as the table needs."""

    def __init__(self, height: int) -> None:
        self.lines = [""]
        self.height = height

    def write(self, text: str) -> None:
        for part in re.split(r"(\x1b\[\d*[FJ]|\n)", text):
            if part == "\n":
                self.lines.append("")
            elif part.endswith("F"):
                up = int(part[2:-1])
                assert up < self.height, "what has scrolled away can't be drawn over"
                del self.lines[len(self.lines) - up :]
                self.lines[-1] = ""
            elif not part.endswith("J"):
                self.lines[-1] += part


def test_the_table_is_drawn_in_its_place() -> None:
    screen = Screen(40)
    screen.write(played(tty=True, until=20))
    assert len(screen.lines) == 8, screen.lines
    assert re.fullmatch(r"office: measuring, \d+ of 30 s", screen.lines[0])
    assert screen.lines[1].split()[:4] == ["inside", "joined", "join", "p95"]
    assert [line.split()[:3] for line in screen.lines[3:6]] == [
        ["all", "100", "100"],
        ["good", "80", "80"],
        ["lossy", "20", "20"],
    ]
    assert re.fullmatch(r"tester: .* % of a core, .* ms late \(p99\); server: .* MB", screen.lines[6])


def test_while_people_join_it_says_how_many_are_in() -> None:
    screen = Screen(40)
    screen.write(played(tty=True, until=3))
    assert screen.lines[0] == "office: joining for 3 s, 32 of 100 are in"


def test_at_the_end_it_says_that_they_leave() -> None:
    screen = Screen(40)
    screen.write(played(tty=True, until=40))
    assert screen.lines[0] == "office: leaving"


def test_a_small_terminal_gets_as_much_as_fits() -> None:
    many = Scenario(groups=tuple(Group(name=f"group {number}") for number in range(20)))
    screen = Screen(12)
    screen.write(played(many, tty=True, until=4, size=(50, 12)))
    assert len(screen.lines) <= 12
    assert all(len(line) < 50 for line in screen.lines)
    assert screen.lines[3].startswith("all")


def test_elsewhere_each_time_is_a_line() -> None:
    lines = played(tty=False, until=25).splitlines()
    assert "\x1b" not in "".join(lines)
    heads = [index for index, line in enumerate(lines) if "phase" in line]
    assert heads == [0, 21]
    assert len(lines) == 25 + len(heads)
    assert lines[20].split()[:4] == ["20", "measure", "100", "100"]
    assert {len(line) for line in lines} == {len(lines[0])}


def test_a_process_that_is_silent_for_a_moment_is_shown_as_before_and_then_no_more() -> None:
    stream = io.StringIO()
    live = terminal.Live(stream, SCENARIO, tty=False)
    for second in seconds():
        if second.at < 20 and (second.process == 0 or second.at < 19):
            live.note(second)
            if second.process == 0 and second.at > 19:
                break
    for second in seconds():
        if second.process == 1 and 18 < second.at < 19:
            live.note(second)
    for at in range(20, 24):
        live.draw(at)
    assert [line.split()[2] for line in stream.getvalue().splitlines()[1:]] == ["100", "100", "100", "0"]


def test_the_report_has_a_column_for_each_group(report: Report) -> None:
    lines = terminal.final(report, 200).splitlines()
    assert lines[0] == "Load test office of https://meet.example"
    assert lines[3].split() == ["all", "good", "lossy"]
    assert re.sub(r" {2,}", "|", lines[4]) == "joins succeeded / tried|100 / 100|80 / 80|20 / 20"
    assert any(line.startswith("server memory (MB)") for line in lines)
    assert "server drops by reason: probe 60" in lines


@pytest.mark.parametrize("width", [40, 100, 140])
def test_groups_that_have_no_room_come_below(report: Report, width: int) -> None:
    lines = terminal.final(report, width).splitlines()
    assert sum(line.startswith("joins succeeded") for line in lines) == {40: 3, 100: 2, 140: 1}[width]


def test_the_testers_limit_comes_before_all_figures() -> None:
    text = terminal.final(build(SCENARIO, seconds(cpu=0.95)), 120)
    assert text.index("! The tester itself was the bottleneck") < text.index("joins succeeded")


def test_without_metrics_a_line_says_so_in_their_place() -> None:
    lines = terminal.final(build(SCENARIO, seconds()), 120).splitlines()
    assert "server: its metrics couldn't be read" in lines
    assert not any(line.startswith("server memory") for line in lines)


def test_limits_are_told_at_the_end(report: Report) -> None:
    judged = limits.judge(report, [limits.parse("joins.succeeded<100"), limits.parse("freezes>0")])
    lines = terminal.final(judged, 120).splitlines()
    assert lines[-3:] == [
        "limits",
        "✓ joins.succeeded<100: kept, it is 100",
        f"✗ freezes>0: crossed, it is {report.freezes}",
    ]


def test_a_report_of_nothing_can_be_shown() -> None:
    lines = terminal.final(build(Scenario(), []), 80).splitlines()
    assert [line.split("  ")[-1].strip() for line in lines if line.startswith(("joins, median", "loss"))] == [
        "– / – / –",
        "–",
    ]
