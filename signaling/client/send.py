"""Sending: RTP streams of prepared or live media, with retransmissions and keyframes on request."""

import bisect
import itertools
import math
import secrets
import struct
from collections import OrderedDict
from collections.abc import Callable

from sfu.wire import extensions, rtcp
from sfu.wire.rtcp import SenderReport
from signaling.client.media import Frame, Track, vp8_descriptor
from signaling.client.offer import EXTENSION_IDS, PAYLOAD_TYPES, RTX_PAYLOAD_TYPES

MAX_LATE = 0.2
"""Seconds that playback may be late and still catch up; more is skipped, so that a slow machine isn't overloaded."""

MAX_CACHED = 512
"""Packets kept for retransmission: two seconds of 2.5 Mbit/s."""

_write_header = struct.Struct("!BBHIIHHBH").pack
_TRANSPORT_WIDE_TAG = EXTENSION_IDS[extensions.TRANSPORT_WIDE] << 4 | 1

Send = Callable[[bytes], None]


class Numbering:
    """Transport-wide sequence numbers: one count over all streams of a transport."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = secrets.randbits(15)

    def next(self) -> int:
        """The next one."""
        self._last = (self._last + 1) & 0xFFFF
        return self._last


def _elements(*elements: tuple[str, bytes]) -> bytes:
    """One-byte extension elements behind the transport-wide number, padded (RFC 8285, section 4.2)."""
    block = b"".join(bytes((EXTENSION_IDS[name] << 4 | len(value) - 1,)) + value for name, value in elements)
    return block + bytes(-(3 + len(block)) % 4)


class OutgoingStream:
    """One SSRC with its retransmission stream, in one section of the offer (by mid) as an encoding (by rid)."""

    def __init__(self, track: Track, mid: str, rid: str, numbering: Numbering, send: Send) -> None:
        self.ssrc, self.rtx_ssrc = secrets.randbits(31) + 1, secrets.randbits(31) + 1
        self.mid, self.rid = mid, rid
        self.codec = track.codec
        self.clock_rate = track.clock_rate
        self.base = secrets.randbits(32)
        """Timestamp at the beginning of play."""
        self.packets = self.octets = 0
        self.retransmitted = 0
        self.keyframe_requests = 0
        self._numbering = numbering
        self._send = send
        self._payload_type = PAYLOAD_TYPES[track.codec]
        self._rtx_payload_type = RTX_PAYLOAD_TYPES.get(track.codec)
        # Below 2**15, so that a lost first packet can't make a wrap look like a rollover (RFC 3711, section 3.3.1).
        self._seq, self._rtx_seq = secrets.randbelow(1 << 14), secrets.randbelow(1 << 14)
        self._picture_id = secrets.randbits(15)
        named = self._named = (extensions.MID, mid.encode())
        self._tail = _elements(named, *(((extensions.RID, rid.encode()),) if rid else ()))
        self._rtx_tail = _elements(named, *(((extensions.REPAIRED_RID, rid.encode()),) if rid else ()))
        self._tails_by_level: dict[int | None, bytes] = {None: self._tail}
        self._cache: OrderedDict[int, tuple[int, bool, bytes]] = OrderedDict()

    def send_frame(self, frame: Frame, ticks: int) -> None:
        """Send a frame that is due so many clock ticks after the beginning."""
        timestamp = (self.base + ticks) & 0xFFFFFFFF
        if self.codec == "opus":
            self._put(frame.payloads[0], timestamp, False, self._tail_with(frame.level))
            return
        last = len(frame.payloads) - 1
        is_vp8 = self.codec == "VP8"
        if is_vp8:
            self._picture_id = (self._picture_id + 1) & 0x7FFF
        for index, payload in enumerate(frame.payloads):
            if is_vp8:
                payload = vp8_descriptor(self._picture_id, start=index == 0) + payload
            self._cache[self._seq] = (timestamp, index == last, payload)
            self._put(payload, timestamp, index == last, self._tail)
        while len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)

    def _tail_with(self, level: int | None) -> bytes:
        tail = self._tails_by_level.get(level)
        if tail is None:
            assert level is not None
            tail = self._tails_by_level[level] = _elements((extensions.AUDIO_LEVEL, bytes((level,))), self._named)
        return tail

    def _put(self, payload: bytes, timestamp: int, marker: bool, tail: bytes) -> None:
        header = self._header(self._payload_type, marker, self._seq, timestamp, self.ssrc, tail)
        self._seq = (self._seq + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        self._send(header + payload)

    def _header(self, payload_type: int, marker: bool, seq: int, timestamp: int, ssrc: int, tail: bytes) -> bytes:
        words = (3 + len(tail)) // 4
        second = payload_type | 0x80 if marker else payload_type
        number = self._numbering.next()
        return _write_header(0x90, second, seq, timestamp, ssrc, 0xBEDE, words, _TRANSPORT_WIDE_TAG, number) + tail

    def retransmit(self, lost: tuple[int, ...]) -> None:
        """Send packets again, as far as they are kept (RFC 4588, section 4)."""
        for seq in lost:
            kept = self._cache.get(seq)
            if kept is None or self._rtx_payload_type is None:
                continue
            timestamp, marker, payload = kept
            header = self._header(
                self._rtx_payload_type, marker, self._rtx_seq, timestamp, self.rtx_ssrc, self._rtx_tail
            )
            self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
            self.retransmitted += 1
            self._send(header + seq.to_bytes(2) + payload)

    def report(self, elapsed: float, ntp: int) -> bytes:
        """A sender report; `elapsed`: seconds since the beginning (RFC 3550, section 6.4.1)."""
        timestamp = (self.base + round(elapsed * self.clock_rate)) & 0xFFFFFFFF
        return rtcp.build_sender_report(SenderReport(self.ssrc, ntp, timestamp, self.packets, self.octets))


class LiveStream:
    """A stream whose frames are encoded as they come."""

    def __init__(self, stream: OutgoingStream) -> None:
        self.stream = stream
        self.keyframe_wanted = True
        """Set while only a keyframe helps a viewer."""
        self._sent: tuple[int, float] | None = None
        """Clock ticks of the last frame, and when it was captured."""

    def send_frame(self, frame: Frame, ticks: int, captured: float) -> None:
        """Send a frame that was captured at that time of the event loop's clock."""
        self.stream.send_frame(frame, ticks)
        self._sent = ticks, captured

    def report(self, now: float, ntp: int) -> bytes | None:
        """A sender report; None while nothing was sent."""
        if self._sent is None:
            return None
        ticks, captured = self._sent
        return self.stream.report(ticks / self.stream.clock_rate + now - captured, ntp)

    def restart(self) -> None:
        """Go on at a keyframe: a viewer has asked for one."""
        self.stream.keyframe_requests += 1
        self.keyframe_wanted = True


class Player:
    """Plays a track in a stream, again and again, from second `origin` on."""

    def __init__(self, track: Track, stream: OutgoingStream, origin: float) -> None:
        self.track = track
        self.stream = stream
        self.origin = origin
        self._rate = track.clock_rate
        self._starts = list(itertools.accumulate((frame.duration for frame in track.frames[:-1]), initial=track.lead))
        self._index = 0
        self._due = track.lead
        self._sent = -1
        """Ticks of the last frame sent."""
        self.others: list[Player] = []
        """What plays in time with it."""
        self.on = True
        """False: nobody watches this encoding, and it isn't sent."""

    def timeout(self) -> float:
        """When the next frame is due; never, if it isn't sent."""
        return self.origin + self._due / self._rate if self.on else math.inf

    def switch(self, now: float, *, on: bool) -> None:
        """Stop, or go on at a keyframe, now."""
        if on and not self.on:
            self._go_to_keyframe(now)
        self.on = on

    def poll(self, now: float) -> None:
        """Send what is due."""
        if not self.on:
            return
        ticks = self._ticks(now)
        if ticks - self._due > MAX_LATE * self._rate:
            self._due = ticks
        frames = self.track.frames
        while self._due <= ticks:
            frame = frames[self._index]
            self.stream.send_frame(frame, self._due)
            self._sent = self._due
            self._due += frame.duration
            self._index = (self._index + 1) % len(frames)

    def restart(self, now: float) -> None:
        """Go on at the next keyframe, now, and the sound with it: a viewer has asked for one."""
        self.stream.keyframe_requests += 1
        self._go_to_keyframe(now)
        self.poll(now)
        if all(other.stream.codec == "opus" for other in self.others):
            for other in self.others:
                other.seek(self.position)
        # Else the picture goes on in other sizes, together with the sound.

    def _go_to_keyframe(self, now: float) -> None:
        frames = self.track.frames
        while not frames[self._index].keyframe:
            self._index = (self._index + 1) % len(frames)
        self._due = max(self._sent + 1, self._ticks(now))

    def _ticks(self, now: float) -> int:
        # One more than there are: a timer may fire a rounding error before its time.
        return int((now - self.origin) * self._rate) + 1

    @property
    def position(self) -> float:
        """Where in the loop the next frame is, seconds."""
        return self._starts[self._index] / self._rate

    def seek(self, position: float) -> None:
        """Go on elsewhere in the loop, at the frame nearest before that second, when the next one is due."""
        self._index = max(0, bisect.bisect_right(self._starts, position * self._rate) - 1)
