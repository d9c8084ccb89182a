"""Self-describing media: payloads that name their sender, layer, frame and part, and receivers that check them."""

import itertools
import random
import struct
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from sfu.codecs import vp8
from sfu.feedback.clock import StreamClock
from sfu.feedback.nack import NackGenerator
from sfu.feedback.receive_stats import ReceiveStats
from sfu.wire import rtp
from sfu.wire.rtp import RtpHeader, Unwrapper

VIDEO_RATE, AUDIO_RATE = 90_000, 48_000
TEMPORAL = (0, 2, 1, 2)
"""Temporal layers of four frames in a row, as libwebrtc sends three of them; the second and the third frame need the
base layer alone (sync)."""
NEEDED = (4, 1, 2, 1)
"""How many frames back each of the four depends on."""
GIVE_UP_AFTER = 1.0
"""Seconds that a receiver waits for a missing packet before it goes on without it."""

SKIP_AFTER = 0.2
"""Seconds that it waits if a later keyframe is complete: browsers show that and drop what came before."""

_COMPARED = 20_000
"""Packets for which a receiver remembers that their number was used."""

_frame = struct.Struct("!BBIBB")
_sound = struct.Struct("!BI")


class Content(NamedTuple):
    """What the payload of a video packet says about itself."""

    sender: int
    layer: int
    frame: int
    part: int
    parts: int


def _filler(sender: int, layer: int, frame: int, part: int) -> bytes:
    return bytes(((sender * 31 + layer * 17 + frame * 7 + part) & 0xFF,)) * (60 + (frame * 37 + part * 3) % 50)


def encode_video(
    content: Content, *, key: bool, picture: int, tl0: int, temporal: int = 0, sync: bool = False, size: int = 0
) -> bytes:
    """A VP8 packet with a 15-bit picture id, TL0PICIDX and temporal id; of `size` bytes, if it is given."""
    descriptor = bytes((0x90 if content.part == 0 else 0x80, 0xE0)) + struct.pack(
        "!HBB", 0x8000 | picture, tl0, temporal << 6 | sync << 5
    )
    header = bytes((0 if key else 1, 0, 0)) + b"\x9d\x01\x2a" + bytes(4)
    fields = (content.sender, content.layer, content.frame, content.part)
    filler = _filler(*fields)
    payload = descriptor + header + _frame.pack(*fields, content.parts) + filler
    return payload + filler[:1] * (size - len(payload))


def decode_video(payload: bytes) -> tuple[vp8.Vp8Descriptor, bool, Content]:
    """The inverse of `encode_video`; `AssertionError` if any byte after the descriptor isn't as sent."""
    descriptor = vp8.parse(payload)
    content = Content(*_frame.unpack_from(payload, descriptor.size + 10))
    rest = payload[descriptor.size + 10 + _frame.size :]
    filler = _filler(content.sender, content.layer, content.frame, content.part)
    assert rest == filler + filler[:1] * (len(rest) - len(filler))
    return descriptor, not payload[descriptor.size] & 1, content


class VideoSource:
    """One encoding: makes frames, keeps sent packets, makes a keyframe on request."""

    def __init__(self, sender: int, layer: int, rid: str, mid: str, rng: random.Random, fps: int = 10) -> None:
        self.sender, self.layer, self.rid, self.mid = sender, layer, rid, mid
        self.ssrc, self.rtx_ssrc = rng.getrandbits(32), rng.getrandbits(32)
        self.seq = rng.randrange(65_400, 65_536)
        self.rtx_seq = rng.randrange(65_500, 65_536)
        self.timestamp_base = (1 << 32) - rng.randrange(200_000)
        self.picture, self.tl0 = rng.randrange(32_700, 32_768), rng.randrange(256)
        self.frame = 0
        self.parts = layer + 1
        """Packets of a frame."""
        self.key_parts: int | None = None
        """Packets of a keyframe; None: twice as many."""
        self.cycle: tuple[int, int, int, int] | None = None
        """Packets of four frames in a row, instead of `parts`."""
        self.size = 0
        """Bytes of payload in each; 0: about 100, so that a second of a call costs little."""
        self.interval = 1 / fps
        self.next_at = 0.0
        self.layered = False
        """Whether it sends three temporal layers."""
        self.key_wanted = True
        self.keyframes = 0
        self.paused = False
        self.packets = self.octets = 0
        self.history: dict[int, tuple[bool, int, bytes]] = {}

    def timestamp(self, now: float) -> int:
        return (self.timestamp_base + round(now * VIDEO_RATE)) & 0xFFFFFFFF

    def restart(self, ssrc: int, rtx_ssrc: int) -> None:
        """Restart under other SSRCs, as when a track is added again."""
        self.ssrc, self.rtx_ssrc, self.key_wanted = ssrc, rtx_ssrc, True
        self.history.clear()

    def due(self, now: float) -> list[tuple[int, bool, int, bytes]]:
        """Sequence number, marker, timestamp and payload of each packet of the frame that is due, if one is."""
        if self.paused or now < self.next_at:
            return []
        self.next_at = max(self.next_at + self.interval, now)
        key, self.key_wanted = self.key_wanted, False
        self.keyframes += key
        if key and self.layered and self.frame % 4:  # the pattern of layers begins again
            self.frame += -self.frame % 4
            self.tl0 = (self.tl0 + 1) & 0xFF
        phase = self.frame % 4 if self.layered else 0
        parts = self.parts if self.cycle is None else self.cycle[phase]
        if key:
            parts = 2 * parts if self.key_parts is None else self.key_parts
        made = []
        for part in range(parts):
            payload = encode_video(
                Content(self.sender, self.layer, self.frame, part, parts),
                key=key,
                picture=self.picture,
                tl0=self.tl0,
                temporal=TEMPORAL[phase],
                sync=phase in (1, 2),
                size=self.size,
            )
            made.append((self.seq, part == parts - 1, self.timestamp(now), payload))
            self.history[self.seq] = (part == parts - 1, self.timestamp(now), payload)
            self.seq = (self.seq + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
        while len(self.history) > 500:
            del self.history[next(iter(self.history))]
        self.frame += 1
        self.picture = (self.picture + 1) & 0x7FFF
        if not self.layered or self.frame % 4 == 0:
            self.tl0 = (self.tl0 + 1) & 0xFF
        return made


class AudioSource:
    """One packet every 20 ms, at a given loudness."""

    def __init__(self, sender: int, mid: str, rng: random.Random) -> None:
        self.sender, self.mid = sender, mid
        self.ssrc = rng.getrandbits(32)
        self.seq = rng.randrange(65_400, 65_536)
        self.timestamp_base = (1 << 32) - rng.randrange(50_000)
        self.number = 0
        self.level = 30
        """In -dBov: 127 is silence."""
        self.next_at = 0.0
        self.paused = False
        self.packets = self.octets = 0
        self.sent_at: list[float] = []
        """Time of each packet, by number."""

    def timestamp(self, now: float) -> int:
        return (self.timestamp_base + round(now * AUDIO_RATE)) & 0xFFFFFFFF

    def due(self, now: float) -> list[tuple[int, bool, int, bytes]]:
        if self.paused or now < self.next_at:
            return []
        self.next_at = max(self.next_at + 0.02, now)
        payload = _sound.pack(self.sender, self.number) + bytes(40)
        self.sent_at.append(now)
        made = (self.seq, False, self.timestamp(now), payload)
        self.seq, self.number = (self.seq + 1) & 0xFFFF, self.number + 1
        self.packets += 1
        self.octets += len(payload)
        return [made]


class StreamReceiver:
    """The base of audio and video receivers: no two packets may ever come under one number."""

    def __init__(self, rate: int) -> None:
        self.stats = ReceiveStats(rate)
        self.clock = StreamClock(rate)
        self.raw: list[bytes] = []
        """Payloads in order of first arrival, without the numbers that the relay rewrites."""
        self.first_seq: int | None = None
        self._seen: dict[int, tuple[int, bytes]] = {}
        self._unwrapper = Unwrapper()

    def note(self, seq: int, timestamp: int, payload: bytes) -> int | None:
        """The unwrapped number; None: a duplicate. `AssertionError` if the number was another packet's."""
        if self.first_seq is None:
            self.first_seq = seq
        index = self._unwrapper.unwrap(seq)
        before = self._seen.get(index)
        if before is not None:
            assert before == (timestamp, payload), f"two packets with sequence number {seq}"
            return None
        self._seen[index] = (timestamp, payload)
        self._seen.pop(index - _COMPARED, None)
        return index


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that was decoded."""

    at: float
    sender: int
    layer: int
    number: int
    key: bool
    timestamp: int
    picture: int
    tl0: int


class VideoReceiver(StreamReceiver):
    """Assembles frames, decodes them in order once all earlier ones have come, and requests missing packets."""

    def __init__(self) -> None:
        super().__init__(VIDEO_RATE)
        self.nack = NackGenerator()
        self.frames: list[Frame] = []
        self.broken = False
        """Whether it needs a keyframe to go on."""
        self.layered = False
        """Whether frames may be left out; each needs only the one that it depends on."""
        self.ignored = False
        """Whether packets are ignored: the sender sends rubbish on purpose."""
        self.undecodable = 0
        self.cut = 0
        """Frames that a switch to another encoding left incomplete."""
        self.given_up = 0
        self.repaired = 0
        self.lost_at_first = 0
        self._packets: dict[int, tuple[int, vp8.Vp8Descriptor, bool, Content]] = {}
        self._empty: set[int] = set()
        """Numbers of empty packets: nothing is missing there."""
        self._decoded: set[int] = set()
        """Frames of the present sender and layer."""
        self._next: int | None = None
        self._waiting_since: float | None = None
        self._skipped = True
        self._next_pli = 0.0

    def received(self, header: RtpHeader, payload: bytes, now: float, *, repair: bool) -> None:
        if self.ignored:
            return
        if not payload:
            index = self.note(header.seq, header.timestamp, payload)
            if index is not None and (self._next is None or index >= self._next):
                self.nack.received(header.seq, now)
                self._empty.add(index)
                self._decode(now)
            return
        index = self.note(header.seq, header.timestamp, payload)
        fresh = self.nack.received(header.seq, now)
        if index is None or (self._next is not None and index < self._next):
            return
        if repair:
            self.repaired += fresh
        packet = self._packets[index] = (header.timestamp, *decode_video(payload))
        if self._next is None and packet[2] and packet[3].part == 0:
            self._next = index
            self._packets = {each: kept for each, kept in self._packets.items() if each >= index}
        self._decode(now)

    def _decode(self, now: float) -> None:
        while self._next in self._packets or self._next in self._empty:
            if self._next in self._empty:
                self._empty.remove(self._next)
                self._next += 1
                continue
            first = self._packets[self._next][3]
            size = 0
            for index in range(self._next, self._next + first.parts):
                packet = self._packets.get(index)
                if packet is None or packet[3][:3] != first[:3]:
                    break
                size += 1
            if size < first.parts and packet is None:
                break
            packets = [self._packets.pop(index) for index in range(self._next, self._next + size)]
            self._next += size
            self._waiting_since = None
            if size == first.parts:
                self._take_frame(packets, now)
            else:
                assert packet is not None
                assert (packet[2], packet[3].part) == (True, 0), "a frame is cut short, and no keyframe follows"
                self.cut += 1
                self._skipped = True
        if self._packets and self._waiting_since is None:
            self._waiting_since = now

    def _take_frame(self, packets: list[tuple[int, vp8.Vp8Descriptor, bool, Content]], now: float) -> None:
        timestamp, descriptor, key, first = packets[0]
        for number, (other, _, _, content) in enumerate(packets):
            assert content == Content(first.sender, first.layer, first.frame, number, first.parts)
            assert other == timestamp
        last = self.frames[-1] if self.frames else None
        follows = last is not None and (last.sender, last.layer) == (first.sender, first.layer)
        if self.layered:
            follows = follows and first.frame - NEEDED[first.frame % 4] in self._decoded
        else:
            follows = follows and last is not None and last.number + 1 == first.frame
        if not key and (self.broken or not follows):
            self.undecodable += 1
            self.broken = self._skipped = True
            return
        frame = Frame(
            now,
            first.sender,
            first.layer,
            first.frame,
            key,
            timestamp,
            descriptor.picture_id or 0,
            descriptor.tl0_index or 0,
        )
        if last is not None:
            assert rtp.timestamp_delta(timestamp, last.timestamp) > 0, "timestamps go backwards"
            if not self._skipped and not self.layered:
                assert frame.picture == (last.picture + 1) & 0x7FFF, "picture ids with a gap"
                assert frame.tl0 == (last.tl0 + 1) & 0xFF, "TL0PICIDX with a gap"
        self.broken = self._skipped = False
        self.frames.append(frame)
        if key:
            self._decoded.clear()
        self._decoded.add(first.frame)

    def poll(self, now: float, round_trip: float) -> tuple[list[int], bool]:
        """Packets to request again, and whether to request a keyframe."""
        lost = self.nack.poll(now, round_trip)
        self.nack.gave_up = False
        if self._packets and self._waiting_since is not None and now - self._waiting_since > GIVE_UP_AFTER:
            self._waiting_since = now
            starts = [index for index, packet in sorted(self._packets.items()) if packet[3].part == 0]
            starts = [index for index in starts if self._next is None or index > self._next]
            if starts:
                self.given_up += 1
                self.broken = self._skipped = True
                self._packets = {index: packet for index, packet in self._packets.items() if index >= starts[0]}
                self._next = starts[0]
                self._decode(now)
        if self._waiting_since is not None and now - self._waiting_since > SKIP_AFTER:
            self._skip_to_keyframe(now)
        if self._next is None and self._packets:
            self.broken = True
        if self.broken and now >= self._next_pli:
            self._next_pli = now + 0.3
            return lost, True
        return lost, False

    def _skip_to_keyframe(self, now: float) -> None:
        """Go on with a complete keyframe that came after what is missing."""
        for index, (_, _, key, content) in sorted(self._packets.items(), reverse=True):
            frame = range(index, index + content.parts)
            if key and content.part == 0 and all(each in self._packets for each in frame):
                if self._next is not None and index > self._next:
                    self.given_up += 1
                    self._skipped = True
                    self._next = index
                    self._packets = {each: kept for each, kept in self._packets.items() if each >= index}
                    self._decode(now)
                return

    def longest_freeze(self, since: float, until: float) -> float:
        times = [since, *(frame.at for frame in self.frames if since <= frame.at <= until), until]
        return max(later - earlier for earlier, later in itertools.pairwise(times))


class AudioReceiver(StreamReceiver):
    """Notes the packets heard, and their senders."""

    def __init__(self) -> None:
        super().__init__(AUDIO_RATE)
        self.heard: list[tuple[float, int, int]] = []
        """Time, sender, number."""

    def received(self, header: RtpHeader, payload: bytes, now: float, *, repair: bool) -> None:
        if not repair and self.note(header.seq, header.timestamp, payload) is not None:
            self.heard.append((now, *_sound.unpack_from(payload.ljust(_sound.size))))

    def senders(self, since: float) -> Counter[int]:
        return Counter(sender for at, sender, _ in self.heard if at >= since)
