"""The clips of load tests are real media: decoders take them, time codes and all."""

from itertools import groupby
from pathlib import Path
from typing import get_args

import av
import pytest

from sfu.wire.rtp import RtpHeader
from signaling.client.media import CodecName, H264Assembler
from signaling.client.send import Numbering
from signaling.loadtest import clips, library, timecode
from signaling.loadtest.scenario import VideoCodec
from signaling.loadtest.send import Playout

_DECODERS: dict[str, str] = {"VP8": "libvpx", "VP9": "libvpx-vp9", "H264": "h264", "AV1": "libdav1d", "opus": "libopus"}
_DESCRIPTOR = {"VP8": 6, "VP9": 3, "H264": 0, "AV1": 0, "opus": 0}
FRAMES = 16


def packets_of(clip: clips.Clip, frames: int) -> list[tuple[RtpHeader, bytes]]:
    """What is sent of a clip: headers and payloads."""
    sent: list[bytes] = []
    playout = Playout(clip, "1", "", Numbering(), sent.append, 0.0, machine=1)
    playout.speak(0.0, speaking=True)
    for _ in range(frames):
        playout.poll(playout.timeout())
    headers = [RtpHeader(packet, len(packet)) for packet in sent]
    return [(header, packet[header.payload_start :]) for header, packet in zip(headers, sent, strict=True)]


def access_units(codec: CodecName, packets: list[tuple[RtpHeader, bytes]]) -> list[bytes]:
    """Frames as a decoder takes them."""
    units = []
    for _, group in groupby(packets, key=lambda each: each[0].timestamp):
        payloads = [payload[_DESCRIPTOR[codec] :] for _, payload in group]
        if codec == "H264":
            assembler = H264Assembler()
            for payload in payloads:
                assembler.add(payload)
            units.append(bytes(assembler.data))
        elif codec == "AV1":
            units.append(_temporal_unit(payloads))
        else:
            units.append(b"".join(payloads))
    return units


def _temporal_unit(payloads: list[bytes]) -> bytes:
    """OBUs with their sizes, from payloads whose elements have their lengths told."""
    obus: list[bytes] = []
    for payload in payloads:
        goes_on, position = bool(payload[0] & 0x80), 1
        while position < len(payload):
            size = shift = 0
            while True:
                byte = payload[position]
                position += 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
            element = payload[position : position + size]
            position += size
            if goes_on:
                obus[-1] += element
                goes_on = False
            else:
                obus.append(element)
    sized = b""
    for obu in obus:
        body, length = obu[1:], b""
        left = len(body)
        while True:
            left, low = left >> 7, left & 0x7F
            length += bytes((low | (0x80 if left else 0),))
            if not left:
                break
        sized += bytes((obu[0] | 0x02,)) + length + body
    return b"\x12\x00" + sized


def decode(codec: CodecName, units: list[bytes]) -> list[bytes]:
    """The pictures, as planes of luma."""
    decoder = av.CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit))]
    frames += decoder.decode(None)
    assert not any(frame.is_corrupt for frame in frames)
    return [_luma(frame) for frame in frames]


def _luma(frame: av.VideoFrame) -> bytes:
    plane = frame.planes[0]
    data, stride = bytes(plane), plane.line_size
    return b"".join(data[row * stride : row * stride + frame.width] for row in range(frame.height))


@pytest.mark.parametrize("codec", get_args(VideoCodec))
def test_every_frame_decodes_to_the_same_with_and_without_a_time_code(
    codec: VideoCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = library.picture(codec, 90, 15)
    assert (clip.width, clip.height, clip.fps) == (160, 90, 15)
    with_codes = packets_of(clip, FRAMES)
    found = [timecode.decode(payload, 1) for header, payload in with_codes if header.marker]
    assert sum(each is not None for each in found) == {"VP9": 0, "H264": FRAMES // 4}.get(codec, FRAMES)
    monkeypatch.setattr(timecode, "behind_vp8", lambda payload, code: payload)
    monkeypatch.setattr(timecode, "behind_av1", lambda payload, code: payload)
    monkeypatch.setattr(timecode, "as_h264", lambda code: b"\x0c\x80")
    plain = packets_of(clip, FRAMES)
    pictures = decode(codec, access_units(codec, with_codes))
    assert len(pictures) == FRAMES
    assert len(set(pictures)) == FRAMES, "the pattern moves"
    assert pictures == decode(codec, access_units(codec, plain))


@pytest.mark.parametrize("highest", [0, 1])
def test_vp8_decodes_without_its_upper_temporal_layers(highest: int) -> None:
    clip = library.picture("VP8", 90, 15)
    frames = [b"".join(frame.payloads) for frame in clip.frames if frame.temporal <= highest]
    pictures = decode("VP8", frames)
    whole = decode("VP8", [b"".join(frame.payloads) for frame in clip.frames])
    kept = [picture for picture, frame in zip(whole, clip.frames, strict=True) if frame.temporal <= highest]
    assert pictures == kept, "no frame that is kept refers to one that is left out"


def test_sound_decodes_and_is_silent_between_words() -> None:
    clip = library.speech()
    packets = packets_of(clip, 400)
    assert all(timecode.decode(payload, 1) is not None for _, payload in packets)
    decoder = av.CodecContext.create("libopus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    samples = sum(frame.samples for _, payload in packets for frame in decoder.decode(av.Packet(payload)))
    assert samples == pytest.approx(400 * 960, abs=2 * 960)
    levels = [frame.level for frame in clip.frames]
    assert min(levels) < 30
    assert sum(level > 60 for level in levels) > len(levels) // 8


@pytest.mark.parametrize("codec", get_args(VideoCodec))
@pytest.mark.parametrize("height", [90, 180])
def test_bitrates_are_what_the_table_says(codec: VideoCodec, height: int) -> None:
    clip = library.picture(codec, height, 15)
    assert clip.octets_per_second * 8 / 1000 == pytest.approx(clips.kbps(height, 15), rel=0.25)
    assert [frame.keyframe for frame in clip.frames].index(True) == 0


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "VP8-90-15.clip"
    clips.write(path, library.picture("VP8", 90, 15))
    assert clips.read(path) == library.picture("VP8", 90, 15)
    path.write_bytes(b"no clip")
    with pytest.raises(ValueError, match="is damaged"):
        clips.read(path)
