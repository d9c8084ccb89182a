"""The dashboard and the alerts name metrics that there are."""

import json
import re

import pytest
import yaml  # type: ignore[import-untyped]

from web import monitoring
from web.metrics import METRICS
from web.monitoring import ALERTS, ROWS

EXPRESSIONS = [alert.expression for alert in ALERTS] + [
    expression for _, panels in ROWS for panel in panels for expression, _ in panel.lines
]
OWN = {f"milanio_{metric.name}": metric for metric in METRICS}
SHARED = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
}
"""Those of every Prometheus client."""


def named(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:milanio|process)_\w+", expression))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_is_there_and_used_as_its_kind_is(expression: str) -> None:
    names = named(expression) or {"up"}
    for name in names - SHARED - {"up"}:
        base = name.removesuffix("_bucket")
        metric = OWN[base]
        assert ("histogram" in metric.kind) == (name != base), name
        counts = bool(re.search(rf"(?:rate|increase)\({name}", expression))
        assert counts == (metric.kind in ("counter", "histogram")), name
    for name, label in re.findall(r"(milanio_\w+)\{(\w+)=", expression):
        assert OWN[name].label == label


def test_legends_name_labels_that_there_are() -> None:
    for _, panels in ROWS:
        for panel in panels:
            for expression, legend in panel.lines:
                for label in re.findall(r"\{\{(\w+)\}\}", legend):
                    assert {OWN[name].label for name in named(expression)} == {label}


def test_the_files_are_current_and_can_be_read() -> None:
    assert monitoring.main(["--check"]) == 0
    dashboard = json.loads(monitoring.DASHBOARD.read_text("utf-8"))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    (group,) = yaml.safe_load(monitoring.RULES.read_text("utf-8"))["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [alert.name for alert in ALERTS]
    assert [rule["expr"] for rule in group["rules"]] == [alert.expression for alert in ALERTS]
