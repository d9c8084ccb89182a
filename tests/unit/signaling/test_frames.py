import random

import pytest

from signaling.frames import CONTROL_BURST, FrameCheck, FrameError


def frame(payload: bytes, *, opcode: int = 1, fin: bool = True, masked: bool = True) -> bytes:
    first = bytes([(0x80 if fin else 0) | opcode])
    length, mask = len(payload), 0x80 if masked else 0
    if length < 126:
        header = first + bytes([mask | length])
    elif length < 1 << 16:
        header = first + bytes([mask | 126]) + length.to_bytes(2, "big")
    else:
        header = first + bytes([mask | 127]) + length.to_bytes(8, "big")
    return header + (b"\1\2\3\4" if masked else b"") + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_masked_frames_pass_unchanged_however_they_are_cut(size: int) -> None:
    seeded = random.Random(size)
    sent = b"".join(frame(seeded.randbytes(size), opcode=opcode) for opcode in (1, 2, 9) for _ in range(3))
    check, passed, at = FrameCheck(), b"", 0
    while at < len(sent):
        step = seeded.choice((1, 2, 3, 7, 1000, 70_000))
        passed += check.feed(sent[at : at + step], 0.0)
        at += step
    assert passed == sent


@pytest.mark.parametrize("opcode", [0, 1, 2, 8, 9, 10])
@pytest.mark.parametrize("size", [0, 5, 126, 70_000])
@pytest.mark.parametrize("cut", [0, 1])
def test_a_frame_without_a_mask_is_refused_and_what_came_before_is_not(opcode: int, size: int, cut: int) -> None:
    good, bad = frame(b"hello"), frame(bytes(size), opcode=opcode, masked=False)
    check = FrameCheck()
    passed = check.feed(good + bad[:cut], 0.0)
    with pytest.raises(FrameError, match="mask") as refused:
        check.feed(bad[cut:], 0.0)
    assert passed + refused.value.good == good


@pytest.mark.parametrize("what", [frame(b"", opcode=9), frame(b"", opcode=10), frame(b"", opcode=0, fin=False)])
def test_frames_that_no_message_comes_of_are_limited(what: bytes) -> None:
    check = FrameCheck()
    assert check.feed(what * CONTROL_BURST, 0.0) == what * CONTROL_BURST
    with pytest.raises(FrameError, match="too many"):
        check.feed(what, 0.0)
    slow = FrameCheck()
    for second in range(3 * CONTROL_BURST):
        slow.feed(what, second / 10)


def test_whole_messages_are_not_counted_here() -> None:
    check = FrameCheck()
    for _ in range(10 * CONTROL_BURST):
        check.feed(frame(b"hello"), 0.0)
