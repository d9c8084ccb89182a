"""What live tracks are encoded into: sizes, bitrates, payloads, keyframes; decoded again where that tells more."""

import math
from array import array
from fractions import Fraction

import av
import pytest
from aiortc.codecs import CODECS, get_decoder
from aiortc.jitterbuffer import JitterFrame

from signaling.client.encoder import (
    MAX_BITRATE,
    MIN_BITRATE,
    PictureEncoder,
    SoundEncoder,
    audio_level,
    encode_layers,
    plan_layers,
)
from signaling.client.media import MAX_PAYLOAD, CodecName, Frame, H264Assembler
from tests.integration.bot_tracks import draw, frequency_of, number_of, shows


@pytest.mark.parametrize(
    ("size", "simulcast", "expected"),
    [
        ((640, 360), True, [("q", 160, 90), ("h", 320, 180), ("f", 640, 360)]),
        ((640, 358), True, [("f", 640, 358)]),
        ((640, 360), False, [("f", 640, 360)]),
        ((641, 361), False, [("f", 640, 360)]),
        ((3840, 2160), True, [("q", 480, 270), ("h", 960, 540), ("f", 1920, 1080)]),
        ((1, 1), False, [("f", 2, 2)]),
        ((720, 1280), True, [("q", 150, 270), ("h", 302, 540), ("f", 606, 1080)]),
    ],
)
def test_sizes(size: tuple[int, int], simulcast: bool, expected: list[tuple[str, int, int]]) -> None:
    layers = plan_layers(*size, simulcast=simulcast)
    assert [(layer.rid, layer.width, layer.height) for layer in layers] == expected
    assert all(MIN_BITRATE <= layer.bitrate <= MAX_BITRATE for layer in layers)


def test_a_section_without_simulcast_has_an_empty_rid() -> None:
    assert [layer.rid for layer in plan_layers(640, 360, simulcast=False, rids=("",))] == [""]


def picture(number: int, size: tuple[int, int] = (640, 360)) -> av.VideoFrame:
    frame = draw(2, size, number)
    frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
    return frame


def decode(codec: CodecName, frames: list[Frame]) -> list[av.VideoFrame]:
    decoder = get_decoder(next(each for each in CODECS["video"] if each.name == codec))
    found: list[av.VideoFrame] = []
    for number, frame in enumerate(frames):
        data = b"".join(frame.payloads)
        if codec == "H264":
            assembler = H264Assembler()
            for payload in frame.payloads:
                assembler.add(payload)
            data = bytes(assembler.data)
        found += [each for each in decoder.decode(JitterFrame(data, number)) if isinstance(each, av.VideoFrame)]
    return found


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_pictures_are_packets_of_our_size_and_show_what_was_encoded(codec: CodecName) -> None:
    encoders = [PictureEncoder(codec, layer) for layer in plan_layers(640, 360, simulcast=True)]
    rows = [
        encode_layers([(encoder, number == 6) for encoder in encoders], picture(number), 3000 * number)
        for number in range(10)
    ]
    for column, encoder in enumerate(encoders):
        frames = [frame for row in rows if (frame := row[column]) is not None]
        assert len(frames) == 10
        assert [frame.keyframe for frame in frames] == [number in (0, 6) for number in range(10)]
        assert all(0 < len(payload) <= MAX_PAYLOAD for frame in frames for payload in frame.payloads)
        decoded = decode(codec, frames)
        assert [(each.width, each.height) for each in decoded] == [(encoder.layer.width, encoder.layer.height)] * 10
        assert all(shows(each, 2) for each in decoded)
        assert [number_of(each) for each in decoded] == list(range(10))


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_the_bitrate_is_bounded(codec: CodecName) -> None:
    (layer,) = plan_layers(320, 180, simulcast=False)
    encoder, total = PictureEncoder(codec, layer), 0
    for number in range(90):
        frame = av.VideoFrame(320, 180, "yuv420p")
        frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
        for plane in frame.planes:  # noise, of which no two pictures are alike
            plane.update(bytes((number * 7919 + index * index * 31) >> 3 & 0xFF for index in range(plane.buffer_size)))
        encoded = encoder.encode(frame, 3000 * number, keyframe=False)
        total += 0 if encoded is None else sum(map(len, encoded.payloads))
    # One picture may be of any size: those after it make up for it.
    assert 0 < total * 8 / 3 < layer.bitrate * 3


@pytest.mark.parametrize(
    ("form", "layout", "rate", "samples"),
    [
        ("s16", "mono", 48_000, 960),
        ("fltp", "stereo", 44_100, 1024),
        ("s16", "mono", 8_000, 160),
        ("s16", "stereo", 48_000, 480),
    ],
)
def test_sound_of_any_form_becomes_packets_of_20_ms(form: str, layout: str, rate: int, samples: int) -> None:
    encoder = SoundEncoder()
    packets: list[Frame] = []
    count = 0
    while count < rate:
        packets += encoder.encode(tone(form, layout, rate, samples, count))
        count += samples
    assert 46 <= len(packets) <= 51
    assert {packet.duration for packet in packets} == {960}
    level = 15 if layout == "stereo" else 18  # each of two channels has half the power
    assert all(packet.level is not None and abs(packet.level - level) <= 1 for packet in packets[2:])
    decoder = get_decoder(next(each for each in CODECS["audio"] if each.name == "opus"))
    sounds = [JitterFrame(packet.payloads[0], number) for number, packet in enumerate(packets)]
    decoded = [each for sound in sounds for each in decoder.decode(sound)]
    heard = [frequency_of(each) for each in decoded[10:-2] if isinstance(each, av.AudioFrame)]
    assert heard
    assert all(abs(each - 500) < 30 for each in heard)


def tone(form: str, layout: str, rate: int, samples: int, start: int) -> av.AudioFrame:
    """500 Hz, of a quarter of the largest amplitude."""
    frame = av.AudioFrame(form, layout, samples)
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), start
    wave = [0.25 * math.sin(2 * math.pi * 500 * number / rate) for number in range(start, start + samples)]
    if form == "fltp":
        for plane in frame.planes:
            plane.update(array("f", wave).tobytes().ljust(plane.buffer_size, b"\0"))
    else:
        values = [int(32767 * value) for value in wave for _ in range(2 if layout == "stereo" else 1)]
        frame.planes[0].update(array("h", values).tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    return frame


def test_silence_has_the_level_of_silence() -> None:
    frame = av.AudioFrame("s16", "stereo", 960)
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    assert audio_level(frame) == 127
