"""Columns: paths, values at paths, and how figures are shown."""

from typing import Annotated

import pytest
from pydantic import BaseModel

from signaling.loadtest.columns import Column, columns, shown, symbol, value


class Inner(BaseModel):
    p50: Annotated[float | None, Column("median", "ms", "half are at most this", quantile=True)] = None
    count: Annotated[int, Column("count", "", "how many", "more")] = 3


class Outer(BaseModel):
    name: str = "not a figure"
    delay: Annotated[Inner, Column("delay", "ms", "from here to there")] = Inner()
    codes: Annotated[dict[str, int], Column("codes", "", "by code", keys="CODE")] = {"full": 2}
    server: Inner | None = None
    groups: dict[str, Inner] = {"good": Inner(p50=1.5)}


def test_quantiles_say_of_what_they_are_and_other_figures_what_they_are() -> None:
    found = columns(Outer)
    assert list(found) == ["delay.p50", "delay.count", "codes", "server.p50", "server.count"]
    assert (found["delay.p50"].title, found["delay.p50"].unit) == ("delay, median", "ms")
    assert found["delay.p50"].meaning == "from here to there: half are at most this"
    assert (found["delay.count"].title, found["delay.count"].better) == ("count", "more")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("delay.p50", None),
        ("delay.count", 3),
        ("codes.full", 2),
        ("codes.unknown", 0),
        ("server.p50", None),
        ("groups.good.p50", 1.5),
    ],
)
def test_value_at_a_path(path: str, wanted: float | None) -> None:
    assert value(Outer(), path) == wanted


@pytest.mark.parametrize("path", ["", "name", "delay", "delay.p51", "delay.p50.x", "name.upper", "model_fields"])
def test_no_value_at_other_paths(path: str) -> None:
    with pytest.raises(KeyError):
        value(Outer(delay=Inner(p50=1)), path)


@pytest.mark.parametrize(
    ("number", "unit", "wanted"),
    [
        (None, "s", "–"),
        (0, "", "0"),
        (12345, "", "12,345"),
        (12345.6, "kbit/s", "12,346"),
        (0.0, "ms", "0"),
        (1.2345, "ms", "1.23"),
        (0.01234, "share", "1.23"),
        (0.00001, "share", "0.001"),
        (0.000001, "share", "<0.001"),
        (1.0, "share", "100"),
        (99.96, "ms", "100"),
    ],
)
def test_figures_for_readers(number: float | None, unit: str, wanted: str) -> None:
    assert shown(number, unit) == wanted  # type: ignore[arg-type]  # units are literals


def test_shares_are_percent() -> None:
    assert (symbol("share"), symbol("kbit/s")) == ("%", "kbit/s")
