"""Encodes the clips that load tests publish, which takes PyAV; see `library` for when."""

import math
import os
import random
from array import array
from fractions import Fraction
from typing import cast

import av

from signaling.client.media import MAX_PAYLOAD, CodecName, nal_units, packetise_h264, split
from signaling.client.pattern import COLOURS, draw, opus_encoder
from signaling.loadtest import clips
from signaling.loadtest.clips import Clip, ClipFrame

FRAMES = 60
"""Of a loop of pictures, which begins with its only keyframe."""

SPEECH_SECONDS = 8

TEMPORAL_PATTERN = (0, 2, 1, 2)
"""Temporal layers of VP8's frames, as browsers send them."""

PAYLOAD = MAX_PAYLOAD - 24
"""Bytes of a payload; beside it there is room for its descriptor and a time code."""

_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST, _OBU_PADDING = 2, 8, 15
_OBU_HAS_SIZE, _OBU_HAS_EXTENSION = 0x02, 0x04


def encode(codec: CodecName, height: int, fps: int) -> Clip:
    """Encode a moving pattern."""
    size = (height * 16 // 9 & ~1, height)
    os.environ.setdefault("SVT_LOG", "1")  # errors only
    encoder = _make_encoder(codec, size, fps)
    packets = []
    for number in range(FRAMES):
        frame = draw(COLOURS[height // 90 % len(COLOURS)], size, number)
        frame.pts, frame.time_base = number, Fraction(1, fps)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    if len(packets) != FRAMES or [packet.is_keyframe for packet in packets].count(True) != 1:
        raise RuntimeError(f"{codec} of {height} lines isn't one keyframe and a frame for each picture")
    frames = tuple(
        ClipFrame(
            tuple(_packetise(codec, bytes(packet), packet.is_keyframe)),
            packet.is_keyframe,
            TEMPORAL_PATTERN[number % 4] if codec == "VP8" else 0,
        )
        for number, packet in enumerate(packets)
    )
    return Clip(codec, *size, fps, frames)


def _encoder(name: str, size: tuple[int, int], fps: int, bitrate: int, **options: str) -> "av.VideoCodecContext":
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(fps), Fraction(1, fps)
    encoder.bit_rate = bitrate
    encoder.gop_size = 100_000
    encoder.options = options
    return encoder


def _vpx(size: tuple[int, int], fps: int, quantizer: int, codec: CodecName) -> "av.VideoCodecContext":
    """One quantizer for all frames makes all much the same size: a loop that is begun anew keeps its bitrate."""
    options = {"deadline": "realtime", "cpu-used": "7", "lag-in-frames": "0", "auto-alt-ref": "0"}
    if codec == "VP8":
        # Resilient, so that no frame needs the probabilities of one that is left out.
        options |= {"ts-parameters": _TEMPORAL, "error-resilient": "default"}
    encoder = _encoder("libvpx" if codec == "VP8" else "libvpx-vp9", size, fps, 80_000_000, **options)
    encoder.qmin = encoder.qmax = quantizer
    return encoder


def _x264(size: tuple[int, int], fps: int, bitrate: int) -> "av.VideoCodecContext":
    rates = {"maxrate": str(bitrate), "bufsize": str(bitrate // 2), "profile": "baseline"}
    return _encoder("libx264", size, fps, bitrate, preset="veryfast", tune="zerolatency", sc_threshold="0", **rates)


def _svt(size: tuple[int, int], fps: int, bitrate: int) -> "av.VideoCodecContext":
    return _encoder("libsvtav1", size, fps, bitrate, preset="10", **{"svtav1-params": "rc=2:pred-struct=1:lp=1"})


_TEMPORAL = (
    "ts_number_layers=3:ts_target_bitrate=32000,48000,80000:ts_rate_decimator=4,2,1:ts_periodicity=4:"
    "ts_layer_id=0,2,1,2:ts_layering_mode=3"
)
_QUANTIZERS: dict[CodecName, dict[int, tuple[int, int, int, int]]] = {
    "VP8": {15: (30, 31, 31, 32), 30: (32, 34, 33, 33)},
    "VP9": {15: (31, 32, 32, 33), 30: (32, 33, 33, 33)},
}
"""By frames per second, for each of the heights of `KBPS`: found by trying, nearest to its bitrate. Of 720 lines VP9 at
30 frames per second takes 2.9 Mbit/s, as one step more leaves out all of the noise."""


def _make_encoder(codec: CodecName, size: tuple[int, int], fps: int) -> "av.VideoCodecContext":
    if codec in _QUANTIZERS:
        return _vpx(size, fps, _QUANTIZERS[codec][fps][list(clips.KBPS).index(size[1])], codec)
    return (_x264 if codec == "H264" else _svt)(size, fps, clips.kbps(size[1], fps) * 1000)


def _packetise(codec: CodecName, data: bytes, keyframe: bool) -> list[bytes]:
    if codec == "H264":
        return packetise_h264(nal_units(data))
    if codec == "AV1":
        return packetise_av1(data, keyframe=keyframe)
    return split(data, PAYLOAD)


def packetise_av1(data: bytes, *, keyframe: bool) -> list[bytes]:
    """Payloads of a temporal unit, each with one element, whose length is told (AV1 RTP specification, section 4.4)."""
    payloads = []
    for obu in _obus(data):
        parts = split(obu, PAYLOAD)
        for index, part in enumerate(parts):
            header = (0x80 if index else 0) | (0x40 if index < len(parts) - 1 else 0)
            payloads.append(bytes((header,)) + _leb128(len(part)) + part)
    first = payloads[0]
    return [bytes((first[0] | (0x08 if keyframe else 0),)) + first[1:], *payloads[1:]]


def _obus(data: bytes) -> list[bytes]:
    """The OBUs of a temporal unit that are sent, without their size fields (AV1 specification, section 5.3)."""
    found, position = [], 0
    while position < len(data):
        header = data[position]
        head = 2 if header & _OBU_HAS_EXTENSION else 1
        size, start = _read_leb128(data, position + head)
        if header >> 3 & 15 not in (_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST, _OBU_PADDING):
            extension = data[position + 1 : position + head]
            found.append(bytes((header & ~_OBU_HAS_SIZE,)) + extension + data[start : start + size])
        position = start + size
    return found


def _read_leb128(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, position


def _leb128(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        encoded.append(low | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def encode_speech() -> Clip:
    """Syllables of a buzzing voice with pauses between words."""
    encoder = opus_encoder()
    noise = random.Random(1)  # noqa: S311 (a sound, not a secret)
    frames = []
    for start in range(0, SPEECH_SECONDS * 48_000, 960):
        loud = max(0.0, math.sin(start / 48_000 * 2 * math.pi * 4)) * (start // 48_000 % 4 != 3)
        wave = [
            9000 * loud * sum(math.sin(2 * math.pi * 120 * k * n / 48_000) / k for k in range(1, 9))
            + noise.uniform(-20, 20)
            for n in range(start, start + 960)
        ]
        power = sum(each * each for each in wave) / 960
        level = min(126, max(0, round(-10 * math.log10(power / 32767**2))))
        frame = av.AudioFrame("s16", "mono", 960)
        frame.planes[0].update(array("h", [max(-32768, min(32767, int(each))) for each in wave]).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = start, 48_000, Fraction(1, 48_000)
        frames += [ClipFrame((bytes(packet),), level=level) for packet in encoder.encode(frame)]
    return Clip("opus", 0, 0, 50, tuple(frames))


def encode_named(name: str) -> Clip:
    """Encode the clip that has that file name."""
    if name == clips.SPEECH:
        return encode_speech()
    codec, height, fps = name.split("-")
    return encode(cast(CodecName, codec), int(height), int(fps))
