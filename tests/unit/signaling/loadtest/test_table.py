"""The report as a table: rows, their titles, and what comes before them."""

import re

import pytest

from signaling.loadtest import table
from signaling.loadtest.report import COLUMNS, Report, build
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import Second, Stats
from tests.unit.signaling.loadtest.made import SCENARIO, seconds, server_seconds

ROWS = (*table.PEOPLE, *table.SERVER, *table.TESTER)


@pytest.fixture(scope="module")
def report() -> Report:
    return build(SCENARIO, seconds(), server=server_seconds())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.paths[0])
def test_figures_of_a_row_are_in_the_report_and_have_one_unit(row: table.Row) -> None:
    assert set(row.paths) <= COLUMNS.keys()
    assert len({column.unit for column in row.columns}) == 1


def test_titles_are_told_apart() -> None:
    titles = [row.title for row in ROWS]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("paths", "title"),
    [
        (("joins.p50_s", "joins.p95_s", "joins.p99_s"), "joins, median / p95 / p99 (s)"),
        (("joins.succeeded", "joins.tried"), "joins succeeded / tried"),
        (("bitrate.got_kbps", "bitrate.wanted_kbps"), "bitrate got / wanted (kbit/s)"),
        (("loss",), "loss (%)"),
        (("freezes",), "freezes"),
    ],
)
def test_titles_say_once_what_figures_share(paths: tuple[str, ...], title: str) -> None:
    assert table.Row(paths).title == title


def test_cells_have_the_figures_of_a_group(report: Report) -> None:
    row = table.Row(("joins.succeeded", "joins.tried"))
    assert [row.cell(each) for each in table.sources(report).values()] == ["100 / 100", "80 / 80", "20 / 20"]


def test_rare_rows_are_left_out_until_there_is_something_to_tell(report: Report) -> None:
    row = table.Row(("repairs.recovered", "repairs.asked"), rare=True)
    assert row.told_of([report])
    assert not row.told_of([report.groups["good"]])
    assert table.Row(("freezes",)).told_of([report.groups["good"]])


def test_one_group_alone_is_everyone() -> None:
    assert list(table.sources(build(Scenario(), []))) == ["all"]


def test_the_testers_own_limit_comes_first() -> None:
    report = build(SCENARIO, seconds(cpu=0.95, until=20), notes=["process 2 ended early"])
    lines = table.introduction(report)
    assert lines[0].startswith("The tester itself was the bottleneck")
    assert lines[1] == "process 2 ended early"
    assert re.fullmatch(r"The test ended after 1\d of 30 s\.", lines[2])
    assert len(lines) == 3


def test_a_whole_test_with_metrics_needs_no_introduction(report: Report) -> None:
    assert table.introduction(report) == []
    assert table.headline(report).startswith("100 people in 4 rooms of 25, 30 s measured")


def test_reasons_are_told_by_number() -> None:
    stats = Stats(seconds=1, tried=9, refused={"room_full": 3, "unavailable": 1200}, lost={"banned": 1})
    report = build(Scenario(), [Second(1, "ramp", {"people": stats}, Stats(seconds=1))])
    told = dict(table.reasons(report))
    assert told["joins refused"] == "unavailable 1,200, room_full 3"
    assert told["people lost by reason"] == "banned 1"
    assert "ended before everybody had joined" in table.introduction(report)[0]
