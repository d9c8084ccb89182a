import pytest

from sfu.bandwidth.layer_rates import OVERHEAD, LayerRates
from sfu.feedback.receive_stats import ReceiveStats
from sfu.path.cache import PacketCache
from sfu.path.thinning import Layers
from sfu.wire.packet import Packet, make_place

SIZE = 960
TEMPORAL = (0, 2, 1, 2)


class Stream:
    """An encoding that receives packets of one size at a steady rate."""

    def __init__(self) -> None:
        self.stats, self.cache, self.rates = ReceiveStats(90_000), PacketCache(), LayerRates()
        self.now, self.seq = 10.0, 100

    def run(self, seconds: float, rate: int, temporal: tuple[int, ...] = TEMPORAL) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += 1 / rate
            self.seq += 1
            packet = Packet(96, 0, self.seq, 0, bytes(SIZE), self.now, {})
            packet.place = make_place(temporal[self.seq % len(temporal)])
            self.cache.put(packet)
            self.stats.received(self.seq & 0xFFFF, 0, SIZE, self.now)
            self.rates.sample(self.now, self.stats, self.cache, self.seq)


def test_nothing_is_known_before_the_first_sample() -> None:
    stream = Stream()
    stream.run(0.2, 50)
    assert stream.rates.bitrates() is None


def test_the_bitrate_of_each_layer_counts_those_below_it() -> None:
    stream = Stream()
    stream.run(2.0, 40)
    whole = 40 * (SIZE + OVERHEAD) * 8
    found = stream.rates.bitrates()
    assert found is not None
    assert found[Layers(0, 2)] == pytest.approx(whole, rel=0.1)
    assert found[Layers(0, 1)] == pytest.approx(whole / 2, rel=0.2)
    assert found[Layers(0, 0)] == pytest.approx(whole / 4, rel=0.2)


def test_a_higher_bitrate_counts_sooner_than_a_lower_one() -> None:
    stream = Stream()
    stream.run(3.0, 40)
    low = stream.rates.bitrate
    stream.run(1.5, 120)
    high = stream.rates.bitrate
    stream.run(1.5, 40)
    later = stream.rates.bitrate
    assert low is not None
    assert high is not None
    assert later is not None
    assert high > 2.5 * low
    assert later > 1.7 * low


def test_time_in_which_nothing_comes_does_not_count() -> None:
    stream = Stream()
    stream.run(2.0, 40)
    before = stream.rates.bitrate
    for _ in range(20):
        stream.now += 0.5
        stream.rates.sample(stream.now, stream.stats, stream.cache, stream.seq)
    stream.run(1.1, 40)
    assert stream.rates.bitrate == pytest.approx(before, rel=0.05)


def test_layers_that_end_are_forgotten() -> None:
    stream = Stream()
    stream.run(2.0, 40)
    stream.run(12.0, 40, (0,))
    assert list(stream.rates.bitrates() or {}) == [Layers(0, 0)]
