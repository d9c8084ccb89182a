"""The outgoing side of a transport: slots, the viewer's requests, sender reports."""

import itertools
from collections.abc import Sequence

from sfu.bandwidth.pacer import Pacer
from sfu.egress import Egress
from sfu.feedback.arrival_loss import ArrivalLoss
from sfu.feedback.nack_responder import NackResponder
from sfu.path.cache import SIZE as CACHED
from sfu.path.forwarder import Forwarder, Kept
from sfu.slot import Slot
from sfu.totals import Totals
from sfu.wire import rtcp
from sfu.wire.rtcp import KeyframeRequest, Nack, ReportBlock, SenderReport
from sfu.wire.rtp import Mid

LOSS_SMOOTHING = 0.3
"""Weight of a receiver report; browsers send one or two a second."""


MAX_REPEATED, LEAST_REPEATED = 16, 1000
"""Packets that are repeated at most as padding, and bytes below which padding alone is sent: a probe of a narrow link
must not be longer than it has to."""


class MediaSender:
    """Sends everything that one participant receives."""

    __slots__ = (
        "_by_ssrc",
        "_earned_at",
        "_responder",
        "arrival_loss",
        "cname",
        "drops",
        "egress",
        "ended",
        "loss",
        "padded",
        "retransmitted",
        "round_trip",
        "rtp_out",
        "slots",
    )

    def __init__(self, cname: str, egress: Egress) -> None:
        self.cname = cname
        self.egress = egress
        self.drops = egress.drops
        self.ended = Totals()
        """Totals of slots whose sections have ended."""
        self.retransmitted = 0
        """Packets retransmitted."""
        self.padded = 0
        """Bytes sent only to see whether the link carries them."""
        self.slots: dict[Mid, Slot] = {}
        self.loss = 0.0
        """Share of packets that the viewer reports lost, smoothed."""
        self.arrival_loss = ArrivalLoss()
        """The same from transport-wide feedback, if the viewer sends it."""
        self.round_trip: float | None = None
        """Seconds, from report blocks; None: not measured yet."""
        self.rtp_out: list[bytes] = []
        """Retransmissions, to be encrypted."""
        self._by_ssrc: dict[int, Slot] = {}
        self._responder = NackResponder()
        self._earned_at = float("-inf")

    def add(self, slot: Slot) -> None:
        """Add a slot."""
        taken = {each.pair for each in self.slots.values() if each.kind == slot.kind}
        slot.pair = next(number for number in itertools.count() if number not in taken)
        self.slots[slot.mid] = slot
        self._by_ssrc[slot.forwarder.ssrc] = slot

    def remove(self, mid: Mid) -> None:
        """Stop a slot whose section has ended."""
        slot = self.slots.pop(mid)
        del self._by_ssrc[slot.forwarder.ssrc]
        self.ended.add(_totals_of(slot))
        self.egress.switched.pop(slot.forwarder.ssrc, None)
        slot.publication = None
        slot.forwarder.set_target(None)

    def is_video(self, ssrc: int) -> bool:
        """Whether a stream carries video, or repeats it: sound isn't repeated."""
        slot = self._by_ssrc.get(ssrc)
        return slot is None or slot.kind == "video"

    def take_switched(self) -> list[Slot]:
        """The slots that switched to another encoding since the last call."""
        slots = [self._by_ssrc[ssrc] for ssrc in self.egress.switched]
        self.egress.switched.clear()
        return slots

    def receive_nacks(self, nacks: list[Nack], now: float) -> None:
        """Retransmit the packets that the viewer asks for; `nacks` are those of one datagram."""
        if now > self._earned_at:
            self._earned_at = now
            self._responder.earned(sum(each.forwarder.octets for each in self.slots.values()))
        for nack in nacks:
            slot = self._by_ssrc.get(nack.media_ssrc)
            if slot is None:
                self.drops["nack_unknown_ssrc"] += 1
            elif nack.lost:
                self._retransmit(slot.forwarder, nack.lost, now)
            else:
                self.drops["nack_over_limit"] += 1

    def _retransmit(self, forwarder: Forwarder, wanted: tuple[int, ...], now: float) -> None:
        last, ssrc, responder = forwarder.munger.last_seq, forwarder.ssrc, self._responder
        round_trip = self.round_trip or 0.0
        gone = refused = 0
        waiting = False
        for seq in wanted:
            # The cheap checks come first; a packet is only looked up if it can still be in the cache.
            if (last - seq) & 0xFFFF >= CACHED:
                gone += 1
                continue
            if responder.exhausted:
                refused += 1
                continue
            kept = forwarder.kept(seq)
            if kept is None:
                gone += 1
            elif not responder.allow(ssrc, seq, len(kept[1].payload), now, round_trip):
                refused += 1
            elif self.egress.pacer is not None:
                self.egress.pacer.repeats[ssrc, seq] = None
                waiting = True
            else:
                self._repeat(forwarder, kept, seq)
        if waiting:
            self.egress.departures.ready.append(self.egress)
        if gone:
            self.drops["nack_packet_gone"] += gone
        if refused:
            self.drops["nack_over_limit"] += refused

    def repeat_waiting(self, pacer: Pacer, now: float) -> None:
        """Repeat the packets that wait, as far as they may leave now; none of an encoding that was replaced since."""
        while pacer.repeats and pacer.quota(now) > 0:
            ssrc, seq = pacer.take_repeat()
            slot = self._by_ssrc.get(ssrc)
            kept = None if slot is None else slot.forwarder.kept(seq)
            if slot is not None and kept is not None and kept[0].source.whole is slot.forwarder.current:
                pacer.left(self._repeat(slot.forwarder, kept, seq), now)

    def _repeat(self, forwarder: Forwarder, kept: Kept, seq: int) -> int:
        """Repeat a packet; returns its bytes."""
        packet = forwarder.repeat(kept, seq)
        if packet is not None:
            self.rtp_out.append(packet)
            self.retransmitted += 1
            return len(packet)
        datagram = self.egress.sent.get(forwarder.ssrc, seq)
        if datagram is None:
            return 0
        self.retransmitted += 1
        self.egress.datagrams.append(datagram)
        return len(datagram)

    def receive_keyframe_request(self, request: KeyframeRequest, now: float) -> None:
        """Handle a PLI from the viewer: request a keyframe.

        Every viewer gets that keyframe, so one whom keyframes don't help may not ask all the time.
        """
        slot = self._by_ssrc.get(request.media_ssrc)
        if slot is None:
            self.drops["pli_unknown_ssrc"] += 1
            return
        # One of the encoding that it is about to get helps it, and doesn't bother those who stay with the other.
        encoding = slot.forwarder.target or slot.forwarder.current
        if encoding is None or not encoding.needs_keyframe:
            return
        if encoding.keyframes.wanted or slot.keyframes.spend(1, now):
            encoding.keyframes.want()
        else:
            self.drops["pli_over_limit"] += 1

    def receive_reports(self, reports: Sequence[ReportBlock], ntp_now: int) -> float | None:
        """Take the viewer's report blocks on our streams (RFC 3550, section 6.4.1).

        Returns the largest share of packets that one of the streams lost; None: the blocks are on none of them.
        """
        worst = -1
        for report in reports:
            if report.ssrc not in self._by_ssrc:
                continue
            worst = max(worst, report.fraction_lost)
            if report.last_sr:
                elapsed = ((ntp_now >> 16) - report.last_sr - report.delay_since_last_sr) & 0xFFFFFFFF
                if elapsed < 10 * 65536:
                    self.round_trip = elapsed / 65536
        if worst < 0:
            return None
        self.loss += (worst / 256 - self.loss) * LOSS_SMOOTHING
        return worst / 256

    def weigh_redundancy(self, now: float) -> None:
        """Decide whether the viewer gets the redundancy of sound. Call it a few times a second."""
        share = self.arrival_loss.share(now)
        for slot in self.slots.values():
            if slot.kind == "audio":
                slot.weigh_redundancy(self.loss if share is None else share, now)

    def pad(self, octets: int) -> bool:
        """Send that many bytes more than media needs, to see whether the link carries them.

        They belong to a retransmission stream, where nobody waits for missing numbers: recent packets again if they
        are short enough to hit the amount, else padding alone. False: no slot of the viewer takes padding.
        """
        slots = [slot for slot in self.slots.values() if slot.active and slot.forwarder.can_pad]
        if not slots:
            return False
        forwarder = max(slots, key=lambda slot: slot.forwarder.current is not None).forwarder
        left = octets
        seq = forwarder.munger.last_seq
        for number in range(seq, seq - MAX_REPEATED, -1):
            kept = forwarder.kept(number & 0xFFFF) if left > LEAST_REPEATED else None
            packet = None if kept is None else forwarder.repeat(kept, number & 0xFFFF)
            if packet is None:
                break
            self.rtp_out.append(packet)
            left -= len(packet)
        while left > 0:
            packet = forwarder.padding()
            self.rtp_out.append(packet)
            left -= len(packet)
        self.padded += octets - left
        return True

    def sender_reports(self, now: float, ntp_now: int) -> list[bytes]:
        """Sender reports for all slots that are being sent, with the relay's clock (RFC 3550, section 6.4.1)."""
        packets = []
        for slot in self.slots.values():
            forwarder = slot.forwarder
            current, segment = forwarder.current, forwarder.munger.segment
            if current is None or segment is None:
                continue
            delay = current.publication.ingress.clock_delay
            timestamp = None if delay is None else current.clock.timestamp_at(now - delay)
            if timestamp is None:
                continue
            timestamp = (timestamp + segment.timestamp_offset) & 0xFFFFFFFF
            report = SenderReport(forwarder.ssrc, ntp_now, timestamp, forwarder.packets, forwarder.octets)
            packets.append(rtcp.build_sender_report(report))
        return packets

    def totals(self) -> Totals:
        """What was sent so far."""
        found = Totals(retransmitted_packets=self.retransmitted, padding_bytes=self.padded)
        found.add(self.ended)
        for slot in self.slots.values():
            found.add(_totals_of(slot))
        return found

    def close(self) -> None:
        """Stop all slots."""
        for slot in self.slots.values():
            slot.publication = None
            slot.forwarder.close()


def _totals_of(slot: Slot) -> Totals:
    forwarder = slot.forwarder
    return Totals(sent_packets=forwarder.packets, sent_bytes=forwarder.octets, raised=slot.raised, lowered=slot.lowered)
