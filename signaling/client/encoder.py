"""Encodes decoded frames of live tracks by aiortc's codecs. Slow: call it in a thread."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from aiortc.codecs.h264 import H264Encoder, h264_depayload
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder, vp8_depayload

from signaling.client.media import CLOCK_RATES, SILENCE, CodecName, Frame, nal_units, packetise
from signaling.client.offer import RIDS

MAX_HEIGHT = 1080
"""Pixels; larger pictures are made smaller."""

MAX_FPS = 30
"""Pictures a second encoded of a track; others are dropped."""

SIMULCAST_HEIGHT = 360
"""Pixels; cameras of this height or more are sent in several sizes."""

MIN_BITRATE, MAX_BITRATE = 80_000, 2_500_000
"""Bits per second of one encoding."""

MAX_EXCESS = 1.5
"""How many times its bitrate an encoding may have, such as with its keyframes."""

SOUND_TICKS = 960
"""Samples of a packet of sound: 20 ms at 48 kHz."""

_BITS_PER_PIXEL = 0.07
_NAL_IDR = 5


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoding of a picture; `width` and `height` in pixels, both even, `bitrate` in bit/s."""

    rid: str
    width: int
    height: int
    bitrate: int


def plan_layers(width: int, height: int, *, simulcast: bool, rids: Sequence[str] = RIDS) -> tuple[Layer, ...]:
    """The encodings of a picture of that size, the smallest first.

    With `simulcast` a picture of 360 lines or more is sent in a quarter of its size, half of it, and whole. The largest
    one always has the last of the `rids`.
    """
    scale = min(1.0, MAX_HEIGHT / max(1, height))
    divisors = (4, 2, 1) if simulcast and height >= SIMULCAST_HEIGHT else (1,)
    layers = []
    for rid, divisor in zip(rids[-len(divisors) :], divisors, strict=True):
        wide, high = (max(2, int(side * scale / divisor) & ~1) for side in (width, height))
        bitrate = int(wide * high * MAX_FPS * _BITS_PER_PIXEL)
        layers.append(Layer(rid, wide, high, max(MIN_BITRATE, min(MAX_BITRATE, bitrate))))
    return tuple(layers)


class _OwnBitrate:
    """Puts our limits of the bitrate in place of an aiortc encoder's: its own are too high for small layers."""

    def __init__(self, bitrate: int) -> None:
        super().__init__()
        self._bitrate = bitrate

    @property
    def target_bitrate(self) -> int:
        """Bits per second."""
        return self._bitrate

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._bitrate = bitrate


class _Vp8(_OwnBitrate, Vp8Encoder):
    """VP8."""


class _H264(_OwnBitrate, H264Encoder):
    """H.264."""


class PictureEncoder:
    """Encodes one layer. Raises `av.FFmpegError` and `ValueError` for what can't be encoded.

    Pictures are left out where the encoder can't keep its bitrate, as with noise: more than `MAX_EXCESS` of it is never
    sent for longer than a second.
    """

    def __init__(self, codec: CodecName, layer: Layer) -> None:
        self.codec, self.layer = codec, layer
        self._excess = 0.0
        """Bytes sent that the bitrate hasn't paid for yet."""
        self._ticks: int | None = None
        self._encoder = _H264(layer.bitrate) if codec == "H264" else _Vp8(layer.bitrate)

    def encode(self, frame: av.VideoFrame, ticks: int, *, keyframe: bool) -> Frame | None:
        """The encoded picture, due at that clock tick; None where it is left out, to keep the bitrate."""
        allowed = self.layer.bitrate * MAX_EXCESS / 8
        elapsed = 0.0 if self._ticks is None else (ticks - self._ticks) / CLOCK_RATES[self.codec]
        self._ticks, self._excess = ticks, max(0.0, self._excess - elapsed * allowed)
        if self._excess > allowed:
            return None
        scaled = frame.reformat(width=self.layer.width, height=self.layer.height, format="yuv420p")
        payloads, _ = self._encoder.encode(scaled, keyframe)
        encoded = repacked(self.codec, payloads)
        self._excess += 0 if encoded is None else sum(map(len, encoded.payloads))
        return encoded


def repacked(codec: CodecName, payloads: list[bytes]) -> Frame | None:
    """A picture in payloads of our size: aiortc's are larger, and hold VP8's descriptor. None: there is no picture."""
    if not payloads:
        return None
    if codec == "H264":
        data = b"".join(map(h264_depayload, payloads))
        keyframe = any(unit[0] & 0x1F == _NAL_IDR for unit in nal_units(data))
    else:
        data = b"".join(map(vp8_depayload, payloads))
        keyframe = not data[0] & 1  # RFC 6386, section 9.1
    parts = packetise(codec, data)
    return Frame(parts, 0, keyframe) if parts else None


def encode_layers(
    encoders: Sequence[tuple[PictureEncoder, bool]], frame: av.VideoFrame, ticks: int
) -> list[Frame | None]:
    """Encode a picture in every layer, each with whether a keyframe is wanted."""
    return [encoder.encode(frame, ticks, keyframe=keyframe) for encoder, keyframe in encoders]


class SoundEncoder:
    """Encodes sound as Opus, stereo, in packets of 20 ms, whatever its format and the size of its frames."""

    def __init__(self) -> None:
        self._encoder = OpusEncoder()
        self._resampler: av.AudioResampler | None = None
        self._format: tuple[str, str, int] | None = None
        self._samples = 0
        self._levels: deque[int] = deque()

    def encode(self, frame: av.AudioFrame) -> list[Frame]:
        """The packets that are complete now, in order. Raises `av.FFmpegError`, `ValueError`."""
        shape = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or shape != self._format:
            self._resampler = av.AudioResampler("s16", "stereo", 48_000, frame_size=SOUND_TICKS)
            self._format = shape
        packets: list[Frame] = []
        for part in self._resampler.resample(frame):
            part.pts, part.time_base = self._samples, Fraction(1, 48_000)
            self._samples += part.samples
            self._levels.append(audio_level(part))
            payloads, _ = self._encoder.encode(part)
            for payload in payloads:
                level = self._levels.popleft() if self._levels else SILENCE
                packets.append(Frame((payload,), SOUND_TICKS, level=level))
        return packets


def audio_level(frame: av.AudioFrame) -> int:
    """Audio level of 16-bit sound, -dBov (RFC 6464), by every eighth sample: enough to tell speech from silence."""
    count = frame.samples * len(frame.layout.channels)
    values = memoryview(bytes(frame.planes[0])).cast("h")[:count:8]
    mean = sum(value * value for value in values) / (max(1, len(values)) * 32768.0**2)
    if mean < 1e-12:
        return SILENCE
    return max(0, min(SILENCE, round(-10 * math.log10(mean))))
