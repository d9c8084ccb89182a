"""The report of a load test: figures of everyone and of groups, the time measured, the timeline, its JSON."""

import json

import pytest

from signaling.loadtest.columns import value
from signaling.loadtest.report import COLUMNS, Report, build
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import Second, Spread, Stats
from signaling.loadtest.timeline import MAX_MOMENTS, TIMELINE
from tests.unit.signaling.loadtest.made import SCENARIO, seconds, server_seconds


@pytest.fixture(scope="module")
def report() -> Report:
    return build(SCENARIO, seconds(), url="https://meet.example", started=1_800_000_000, server=server_seconds())


def test_paths_that_scripts_rely_on_are_in_the_json(report: Report) -> None:
    found = json.loads(report.to_json())
    assert {"tried", "succeeded", "p50_s", "p95_s", "p99_s"} <= found["joins"].keys()
    assert {"p50_s", "p95_s"} <= found["first_frame"].keys()
    assert {"p50", "p99"} <= found["delay_ms"].keys()
    assert {"received", "per_s"} <= found["packets"].keys()
    assert {"cpu_us_per_packet", "loop_lag_ms_p99", "bottleneck"} <= found["tester"].keys()
    assert isinstance(found["loss"], float)
    assert isinstance(found["freezes"], int)
    assert json.loads(build(SCENARIO, seconds()).to_json())["server"] is None


def test_joins_count_from_start_to_end_and_media_in_the_time_measured(report: Report) -> None:
    assert report.joins.tried == report.joins.succeeded == SCENARIO.people
    assert report.window.phase == "measure"
    assert report.window.complete
    assert report.window.seconds == pytest.approx(30)
    assert report.packets.received == 100 * 400 * 30
    assert report.packets.per_s == pytest.approx(100 * 400)
    assert report.people.inside == SCENARIO.people


def test_outages_count_from_start_to_end_and_their_longest_is_told() -> None:
    outages = Spread()
    for tenths in range(1, 21):
        outages.note(tenths / 10)
    told = build(SCENARIO, [*seconds(), Second(31, "end", {"good": Stats(outage=outages)})])
    assert told.outages.count == told.groups["good"].outages.count == 20
    assert told.outages.p50_s == pytest.approx(1, rel=0.03)
    assert told.outages.p95_s == pytest.approx(1.9, rel=0.03)
    assert told.outages.max_s == pytest.approx(2, rel=0.03)
    assert told.groups["lossy"].outages.max_s is None


def test_groups_have_their_own_figures(report: Report) -> None:
    good, lossy = report.groups["good"], report.groups["lossy"]
    assert (good.people.inside, lossy.people.inside) == (80, 20)
    assert (good.loss, good.freezes, good.repairs.recovered) == (0, 0, 0)
    assert lossy.loss == pytest.approx(0.005, rel=0.01)
    assert lossy.freezes == report.freezes > 0
    assert report.loss == pytest.approx(0.001, rel=0.01)


def test_rates_are_for_a_person_or_a_watched_picture(report: Report) -> None:
    assert report.bitrate.got_kbps == pytest.approx(400 * 900 * 8 / 1000)
    assert report.bitrate.share == pytest.approx(1 / 1.02, rel=0.001)
    assert report.frames.per_s == pytest.approx(15)
    assert report.layers.per_minute == pytest.approx(6, rel=0.01)


def test_tester_and_server_are_of_the_time_measured(report: Report) -> None:
    assert report.tester.processes == 2
    assert report.tester.cpu_share == pytest.approx(0.3, rel=0.05)
    assert report.tester.cpu_us_per_packet == pytest.approx(0.6 / 40_000 * 1e6, rel=0.05)
    assert (report.tester.bottleneck, report.tester.limited) == (None, 0)
    assert report.server is not None
    assert report.server.cpu_us_per_packet == pytest.approx(9, rel=0.05)
    assert report.server.packets_per_s == pytest.approx(40_000)
    assert report.server.drops == {"probe": report.server.dropped}


@pytest.mark.parametrize(("lag", "cpu"), [(0.02, 0.3), (0.001, 0.95)])
def test_a_busy_tester_is_told(lag: float, cpu: float) -> None:
    tester = build(SCENARIO, seconds(lag=lag, cpu=cpu)).tester
    assert tester.limited == 1
    assert tester.bottleneck is not None


def test_the_worst_process_is_told_not_the_average() -> None:
    late = [each for each in seconds(lag=0.05, seed=2) if each.process == 1]
    at_ease = [each for each in seconds() if each.process == 0]
    lag = build(SCENARIO, late + at_ease).tester.loop_lag_ms_p99
    assert lag == build(SCENARIO, late).tester.loop_lag_ms_p99


def test_all_of_the_timeline_has_the_length_of_the_test(report: Report) -> None:
    assert set(TIMELINE) <= COLUMNS.keys()
    at = report.timeline["at_s"]
    assert {len(values) for values in report.timeline.values()} == {len(at)}
    assert set(report.timeline) == {"at_s", *TIMELINE}
    packets = [each for each in report.timeline["packets.per_s"] if each is not None]
    assert sum(packets) == pytest.approx(sum(s.packets for each in seconds() for s in each.groups.values()), rel=0.02)
    assert report.timeline["people.inside"][10] == SCENARIO.people
    assert sum(each or 0 for each in report.timeline["joins.succeeded"]) == SCENARIO.people


def test_ticks_that_come_late_leave_no_gap_and_no_peak() -> None:
    timeline = build(SCENARIO, seconds()).timeline
    assert timeline["at_s"] == [float(number) for number in range(len(timeline["at_s"]))]
    measured = timeline["packets.per_s"][6:]
    assert measured == [pytest.approx(40_000)] * len(measured)


def test_people_of_a_process_that_misses_a_moment_are_still_inside() -> None:
    rest = [each for each in seconds() if not (each.process == 1 and 20 <= each.at < 22)]
    timeline = build(SCENARIO, rest).timeline
    inside = dict(zip(timeline["at_s"], timeline["people.inside"], strict=True))
    assert inside[20] == SCENARIO.people


def test_people_of_a_process_that_is_lost_are_inside_no_more() -> None:
    rest = [each for each in seconds() if not (each.process == 1 and each.at > 20)]
    assert build(SCENARIO, rest).timeline["people.inside"][17:20] == [100, 100, 50]


def test_what_is_repaired_late_makes_no_moment_gain_packets() -> None:
    late = Second(1, "measure", {"people": Stats(seconds=1, packets=100, missing=-3)}, Stats(seconds=1))
    assert build(Scenario(), [late]).loss == 0


def test_long_tests_have_a_bounded_timeline() -> None:
    scenario = SCENARIO.model_copy(update={"duration": 3000.0, "groups": SCENARIO.groups[:1]})
    group = {"good": Stats(seconds=1, inside=5, packets=100)}
    long = [Second(number + 1.0, "measure", group, Stats(seconds=1)) for number in range(3000)]
    timeline = build(scenario, long).timeline
    assert len(timeline["at_s"]) <= MAX_MOMENTS
    assert timeline["packets.per_s"] == [pytest.approx(100)] * len(timeline["at_s"])
    assert timeline["people.inside"] == [5] * len(timeline["at_s"])


def test_a_test_that_ends_while_people_join_reports_what_there_is() -> None:
    report = build(SCENARIO, seconds(until=4))
    assert report.window.phase == "ramp"
    assert not report.window.complete
    assert 0 < report.joins.succeeded < SCENARIO.people
    assert report.packets.received > 0


def test_a_test_cut_short_is_not_complete() -> None:
    assert not build(SCENARIO, seconds(until=20)).window.complete


def test_a_report_of_nothing() -> None:
    report = build(Scenario(), [])
    assert value(report, "joins.p95_s") is None
    assert value(report, "loss") is None
    assert report.timeline == {"at_s": []}


def test_refusals_and_losses_by_their_reasons() -> None:
    stats = Stats(seconds=1, tried=5, joined=2, refused={"room_full": 3}, lost={"banned": 1, "gave_up": 1})
    report = build(Scenario(), [Second(1, "measure", {"people": stats}, Stats(seconds=1))])
    assert report.joins.refused == {"room_full": 3}
    assert report.joins.share == 0.4
    assert (report.people.lost, report.people.lost_by) == (2, {"banned": 1, "gave_up": 1})
    assert value(report, "groups.people.joins.refused.room_full") == 3
    assert value(report, "joins.refused.unavailable") == 0


def test_json_comes_back_as_it_was(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report


def test_reports_of_other_versions_can_be_read(report: Report) -> None:
    values = json.loads(report.to_json())
    values["joins"]["p999_s"] = 1.0
    values["later"] = {"x": 1}
    assert Report.from_json(json.dumps(values)) == report
    del values["bitrate"]["all_kbps"]
    assert Report.from_json(json.dumps(values)).bitrate.all_kbps is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}'])
def test_other_files_are_told_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as caught:
        Report.from_json(text)
    assert "\n" not in str(caught.value)


def test_no_password_in_the_report() -> None:
    assert build(Scenario(), [], url="https://ada:secret@meet.example/x").url == "https://meet.example/x"
    assert build(Scenario(), [], url="http://localhost:8080").url == "http://localhost:8080"


def test_stats_cross_processes_whole() -> None:
    spread = Spread()
    spread.note(0.5)
    second = Second(3.5, "ramp", {"good": Stats(seconds=1, tried=2, join=spread)}, Stats(cpu=0.5), 7)
    back = Second.from_json(json.loads(json.dumps(second.as_json())))
    assert (back.at, back.phase, back.process, back.tester.cpu) == (3.5, "ramp", 7, 0.5)
    assert back.groups["good"].join.quantile(0.5) == pytest.approx(0.5, rel=0.026)
