import pytest

from sfu.feedback.clock import StreamClock
from sfu.wire import rtcp
from sfu.wire.rtcp import SenderReport


def report(unix: float, timestamp: int) -> SenderReport:
    return SenderReport(1, rtcp.ntp_time(unix), timestamp, 0, 0)


def test_a_clock_without_a_report_knows_nothing() -> None:
    clock = StreamClock(90_000)
    assert (clock.delay, clock.timestamp_at(1.0), clock.convert(1, clock), clock.middle) == (None, None, None, 0)


def test_timestamps_wrap() -> None:
    clock = StreamClock(90_000)
    clock.report(report(1000.0, 0xFFFFFFFF - 44_999), 5.0)
    assert clock.timestamp_at(1001.0) == 45_000
    assert clock.timestamp_at(999.0) == 0xFFFFFFFF - 134_999
    assert clock.delay == pytest.approx(-995.0)


def test_two_streams_are_put_on_one_time_line() -> None:
    video, audio = StreamClock(90_000), StreamClock(48_000)
    video.report(report(1000.0, 0xFFFFFF00), 1.0)
    audio.report(report(1000.5, 100), 1.0)
    assert video.convert((0xFFFFFF00 + 90_000) & 0xFFFFFFFF, audio) == 24_100
    assert video.convert(0xFFFFFF00, audio) == (100 - 24_000) & 0xFFFFFFFF
    assert audio.convert(24_100, video) == (0xFFFFFF00 + 90_000) & 0xFFFFFFFF


def test_the_middle_of_the_ntp_time_is_kept_for_report_blocks() -> None:
    clock = StreamClock(90_000)
    clock.report(SenderReport(1, 0x1122334455667788, 0, 0, 0), 1.0)
    assert clock.middle == 0x33445566
