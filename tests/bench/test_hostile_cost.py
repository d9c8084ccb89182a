"""What one hostile input costs the server stays below its target."""

from collections.abc import Callable

import pytest

from tests import cpu_cost
from tests.bench import hostile_cost

TRIES = 40
"""Measurements until one is below the target: neighbours can only add to them."""

ROWS = list(hostile_cost.rows())


def test_rows_have_names_of_their_own_and_every_target_has_some() -> None:
    names = [name for name, _ in ROWS]
    assert len(set(names)) == len(names)
    assert {hostile_cost.target(name) for name in names} == set(hostile_cost.TARGETS.values())


@pytest.mark.parametrize(("name", "run"), ROWS, ids=[name for name, _ in ROWS])
def test_an_input_costs_no_more_than_its_target(name: str, run: Callable[[], float]) -> None:
    limit = cpu_cost.limit(hostile_cost.target(name))
    measured: list[float] = []
    while len(measured) < TRIES and (not measured or min(measured) > limit):
        measured.append(run())
    assert min(measured) <= limit
