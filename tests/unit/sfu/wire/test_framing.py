import random

import pytest

from sfu.wire.framing import MOST_EMPTY, Deframer, FramingError, framed
from sfu.wire.rtp import HEADER_SIZE, MAX_DATAGRAM


def test_datagrams_of_one_size_are_framed_one_by_one_and_the_last_may_be_shorter() -> None:
    assert framed(b"abcde", 2) == b"\0\2ab\0\2cd\0\1e"
    assert framed(memoryview(b"abcd"), 2) == b"\0\2ab\0\2cd"
    assert framed(memoryview(b"abc"), 1400) == b"\0\3abc"


def test_what_was_framed_is_found_again_whatever_pieces_it_comes_in() -> None:
    rng = random.Random(1)
    datagrams = [rng.randbytes(rng.choice((HEADER_SIZE, 13, 14, 100, MAX_DATAGRAM))) for _ in range(200)]
    stream = b"".join(framed(each, len(each)) for each in datagrams)
    for longest in (1, 2, 7, 1000, len(stream)):
        deframer = Deframer()
        found: list[bytes] = []
        position = 0
        while position < len(stream):
            size = rng.randint(1, longest)
            found += [bytes(each) for each in deframer.take(memoryview(stream)[position : position + size])]
            position += size
        assert found == datagrams


def test_a_datagram_stays_as_it_is_when_the_buffer_that_it_began_in_is_used_again() -> None:
    buffer = bytearray(b"\0\x0cabcdef")
    deframer = Deframer()
    assert deframer.take(memoryview(buffer)) == []
    buffer[:] = b"ghijklxx"
    assert [bytes(each) for each in deframer.take(memoryview(buffer)[:6])] == [b"abcdefghijkl"]


def test_empty_frames_keep_a_connection_open_and_are_no_datagrams() -> None:
    some = bytes(2 * MOST_EMPTY)
    deframer = Deframer()
    assert [bytes(each) for each in deframer.take(some + framed(b"a" * 12, 12))] == [b"a" * 12]
    assert deframer.take(some) == []
    with pytest.raises(FramingError, match="0 bytes"):
        deframer.take(some + b"\0\0")


@pytest.mark.parametrize("size", [1, HEADER_SIZE - 1, MAX_DATAGRAM + 1, 0xFFFF])
def test_a_frame_of_a_size_that_no_datagram_has_is_an_error_before_its_content_comes(size: int) -> None:
    deframer = Deframer()
    assert deframer.take(framed(bytes(MAX_DATAGRAM), MAX_DATAGRAM)) == [bytes(MAX_DATAGRAM)]
    with pytest.raises(FramingError, match=f" {size} bytes"):
        deframer.take(size.to_bytes(2))
