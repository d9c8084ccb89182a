"""Metrics keep Prometheus's conventions, and the documentation has them all."""

import re
from pathlib import Path
from typing import get_args

import pytest

from sfu.histogram import Histogram
from signaling import generated
from web import metrics
from web.metrics import DOCUMENT, METRICS, Kind, document


def test_the_documentation_has_every_metric() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert document(text) == text
    assert all(f"| `milanio_{metric.name}` |" in text for metric in METRICS)


def test_a_document_that_is_behind_is_told_of_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.md"
    path.write_text(f"# Metrics\n\n{generated.BEGIN}\nof yesterday\n{generated.END}\nmore\n", "utf-8")
    monkeypatch.setattr(metrics, "DOCUMENT", path)
    assert metrics.main(["--check"]) == 1
    assert metrics.main([]) == 0
    assert metrics.main(["--check"]) == 0
    text = path.read_text("utf-8")
    assert text.startswith("# Metrics\n")
    assert text.endswith("\nmore\n")
    assert "of yesterday" not in text


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_follow_prometheus_conventions(metric: metrics.Metric) -> None:
    assert metric.kind in get_args(Kind)
    assert re.fullmatch("[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    # `le` is what buckets have; milliseconds and kilobytes are no base units.
    assert metric.label != "le"
    assert not re.search("_(ms|milliseconds|kb|kilobytes|bits)(_|$)", metric.name)


def test_names_are_used_once() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def samples(metric: metrics.Metric) -> dict[str, float]:
    family = metric.family(None)  # type: ignore[arg-type]
    return {f"{sample.name}{''.join(sample.labels.values())}": sample.value for sample in family.samples}


def test_a_number_and_numbers_by_label() -> None:
    assert samples(metrics.Metric("counter", "joins_total", "", lambda _: 3)) == {"milanio_joins_total": 3}
    by = metrics.Metric("gauge", "publications", "", lambda _: {"screen": 1, "camera": 2}, "source")
    assert list(samples(by).items()) == [("milanio_publicationscamera", 2), ("milanio_publicationsscreen", 1)]


def test_histograms_have_cumulative_buckets() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 3.0):
        histogram.note(value)
    assert samples(metrics.Metric("histogram", "lag_seconds", "", lambda _: histogram)) == {
        "milanio_lag_seconds_bucket0.1": 2,
        "milanio_lag_seconds_bucket1.0": 3,
        "milanio_lag_seconds_bucket+Inf": 4,
        "milanio_lag_seconds_count": 4,
        "milanio_lag_seconds_sum": pytest.approx(3.65),
    }
    assert samples(metrics.Metric("gauge histogram", "size", "", lambda _: histogram))["milanio_size_gcount"] == 4
