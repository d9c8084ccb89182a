"""When a load test says that it measured itself."""

import pytest

from signaling.loadtest.bottleneck import sentence
from signaling.loadtest.stats import Spread, Stats


def process(cpu: float = 0.5, lag: float = 0.001) -> Stats:
    spread = Spread()
    spread.note(0.0005, 90)
    spread.note(lag, 10)
    return Stats(seconds=10, cpu=cpu * 10, lag=spread)


def judged(*processes: Stats, joining: Stats | None = None, unsent: int = 0) -> str | None:
    return sentence(
        dict(enumerate(processes)), {0: joining} if joining else {}, join_median=0.2, unsent=unsent, sent=10_000
    )


def test_a_tester_at_ease_is_none() -> None:
    assert judged(process(), process(), joining=process(lag=0.015), unsent=10) is None
    assert judged() is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (judged(process(cpu=0.95)), "its process used 95% of a core"),
        (judged(process(), process(cpu=0.86)), "1 of its 2 processes used 86% of a core"),
        (judged(process(lag=0.05)), "its process was 50 ms late (99th percentile; at most 20 ms is safe)"),
        (judged(process(), unsent=11), "its kernel didn't take 11 of 10,000 packets"),
    ],
)
def test_each_limit_is_named(said: str | None, words: str) -> None:
    assert said is not None
    head, _, tail = said.partition(": ")
    assert head == "The tester itself was the bottleneck, so the figures below say little of the server"
    # A Spread's values are off by 2.5 %.
    assert words in tail.replace("51 ms", "50 ms")


def test_lateness_while_joining_is_told_of_joins_alone() -> None:
    said = judged(process(), joining=process(lag=0.05))
    assert said is not None
    assert said.startswith("Join times are too long, as the tester itself was the bottleneck while people joined: ")


def test_lateness_while_joining_counts_by_the_length_of_joins() -> None:
    assert sentence({}, {0: process(lag=0.05)}, join_median=2.0, unsent=0, sent=0) is None
    assert sentence({}, {0: process(lag=0.05)}, join_median=None, unsent=0, sent=0) is None


def test_several_limits_are_all_told() -> None:
    said = judged(process(cpu=0.9, lag=0.1), unsent=1000)
    assert said is not None
    assert ["used" in said, "late" in said, "didn't take" in said] == [True, True, True]
