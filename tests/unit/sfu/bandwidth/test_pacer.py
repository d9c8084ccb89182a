import math

import pytest

from sfu.bandwidth.pacer import BURST, LONGEST, MOST_DEBT, Pacer
from sfu.path.arena import Arena, SendSegments
from sfu.path.batch import Batch
from sfu.wire.packet import Packet
from sfu.wire.stun import Address

RATE = 1_000_000
SIZE = 1_200
NOW = 10.0


def batch(packets: int) -> Batch:
    return Batch([Packet(96, 0, number, 0, bytes(SIZE), NOW, {}) for number in range(packets)])


def nowhere(data: memoryview, segment: int, address: Address) -> None:
    pass


class Writer:
    """Notes when packets are written."""

    def __init__(self) -> None:
        self.written: list[float] = []

    def write_some(
        self, batch: Batch, begin: int, octets: float, arena: Arena, send: SendSegments, now: float
    ) -> tuple[int | None, int]:
        end = begin
        while end < len(batch.packets) and (end - begin) * SIZE < octets:
            self.written.append(now)
            end += 1
        return (end if end < len(batch.packets) else None), (end - begin) * SIZE

    def kept_octets(self, batch: Batch) -> int:
        return batch.octets


def drain(pacer: Pacer, now: float, late: float = 0.0) -> float:
    """Write what waits, `late` seconds after the time each time; returns when all was written."""
    arena = Arena()
    while pacer.next_at is not None:
        now = max(now, pacer.next_at + late)
        while (piece := pacer.take(now)) is not None:
            rest, octets = piece.writer.write_some(piece.batch, piece.begin, pacer.quota(now), arena, nowhere, now)
            pacer.put_back(piece, rest, octets, now)
    return now


def test_a_burst_leaves_at_the_rate() -> None:
    pacer, writer = Pacer(RATE), Writer()
    pacer.put(writer, batch(35), NOW)
    took = drain(pacer, NOW) - NOW
    assert len(writer.written) == 35
    assert took == pytest.approx(35 * SIZE * 8 / RATE, abs=0.02)
    for first in range(30):
        window = [at for at in writer.written if 0 <= at - writer.written[first] < 0.05]
        assert len(window) * SIZE * 8 <= RATE * (0.05 + 2 * BURST) + 2 * 8 * SIZE


def test_whoever_wakes_it_a_little_late_loses_no_bandwidth() -> None:
    pacer, writer = Pacer(4 * RATE), Writer()
    pacer.put(writer, batch(100), NOW)
    assert drain(pacer, NOW, late=0.002) - NOW == pytest.approx(100 * SIZE * 8 / (4 * RATE), rel=0.05)


def test_nothing_waits_on_an_idle_link() -> None:
    pacer, writer = Pacer(RATE), Writer()
    assert not pacer.waits
    assert pacer.next_at is None
    pacer.put(writer, batch(1), NOW)
    assert drain(pacer, NOW) == NOW
    pacer.put(writer, batch(1), NOW + 1)
    assert drain(pacer, NOW + 1) == NOW + 1


def test_sound_that_left_makes_video_wait_but_not_for_long() -> None:
    pacer, writer = Pacer(RATE), Writer()
    pacer.left(3_000, NOW)
    pacer.put(writer, batch(1), NOW)
    assert pacer.take(NOW) is None
    assert drain(pacer, NOW) == pytest.approx(NOW + 3_000 * 8 / RATE - BURST, abs=BURST)
    pacer.left(1_000_000, NOW + 1)
    pacer.put(writer, batch(1), NOW + 1)
    assert drain(pacer, NOW + 1) <= NOW + 1 + MOST_DEBT


@pytest.mark.parametrize("packets", [100, 1_000])
def test_a_queue_that_would_take_too_long_leaves_faster(packets: int) -> None:
    pacer, writer = Pacer(RATE), Writer()
    pacer.put(writer, batch(packets), NOW)
    assert drain(pacer, NOW) - NOW == pytest.approx(LONGEST, rel=0.1)
    assert len(writer.written) == packets


def test_it_does_not_grow_with_more_than_the_rate_for_long() -> None:
    pacer, writer, longest = Pacer(RATE), Writer(), 0.0
    arrived: list[float] = []
    for number in range(300):
        now = NOW + number / 30
        pacer.put(writer, batch(6), now)  # 1.7 Mbit/s
        arrived += [now] * 6
        while pacer.next_at is not None and pacer.next_at < now + 1 / 30:
            at = max(pacer.next_at, now)
            while (piece := pacer.take(at)) is not None:
                rest, octets = writer.write_some(piece.batch, piece.begin, pacer.quota(at), Arena(), nowhere, at)
                pacer.put_back(piece, rest, octets, at)
        longest = max(longest, now - arrived[len(writer.written) - 1])
    assert 0.1 < longest < 1.2 * LONGEST


def test_many_viewers_are_woken_at_the_same_times() -> None:
    times: set[float] = set()
    for number in range(50):
        pacer, writer = Pacer(RATE + 1_000 * number), Writer()
        pacer.put(writer, batch(20), NOW + number / 10_000)
        drain(pacer, NOW + number / 10_000)
        times.update(round(at, 6) for at in writer.written[2:])
    assert len(times) < 50


def test_what_a_stream_sent_before_its_next_encoding_is_dropped() -> None:
    pacer, writer, other = Pacer(RATE), Writer(), Writer()
    pacer.put(writer, batch(10), NOW)
    pacer.put(other, batch(2), NOW)
    pacer.forget(writer)
    assert drain(pacer, NOW) - NOW < 0.02
    assert (len(writer.written), len(other.written)) == (0, 2)


def test_a_packet_asked_for_twice_is_repeated_once() -> None:
    pacer = Pacer(RATE)
    for repeat in [(1, 7), (1, 8), (1, 7)]:
        pacer.repeats[repeat] = None
    assert pacer.waits
    assert [pacer.take_repeat(), pacer.take_repeat()] == [(1, 7), (1, 8)]
    assert not pacer.waits


def test_without_a_rate_all_of_it_leaves() -> None:
    pacer, writer = Pacer(RATE), Writer()
    pacer.put(writer, batch(35), NOW)
    pacer.rate = math.inf
    assert drain(pacer, NOW) == NOW
    assert len(writer.written) == 35
