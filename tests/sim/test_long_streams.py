"""Streams longer than 16-bit numbers can count; `tests/long` runs more of them, through a lossy link too."""

import pytest

from tests.sim.streams import check_repairs


@pytest.mark.parametrize(("packets", "padding"), [(20_000, 0.03), (5_000, 0.5)])
def test_every_packet_of_a_long_stream_can_be_repeated_as_it_was_sent(packets: int, padding: float) -> None:
    check_repairs(packets, seed=1, padding=padding)
