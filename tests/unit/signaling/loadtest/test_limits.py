"""Limits: how they are read, what is refused, and when they are crossed."""

import pytest

from signaling.loadtest import limits
from signaling.loadtest.limits import LimitError, parse
from signaling.loadtest.report import COLUMNS, Report, build
from tests.unit.signaling.loadtest.made import SCENARIO, seconds

GROUPS = [group.name for group in SCENARIO.groups]


@pytest.fixture(scope="module")
def report() -> Report:
    """All joined, loss of 0.1 %, no metrics of the server."""
    return build(SCENARIO, seconds())


@pytest.mark.parametrize(
    ("text", "path", "sign", "number"),
    [
        ("joins.p95_s>1", "joins.p95_s", ">", 1),
        (" loss >= 0.05 ", "loss", ">=", 0.05),
        ("loss>1%", "loss", ">", 0.01),
        ("freezes!=0", "freezes", "!=", 0),
        ("joins.succeeded<1e2", "joins.succeeded", "<", 100),
        ("joins.share<=0.99", "joins.share", "<=", 0.99),
        ("delay_ms.p99==-1", "delay_ms.p99", "==", -1),
        ("joins.refused.room_full>0", "joins.refused.room_full", ">", 0),
        ("groups.lossy.loss>0.1", "groups.lossy.loss", ">", 0.1),
        ("server.drops.srtp_replayed>0", "server.drops.srtp_replayed", ">", 0),
    ],
)
def test_limits_are_read(text: str, path: str, sign: str, number: float) -> None:
    limit = parse(text, GROUPS)
    assert (limit.path, limit.operator) == (path, sign)
    assert limit.number == pytest.approx(number)


@pytest.mark.parametrize("path", [path for path, column in COLUMNS.items() if not column.keys])
def test_every_figure_can_have_one(path: str) -> None:
    assert parse(f"{path}<0.5").path == path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write a path, one of <= >= == != < >, and a number"),
        ("joins.p95_s", "write a path"),
        ("joins.p95_s=1", "write a path"),
        ("joins.p95_s=>1", "write a path"),
        ("joins.p96_s>1", "'joins.p96_s' is no figure of a report; there is joins.p99_s, joins.p95_s"),
        (">1", "is no figure"),
        ("tester.bottleneck>1", "is no figure"),
        ("url==1", "is no figure"),
        ("joins.p95_s>", "'' is no number"),
        ("joins.p95_s>null", "'null' is no number"),
        ("joins.p95_s>nan", "'nan' is no number"),
        ("joins.p95_s>inf", "'inf' is no number"),
        ("joins.p95_s>1s", "'1s' is no number"),
        ("joins.p95_s>1>2", "is no"),
        ("joins.refused>0", "write joins.refused.CODE"),
        ("joins.refused.>0", "is no figure"),
        ("groups.best.loss>0.1", "no group 'best'; the groups are good, lossy"),
        ("groups.good.tester.cpu_share>0.1", "is no figure"),
        ("loss>1", "is a share from 0 to 1"),
        ("loss<5", "is a share from 0 to 1"),
        ("loss>-0.1", "is a share from 0 to 1"),
        ("joins.p95_s>1\nloss>0", "is no"),
    ],
)
def test_what_is_wrong_and_what_is_allowed_are_told_in_one_line(text: str, words: str) -> None:
    with pytest.raises(LimitError) as caught:
        parse(text, GROUPS)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "crossed"),
    [
        ("joins.succeeded<100", False),
        ("joins.succeeded<=100", True),
        ("joins.succeeded>100", False),
        ("joins.succeeded>=100", True),
        ("joins.succeeded==100", True),
        ("joins.succeeded!=100", False),
        ("loss>0.2%", False),
        ("loss>0.05%", True),
        ("groups.good.loss>0", False),
        ("groups.lossy.loss>0", True),
        ("joins.refused.room_full>0", False),
    ],
)
def test_judgement(report: Report, text: str, crossed: bool) -> None:
    judged = limits.judge(report, [parse(text, GROUPS)])
    assert judged.crossed is crossed
    assert (": crossed, it is " in limits.told(judged.limits[0])) is crossed


@pytest.mark.parametrize("sign", ["<", "!=", ">"])
def test_what_was_not_measured_counts_as_crossed_and_says_so(report: Report, sign: str) -> None:
    judged = limits.judge(report, [parse(f"server.cpu_cores{sign}0.5"), parse("loss>0.5")])
    assert [verdict.crossed for verdict in judged.limits] == [True, False]
    assert judged.crossed
    assert limits.told(judged.limits[0]) == (
        f"server.cpu_cores{sign}0.5: can't be judged, as it wasn't measured; counts as crossed"
    )


def test_verdicts_are_in_the_json(report: Report) -> None:
    judged = limits.judge(report, [parse("joins.succeeded<100")])
    assert Report.from_json(judged.to_json()).limits == judged.limits
    assert not judged.crossed
