import pytest

from sfu.bandwidth.send_record import MAX_ENTRIES, Flush, SendRecord


def test_feedback_is_matched_with_flushes() -> None:
    record = SendRecord(65_535)
    record.add((1000, 400), 1.0)
    record.add((100,), 1.01)
    record.add((900, 900, 300), 1.02)
    found = record.take(65_535, [4000, 4002, None, 4080, None, 4084])
    assert found == [
        Flush(1.0, 4002 / 4000, 1400, 2, 0, 0),
        Flush(1.01, 0.0, 0, 0, 1, 100),
        Flush(1.02, 4084 / 4000, 1200, 2, 1, 900),
    ]
    assert len(record) == 0


def test_feedback_may_begin_and_end_within_a_flush() -> None:
    record = SendRecord(10)
    record.add((1, 2, 3, 4, 5), 1.0)
    assert record.take(10, [400, 404]) == [Flush(1.0, 404 / 4000, 3, 2, 0, 0)]
    assert record.take(13, [408]) == [Flush(1.0, 408 / 4000, 4, 1, 0, 0)]
    assert record.take(14, [412]) == [Flush(1.0, 412 / 4000, 5, 1, 0, 0)]
    assert len(record) == 0


def test_lost_feedback_says_nothing_of_its_packets() -> None:
    record = SendRecord(0)
    for number in range(5):
        record.add((100, 100), float(number))
    assert [flush.departure for flush in record.take(6, [8, 9, 10, 11])] == [3.0, 4.0]
    assert record.take(0, [1, 2]) == []


@pytest.mark.parametrize("base", [100, 32_768, 65_500, 5])
def test_packets_that_were_never_sent_are_ignored(base: int) -> None:
    record = SendRecord(0)
    record.add((100,) * 5, 1.0)
    assert record.take(base, [4, 5, 6]) == []
    assert record.unknown == 1
    assert [flush.received for flush in record.take(0, [1, 2, 3, 4, 5])] == [5]


def test_feedback_that_goes_beyond_what_was_sent_is_ignored() -> None:
    record = SendRecord(0)
    record.add((100,) * 5, 1.0)
    assert record.take(3, [4, 5, 6]) == []
    assert record.unknown == 1


def test_the_record_is_bounded_without_feedback() -> None:
    record = SendRecord(0)
    for number in range(3 * MAX_ENTRIES):
        record.add((100,), number / 100)
    assert len(record) == MAX_ENTRIES
    assert record.take(0, [4]) == []
    assert [flush.departure for flush in record.take(3 * MAX_ENTRIES - 1, [4])] == [(3 * MAX_ENTRIES - 1) / 100]


def test_numbers_go_on_for_longer_than_16_bits() -> None:
    record = SendRecord(65_000)
    for number in range(2_000):
        record.add((100,) * 70, number / 100)
        (flush,) = record.take((65_000 + 70 * number) & 0xFFFF, [number] * 70)
        assert flush.departure == number / 100
        assert flush.received == 70


def test_the_viewers_clock_goes_on_where_its_reference_time_wraps_around() -> None:
    record = SendRecord(0)
    wrap = 1 << 31  # 24 signed bits of 64 ms, in units of 250 µs
    record.add((100,), 1.0)
    record.add((100,), 1.1)
    (before,) = record.take(0, [wrap - 200])
    (after,) = record.take(1, [200 - wrap])
    assert after.arrival - before.arrival == pytest.approx(0.1)
