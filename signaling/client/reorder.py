"""Received packets put in order, and put together to encoded frames; nothing is decoded."""

from dataclasses import dataclass

from sfu.codecs import h264, vp8
from sfu.wire.rtp import Unwrapper
from signaling.client.errors import MediaError
from signaling.client.media import CodecName, H264Assembler
from signaling.client.receive import MediaPacket

REORDER_SECONDS = 0.5
"""How long a missing packet is waited for: some round trips of asking for it again."""


class Reorder:
    """Gives packets in the order of their sequence numbers. `wait`: seconds that a missing one is waited for."""

    def __init__(self, wait: float = REORDER_SECONDS) -> None:
        self._wait = wait
        self._unwrapper = Unwrapper()
        self._next: int | None = None
        self._waiting: dict[int, MediaPacket] = {}

    def add(self, packet: MediaPacket) -> list[tuple[MediaPacket, bool]]:
        """Take a packet; those whose turn it is, each with whether packets before it were given up."""
        index = self._unwrapper.unwrap(packet.seq)
        if self._next is None:
            self._next = index
        if index < self._next:
            return []
        self._waiting[index] = packet
        ready = self._take(after_gap=False)
        oldest = next(iter(self._waiting.values()), None)
        if oldest is not None and packet.arrival - oldest.arrival > self._wait:
            ready += self._skip()
        return ready

    def _take(self, *, after_gap: bool) -> list[tuple[MediaPacket, bool]]:
        ready = []
        assert self._next is not None
        while (packet := self._waiting.pop(self._next, None)) is not None:
            ready.append((packet, after_gap))
            after_gap = False
            self._next += 1
        return ready

    def _skip(self) -> list[tuple[MediaPacket, bool]]:
        self._next = min(self._waiting)
        return self._take(after_gap=True)

    def flush(self) -> list[tuple[MediaPacket, bool]]:
        """All that wait, at the end."""
        ready = []
        while self._waiting:
            ready += self._skip()
        return ready


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A whole picture, or the sound of one packet; `arrival` of its last packet, by the event loop's clock."""

    codec: CodecName
    timestamp: int
    data: bytes
    keyframe: bool
    arrival: float


class PictureAssembler:
    """Puts pictures together, and leaves out those that can't be decoded. `wants_keyframe`: so, until one comes."""

    def __init__(self) -> None:
        self.wants_keyframe = True
        self._parts: list[MediaPacket] = []

    def add(self, packet: MediaPacket, *, after_gap: bool) -> EncodedFrame | None:
        """Take the next packet; the picture that it completes."""
        if after_gap:
            self._parts.clear()
            self.wants_keyframe = True
        if self._parts and self._parts[0].timestamp != packet.timestamp:
            self._parts.clear()  # its marker never came: a picture that was cut short where the sender restarted
        self._parts.append(packet)
        return self._complete() if packet.marker else None

    def _complete(self) -> EncodedFrame | None:
        parts, self._parts = self._parts, []
        try:
            data, keyframe = _join_vp8(parts) if parts[0].codec == "VP8" else _join_h264(parts)
        except (vp8.Vp8Error, MediaError):
            self.wants_keyframe = True
            return None
        if self.wants_keyframe and not keyframe:
            return None
        self.wants_keyframe = False
        last = parts[-1]
        return EncodedFrame(last.codec, last.timestamp, data, keyframe, last.arrival)


def _join_vp8(parts: list[MediaPacket]) -> tuple[bytes, bool]:
    descriptors = [vp8.parse(part.payload) for part in parts]
    if not descriptors[0].start_of_frame:
        raise MediaError("The picture's first packet is missing.")
    data = b"".join(part.payload[each.size :] for part, each in zip(parts, descriptors, strict=True))
    return data, vp8.is_keyframe(parts[0].payload, descriptors[0])


def _join_h264(parts: list[MediaPacket]) -> tuple[bytes, bool]:
    assembler = H264Assembler()
    for part in parts:
        assembler.add(part.payload)
    return bytes(assembler.data), h264.is_keyframe(parts[0].payload)
