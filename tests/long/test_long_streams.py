"""Streams and calls of hours in virtual time."""

import pytest

from tests.sim.conftest import MakeWorld, make_world
from tests.sim.streams import check_repairs, repairs_by_minute

__all__ = ["make_world"]


def test_as_much_is_repaired_after_65536_packets_as_before(make_world: MakeWorld) -> None:
    repaired = repairs_by_minute(make_world, 4, loss=0.02, seed=3)
    assert min(repaired) > 200
    assert repaired[-1] > 0.7 * repaired[0]


@pytest.mark.long
@pytest.mark.parametrize(("seed", "padding"), [(1, 0.0), (2, 0.0), (3, 0.03), (4, 0.3)])
def test_every_packet_of_200000_can_be_repeated_as_it_was_sent(seed: int, padding: float) -> None:
    check_repairs(200_000, seed, padding=padding)


@pytest.mark.long
def test_as_much_is_repaired_in_the_last_minute_of_an_hour_as_in_the_first(make_world: MakeWorld) -> None:
    repaired = repairs_by_minute(make_world, 60, loss=0.02, seed=5)
    assert min(repaired) > 200
    assert sum(repaired[-5:]) == pytest.approx(sum(repaired[:5]), rel=0.15)
