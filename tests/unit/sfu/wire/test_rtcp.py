import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.wire import rtcp
from sfu.wire.rtcp import (
    Goodbye,
    KeyframeRequest,
    Nack,
    ReceiverReport,
    ReportBlock,
    RtcpError,
    SenderReport,
    TransportFeedback,
)
from tests.thorough import choose

BLOCK = ReportBlock(1, 255, -5, 0x1FFFF, 7, 0xAABBCCDD, 65_536)


def test_a_sender_report_is_read_as_it_was_made() -> None:
    report = SenderReport(1, 2**64 - 1, 0xFFFFFFFF, 3, 4, (BLOCK, BLOCK))
    assert rtcp.parse(rtcp.build_sender_report(report)) == [report]


def test_a_sender_report_s_counts_wrap() -> None:
    packet = rtcp.build_sender_report(SenderReport(1, 2, 3, (1 << 32) + 5, (1 << 33) + 6))
    assert rtcp.parse(packet) == [SenderReport(1, 2, 3, 5, 6)]


def test_a_sender_report_may_carry_a_profile_extension() -> None:
    packet = bytearray(rtcp.build_sender_report(SenderReport(1, 2, 3, 4, 5)) + b"extension1..")
    struct.pack_into("!H", packet, 2, len(packet) // 4 - 1)
    assert rtcp.parse(bytes(packet)) == [SenderReport(1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("lost", "told"),
    [(0, 0), (-1, -1), (0x7FFFFF, 0x7FFFFF), (1 << 30, 0x7FFFFF), (-(1 << 30), -0x800000)],
)
def test_lost_packets_are_a_signed_24_bit_number(lost: int, told: int) -> None:
    block = ReportBlock(1, 0, lost, 0, 0, 0, 0)
    (report,) = rtcp.parse(rtcp.build_receiver_report(ReceiverReport(9, (block,))))
    assert isinstance(report, ReceiverReport)
    assert report.reports[0].packets_lost == told


@pytest.mark.parametrize(
    ("lost", "items"),
    [
        ([10], 1),
        ([10, 11, 26], 1),
        ([10, 27], 2),
        ([65_535, 0, 15], 1),
        ([65_530, 65_535, 10, 11], 2),
        (list(range(17)), 1),
        (list(range(18)), 2),
    ],
)
def test_nacks_pack_seventeen_numbers_into_an_item(lost: list[int], items: int) -> None:
    packet = rtcp.build_nack(1, 2, lost)
    assert len(packet) == 12 + 4 * items
    assert rtcp.parse(packet) == [Nack(1, 2, tuple(lost))]


@pytest.mark.parametrize(("scope", "most"), [(rtcp.EVERYTHING, 1024), (rtcp.FOR_RELAY, rtcp.MAX_NACKED)])
def test_a_nack_for_more_than_anyone_keeps_is_cut_short(scope: rtcp.Scope, most: int) -> None:
    (nack,) = rtcp.parse(rtcp.build_nack(1, 2, range(3000)), scope)
    assert isinstance(nack, Nack)
    assert most <= len(nack.lost) < most + 17
    assert nack.lost == tuple(range(len(nack.lost)))


@pytest.mark.parametrize("packet", [rtcp.build_pli(1, 2), b"\x80\xcc\x00\x00"], ids=["useful", "useless"])
def test_what_is_behind_so_many_packets_of_a_datagram_is_not_read(packet: bytes) -> None:
    for scope in (rtcp.EVERYTHING, rtcp.FOR_RELAY):
        rtcp.parse(packet * rtcp.MAX_PACKETS, scope)
        with pytest.raises(rtcp.RtcpLimitError) as caught:
            rtcp.parse(packet * (rtcp.MAX_PACKETS + 1), scope)
        assert caught.value.packets == rtcp.parse(packet * rtcp.MAX_PACKETS, scope)


def test_only_so_many_packets_of_all_nacks_in_a_datagram_are_read() -> None:
    packets = rtcp.parse(
        rtcp.build_nack(1, 2, range(rtcp.MAX_NACKED - 1)) + rtcp.build_nack(1, 3, range(90)) * 3, rtcp.FOR_RELAY
    )
    named = [len(packet.lost) for packet in packets if isinstance(packet, Nack)]
    assert named[0] == rtcp.MAX_NACKED - 1
    assert 0 < named[1] <= 17
    assert named[2:] == [0, 0]


def test_only_so_many_report_blocks_of_a_datagram_are_read() -> None:
    report = rtcp.build_receiver_report(ReceiverReport(1, (BLOCK,) * 20))
    packets = rtcp.parse(report * 3)
    assert [len(packet.reports) for packet in packets if isinstance(packet, ReceiverReport)] == [20, 11, 0]


def test_what_the_relay_has_no_use_for_is_stepped_over_unread() -> None:
    broken = _feedback(0xFFFF, b"\x3f\xff" * 2) + b"\x82\xcb\x00\x01" + bytes(4) + b"\x81\xca\x00\x00"
    with pytest.raises(RtcpError):
        rtcp.parse(broken)
    assert rtcp.parse(broken + rtcp.build_pli(1, 2), rtcp.FOR_RELAY) == [KeyframeRequest(1, 2)]


@pytest.mark.parametrize("reports", [0, 1, 9, 40, 64, 200])
def test_reports_are_spread_over_datagrams_that_fit_every_path(reports: int) -> None:
    made = [rtcp.build_sender_report(SenderReport(number, 2, 3, 4, 5)) for number in range(reports)]
    made.append(rtcp.build_receiver_report(ReceiverReport(1, (BLOCK,) * 31)))
    compounds = rtcp.build_compounds(made, rtcp.build_source_description(1, "x" * 30))
    read = [packet for compound in compounds for packet in rtcp.parse(compound)]
    assert [packet.ssrc for packet in read if isinstance(packet, SenderReport)] == list(range(reports))
    assert isinstance(read[-1], ReceiverReport)
    for compound in compounds:
        assert len(compound) <= rtcp.MAX_COMPOUND
        assert compound[1] in (rtcp.SR, rtcp.RR)
        assert compound.count(b"x" * 30) == 1
    assert len(compounds) <= 2 + reports // (rtcp.MAX_PACKETS - 2)


def test_keyframe_requests_of_both_kinds_are_read() -> None:
    fir = struct.pack("!BBHIIIBxxx", 0x84, 206, 4, 1, 0, 77, 5)
    assert rtcp.parse(rtcp.build_pli(1, 2) + fir) == [KeyframeRequest(1, 2), KeyframeRequest(1, 77)]


def test_a_compound_packet_is_read_in_order_and_unknown_kinds_are_passed_over() -> None:
    application = struct.pack("!BBHI", 0x80, 204, 1, 5)
    data = rtcp.build_receiver_report(ReceiverReport(1, ())) + rtcp.build_source_description(1, "name")
    data += application + rtcp.build_goodbye([1, 2])
    assert rtcp.parse(data) == [ReceiverReport(1, ()), Goodbye((1, 2))]


def test_a_source_description_ends_on_a_word_with_a_zero() -> None:
    for length in range(9):
        packet = rtcp.build_source_description(7, "x" * length)
        assert len(packet) % 4 == 0
        assert packet[10 + length] == 0
        assert packet[8:10] == bytes((1, length))


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x80\xc8\x00\x00",
        b"\x00\xc8\x00\x00",
        b"\x80\xc8\x00\x06" + bytes(20),
        b"\x81\xc9\x00\x01" + bytes(4),
        b"\x82\xcb\x00\x01" + bytes(4),
        b"\xa0\xc9\x00\x00",
        b"\xa0\xc9\x00\x01\x00\x00\x00\x09",
        b"\xa0\xc9\x00\x01\x00\x00\x00\x00",
        b"\x81\xcd\x00\x01" + bytes(4),
        b"\x84\xce\x00\x02" + bytes(8),
    ],
)
def test_what_is_no_rtcp_is_refused(data: bytes) -> None:
    with pytest.raises(RtcpError):
        rtcp.parse(data)


def test_ntp_time_counts_from_1900_and_its_middle_wraps_every_18_hours() -> None:
    assert rtcp.ntp_time(0.0) >> 32 == 2_208_988_800
    assert rtcp.ntp_seconds(rtcp.ntp_time(1_750_000_000.25)) == pytest.approx(1_750_000_000.25, abs=1e-6)
    middle = [rtcp.ntp_time(seconds) >> 16 & 0xFFFFFFFF for seconds in (65_535.5, 65_536.5)]
    assert (middle[1] - middle[0]) & 0xFFFFFFFF == 65_536


@pytest.mark.parametrize(
    "arrivals",
    [
        [256],
        [0, 255, 256, 511],
        [1000, None, None, 1001],
        [1000, 900],
        [70_000, 70_000 + 32_767, 70_000],
        [5] + [None] * 500 + [6],
        list(range(0, 4000, 10)),
        [0x7FFFFF * 256, 0x7FFFFF * 256 + 300],
    ],
)
def test_transport_feedback_is_read_as_it_was_made(arrivals: list[int | None]) -> None:
    packet = rtcp.build_transport_feedback(1, 2, 65_530, 255, arrivals)
    assert len(packet) % 4 == 0
    assert rtcp.parse(packet) == [TransportFeedback(1, 2, 65_530, 255, tuple(arrivals))]


def test_the_reference_time_wraps_after_24_bits() -> None:
    wrap = 256 << 24
    (feedback,) = rtcp.parse(rtcp.build_transport_feedback(1, 2, 0, 0, [wrap + 1000, wrap + 1100]))
    assert isinstance(feedback, TransportFeedback)
    assert feedback.arrivals == (1000, 1100)
    (feedback,) = rtcp.parse(rtcp.build_transport_feedback(1, 2, 0, 0, [wrap - 200, wrap + 100]))
    assert isinstance(feedback, TransportFeedback)
    assert feedback.arrivals == (-200, 100)


def test_arrivals_too_far_apart_are_an_error() -> None:
    with pytest.raises(ValueError, match="too far apart"):
        rtcp.build_transport_feedback(1, 2, 0, 0, [0, 40_000])


def _feedback(count: int, rest: bytes) -> bytes:
    body = struct.pack("!IIHHI", 1, 2, 5, count, 3 << 8) + rest
    return struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body


@pytest.mark.parametrize(
    ("count", "rest"),
    [
        (0xFFFF, b"\x3f\xff" * 2),
        (3, b"\x20\x03\x01\x01"),
        (2, b"\x00\x00\x00\x00"),
        (1, b"\x60\x01\x00\x00"),
        (8, b""),
        (2, b"\x40\x02\x00\x01"),
    ],
    ids=["too many", "a delta missing", "empty run", "reserved", "no chunk", "a large delta missing"],
)
def test_feedback_that_contradicts_itself_is_refused(count: int, rest: bytes) -> None:
    with pytest.raises(RtcpError):
        rtcp.parse(_feedback(count, rest))


def test_one_bit_status_vectors_are_read() -> None:
    (feedback,) = rtcp.parse(_feedback(3, b"\xa8\x00\x04\x08"))
    assert isinstance(feedback, TransportFeedback)
    assert feedback.arrivals == (3 * 256 + 4, None, 3 * 256 + 12)


@given(
    st.integers(0, 65_535),
    st.integers(0, 1 << 30),
    st.lists(st.one_of(st.none(), st.integers(-3000, 3000)), max_size=200),
)
@settings(derandomize=True, max_examples=choose(80, 200), deadline=None)
def test_any_feedback_comes_back(base: int, start: int, steps: list[int | None]) -> None:
    arrivals: list[int | None] = [start]
    time = start
    for step in steps:
        time += step or 0
        arrivals.append(None if step is None or time < 0 else time)
        time = max(time, 0)
    (feedback,) = rtcp.parse(rtcp.build_transport_feedback(1, 2, base, 3, arrivals))
    assert isinstance(feedback, TransportFeedback)
    assert feedback.arrivals == tuple(arrivals)


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(0, 65_535))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_any_nack_comes_back(offsets: set[int], start: int) -> None:
    lost = tuple((start + offset) & 0xFFFF for offset in sorted(offsets))
    assert rtcp.parse(rtcp.build_nack(1, 2, lost)) == [Nack(1, 2, lost)]


@pytest.mark.parametrize("bitrate", [0, 1, 262_143, 262_144, 1_500_000, 10_000_000_000])
def test_a_receivers_estimate_survives_the_wire(bitrate: int) -> None:
    (packet,) = rtcp.parse(rtcp.build_remb(7, bitrate, (1, 2)), rtcp.FOR_RELAY)
    assert isinstance(packet, rtcp.ReceiverEstimate)
    assert packet.sender_ssrc == 7
    assert bitrate * (1 - 2**-17) <= packet.bitrate <= bitrate


def test_other_application_feedback_is_skipped_and_a_short_estimate_refused() -> None:
    data = bytearray(rtcp.build_remb(7, 1_000_000))
    data[12:16] = b"ABCD"
    assert rtcp.parse(bytes(data)) == []
    with pytest.raises(RtcpError):
        rtcp.parse(bytes((0x8F, 206, 0, 3)) + bytes(8) + b"REMB")


def test_the_relay_reads_feedback_on_a_bounded_number_of_packets() -> None:
    feedback = rtcp.build_transport_feedback(1, 1, 5, 0, [4000] * 200)
    assert len(rtcp.parse(feedback * 2)) == 2
    assert len(rtcp.parse(feedback * 2, rtcp.FOR_RELAY)) == 1
    report = rtcp.build_receiver_report(rtcp.ReceiverReport(1, ()))
    assert len(rtcp.parse(feedback * 2 + report, rtcp.FOR_RELAY)) == 2
