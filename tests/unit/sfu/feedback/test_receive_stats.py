import pytest

from sfu.feedback.receive_stats import ReceiveStats
from sfu.wire import rtcp


def test_loss_is_counted_over_the_wrap_and_since_the_last_report() -> None:
    stats = ReceiveStats(90_000)
    for seq in (65_533, 65_534, 1, 2):
        stats.received(seq, 0, 100, 0.0)
    block = stats.report(7, 0, 0.0)
    assert (block.packets_lost, block.highest_seq, block.fraction_lost) == (2, 65_538, 2 * 256 // 6)
    assert stats.fraction_lost == pytest.approx(1 / 3)
    stats.received(3, 0, 100, 0.0)
    block = stats.report(7, 0, 0.0)
    assert (block.packets_lost, block.fraction_lost) == (2, 0)


def test_all_lost_is_255_and_duplicates_count_below_zero() -> None:
    stats = ReceiveStats(90_000)
    for seq in (0, 0, 0):
        stats.received(seq, 0, 1, 0.0)
    assert stats.report(1, 0, 0.0).packets_lost == -2
    stats.received(30_000, 0, 1, 0.0)
    assert stats.report(1, 0, 0.0).fraction_lost == 255


def test_nothing_received_is_reported_as_nothing_lost() -> None:
    block = ReceiveStats(48_000).report(1, 0, 3.0)
    assert (block.fraction_lost, block.packets_lost, block.highest_seq, block.delay_since_last_sr) == (0, 0, 0, 0)


def test_jitter_grows_with_uneven_arrivals_only() -> None:
    even, uneven = ReceiveStats(1000), ReceiveStats(1000)
    for number in range(200):
        even.received(number, number * 20, 1, number * 0.02)
        uneven.received(number, number * 20, 1, number * 0.02 + 0.01 * (number % 2))
    assert even.report(1, 0, 0.0).jitter == 0
    assert uneven.report(1, 0, 0.0).jitter in (9, 10)


def test_a_timestamp_that_wraps_is_no_jitter() -> None:
    stats = ReceiveStats(90_000)
    for number in range(50):
        stats.received(number, (0xFFFFFFFF - 50_000 + number * 3000) & 0xFFFFFFFF, 1, number / 30)
    assert stats.report(1, 0, 0.0).jitter <= 1


def test_the_delay_since_the_last_sender_report_is_in_65536ths() -> None:
    stats = ReceiveStats(90_000)
    stats.received(1, 0, 1, 0.0)
    assert stats.report(1, 5, 1.5).delay_since_last_sr == 98_304
    assert stats.report(1, 5, 1e9).delay_since_last_sr == 0xFFFFFFFF


def test_loss_and_jitter_are_right_to_the_end_of_a_long_stream() -> None:
    stats = ReceiveStats(90_000)
    lost = 0
    for number in range(200_000):
        if number % 50 == 7:
            lost += 1
            continue
        stats.received((65_000 + number) & 0xFFFF, (0xFFFF0000 + 30_000 * number) & 0xFFFFFFFF, 1, number / 3)
        if number % 1000 == 999:
            block = stats.report(1, 0, 0.0)
            assert block.packets_lost == lost
            assert block.fraction_lost == 5  # 2 % of 256
            assert block.highest_seq == 65_000 + number
            assert block.jitter <= 1


def test_a_sender_report_that_came_after_the_time_of_ours_is_no_time_ago() -> None:
    """A late timer reads the socket first, and then makes its reports with the time at which it was due."""
    stats = ReceiveStats(90_000)
    stats.received(1, 0, 100, 1.0)
    report = stats.report(5, last_sr=7, delay_since_last_sr=-0.02)
    assert report.delay_since_last_sr == 0
    assert rtcp.parse(rtcp.build_receiver_report(rtcp.ReceiverReport(1, (report,))))
