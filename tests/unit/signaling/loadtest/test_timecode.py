"""Time codes in packets."""

from collections.abc import Callable

import pytest

from signaling.loadtest import timecode

NOW = 1_700_000_000.123456


@pytest.mark.parametrize(
    "carry",
    [
        lambda code: timecode.behind_vp8(b"\x90\xe0frame", code),
        lambda code: timecode.behind_av1(b"\x10\x05frame", code),
        timecode.as_h264,
        lambda code: timecode.in_opus(b"\x78sound", code),
    ],
)
def test_a_code_is_found_in_what_carries_it(carry: Callable[[bytes], bytes]) -> None:
    payload = carry(timecode.encode(3, NOW))
    assert timecode.decode(payload, 3) == pytest.approx(NOW, abs=1e-6)
    assert timecode.decode(payload, 4) is None, "another machine's clock says nothing of ours"


@pytest.mark.parametrize("payload", [b"", b"frame", timecode.MAGIC, b"x" * 40, timecode.MAGIC + b"x" * 20])
def test_other_payloads_have_none(payload: bytes) -> None:
    assert timecode.decode(payload, 0) is None


def test_opus_packets_of_several_frames_stay_as_they_are() -> None:
    assert timecode.in_opus(b"\x7bsound", b"x" * timecode.SIZE) == b"\x7bsound"
