"""Encoded media that a program publishes: pictures and sound already cut into the payloads of RTP packets.

Nothing here knows of time, sockets or numbers of packets; `signaling.client.send` plays it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from signaling.client.errors import MediaError

MAX_PAYLOAD = 1100
"""Bytes of a payload: with the headers and tags of RTP, SRTP and a retransmission it stays below 1,200."""

CodecName = Literal["VP8", "H264", "VP9", "AV1", "opus"]
CLOCK_RATES: dict[CodecName, int] = {"VP8": 90_000, "H264": 90_000, "VP9": 90_000, "AV1": 90_000, "opus": 48_000}

SILENCE = 127
"""Audio level of silence, -dBov (RFC 6464, section 3)."""

_VP8_DESCRIPTOR = 4
_STAP_A, _FU_A = 24, 28
_NAL_IDR, _NAL_SPS, _NAL_PPS = 5, 7, 8


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded picture, or the sound of one packet.

    `payloads` are those of its packets, VP8's without the payload descriptor; `duration`: clock ticks until the next
    frame, 0 where that isn't known; `level`: of sound, -dBov; None: not known.
    """

    payloads: tuple[bytes, ...]
    duration: int
    keyframe: bool = True
    level: int | None = SILENCE


@dataclass(frozen=True, slots=True)
class Track:
    """A loop of frames that is played again and again. Its first frame is a keyframe.

    `lead`: clock ticks before the first frame; `width` and `height` in pixels, 0 for sound.
    """

    codec: CodecName
    frames: tuple[Frame, ...]
    lead: int = 0
    width: int = 0
    height: int = 0

    @property
    def clock_rate(self) -> int:
        """Ticks a second."""
        return CLOCK_RATES[self.codec]


@dataclass(frozen=True, slots=True)
class Media:
    """What is published together: sound, and a picture in one or several sizes, the smallest first."""

    audio: Track | None
    video: tuple[Track, ...]


class Playable(Protocol):
    """Something that can be published."""

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        """Make the media for a participant of that name. Slow: runs in a thread. Raises `MediaError`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What an encoder or a file gives: encoded data, and the second at which it is due."""

    at: float
    data: bytes
    keyframe: bool = True
    level: int = SILENCE


def make_track(codec: CodecName, samples: list[Sample], start: float, period: float, size: tuple[int, int]) -> Track:
    """Packetise samples, in order, as a loop of `period` seconds that begins at second `start`.

    Raises `MediaError` where there is no keyframe to begin with.
    """
    begin = next((index for index, sample in enumerate(samples) if sample.keyframe), None)
    if begin is None:
        raise MediaError("There is no keyframe to begin with.")
    samples = samples[begin:]
    rate = CLOCK_RATES[codec]
    times = [round((sample.at - start) * rate) for sample in samples]
    ends = [*times[1:], times[0] + round(period * rate)]
    frames = tuple(
        Frame(packetise(codec, sample.data), max(1, end - time), sample.keyframe, sample.level)
        for sample, time, end in zip(samples, times, ends, strict=True)
    )
    return Track(codec, frames, max(0, times[0]), *size)


def packetise(codec: CodecName, data: bytes) -> tuple[bytes, ...]:
    """Cut an encoded picture, or the sound of one packet, into payloads of at most `MAX_PAYLOAD` bytes."""
    if codec == "VP8":
        return tuple(split(data, MAX_PAYLOAD - _VP8_DESCRIPTOR))
    if codec == "H264":
        return tuple(packetise_h264(nal_units(data)))
    return (data,)


def split(data: bytes, most: int) -> list[bytes]:
    """Cut data into as few parts of at most `most` bytes as possible, with sizes that differ by at most one."""
    count = max(1, -(-len(data) // most))
    size, longer = divmod(len(data), count)
    parts, position = [], 0
    for index in range(count):
        end = position + size + (index < longer)
        parts.append(data[position:end])
        position = end
    return parts


def vp8_descriptor(picture_id: int, *, start: bool) -> bytes:
    """The payload descriptor with a 15-bit picture id, the frame in one partition (RFC 7741, section 4.2)."""
    return bytes((0x90 if start else 0x80, 0x80, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF))


def nal_units(data: bytes) -> list[bytes]:
    """Cut an H.264 byte stream at its start codes (ITU-T H.264, annex B)."""
    units = (unit.rstrip(b"\x00") for unit in data.split(b"\x00\x00\x01"))
    return [unit for unit in units if unit]


def packetise_h264(units: Iterable[bytes]) -> list[bytes]:
    """Payloads of one picture's NAL units, packetization-mode 1 (RFC 6184, sections 5.6, 5.7.1 and 5.8).

    Parameter sets go together in one packet, by which relays know a keyframe.
    """
    parameters: list[bytes] = []
    payloads: list[bytes] = []
    for unit in units:
        kind = unit[0] & 0x1F
        if kind in (_NAL_SPS, _NAL_PPS):
            parameters.append(unit)
        elif not 1 <= kind <= _NAL_IDR:
            continue  # delimiters and supplemental information are of no use to a decoder of live video
        elif len(unit) <= MAX_PAYLOAD:
            payloads.append(unit)
        else:
            payloads += _fragments(unit)
    if parameters:
        header = bytes((max(unit[0] & 0x60 for unit in parameters) | _STAP_A,))
        payloads.insert(0, header + b"".join(len(unit).to_bytes(2) + unit for unit in parameters))
    return payloads


def _fragments(unit: bytes) -> list[bytes]:
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    parts = split(unit[1:], MAX_PAYLOAD - 2)
    last = len(parts) - 1
    return [
        bytes((indicator, kind | (0x80 if index == 0 else 0) | (0x40 if index == last else 0))) + part
        for index, part in enumerate(parts)
    ]


class H264Assembler:
    """Puts the payloads of one picture together again, as an annex B byte stream."""

    def __init__(self) -> None:
        self.data = bytearray()

    def add(self, payload: bytes) -> None:
        """Take the next payload. Raises `MediaError` for one that isn't H.264 as negotiated."""
        try:
            kind = payload[0] & 0x1F
            if kind == _STAP_A:
                position = 1
                while position + 2 < len(payload):
                    end = position + 2 + int.from_bytes(payload[position : position + 2])
                    self.data += b"\x00\x00\x00\x01" + payload[position + 2 : end]
                    position = end
            elif kind == _FU_A:
                if payload[1] & 0x80:
                    self.data += b"\x00\x00\x00\x01" + bytes((payload[0] & 0xE0 | payload[1] & 0x1F,))
                self.data += payload[2:]
            else:
                self.data += b"\x00\x00\x00\x01" + payload
        except IndexError:
            raise MediaError("An H.264 payload is cut short.") from None
