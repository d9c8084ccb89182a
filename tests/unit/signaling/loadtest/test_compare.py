"""What changed between load tests: by the ranges of repeated runs, and only told where they are apart."""

import re
from pathlib import Path

import pytest

from signaling.loadtest import compare
from signaling.loadtest.compare import CompareError, Comparison, Result
from signaling.loadtest.report import Report, build
from signaling.loadtest.scenario import Group, Network, Scenario
from signaling.loadtest.stats import Second, Spread, Stats
from tests.unit.signaling.loadtest.made import SCENARIO, seconds, server_seconds


def report(join: float = 0.2, missing: int = 0, *, scenario: Scenario | None = None, cpu: float = 0.1) -> Report:
    """Of one second."""
    spread = Spread()
    spread.note(join, 10)
    stats = Stats(seconds=1, tried=10, joined=10, join=spread, inside=10, packets=10_000 - missing, missing=missing)
    second = Second(1, "measure", {"people": stats}, Stats(seconds=1, cpu=cpu))
    return build(scenario or Scenario(duration=1), [second])


def results(comparison: Comparison) -> dict[str, Result]:
    return {change.path: change.result for change in comparison.changes}


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        ((0.2, 0.25), (0.3, 0.35), "worse"),
        ((0.3, 0.35), (0.2, 0.25), "better"),
        ((0.2, 0.3), (0.25, 0.4), "same"),
        ((0.2, 0.21), (0.2, 0.21), "same"),
        ((0.2,), (0.4, 0.5), "unknown"),
        ((0.2, 0.25), (0.5,), "unknown"),
        ((0.2,), (0.2,), "same"),
    ],
)
def test_ranges_that_are_apart_are_a_change(
    before: tuple[float, ...], after: tuple[float, ...], result: Result
) -> None:
    found = compare.compare([report(each) for each in before], [report(each) for each in after])
    assert results(found)["joins.p95_s"] == result


def test_what_a_histogram_cannot_tell_apart_is_the_same() -> None:
    before, after = ([report(0.2)] * 2, [report(0.2 * 1.04)] * 2)
    found = compare.compare(before, after)
    assert before[0].joins.p95_s != after[0].joins.p95_s
    assert results(found)["joins.p95_s"] == "same"


def test_from_nothing_is_a_change() -> None:
    found = compare.compare([report(), report()], [report(missing=100), report(missing=150)])
    assert results(found)["loss"] == "worse"
    assert "from 0" in compare.text(found)


def test_more_is_better_where_the_column_says_so_and_neither_where_it_says_nothing() -> None:
    found = compare.compare([report(missing=2000)] * 2, [report()] * 2)
    assert (results(found)["packets.received"], results(found)["loss"]) == ("better", "better")
    one = [report() for _ in range(2)]
    other = [
        report().model_copy(update={"events": 5}),
        report().model_copy(update={"events": 6}),
    ]
    assert results(compare.compare(one, other))["events"] == "changed"


def test_what_only_one_side_measured_is_unknown() -> None:
    with_server = build(SCENARIO, seconds(), server=server_seconds())
    found = compare.compare([build(SCENARIO, seconds())] * 2, [with_server] * 2)
    assert results(found)["server.memory_mb"] == "unknown"
    line = next(line for line in compare.text(found).splitlines() if line.startswith("server memory"))
    assert line.split()[3:5] == ["–", "93.5"]


def test_groups_are_compared_too() -> None:
    found = compare.compare([build(SCENARIO, seconds())], [build(SCENARIO, seconds(seed=2))])
    assert {"groups.good.loss", "groups.lossy.loss"} <= results(found).keys()


def test_unchanged_figures_are_shown_where_they_matter_most() -> None:
    lines = compare.text(compare.compare([report(0.2), report(0.2)], [report(0.4), report(0.4)])).splitlines()
    assert lines[0].startswith("before: custom, 2 runs, ")
    joins = next(line for line in lines if line.startswith("joins, p95 (s)"))
    assert joins.split()[3:] == ["0.198", "0.393", "+98%", "worse"]
    assert any(line.startswith("loss (%)") for line in lines)
    assert not any(line.startswith("packets missing") for line in lines)
    assert "With 2 and 2 runs, chance alone puts 1 of 3 figures apart." in lines[-1]


def test_ranges_are_shown_where_there_are_several_runs() -> None:
    text = compare.text(compare.compare([report(0.2), report(0.3)], [report(0.2), report(0.3)]))
    joins = next(line for line in text.splitlines() if line.startswith("joins, p95 (s)"))
    assert joins.count("0.246 (0.198 to 0.293)") == 2


def test_what_makes_a_comparison_worth_less_is_told() -> None:
    other = report(scenario=Scenario(duration=2, seed=5), cpu=0.99)
    assert list(compare.warnings(compare.compare([report()], [other]))) == [
        "The tests aren't the same; there is another duration.",
        "In 1 of 2 runs the tester itself was the bottleneck.",
        "1 of 2 runs ended before their time.",
        "One run tells nothing of the spread: name several on each side, separated by commas.",
    ]
    assert list(compare.warnings(compare.compare([report()] * 2, [report()] * 2))) == []


def test_what_differs_between_scenarios_is_named_by_its_path() -> None:
    groups = (Group(name="people", network=Network(loss=2)), Group(name="viewers", video=False))
    other = report(scenario=Scenario(groups=groups, duration=1))
    told = next(compare.warnings(compare.compare([report()], [other])))
    assert told.startswith(
        "The tests aren't the same; there is another groups.people.network.loss, groups.viewers.people,"
    )
    assert re.search(r" and \d+ more\.$", told)


def test_small_and_huge_changes_are_told_briefly() -> None:
    changes = {
        change.path: change.relative
        for change in compare.compare([report(0.001, cpu=0.5)], [report(1, cpu=0.5009)]).changes
    }
    assert changes["joins.p95_s"] == "×972"
    assert changes["tester.cpu_cores"] == "="


def test_files_are_named_one_by_one_or_by_patterns(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b[1]"):
        (tmp_path / f"{name}.json").write_text(report(scenario=Scenario(name=name, duration=1)).to_json())
    folder = str(tmp_path)
    assert [each.name for each in compare.load(f"{folder}/a2.json,{folder}/a1.json")] == ["a2", "a1"]
    assert [each.name for each in compare.load(f"{folder}/a*.json")] == ["a1", "a2"]
    assert [each.name for each in compare.load(f"{folder}/b[1].json")] == ["b[1]"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("{}/missing.json", "can't be read: No such file"),
        ("{}", "can't be read: Is a directory"),
        ("{}/x*.json", "names no file"),
        ("{}/text.json", "is no report of a load test"),
        ("{}/binary.json", "is no report of a load test"),
        ("{}/other.json", "is no report of a load test"),
        ("", "can't be read"),
        ("{}/good.json,", "can't be read"),
        (",".join(["{}/good.json"] * 101), "101 files on one side; at most 100 are allowed"),
    ],
)
def test_files_that_are_no_reports_are_told_in_one_line(tmp_path: Path, names: str, words: str) -> None:
    (tmp_path / "text.json").write_text("hello")
    (tmp_path / "binary.json").write_bytes(b"\xff\x00")
    (tmp_path / "other.json").write_text('{"a": 1}')
    (tmp_path / "good.json").write_text(report().to_json())
    with pytest.raises(CompareError) as caught:
        compare.load(names.replace("{}", str(tmp_path)))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
