"""What a client of a load test sends: clips, as RTP streams with temporal layers, time codes and pauses of speech."""

import math
import secrets
import struct
import time
from collections.abc import Callable

from sfu.wire import extensions, rtcp
from sfu.wire.rtcp import SenderReport
from signaling.client.media import CLOCK_RATES, SILENCE
from signaling.client.offer import EXTENSION_IDS, PAYLOAD_TYPES, RTX_PAYLOAD_TYPES
from signaling.client.send import Numbering
from signaling.loadtest import timecode
from signaling.loadtest.clips import Clip, ClipFrame

MAX_LATE = 0.2
"""Seconds that a clip may be behind and still catch up."""

COMFORT_SECONDS = 0.4
"""Between packets while nobody speaks: discontinuous transmission, as Opus does it (RFC 7587, section 3.1.3)."""

CACHED = 512
"""Packets kept for retransmission: two seconds of 2.5 Mbit/s."""

H264_CODE_EVERY = 4
"""Frames for one with a time code, which takes a packet of its own there."""

_COMFORT = ClipFrame((b"\xf8\xff\xfe",), level=SILENCE)
_SYNC = (0, 1, 1, 0)
"""VP8's layer sync bit, by the frame's place in the pattern of temporal layers 0, 2, 1, 2."""

_write_header = struct.Struct("!BBHIIHHBH").pack
_WIDE_TAG = EXTENSION_IDS[extensions.TRANSPORT_WIDE] << 4 | 1

Send = Callable[[bytes], None]


def _tail(*elements: tuple[str, bytes]) -> tuple[int, bytes]:
    """One-byte elements behind the transport-wide number, padded, and the block's length in words (RFC 8285)."""
    block = b"".join(bytes((EXTENSION_IDS[name] << 4 | len(value) - 1,)) + value for name, value in elements)
    block += bytes(-(3 + len(block)) % 4)
    return (3 + len(block)) // 4, block


class Playout:
    """Plays one clip as one RTP stream, again and again, from second `origin` on. Sound is silent until `speaking`.

    `machine`: this machine's number in time codes. Ours, not the protocol's, are the names `stream` and `others`: a
    transport of `signaling.client` finds there what its own players have.
    """

    def __init__(
        self, clip: Clip, mid: str, rid: str, numbering: Numbering, send: Send, origin: float, machine: int
    ) -> None:
        self.clip = clip
        self.mid, self.rid = mid, rid
        self.codec = clip.codec
        self.origin = origin
        self.machine = machine
        self.ssrc, self.rtx_ssrc = secrets.randbits(31) + 1, secrets.randbits(31) + 1
        self.packets = self.octets = 0
        self.retransmitted = 0
        self.keyframe_requests = 0
        self.speaking = False
        self.on = True
        """False: nobody watches this encoding, and it isn't sent."""
        self.others: list[Playout] = []
        self._numbering, self._send = numbering, send
        self._rate = CLOCK_RATES[clip.codec]
        self._base = secrets.randbits(32)
        # Below 2**15, so that a lost first packet can't make a wrap look like a rollover (RFC 3711, section 3.3.1).
        self._seq, self._rtx_seq = secrets.randbelow(1 << 14), secrets.randbelow(1 << 14)
        self._picture, self._tl0 = secrets.randbits(15), secrets.randbits(8)
        self._index = secrets.randbelow(len(clip.frames)) if clip.codec == "opus" else 0
        self._due = 0
        self._sent = -1
        self._cache: list[tuple[int, int, int, bytes] | None] = [None] * CACHED
        named = (extensions.MID, mid.encode())
        rids = ((extensions.RID, rid.encode()),) if rid else ()
        repaired = ((extensions.REPAIRED_RID, rid.encode()),) if rid else ()
        self._plain, self._rtx_tail = _tail(named, *rids), _tail(named, *repaired)
        self._levels = {
            level: _tail((extensions.AUDIO_LEVEL, bytes((level,))), named)
            for level in {SILENCE, *(frame.level for frame in clip.frames)}
            if clip.codec == "opus"
        }
        self._spurt = False
        self._put_frame = self._put_sound if clip.codec == "opus" else self._put_picture

    @property
    def stream(self) -> "Playout":
        """What counts its packets."""
        return self

    def timeout(self) -> float:
        """When the next frame is due; never, if it isn't sent."""
        return self.origin + self._due / self._rate if self.on else math.inf

    def switch(self, now: float, *, on: bool) -> None:
        """Stop, or go on at the keyframe, now."""
        if on and not self.on:
            self._go_to_keyframe(now)
        self.on = on

    def speak(self, now: float, *, speaking: bool) -> None:
        """Begin or end to speak."""
        if speaking and not self.speaking:
            self._due = min(self._due, max(self._sent + 1, int((now - self.origin) * self._rate)))
            self._spurt = True
        self.speaking = speaking

    def poll(self, now: float) -> None:
        """Send what is due."""
        if not self.on:
            return
        ticks = int((now - self.origin) * self._rate) + 1
        if ticks - self._due > MAX_LATE * self._rate and self.codec != "opus":
            self._due = ticks
        frames = self.clip.frames
        while self._due <= ticks:
            silent = self.codec == "opus" and not self.speaking
            frame = frames[self._index]
            self._put_frame(_COMFORT if silent else frame)
            self._sent = self._due
            self._due += round(COMFORT_SECONDS * self._rate) if silent else frame.ticks or self.clip.duration
            self._index = (self._index + 1) % len(frames)

    def restart(self, now: float) -> None:
        """Go on at the keyframe, now: the relay has asked for one."""
        self.keyframe_requests += 1
        self._go_to_keyframe(now)
        self.poll(now)

    def _go_to_keyframe(self, now: float) -> None:
        self._index = 0
        self._due = max(self._sent + 1, int((now - self.origin) * self._rate))

    def _put_sound(self, frame: ClipFrame) -> None:
        payload = timecode.in_opus(frame.payloads[0], timecode.encode(self.machine, time.time()))
        self._put(payload, self._spurt, self._levels[frame.level])
        self._spurt = False

    def _put_picture(self, frame: ClipFrame) -> None:
        payloads = frame.payloads
        last = len(payloads) - 1
        self._picture = (self._picture + 1) & 0x7FFF
        codec, number = self.codec, self._picture
        if not frame.temporal:
            self._tl0 = (self._tl0 + 1) & 0xFF
        code = timecode.encode(self.machine, time.time())
        if codec == "H264" and number % H264_CODE_EVERY == 0:
            payloads, last = (*payloads, timecode.as_h264(code)), last + 1
        for index, payload in enumerate(payloads):
            if codec == "VP8":
                place = frame.temporal << 6 | _SYNC[self._index % 4] << 5
                start = 0x80 if index else 0x90
                payload = bytes((start, 0xE0, 0x80 | number >> 8, number & 0xFF, self._tl0, place)) + payload
                if index == last:
                    payload = timecode.behind_vp8(payload, code)
            elif codec == "VP9":
                flags = 0x80 | (0 if frame.keyframe else 0x40) | (0 if index else 0x08) | (0x04 if index == last else 0)
                payload = bytes((flags, 0x80 | number >> 8, number & 0xFF)) + payload
            elif codec == "AV1" and index == last:
                payload = timecode.behind_av1(payload, code)
            self._put(payload, index == last, self._plain)

    def _put(self, payload: bytes, marker: bool, tail: tuple[int, bytes]) -> None:
        seq = self._seq
        timestamp = (self._base + self._due) & 0xFFFFFFFF
        second = PAYLOAD_TYPES[self.codec] | (0x80 if marker else 0)
        if self.codec != "opus":
            self._cache[seq % CACHED] = (seq, second, timestamp, payload)
        self._seq = (seq + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        words, block = tail
        head = _write_header(0x90, second, seq, timestamp, self.ssrc, 0xBEDE, words, _WIDE_TAG, self._numbering.next())
        self._send(head + block + payload)

    def retransmit(self, lost: tuple[int, ...]) -> None:
        """Send packets again, as far as they are kept (RFC 4588, section 4)."""
        words, block = self._rtx_tail
        for seq in lost:
            kept = self._cache[seq % CACHED]
            if kept is None or kept[0] != seq:
                continue
            _, second, timestamp, payload = kept
            second = RTX_PAYLOAD_TYPES[self.codec] | (second & 0x80)
            head = _write_header(
                0x90, second, self._rtx_seq, timestamp, self.rtx_ssrc, 0xBEDE, words, _WIDE_TAG, self._numbering.next()
            )
            self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
            self.retransmitted += 1
            self._send(head + block + seq.to_bytes(2) + payload)

    def report(self, elapsed: float, ntp: int) -> bytes:
        """A sender report; `elapsed`: seconds since the beginning (RFC 3550, section 6.4.1)."""
        timestamp = (self._base + round(elapsed * self._rate)) & 0xFFFFFFFF
        return rtcp.build_sender_report(SenderReport(self.ssrc, ntp, timestamp, self.packets, self.octets))
