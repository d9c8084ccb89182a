"""What a client of a load test receives: counted by its headers, which SRTP leaves readable, and repaired.

A packet is decrypted only where its payload is needed: retransmissions, packets until a keyframe has come, and once
a second in each slot, to look for a time code (which also finds damage on the way).
"""

import struct
from collections.abc import Callable

from sfu.feedback.clock import StreamClock
from sfu.feedback.nack import NackGenerator
from sfu.sections import Kind
from sfu.wire import extensions, rtcp
from sfu.wire.rtcp import ReportBlock, SenderReport
from sfu.wire.rtp import RtpError, RtpHeader, Ssrc
from signaling.client.media import CLOCK_RATES, CodecName
from signaling.client.offer import EXTENSION_IDS, PAYLOAD_TYPES, RTX_PAYLOAD_TYPES, SlotDescription
from signaling.client.receive import begins_keyframe
from signaling.loadtest import timecode
from signaling.loadtest.feedback import UNITS, LeanFeedback
from signaling.loadtest.many_reads import Read
from signaling.loadtest.stats import Stats
from signaling.messages import PauseReason

FREEZE_FACTOR, FREEZE_MARGIN = 3.0, 0.15
"""A freeze is a pause between two frames of more than so many times the usual, and of so many seconds more than that
(webrtc-stats, `freezeCount`)."""

USUAL = 1 / 15
"""Seconds between frames until there have been some."""

UNREAD_SECONDS = 0.5
"""For which frames may have arrived that nobody has read yet; a freeze that goes on is counted up to then."""

MAX_LATE_SOUND = 100
"""Packets of sound after which one that comes late isn't known any more."""

KEYFRAME_PATIENCE = 0.5
"""Seconds without a keyframe that is needed, until it is asked for (again)."""

LOOK_SECONDS = 1.0
"""Between packets of a slot that are looked into for a time code."""

FEEDBACK_SECONDS = 0.1
"""Between transport-wide feedback (browsers: 50 to 250 ms)."""

NACK_SECONDS = 0.015
"""Between looks at what is missing, while something is."""

_CODECS: dict[int, CodecName] = {number: name for name, number in PAYLOAD_TYPES.items()}
_RTX = {number: PAYLOAD_TYPES[name] for name, number in RTX_PAYLOAD_TYPES.items()}

_HEAD = struct.Struct("!BBHIIHHBH")
"""An RTP header with the transport-wide number as its first extension element, as the relay sends it."""

HEAD_SIZE = _HEAD.size
unpack_head = _HEAD.unpack_from

WIDE_TAG = EXTENSION_IDS[extensions.TRANSPORT_WIDE] << 4 | 1
"""Of the extension element with the transport-wide number (RFC 8285, section 4.2)."""

Decrypt = Callable[[bytes], bytes | None]
"""A decrypted RTP packet; None: it isn't authentic."""


class LeanSlot:
    """A receive section. What it counts goes into `stats` until someone takes that."""

    def __init__(self, description: SlotDescription, reception: "LeanReception") -> None:
        self.mid = description.mid
        self.kind: Kind = description.kind
        self.ssrc, self.rtx_ssrc = description.ssrc, description.rtx_ssrc
        self.publication: str | None = None
        self.layer: str | None = None
        self._layer_before: str | None = None
        """The last one that its publication had."""
        self.paused = False
        self.why: PauseReason | None = None
        self._withheld_since: float | None = None
        """Since when it has been paused for bandwidth, or when that was last counted."""
        self.packets = self.octets = self.frames = 0
        """Since `take`."""
        self.first_packet_at: float | None = None
        self.first_frame_at: float | None = None
        """When the first keyframe was there as a whole, by the wall clock."""
        self.nack = NackGenerator()
        self.clock = StreamClock(90_000 if description.kind == "video" else CLOCK_RATES["opus"])
        self._rate = 90_000 if description.kind == "video" else CLOCK_RATES["opus"]
        self._reception = reception
        self._stats = reception.stats
        self._next = self._highest = self._base = -1
        self._lost = self._counted_missing = 0
        """Packets that haven't come, so far."""
        self._expected_before = self._lost_before = 0
        self._holes: set[int] = set()
        self._pending: list[tuple[int, float]] = []
        """Frames that are there up to a hole before them: their last packet, its arrival."""
        self._is_sound = description.kind == "audio"
        self._needs_keyframe = not self._is_sound
        self._asked_at: float | None = None
        self._look_at = 0.0
        self._frame_at: float | None = None
        self._limit = _limit(USUAL)
        """Seconds between frames that are a freeze."""
        self._watched = 0.0
        self._freezing = False
        self._before: tuple[float, bool] | None = None
        """The last frame of the connection before this one, until the first of this one: when, and whether frozen."""
        self._transit: float | None = None
        self._jitter = 0.0

    @property
    def shown(self) -> tuple[float, bool] | None:
        """When its picture was last seen to move, and whether it is frozen since; None: there is none to be seen."""
        if self._frame_at is None or self.publication is None or self.paused:
            return self._before
        return self._frame_at, self._freezing

    def go_on_from(self, before: "LeanSlot") -> None:
        """Take the place of a slot of a connection that has ended: the picture stands still until the next one."""
        self._before = before.shown

    def changed(self, publication: str | None, layer: str | None, *, paused: bool, why: PauseReason | None) -> None:
        """Take what the server says of it. A pause is no freeze."""
        if publication != self.publication:
            self._layer_before = None
        if self.kind == "video" and layer is not None:
            # A camera that pauses and goes on in the same layer has changed nothing.
            self._stats.switches += self._layer_before not in (None, layer)
            self._layer_before = layer
        if publication != self.publication or paused:
            # What follows begins with a keyframe, which may have come before this was said.
            self._frame_at, self._freezing = None, False
            self._limit = _limit(USUAL)
            self._look_at = self._reception.now + LOOK_SECONDS
            if paused or publication is None:
                self._before = None
        self._count_withheld(self._reception.now)
        self._withheld_since = self._reception.now if why in ("bandwidth", "overload") else None
        self.publication, self.layer, self.paused, self.why = publication, layer, paused, why

    def _count_withheld(self, now: float) -> None:
        if self._withheld_since is not None:
            self._stats.withheld += max(0.0, now - self._withheld_since)
            self._withheld_since = max(now, self._withheld_since)

    def receive(
        self, data: memoryview, start: int, size: int, second: int, seq: int, timestamp: int, arrival: float
    ) -> None:
        """Take a packet of its stream as it came, encrypted: `size` bytes from `start` on.

        `arrival` by the wall clock, seconds.
        """
        self.packets += 1
        self.octets += size
        if seq == self._next:  # nearly always
            self._next = (seq + 1) & 0xFFFF
            self._highest = index = self._highest + 1
        else:
            found = self._place(seq, arrival)
            if found is None:
                return
            index = found
        if second & 0x80 or self._is_sound:
            if arrival >= self._look_at or self._needs_keyframe:
                self._look(data[start : start + size], second & 0x7F, arrival)
            transit = arrival * self._rate - timestamp
            if self._transit is not None:
                difference = abs(transit - self._transit)
                if difference < self._rate:  # else the timestamps began anew
                    self._jitter += (difference - self._jitter) / 16
            self._transit = transit
            if self._is_sound:
                self.frames += 1
            elif self._holes:
                self._pending.append((index, arrival))
                self._deliver()
            else:
                self._frame(arrival)
        elif self._needs_keyframe:
            self._look(data[start : start + size], second & 0x7F, arrival)
        elif self._pending:
            self._deliver()

    def _place(self, seq: int, arrival: float) -> int | None:
        """The number of a packet that isn't the next one, unwrapped; None: it came before, or too late."""
        highest = self._highest
        if highest < 0:
            self._highest = self._base = index = seq
            self._next = (seq + 1) & 0xFFFF
            self.first_packet_at = arrival
            return index
        index = highest + (((seq - highest + 0x8000) & 0xFFFF) - 0x8000)
        if index > highest:
            self._highest = index
            self._next = (index + 1) & 0xFFFF
            self._lost += index - highest - 1
            self._note_gap(index, highest, arrival)
            return index
        if index not in self._holes:
            self._stats.duplicates += 1
            return None
        if not self._is_sound:
            self.nack.received(seq, arrival)
        self._holes.discard(index)
        self._lost -= 1
        return index

    def _note_gap(self, index: int, highest: int, arrival: float) -> None:
        """Packets are missing between two. Those of sound aren't asked for, as browsers don't."""
        if self._is_sound:
            self._holes = {each for each in self._holes if each > index - MAX_LATE_SOUND}
            self._holes.update(range(max(highest + 1, index - MAX_LATE_SOUND), index))
            return
        # It isn't told of packets in order, which would cost more than all else here.
        self.nack.skip_to(highest & 0xFFFF)
        self.nack.received(index & 0xFFFF, arrival)
        if self.nack.gave_up:
            self.give_up()
        else:
            self._holes.update(range(highest + 1, index))
            if index > highest + 1:
                self._reception.missing.add(self)

    def give_up(self) -> None:
        """Missing packets won't come any more: only a keyframe helps."""
        self.nack.gave_up = False
        self._holes.clear()
        self._pending.clear()
        self._needs_keyframe = True
        self._asked_at = None

    def receive_again(self, packet: bytes, arrival: float) -> None:
        """Take a decrypted retransmission (RFC 4588, section 4), or a probe."""
        try:
            header = RtpHeader(packet, len(packet))
        except RtpError:
            return
        start = header.payload_start
        if header.payload_end - start < 2:
            return
        seq = packet[start] << 8 | packet[start + 1]
        highest = self._highest
        if highest < 0:
            return
        index = highest + (((seq - highest + 0x8000) & 0xFFFF) - 0x8000)
        if index not in self._holes:
            self._stats.duplicates += 1
            return
        self.nack.received(seq, arrival)
        self._holes.discard(index)
        self._lost -= 1
        self._stats.recovered += 1
        payload = packet[start + 2 : header.payload_end]
        if self._needs_keyframe:
            self._find_keyframe(_RTX.get(header.payload_type, 0), payload)
        if header.marker:
            self._pending.append((index, arrival))
            self._pending.sort()
        self._deliver()

    def _deliver(self) -> None:
        """Frames before the first hole are whole now."""
        first = min(self._holes, default=self._highest + 1)
        while self._pending and self._pending[0][0] < first:
            _, arrival = self._pending.pop(0)
            self._frame(max(arrival, self._reception.now))

    def _look(self, packet: memoryview, payload_type: int, arrival: float) -> None:
        decrypted = self._reception.decrypt(bytes(packet))
        if decrypted is None:
            self._stats.damaged += 1
            return
        start = _payload_start(decrypted)
        if self._needs_keyframe:
            self._find_keyframe(payload_type, decrypted[start:])
        # What the relay keeps for newcomers is old when it comes, and says nothing of the way.
        looking = arrival >= self._look_at
        sent = timecode.decode(decrypted[start:], self._reception.machine) if looking else None
        if sent is not None:
            self._stats.delay.note(max(0.0, arrival - sent))
            self._look_at = arrival + LOOK_SECONDS

    def _find_keyframe(self, payload_type: int, payload: bytes) -> None:
        codec = _CODECS.get(payload_type)
        if codec is not None and begins_keyframe(codec, payload):
            self._needs_keyframe = False
            self._asked_at = None
            self._look_at = self._reception.now + LOOK_SECONDS

    def _frame(self, arrival: float) -> None:
        """A frame is there as a whole. It can be shown unless a keyframe is needed first."""
        if self._needs_keyframe:
            return
        self.frames += 1
        if self.first_frame_at is None:
            self.first_frame_at = arrival
        before, self._frame_at = self._frame_at, arrival
        if self._before is not None:
            (before, self._freezing), self._before = self._before, None
        if before is None:
            return
        gap = arrival - before
        if gap < 0:  # read so late that it was counted as frozen
            self._frame_at = before
            return
        self._watched += gap
        if gap > self._limit:
            self._stats.frozen += gap
            self._stats.freezes += not self._freezing
            self._freezing = False
        elif self._freezing:
            self._freezing = False

    def poll(self, now: float) -> bool:
        """Whether a keyframe has to be asked for now. `now` by the wall clock."""
        if not self._needs_keyframe or self.paused or self.publication is None:
            return False
        if self._asked_at is None:
            self._asked_at = now
            return False
        if now - self._asked_at < KEYFRAME_PATIENCE:
            return False
        self._asked_at = now
        return True

    def take(self, now: float) -> None:
        """Put what was counted into the statistics; a freeze that goes on counts up to now."""
        stats = self._stats
        stats.packets += self.packets
        stats.octets += self.octets
        if not self._is_sound:
            stats.frames += self.frames
            stats.watched += self._watched
            if self.frames > 1 and not self._freezing:
                self._limit = _limit(self._watched / self.frames)
        self.packets = self.octets = self.frames = 0
        self._watched = 0.0
        stats.missing += self._lost - self._counted_missing
        self._counted_missing = self._lost
        self._count_withheld(now)
        if self._frame_at is not None and not self.paused and self.publication is not None:
            now -= UNREAD_SECONDS
            gap = now - self._frame_at
            if gap > self._limit:
                stats.freezes += not self._freezing
                stats.frozen += gap
                stats.watched += gap
                self._freezing, self._frame_at = True, now

    def report(self, now: float) -> ReportBlock | None:
        """A report block (RFC 3550, section 6.4.1); None while nothing has come. `now` by the loop's clock."""
        if self._highest < 0:
            return None
        expected = self._highest - self._base + 1
        new, lost = expected - self._expected_before, max(0, self._lost - self._lost_before)
        self._expected_before, self._lost_before = expected, self._lost
        self._stats.jitter.note(self._jitter / self._rate)
        since = now - self.clock.arrival if self.clock.middle else 0.0
        return ReportBlock(
            ssrc=Ssrc(self.ssrc),
            fraction_lost=min(255, lost * 256 // new) if new > 0 else 0,
            packets_lost=self._lost,
            highest_seq=self._highest & 0xFFFFFFFF,
            jitter=int(self._jitter),
            last_sr=self.clock.middle,
            delay_since_last_sr=max(0, min(int(since * 65536), 0xFFFFFFFF)) if self.clock.middle else 0,
        )


def _limit(usual: float) -> float:
    """From which length on a pause between frames is a freeze, where so many seconds between them are usual."""
    return max(FREEZE_FACTOR * usual, usual + FREEZE_MARGIN)


def _payload_start(packet: bytes) -> int:
    """Of a packet without contributing sources (RFC 3550, section 5.1)."""
    start = 12 + 4 * (packet[0] & 0x0F)
    return start + 4 + 4 * int.from_bytes(packet[start + 2 : start + 4]) if packet[0] & 0x10 else start


class LeanReception:
    """All slots of a transport, and the RTCP about them, which it leaves in `outgoing`."""

    def __init__(
        self, descriptions: list[SlotDescription], ssrc: int, stats: Stats, decrypt: Decrypt, machine: int
    ) -> None:
        self.stats, self.decrypt, self.machine = stats, decrypt, machine
        self.now = 0.0
        """The arrival of the last RTP packet, by the wall clock; 0: none has come."""
        self.slots = {each.mid: LeanSlot(each, self) for each in descriptions}
        self.by_ssrc = {slot.ssrc: slot for slot in self.slots.values()}
        self.by_rtx_ssrc = {slot.rtx_ssrc: slot for slot in self.slots.values() if slot.rtx_ssrc}
        self.outgoing: list[bytes] = []
        self.round_trip = 0.1
        self.feedback = LeanFeedback()
        self.missing: set[LeanSlot] = set()
        self._ssrc = ssrc
        self._next_feedback = float("inf")
        self._polled_at = self._next_look = 0.0
        self._pictures = [slot for slot in self.slots.values() if slot.kind == "video"]

    def take(self, buffer: bytearray, view: memoryview, read: Read) -> list[tuple[int, int]]:
        """Take the packets of the slots' streams out of a read; returns where others begin and end.

        This is where a load test spends its time.
        """
        start, end, segment, arrival = read
        others: list[tuple[int, int]] = []
        by_ssrc, feedback, units = self.by_ssrc, self.feedback, int(arrival * UNITS)
        while start < end:
            after = start + segment if start + segment < end else end
            if after - start >= HEAD_SIZE:
                first, second, seq, timestamp, ssrc, _, _, tag, number = unpack_head(buffer, start)
                slot = by_ssrc.get(ssrc)
                if slot is not None and tag == WIDE_TAG and 144 <= first < 192 and not 192 <= second < 224:
                    self.now = arrival
                    feedback.note(number, units)
                    slot.receive(view, start, after - start, second, seq, timestamp, arrival)
                    start = after
                    continue
            others.append((start, after))
            start = after
        return others

    def receive_sender_report(self, report: SenderReport, now: float) -> None:
        """Note it for the next report back."""
        slot = self.by_ssrc.get(report.ssrc)
        if slot is not None:
            slot.clock.report(report, now)

    def timeout(self) -> float | None:
        """When `poll` has something to do, loop time; not before it was called once, when media can be sent."""
        return min(self._next_feedback, self._polled_at + NACK_SECONDS) if self.missing else self._next_feedback

    def poll(self, now: float, wall: float) -> None:
        """Make what RTCP is due: feedback, requests for lost packets and keyframes. `now` by the loop's clock."""
        self._polled_at = now
        if self.missing:
            self._ask_again(wall)
        if now < self._next_feedback < float("inf"):
            return
        self._next_feedback = now + FEEDBACK_SECONDS
        if self.feedback.arrivals:
            self.outgoing += self.feedback.build(self._ssrc, next(iter(self.by_ssrc), 1))
        if now >= self._next_look:
            self._next_look = now + KEYFRAME_PATIENCE / 2
            for slot in self._pictures:
                if slot.poll(wall):
                    self.request_keyframe(slot)

    def _ask_again(self, wall: float) -> None:
        for slot in list(self.missing):
            lost = slot.nack.poll(wall, self.round_trip)
            if lost:
                self.stats.nacked += len(lost)
                self.outgoing.append(rtcp.build_nack(self._ssrc, slot.ssrc, lost))
            if slot.nack.gave_up:
                slot.give_up()
            if slot.nack.timeout() is None:
                self.missing.discard(slot)

    def request_keyframe(self, slot: LeanSlot) -> None:
        """Ask for a keyframe (RFC 4585, section 6.3.1)."""
        self.stats.keyframe_requests += 1
        self.outgoing.append(rtcp.build_pli(self._ssrc, slot.ssrc))

    def reports(self, now: float) -> list[ReportBlock]:
        """Report blocks on all slots in which something has come."""
        return [block for slot in self.slots.values() if (block := slot.report(now)) is not None]
