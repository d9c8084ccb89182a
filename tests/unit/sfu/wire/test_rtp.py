import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.wire import rtp
from sfu.wire.rtp import MAX_ELEMENTS, RtpError, RtpHeader, Unwrapper
from tests import cpu_cost


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (0, "stun"),
        (3, "stun"),
        (4, ""),
        (19, ""),
        (20, "dtls"),
        (63, "dtls"),
        (64, ""),
        (127, ""),
        (128, "media"),
        (191, "media"),
        (192, ""),
        (255, ""),
    ],
)
def test_protocols_are_told_apart_by_the_first_byte(first: int, kind: str) -> None:
    found = [rtp.is_stun(first), rtp.is_dtls(first), rtp.is_rtp_or_rtcp(first)]
    assert found == [kind == "stun", kind == "dtls", kind == "media"]


@pytest.mark.parametrize(("second", "expected"), [(191, False), (192, True), (200, True), (223, True), (224, False)])
def test_rtcp_is_told_from_rtp_by_the_second_byte(second: int, expected: bool) -> None:
    assert rtp.is_rtcp(second) is expected


@pytest.mark.parametrize(
    ("newer", "older", "delta"),
    [(1, 0, 1), (0, 65_535, 1), (65_535, 0, -1), (5, 65_530, 11), (32_767, 0, 32_767), (32_768, 0, -32_768), (7, 7, 0)],
)
def test_sequence_numbers_are_compared_around_their_end(newer: int, older: int, delta: int) -> None:
    assert rtp.seq_delta(newer, older) == delta


@pytest.mark.parametrize(
    ("newer", "older", "delta"),
    [
        (0, 4294967295, 1),
        (4294967295, 0, -1),
        (3000, 4294967040, 3256),
        (2147483647, 0, 2147483647),
        (2147483648, 0, -2147483648),
    ],
)
def test_timestamps_are_compared_around_their_end(newer: int, older: int, delta: int) -> None:
    assert rtp.timestamp_delta(newer, older) == delta


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([65_534, 65_535, 0, 1], [65_534, 65_535, 65_536, 65_537]),
        ([65_535, 0, 65_534, 2], [65_535, 65_536, 65_534, 65_538]),
        ([0, 65_535, 1], [0, -1, 1]),
        ([0, 32_767, 65_534, 10], [0, 32_767, 65_534, 65_546]),
        ([10, 10, 9], [10, 10, 9]),
    ],
)
def test_numbers_are_unwrapped_to_the_nearest(numbers: list[int], expected: list[int]) -> None:
    unwrapper = Unwrapper()
    assert [unwrapper.unwrap(number) for number in numbers] == expected
    assert unwrapper.highest == max(expected)


def test_a_header_is_read_as_it_was_built() -> None:
    packet = rtp.build_packet(
        96, 65_535, 0xFFFFFFFF, 0xDEADBEEF, b"payload", marker=True, extensions={1: b"a", 14: b"b" * 16}
    )
    header = RtpHeader(packet, len(packet))
    assert (header.payload_type, header.marker, header.seq) == (96, 0x80, 65_535)
    assert (header.timestamp, header.ssrc) == (0xFFFFFFFF, 0xDEADBEEF)
    assert header.extensions == {1: b"a", 14: b"b" * 16}
    assert packet[header.payload_start : header.payload_end] == b"payload"


def test_contributing_sources_and_padding_are_passed_over() -> None:
    packet = struct.pack("!BBHIIII", 0xA2, 111, 1, 2, 3, 4, 5) + b"sound" + b"\x00\x00\x03"
    header = RtpHeader(packet, len(packet))
    assert packet[header.payload_start : header.payload_end] == b"sound"


def test_a_packet_may_be_all_padding() -> None:
    packet = struct.pack("!BBHII", 0xA0, 111, 1, 2, 3) + bytes(9) + b"\x0a"
    header = RtpHeader(packet, len(packet))
    assert header.payload_start == header.payload_end == 12


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        bytes(11),
        b"\x00" * 12,
        b"\x40" + bytes(11),
        b"\x8f" + bytes(70),
        b"\x90" + bytes(14),
        b"\x90" + bytes(11) + b"\xbe\xde\x00\x02" + bytes(7),
        b"\xa0" + bytes(11),
        b"\xa0" + bytes(12),
        b"\xa0" + bytes(11) + b"\x01\x03",
    ],
)
def test_what_is_no_rtp_is_refused(packet: bytes) -> None:
    with pytest.raises(RtpError):
        RtpHeader(packet, len(packet))


@pytest.mark.parametrize(
    ("profile", "block", "expected"),
    [
        (0xBEDE, b"\x10\xaa\x00\x00", {1: b"\xaa"}),
        (0xBEDE, b"\x00\x00\x21\xaa\xbb\x00\x30\xcc", {2: b"\xaa\xbb", 3: b"\xcc"}),
        (0xBEDE, b"\x10\xaa\xf0\xbb\x20\xcc", {1: b"\xaa"}),
        (0xBEDE, b"\x10\xaa\x2f\xbb", {1: b"\xaa"}),
        (0x1000, b"\x01\x00\x02\x02\xaa\xbb", {1: b"", 2: b"\xaa\xbb"}),
        (0x100F, b"\x00\x00\x10\x01\xaa\x00", {16: b"\xaa"}),
        (0x1000, b"\x01\x05\xaa", {}),
        (0x1234, b"\x10\xaa\x00\x00", {}),
        (0xBEDE, b"", {}),
    ],
)
def test_extension_elements_are_read_up_to_a_malformed_one(
    profile: int, block: bytes, expected: dict[int, bytes]
) -> None:
    assert rtp.parse_extensions(profile, block) == expected


@pytest.mark.parametrize("values", [{0: b"a"}, {15: b"a"}, {1: b""}, {1: bytes(17)}])
def test_what_fits_no_one_byte_element_is_not_built(values: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="one-byte"):
        rtp.build_extensions(values)


@given(st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=14))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_extensions_come_back_as_they_were_built(values: dict[int, bytes]) -> None:
    block = rtp.build_extensions(values)
    assert len(block) % 4 == 0
    assert not values or rtp.parse_extensions(0xBEDE, block[4:]) == values


@pytest.mark.parametrize("profile", [0xBEDE, 0x1000])
@pytest.mark.parametrize("block", [b"\x10x" * 700, bytes(1400), b"\x01\x00" * 700, b"\x10\x00\x00\x00" * 350])
def test_only_so_many_elements_of_an_extension_are_read(profile: int, block: bytes) -> None:
    assert cpu_cost.microseconds(lambda: rtp.parse_extensions(profile, block), 50) < cpu_cost.limit(20)


@pytest.mark.parametrize(("before", "found"), [(MAX_ELEMENTS - 1, {5: b"y"}), (MAX_ELEMENTS, {})])
def test_elements_after_the_last_that_is_read_are_ignored(before: int, found: dict[int, bytes]) -> None:
    assert rtp.parse_extensions(0xBEDE, bytes(before) + b"\x50y") == found
