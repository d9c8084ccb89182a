"""One participant's association with the relay: ICE, DTLS, SRTP, and the media in both directions.

Sans-IO: takes datagrams and the time, leaves datagrams in `egress` and facts in `state`.
"""

import enum
import logging
import secrets
from collections.abc import Callable, Collection

from sfu.bandwidth.downlink import Downlink
from sfu.budget import Budget
from sfu.egress import Egress
from sfu.receiver import MediaReceiver
from sfu.sections import ReceiveSection, SendSection
from sfu.secure.dtls import Certificate, Dtls, DtlsError, Fingerprint
from sfu.secure.ice_lite import Credentials, IceLite
from sfu.secure.srtp import REPLAYED, TOO_MANY_SSRCS, Buffer, IncomingSrtp, OutgoingSrtp, SrtpError
from sfu.sender import MediaSender
from sfu.slot import Slot
from sfu.totals import Totals
from sfu.wire import rtcp, rtp
from sfu.wire.rtcp import (
    KeyframeRequest,
    Nack,
    ReceiverEstimate,
    ReceiverReport,
    RtcpError,
    RtcpLimitError,
    SenderReport,
    TransportFeedback,
)
from sfu.wire.rtp import Mid, Ssrc
from sfu.wire.stun import Address, StunMessage

log = logging.getLogger(__name__)

REPORT_INTERVAL = 1.0
"""Seconds between reports in RTCP; RFC 3550's 5 s is for thousands on one link, this is for two ends of one."""

LOST_AFTER = 6.0
"""Seconds of silence until a participant is shown as lost. Chromium checks every 2.5 s, Firefox every 4 to 6 s."""

MEDIA_LOST_AFTER = 15.0
"""The same without RTP and RTCP, while checks go on: connected means that media flows. A Firefox that publishes nothing
still reports every 2.5 to 7.5 s (RFC 3550, section 6.2)."""

CONNECT_TIMEOUT = 30.0
"""Seconds from the answer until media must be connected."""

CONSENT_EXPIRED = "consent expired"
CLOSED_BY_PEER = "closed by the other side"
"""A reason for closing that other modules compare with."""

RTCP_BURST = RTCP_PER_SECOND = 20_000
"""Budget for one participant's RTCP, in microseconds of work: 2 % of a core. Ten times what a browser needs that
watches nine videos over a link that loses a fifth of them."""

_COST_OF_RTCP = 4
"""Microseconds for a datagram of RTCP, on top of one for each packet in it and for each packet that a NACK names."""

_REPORTED_PER_MICROSECOND = 4
"""Packets on which feedback reports, for a microsecond of work."""

CHECK_BURST = CHECKS_PER_SECOND = 100
"""STUN checks of one participant that are verified, and as many again from addresses that it hasn't used yet.
Browsers send at most one each 20 ms while they look for a path, then one each few seconds (RFC 8445, section 14.2)."""

DTLS_BURST, DTLS_PER_SECOND = 200, 100
"""DTLS datagrams that are processed. A handshake takes a handful; with small packets and losses, dozens."""

MAX_SECTIONS = 128
"""Media sections of one transport."""


class State(enum.Enum):
    """States of a transport, in order; only `LOST` may go back, to `CONNECTED`."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    CLOSED = "closed"


class Transport:
    """One participant's media connection.

    Closed by `close`, by lost consent, by a failed handshake, or by the other side's DTLS alert. Closing ends its
    slots, then its publications, so that nothing of it is forwarded afterwards.
    """

    __slots__ = (
        "__weakref__",
        "_begun_at",
        "_checks",
        "_control",
        "_handshake",
        "_media_elsewhere",
        "_next_report",
        "_ssrc",
        "_strangers",
        "_unix_now",
        "altered",
        "bandwidth",
        "close_reason",
        "connect_seconds",
        "drops",
        "dtls",
        "egress",
        "ice",
        "incoming_srtp",
        "last_media",
        "offers",
        "receiver",
        "sender",
        "state",
    )

    def __init__(
        self,
        certificate: Certificate,
        local: Credentials,
        remote: Credentials,
        peer: Fingerprint,
        egress: Egress,
        now: float,
        unix_clock: Callable[[], float],
    ) -> None:
        self._unix_now = unix_clock
        """Seconds since 1970, for sender reports."""
        self.ice = IceLite(local, remote, now)
        self.dtls = Dtls(certificate, peer, is_server=True)
        self.incoming_srtp: IncomingSrtp | None = None
        self.egress = egress
        self.drops = drops = egress.drops
        self._ssrc = Ssrc(secrets.randbits(31) + 1)
        self._control = Budget(RTCP_BURST, RTCP_PER_SECOND)
        self._checks = Budget(CHECK_BURST, CHECKS_PER_SECOND)
        self._strangers = Budget(CHECK_BURST, CHECKS_PER_SECOND)
        self._handshake = Budget(DTLS_BURST, DTLS_PER_SECOND)
        self.receiver = MediaReceiver(self._ssrc, drops)
        self.sender = MediaSender(secrets.token_hex(8), egress)
        self.bandwidth = Downlink(egress.record)
        """How much can be sent to it."""
        self.state = State.CONNECTING
        self.close_reason = ""
        self.connect_seconds = 0.0
        """Seconds from the first offer to the end of the DTLS handshake; set when that is done."""
        self._begun_at = now
        self.altered = False
        """Whether its state or its encodings have changed since the room was told."""
        self.offers = 0
        """Offers applied: each may have changed slots and codecs."""
        self.last_media = self._media_elsewhere = now
        """When RTP or RTCP last came from the address in use, and from others."""
        self._next_report = now + CONNECT_TIMEOUT

    @property
    def outgoing(self) -> list[bytes]:
        """Datagrams to be sent, other than forwarded media."""
        return self.egress.datagrams

    @property
    def outgoing_srtp(self) -> OutgoingSrtp | None:
        """Keys for sending; None: the DTLS handshake isn't done, and nothing can be sent."""
        return self.egress.srtp

    def negotiate(
        self,
        sends: list[SendSection],
        receives: list[ReceiveSection],
        extension_ids: dict[int, str],
        idle: Collection[Mid] = (),
    ) -> None:
        """Apply the media sections of an offer, the first or a later one. `ValueError`: a section changes its use.

        `idle`: sections in which nothing is sent now; they stay as they are. Sections missing in the offer have ended.
        """
        kinds = {mid: known.kind for mid, known in self.receiver.publications.items()}
        slots = {mid: slot.kind for mid, slot in self.sender.slots.items()}
        for send in sends:
            if send.mid in slots or kinds.get(send.mid, send.kind) != send.kind:
                raise ValueError(f"Section {send.mid} had another use in an earlier offer.")
        for receive in receives:
            if receive.mid in kinds or slots.get(receive.mid, receive.kind) != receive.kind:
                raise ValueError(f"Section {receive.mid} had another use in an earlier offer.")
        if len(sends) + len(receives) + len(idle) > MAX_SECTIONS:
            raise ValueError(f"The offer has more than {MAX_SECTIONS} sections.")
        self.offers += 1
        self.receiver.negotiate(sends, extension_ids, idle)
        wanted = {receive.mid for receive in receives}
        for mid, slot in list(self.sender.slots.items()):
            if mid in idle:
                slot.active = False
            elif mid not in wanted:
                self.sender.remove(mid)
                if self.outgoing_srtp is not None:
                    self.outgoing_srtp.forget(slot.forwarder.ssrc)
                    self.outgoing_srtp.forget(slot.forwarder.rtx_ssrc)
        for receive in receives:
            known = self.sender.slots.get(receive.mid)
            if known is None:
                self.sender.add(Slot(receive, self.egress))
            else:
                known.negotiate(receive)

    def may_check_untrusted(self, address: Address, now: float) -> bool:
        """Whether there is budget to verify a check from that address.

        A connected client has a budget of its own: nobody can use it up from another address and so end its consent.
        """
        checks = self._checks if address in self.ice.addresses else self._strangers
        return checks.spend(1, now)

    def receive_check(self, message: StunMessage, address: Address, now: float) -> bytes | None:
        """Take a connectivity check; returns the answer for that address, None if it isn't authentic."""
        response = self.ice.check(message, address, now)
        if response is not None:
            self._move(now)
            if self.state is State.LOST and now < self._media_heard + MEDIA_LOST_AFTER:
                self.state = State.CONNECTED
        return response

    def _move(self, now: float) -> None:
        """Send to the address that ICE has selected."""
        self.ice.move(self.last_media, now)
        self.egress.address = self.ice.address

    @property
    def _media_heard(self) -> float:
        return max(self.last_media, self._media_elsewhere)

    def _lost_at(self) -> float:
        """When it counts as lost if nothing more arrives."""
        return min(self.last_heard + LOST_AFTER, self._media_heard + MEDIA_LOST_AFTER)

    @property
    def last_heard(self) -> float:
        """When anything authentic last came, from any address."""
        return max(self._media_heard, self.ice.last_check)

    def heard_from(self, address: Address) -> float:
        """When anything authentic last came from an address that has passed a check."""
        checked = self.ice.addresses.get(address, float("-inf"))
        return max(self.last_media, checked) if address == self.ice.address else checked

    def receive_elsewhere(self, buffer: Buffer, size: int, now: float) -> None:
        """Take media from an address that passed a check but isn't in use; it doesn't keep the one in use alive."""
        here, self.last_media = self.last_media, float("-inf")
        try:
            self.receive_media(buffer, size, now)
        finally:
            self._media_elsewhere = max(self._media_elsewhere, self.last_media)
            self.last_media = here

    def receive_dtls(self, datagram: bytes, now: float) -> None:
        """Take a DTLS datagram from an address that has passed a check."""
        if not self._handshake.spend(1, now):
            self.drops["dtls_over_budget"] += 1
            return
        try:
            self.dtls.receive_untrusted(datagram, now)
        except DtlsError as error:
            self.drops["dtls_handshake_failed"] += 1
            self.egress.datagrams += self._take_dtls()
            self.close(str(error))
            return
        self.egress.datagrams += self._take_dtls()
        if self.outgoing_srtp is None and self.dtls.keys is not None:
            self.incoming_srtp = IncomingSrtp(self.dtls.keys)
            self.egress.open(OutgoingSrtp(self.dtls.keys))
            self.state = State.CONNECTED
            self.last_media = now
            self.connect_seconds = now - self._begun_at
            self._next_report = now + REPORT_INTERVAL
        elif self.dtls.closed:
            self.close(CLOSED_BY_PEER)

    def _take_dtls(self) -> list[bytes]:
        datagrams, self.dtls.outgoing = self.dtls.outgoing, []
        return datagrams

    def receive_media(self, buffer: Buffer, size: int, now: float) -> None:
        """Take an SRTP or SRTCP packet, in the first `size` bytes, from an address that has passed a check."""
        srtp = self.incoming_srtp
        if srtp is None:
            self.drops["media_before_dtls"] += 1
        elif size < rtp.HEADER_SIZE:
            self.drops["media_too_short"] += 1
        elif rtp.is_rtcp(buffer.data[1]):
            self._receive_srtcp(srtp, buffer, size, now)
        elif not self.receiver.may_be_ours_untrusted(int.from_bytes(buffer.view[8:12])):
            ended = self.receiver.has_ended(int.from_bytes(buffer.view[8:12]))
            self.drops["stream_replaced" if ended else "too_many_ssrcs"] += 1
        else:
            length = srtp.unprotect_rtp(buffer, size)
            if length < 0:
                self._refused(length)
            else:
                self.last_media = now
                self.receiver.receive_rtp(buffer, length, now)

    def _receive_srtcp(self, srtp: IncomingSrtp, buffer: Buffer, size: int, now: float) -> None:
        """Check the budget before decryption, but charge only authentic packets: strangers can forge an address, and
        must not use up the client's budget.
        """
        if self._control.left(now) <= 0:
            self.drops["rtcp_over_budget"] += 1
            return
        length = srtp.unprotect_rtcp(buffer, size)
        if length < 0:
            self._refused(length)
            return
        self.last_media = now
        self._receive_rtcp(bytes(buffer.view[:length]), now)

    def _refused(self, status: int) -> None:
        if status == -TOO_MANY_SSRCS:
            self.drops["too_many_ssrcs"] += 1
        else:
            self.drops["srtp_replayed" if -status in REPLAYED else "srtp_not_authentic"] += 1

    def _receive_rtcp(self, data: bytes, now: float) -> None:
        try:
            packets = rtcp.parse(data, rtcp.FOR_RELAY)
        except RtcpLimitError as error:
            packets = error.packets
            self.drops["rtcp_too_many_packets"] += 1
        except RtcpError:
            self._control.charge(_COST_OF_RTCP, now)
            self.drops["rtcp_malformed"] += 1
            return
        blocks: list[rtcp.ReportBlock] = []
        nacks: list[Nack] = []
        cost = _COST_OF_RTCP + len(packets)
        for packet in packets:
            match packet:
                case SenderReport():
                    self.receiver.receive_sender_report(packet, now)
                    blocks += packet.reports
                case ReceiverReport():
                    blocks += packet.reports
                case Nack():
                    nacks.append(packet)
                    cost += len(packet.lost)
                case TransportFeedback():
                    self.bandwidth.receive_feedback(packet, now, self.sender.round_trip)
                    self.sender.arrival_loss.take(packet.arrivals, now)
                    cost += len(packet.arrivals) // _REPORTED_PER_MICROSECOND
                case ReceiverEstimate():
                    self.bandwidth.receive_remb(packet.bitrate)
                case KeyframeRequest():
                    self.sender.receive_keyframe_request(packet, now)
        if blocks:
            self._receive_reports(blocks, now)
        if nacks:
            self.sender.receive_nacks(nacks, now)
        self._control.charge(cost, now)

    def _receive_reports(self, reports: list[rtcp.ReportBlock], now: float) -> None:
        lost = self.sender.receive_reports(reports, rtcp.ntp_time(self._unix_now()))
        if lost is not None:
            self.bandwidth.receive_loss(lost, now)
        if self.sender.round_trip is not None:
            self.receiver.round_trip = self.sender.round_trip

    def timeout(self) -> float:
        """When `poll` has something to do."""
        times = [self._next_report, self.ice.consent_expires()]
        if self.state is State.CONNECTED:
            times.append(self._lost_at())
        moves = self.ice.moves_at(self.last_media)
        if moves is not None:
            times.append(moves)
        handshake = self.dtls.timeout()
        if handshake is not None:
            times.append(handshake)
        receiver = self.receiver.timeout()
        if receiver is not None:
            times.append(receiver)
        if self.bandwidth.probes.next_at is not None and self.outgoing_srtp is not None:
            times.append(self.bandwidth.probes.next_at)
        return min(times)

    def poll(self, now: float, heard: float | None = None) -> None:
        """Run timers: retransmit DTLS, make RTCP, notice silence.

        `heard`: everything that arrived before this time was read, if not until `now`. Unread data isn't silence.
        """
        if heard is None:
            heard = now
        if self.state is State.CLOSED:
            return
        if heard >= self.ice.consent_expires():
            self.close(CONSENT_EXPIRED)
            return
        self._move(heard)
        try:
            self.dtls.poll(now)
        except DtlsError as error:
            self.close(str(error))
            return
        self.egress.datagrams += self._take_dtls()
        if self.outgoing_srtp is None:
            if heard >= self._next_report:
                self.close("never connected")
            return
        self.state = State.LOST if heard >= self._lost_at() else State.CONNECTED
        self.receiver.poll(now)
        if self.incoming_srtp is not None:
            for ssrc in self.receiver.take_ended():
                self.incoming_srtp.forget(ssrc)
        if now >= self._next_report:
            self._report(now)
            self._next_report = now + REPORT_INTERVAL
        if self.bandwidth.probes.next_at is not None and now >= self.bandwidth.probes.next_at:
            octets = self.bandwidth.probe(now)
            if octets and not self.sender.pad(octets):
                self.egress.record.probe = 0
        self.flush_control()

    def pace(self, bits_per_second: int, now: float) -> None:
        """Spread what is sent to it if its link is nearly full with that bitrate, which it is going to get."""
        self.egress.pace(self.bandwidth.pace(bits_per_second, now))

    def _report(self, now: float) -> None:
        """Make sender reports of all slots, report blocks on the streams received, and the relay's CNAME."""
        packets = self.sender.sender_reports(now, rtcp.ntp_time(self._unix_now()))
        blocks = self.receiver.reports(now)
        for start in range(0, max(len(blocks), 1), 31):
            packets.append(rtcp.build_receiver_report(ReceiverReport(self._ssrc, tuple(blocks[start : start + 31]))))
        description = rtcp.build_source_description(self._ssrc, self.sender.cname)
        self.receiver.rtcp_out += rtcp.build_compounds(packets, description)

    def flush_control(self) -> None:
        """Encrypt waiting RTCP and retransmissions into `egress.datagrams`."""
        srtp = self.outgoing_srtp
        if srtp is None:
            return
        self._encrypt(self.receiver.rtcp_out, srtp.protect_rtcp)
        self._encrypt(self.sender.rtp_out, srtp.protect)

    def _encrypt(self, packets: list[bytes], protect: Callable[[bytes], bytes]) -> None:
        for packet in packets:
            try:
                self.egress.datagrams.append(protect(packet))
            except SrtpError:
                self.drops["srtp_encryption_failed"] += 1
        packets.clear()

    def totals(self) -> Totals:
        """What was received and sent so far."""
        found = self.receiver.totals()
        found.add(self.sender.totals())
        return found

    def close(self, reason: str) -> None:
        """End the transport; `egress.datagrams` gets a DTLS alert for the other side."""
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        self.close_reason = reason
        for step in (self.sender.close, self.receiver.close, self._say_goodbye):
            try:
                step()
            except Exception:
                # The others are closed all the same, or packets would still be sent to it.
                self.drops["exception_close_transport"] += 1
                log.exception("Failed to close a transport")

    def _say_goodbye(self) -> None:
        self.dtls.close()
        self.egress.datagrams += self._take_dtls()
