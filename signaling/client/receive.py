"""Receiving without decoding: slots count packets and ask for missing ones again."""

from collections.abc import Callable
from dataclasses import dataclass

from sfu.codecs import av1, h264, vp8, vp9
from sfu.feedback.clock import StreamClock
from sfu.feedback.nack import NackGenerator
from sfu.feedback.receive_stats import ReceiveStats
from sfu.feedback.transport_feedback import TransportFeedbackGenerator
from sfu.sections import Kind
from sfu.wire import extensions, rtcp
from sfu.wire.rtcp import ReportBlock, SenderReport
from sfu.wire.rtp import RtpError, RtpHeader, timestamp_delta
from signaling.client.media import CLOCK_RATES, CodecName
from signaling.client.offer import EXTENSION_IDS, PAYLOAD_TYPES, RTX_PAYLOAD_TYPES, SlotDescription
from signaling.messages import PauseReason

_CODECS: dict[int, CodecName] = {number: name for name, number in PAYLOAD_TYPES.items()}
_RTX = {number: PAYLOAD_TYPES[name] for name, number in RTX_PAYLOAD_TYPES.items()}
_WIDE_ID = EXTENSION_IDS[extensions.TRANSPORT_WIDE]


@dataclass(slots=True)
class SlotStats:
    """What a slot has received so far. Times are the event loop's, in seconds; None: nothing yet."""

    packets: int = 0
    """Without duplicates, including retransmissions."""
    octets: int = 0
    """Bytes of payload."""
    lost: int = 0
    """Packets still missing."""
    recovered: int = 0
    """Packets that came as retransmissions."""
    duplicates: int = 0
    frames: int = 0
    """Pictures that began to arrive; for audio, packets."""
    keyframes: int = 0
    nacked: int = 0
    """Retransmissions asked for, repeats included."""
    first_packet_at: float | None = None
    last_packet_at: float | None = None
    longest_gap: float = 0.0
    """Seconds between two packets while the slot was not paused."""


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """A packet of a slot, as it is recorded; `arrival` by the event loop's clock."""

    codec: CodecName
    seq: int
    timestamp: int
    marker: bool
    payload: bytes
    arrival: float


class Slot:
    """A receive section: what it carries, and what it has received."""

    def __init__(self, description: SlotDescription) -> None:
        self.mid = description.mid
        self.kind: Kind = description.kind
        self.ssrc, self.rtx_ssrc = description.ssrc, description.rtx_ssrc
        self.publication: str | None = None
        """What it carries, as the server last said."""
        self.layer: str | None = None
        self.paused = False
        self.why: PauseReason | None = None
        self.stats = SlotStats()
        self.clock = StreamClock(90_000 if description.kind == "video" else CLOCK_RATES["opus"])
        self.on_packet: Callable[[MediaPacket], None] | None = None
        """Called with each packet that didn't come before, for a recording."""
        self.on_media: Callable[[MediaPacket], None] | None = None
        """Called likewise, for a track of decoded frames."""
        self.nack = NackGenerator()
        self._counter = ReceiveStats(90_000 if description.kind == "video" else CLOCK_RATES["opus"])
        self._timestamp: int | None = None
        self._continuous = False

    def changed(self, publication: str | None, layer: str | None, *, paused: bool, why: PauseReason | None) -> None:
        """Apply a `slot` event. A pause doesn't count as a gap."""
        if paused or publication != self.publication:
            self._continuous = False
        self.publication, self.layer, self.paused, self.why = publication, layer, paused, why

    def receive(self, header: RtpHeader, packet: bytes, now: float) -> None:
        """Take a decrypted packet of one of its streams."""
        start, end, seq, payload_type = header.payload_start, header.payload_end, header.seq, header.payload_type
        stats = self.stats
        recovered = header.ssrc != self.ssrc
        if recovered:
            if end - start < 2:
                return  # a probe
            seq = packet[start] << 8 | packet[start + 1]
            start += 2
            payload_type = _RTX.get(payload_type, payload_type)
        if not self.nack.received(seq, now):
            stats.duplicates += 1
            return
        size = end - start
        if not recovered:  # a retransmission is late by nature, and no proof of a path without loss
            self._counter.received(seq, header.timestamp, size, now)
        stats.packets += 1
        stats.octets += size
        stats.recovered += recovered
        if stats.last_packet_at is None:
            stats.first_packet_at = now
        elif self._continuous and now - stats.last_packet_at > stats.longest_gap:
            stats.longest_gap = now - stats.last_packet_at
        self._continuous = not self.paused
        stats.last_packet_at = now
        if self._timestamp is None or timestamp_delta(header.timestamp, self._timestamp) > 0:
            self._timestamp = header.timestamp
            stats.frames += 1
        codec = _CODECS.get(payload_type)
        if self.kind == "video" and codec is not None and begins_keyframe(codec, packet[start:end]):
            stats.keyframes += 1
        if (self.on_packet is not None or self.on_media is not None) and codec is not None and size:
            media = MediaPacket(codec, seq, header.timestamp, bool(header.marker), packet[start:end], now)
            for take in (self.on_packet, self.on_media):
                if take is not None:
                    take(media)

    def update(self) -> None:
        """Bring `stats.lost` up to date."""
        self.stats.lost = max(0, self._counter.expected - self.stats.packets)

    def report(self, now: float) -> ReportBlock | None:
        """A report block; None while nothing has come."""
        if self.stats.last_packet_at is None:
            return None
        return self._counter.report(self.ssrc, self.clock.middle, now - self.clock.arrival)


def begins_keyframe(codec: CodecName, payload: bytes) -> bool:
    """Whether a packet is the first of a frame that a decoder can start with; `payload` with its descriptor."""
    if codec == "H264":
        return h264.is_keyframe(payload)
    if codec == "AV1":
        return av1.is_keyframe(payload)
    try:
        if codec == "VP9":
            return vp9.is_keyframe(vp9.parse(payload))
        if not payload or not payload[0] & 0x10:
            return False
        return vp8.is_keyframe(payload, vp8.parse(payload))
    except (vp8.Vp8Error, vp9.Vp9Error):
        return False


class Reception:
    """All slots of a transport, and the RTCP about them, which it leaves in `outgoing`."""

    def __init__(self, descriptions: list[SlotDescription], ssrc: int) -> None:
        self.slots = {each.mid: Slot(each) for each in descriptions}
        self.outgoing: list[bytes] = []
        self.round_trip = 0.1
        """Seconds, as measured by reports."""
        self.unknown = 0
        """Packets of no slot."""
        self._ssrc = ssrc
        self._feedback = TransportFeedbackGenerator()
        self._by_ssrc = {ssrc: slot for slot in self.slots.values() for ssrc in (slot.ssrc, slot.rtx_ssrc) if ssrc}
        self._missing: set[Slot] = set()

    def receive(self, packet: bytes, now: float) -> None:
        """Take a decrypted RTP packet."""
        try:
            header = RtpHeader(packet, len(packet))
        except RtpError:
            self.unknown += 1
            return
        wide = header.extensions.get(_WIDE_ID)
        if wide is not None and len(wide) == 2:
            self._feedback.received(wide[0] << 8 | wide[1], now)
        slot = self._by_ssrc.get(header.ssrc)
        if slot is None:
            self.unknown += 1
            return
        slot.receive(header, packet, now)
        if slot.nack.timeout() is not None:
            self._missing.add(slot)

    def receive_sender_report(self, report: SenderReport, now: float) -> None:
        """Take what the relay says of a slot's clock."""
        slot = self._by_ssrc.get(report.ssrc)
        if slot is not None:
            slot.clock.report(report, now)

    def timeout(self) -> float | None:
        """When `poll` has something to do; None: not before a packet comes."""
        times = [self._feedback.due, *(slot.nack.timeout() for slot in self._missing)]
        return min((time for time in times if time is not None), default=None)

    def poll(self, now: float) -> None:
        """Make what RTCP is due: feedback on arrivals, requests for lost packets of pictures."""
        due = self._feedback.due
        if due is not None and now >= due:
            media = next(iter(self._by_ssrc), 1)
            self.outgoing += self._feedback.build(self._ssrc, media)
        for slot in list(self._missing):
            lost = slot.nack.poll(now, self.round_trip)
            if lost and slot.kind == "video":
                slot.stats.nacked += len(lost)
                self.outgoing.append(rtcp.build_nack(self._ssrc, slot.ssrc, lost))
            slot.nack.gave_up = False
            if slot.nack.timeout() is None:
                self._missing.discard(slot)

    def request_keyframe(self, slot: Slot) -> None:
        """Ask for a keyframe (RFC 4585, section 6.3.1)."""
        self.outgoing.append(rtcp.build_pli(self._ssrc, slot.ssrc))

    def reports(self, now: float) -> list[ReportBlock]:
        """Report blocks on all slots in which something has come."""
        for slot in self.slots.values():
            slot.update()
        return [block for slot in self.slots.values() if (block := slot.report(now)) is not None]
