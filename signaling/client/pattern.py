"""A moving test picture with a tone, encoded once per process and played in a loop."""

import math
import random
import threading
import zlib
from array import array
from dataclasses import dataclass
from fractions import Fraction

import av

from signaling.client.errors import MediaError
from signaling.client.media import Media, Sample, Track, make_track

SECONDS = 2.0
"""Length of the loop, which has one keyframe."""

BITS_PER_PIXEL = 0.07
"""The default bitrate: 0.5 Mbit/s for 640×360 at 30 pictures a second, as browsers send."""

COLOURS = ((81, 90, 240), (145, 54, 34), (41, 240, 110), (210, 16, 146), (106, 202, 222), (170, 166, 16))
"""Y, U and V (BT.601): red, green, blue, yellow, magenta, cyan."""

TONE_LEVEL = 20
"""Of the tone, -dBov (RFC 6464)."""

_SIZES = (("q", 4), ("h", 2), ("f", 1))
_NOISE = 10
_encoding = threading.Lock()
_cache: dict[tuple[object, ...], Track] = {}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Stripes in the participant's colour, and its tone.

    `width` and `height` in pixels, both even; `fps` pictures a second; `bitrate` of the picture in bit/s, 0 for one
    that suits its size; `colour`: which of `COLOURS`, None for one that follows from the participant's name.
    """

    width: int = 640
    height: int = 360
    fps: int = 30
    bitrate: int = 0
    colour: int | None = None
    video: bool = True
    audio: bool = True

    def colour_for(self, name: str) -> int:
        """Which of `COLOURS` a participant of that name gets."""
        return (zlib.crc32(name.encode()) if self.colour is None else self.colour) % len(COLOURS)

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        """Encode it once per process. Raises `MediaError`."""
        if not (64 <= self.width <= 4096 and 64 <= self.height <= 4096 and 1 <= self.fps <= 120):
            raise MediaError("A pattern has 64 to 4,096 pixels in each direction, and 1 to 120 frames per second.")
        colour = self.colour_for(name)
        divisors = [by for _, by in _SIZES] if simulcast else [1]
        with _encoding:
            try:
                audio = _cached_tone(colour) if self.audio else None
                video = tuple(self._cached_picture(colour, by) for by in divisors) if self.video else ()
            except (av.FFmpegError, ValueError) as error:
                raise MediaError(f"The pattern can't be encoded: {error}") from None
        return Media(audio, video)

    def _cached_picture(self, colour: int, divisor: int) -> Track:
        width, height = self.width // divisor & ~1, self.height // divisor & ~1
        bitrate = (self.bitrate or int(self.width * self.height * self.fps * BITS_PER_PIXEL)) // divisor**2
        key = (colour, width, height, self.fps, bitrate)
        if key not in _cache:
            _cache[key] = _encode_picture(COLOURS[colour], (width, height), self.fps, bitrate)
        return _cache[key]


def _cached_tone(colour: int) -> Track:
    key = ("tone", colour)
    if key not in _cache:
        _cache[key] = _encode_tone(330.0 + 55 * colour)
    return _cache[key]


def _encode_picture(colour: tuple[int, int, int], size: tuple[int, int], fps: int, bitrate: int) -> Track:
    encoder = vp8_encoder(size, fps, bitrate)
    encoder.gop_size = 1_000_000  # one keyframe, at the start of the loop
    samples = []
    for number in range(round(SECONDS * fps)):
        frame = draw(colour, size, number)
        frame.pts, frame.time_base = number, Fraction(1, fps)
        samples += encoder.encode(frame)
    samples += encoder.encode(None)
    return make_track(
        "VP8",
        [Sample((packet.pts or 0) / fps, bytes(packet), packet.is_keyframe) for packet in samples],
        0.0,
        SECONDS,
        size,
    )


def vp8_encoder(size: tuple[int, int], fps: int, bitrate: int) -> "av.VideoCodecContext":
    """A VP8 encoder set up as browsers do: real time, constant bitrate, no pictures that aren't shown."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(fps), Fraction(1, fps)
    encoder.bit_rate = bitrate
    encoder.qmax = 40
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "6",
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
        "minrate": str(bitrate),
        "maxrate": str(bitrate),
        "bufsize": str(bitrate // 2),
    }
    return encoder


def draw(colour: tuple[int, int, int], size: tuple[int, int], number: int) -> av.VideoFrame:
    """The colour, with noise that makes the encoder use its bitrate, and a brighter stripe that moves across."""
    width, height = size
    frame = av.VideoFrame(width, height, "yuv420p")
    plane = frame.planes[0]
    stride = plane.line_size
    dark, bright = (
        bytes(max(16, min(235, luma + (value - 128) * _NOISE // 128)) for value in range(256))
        for luma in (colour[0] - 8, colour[0] + 24)
    )
    noise = random.Random(number).randbytes(stride * height)  # noqa: S311 (a texture, not a secret)
    at, wide = number * max(2, width // 60) % width, max(2, width // 8)
    rows = bytearray(noise.translate(dark))
    for start in range(at, stride * height, stride):
        end = min(start + wide, start - at + width)
        rows[start:end] = noise[start:end].translate(bright)
    plane.update(bytes(rows))
    for chroma, value in zip(frame.planes[1:], colour[1:], strict=True):
        chroma.update(bytes((value,)) * chroma.buffer_size)
    return frame


def opus_encoder() -> "av.AudioCodecContext":
    """An Opus encoder for packets of 20 ms, mono, 48 kHz."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.bit_rate = 32_000
    encoder.options = {"application": "audio", "frame_duration": "20"}
    return encoder


def _encode_tone(frequency: float) -> Track:
    """A sine wave; `frequency` in Hz, such that whole waves fit the loop."""
    encoder = opus_encoder()
    amplitude = 32767 * 10 ** (-TONE_LEVEL / 20) * math.sqrt(2)
    packets = []
    for start in range(0, round(SECONDS * 48_000), 960):
        frame = av.AudioFrame("s16", "mono", 960)
        wave = (amplitude * math.sin(2 * math.pi * frequency * n / 48_000) for n in range(start, start + 960))
        frame.planes[0].update(array("h", map(int, wave)).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = start, 48_000, Fraction(1, 48_000)
        packets += encoder.encode(frame)
    # The flush would give one packet more than fits the loop: the end of the encoder's delay.
    samples = [Sample(index * 0.02, bytes(packet), level=TONE_LEVEL) for index, packet in enumerate(packets)]
    return make_track("opus", samples, 0.0, len(samples) * 0.02, (0, 0))
