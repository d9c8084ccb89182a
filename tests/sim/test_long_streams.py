"""Streams longer than 16-bit numbers can count; `tests/long` runs the same for an hour."""

import pytest

from tests.sim.conftest import MakeWorld
from tests.sim.streams import check_repairs, repairs_by_minute


@pytest.mark.parametrize(("packets", "padding"), [(20_000, 0.03), (5_000, 0.5)])
def test_every_packet_of_a_long_stream_can_be_repeated_as_it_was_sent(packets: int, padding: float) -> None:
    check_repairs(packets, seed=1, padding=padding)


def test_as_much_is_repaired_after_65536_packets_as_before(make_world: MakeWorld) -> None:
    repaired = repairs_by_minute(make_world, 4, loss=0.02, seed=3)
    assert min(repaired) > 200
    assert repaired[-1] > 0.7 * repaired[0]
