"""Decodes what comes in a slot, by aiortc's codecs. Slow: call it in a thread."""

import logging
from collections.abc import Sequence
from fractions import Fraction

import av
from aiortc.codecs import CODECS, get_decoder
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame

from sfu.wire.rtp import timestamp_delta
from signaling.client.media import CLOCK_RATES, CodecName
from signaling.client.receive import MediaPacket
from signaling.client.reorder import EncodedFrame, PictureAssembler, Reorder

log = logging.getLogger(__name__)

SOUND_WAIT = 0.06
"""Seconds that a missing packet of sound is waited for: none is asked for again, so it can only be late."""

_PARAMETERS = {codec.name: codec for kind in ("audio", "video") for codec in CODECS[kind]}

Decoded = av.AudioFrame | av.VideoFrame


class Assembler:
    """Puts packets in order and together to encoded frames, with times that go on over a change of the slot."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._rate = CLOCK_RATES["opus" if kind == "audio" else "VP8"]
        self._timestamp: int | None = None
        """Of the last frame in this slot."""
        self._ticks = 0
        self._arrival: float | None = None
        self.begin_again()

    @property
    def wants_keyframe(self) -> bool:
        """Whether nothing can be decoded before a keyframe comes."""
        return self._kind == "video" and self._pictures.wants_keyframe

    def begin_again(self) -> None:
        """Start over: the slot has changed, or packets were dropped."""
        self._reorder = Reorder(SOUND_WAIT) if self._kind == "audio" else Reorder()
        self._pictures = PictureAssembler()
        self._timestamp = None

    def add(self, packet: MediaPacket, started: float) -> list[tuple[EncodedFrame, int]]:
        """Take a packet; the frames that it completes, with their time in clock ticks since `started`."""
        found = []
        for each, after_gap in self._reorder.add(packet):
            frame: EncodedFrame | None
            if each.codec == "opus":
                frame = EncodedFrame("opus", each.timestamp, each.payload, True, each.arrival)
            else:
                frame = self._pictures.add(each, after_gap=after_gap)
            if frame is not None:
                found.append((frame, self._time(frame, started)))
        return found

    def _time(self, frame: EncodedFrame, started: float) -> int:
        if self._timestamp is not None:
            self._ticks += max(1, timestamp_delta(frame.timestamp, self._timestamp))
        else:
            since = started if self._arrival is None else self._arrival
            self._ticks += max(0 if self._arrival is None else 1, round((frame.arrival - since) * self._rate))
        self._timestamp, self._arrival = frame.timestamp, frame.arrival
        return self._ticks


class FrameDecoder:
    """Decodes the frames of one track, in whatever codec each of them is."""

    def __init__(self) -> None:
        self._codec: CodecName | None = None
        self._decoder: Decoder | None = None

    def decode(self, frames: Sequence[tuple[EncodedFrame, int]]) -> tuple[list[Decoded], bool]:
        """The decoded frames, and whether one of them couldn't be decoded."""
        decoded: list[Decoded] = []
        failed = False
        for frame, ticks in frames:
            if self._decoder is None or frame.codec != self._codec:
                self._decoder = get_decoder(_PARAMETERS[frame.codec])
                self._codec = frame.codec
            base = Fraction(1, CLOCK_RATES[frame.codec])
            try:
                found = self._decoder.decode(JitterFrame(frame.data, ticks))
            except av.FFmpegError as error:
                log.info("a %s frame can't be decoded: %s", frame.codec, error)
                failed = True
                continue
            for each in found:
                if isinstance(each, Decoded):
                    each.pts, each.time_base = ticks, base
                    decoded.append(each)
        return decoded, failed
