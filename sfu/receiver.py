"""The incoming side of a transport: finds each packet's stream, notices losses, and makes RTCP for the sender."""

import struct
from collections import Counter
from collections.abc import Collection, Iterable

from sfu.codecs import Codec
from sfu.feedback.transport_feedback import TransportFeedbackGenerator
from sfu.governor import Governor
from sfu.ingress import Ingress
from sfu.publication import MISSED, NOT_BEGUN, Encoding, Publication
from sfu.sections import SendSection
from sfu.secure.srtp import Buffer
from sfu.totals import Totals
from sfu.wire import extensions, rtcp
from sfu.wire.packet import Packet
from sfu.wire.rtcp import ReportBlock, SenderReport
from sfu.wire.rtp import Mid, Rid, RtpError, RtpHeader, Ssrc

MAX_SSRCS = 64
"""SSRCs of a transport in use at a time: a dozen sections, three simulcast streams, retransmissions, and as many again
that belong to no section, such as probes. libsrtp keeps each, and searches them one by one."""

NEW_SSRCS_PER_SECOND = 2.0
"""SSRCs that may be added in the long run, besides `MAX_SSRCS` for an offer with new sections."""

MAX_ENDED = 1024
"""SSRCs of ended streams that are remembered: late or replayed packets must not bring an old stream back."""

LOSS_SMOOTHING = 0.3
"""Weight of a report; one is made each second, so a burst is forgotten after a few."""

MAX_MISSING = 1024
"""Missing packets of all streams that are requested again."""

MANY_MISSING = 128
POLL_INTERVAL, SLOW_POLL_INTERVAL = 0.005, 0.02
"""Least seconds between two polls, with few packets missing and with many: a sender that always loses packets could
otherwise cause one for each packet."""

PUT_OFF = 0.1
"""Seconds until another attempt to ask for a keyframe that would be too much for the relay now."""

_TOO_OFTEN = "stream_restarted_too_often"

_DEFAULT_ROUND_TRIP = 0.1
_osn = struct.Struct("!H")


class MediaReceiver:
    """Receives everything that one participant sends."""

    __slots__ = (
        "_allowance",
        "_ended",
        "_extension_names",
        "_named",
        "_newly_ended",
        "_next_poll",
        "_polled_at",
        "_repairs",
        "_streams",
        "_unplaced",
        "dirty",
        "drops",
        "feedback",
        "governor",
        "ingress",
        "new_encodings",
        "publications",
        "round_trip",
        "rtcp_out",
        "ssrc",
    )

    def __init__(self, ssrc: Ssrc, drops: Counter[str]) -> None:
        self.ssrc = ssrc
        """The relay's own SSRC in RTCP to this participant."""
        self.drops = drops
        self.publications: dict[Mid, Publication] = {}
        self.feedback = TransportFeedbackGenerator()
        self.round_trip = _DEFAULT_ROUND_TRIP
        """Seconds; measured by reports if there are any."""
        self.ingress = Ingress()
        self.governor = Governor()
        """The relay's: while that can't keep up, lost packets aren't asked for again, and keyframes one by one."""
        self.dirty: list[Encoding] = []
        """Encodings with packets to be forwarded."""
        self.new_encodings = False
        """Whether streams appeared or changed since this was last cleared."""
        self.rtcp_out: list[bytes] = []
        """RTCP for this participant, to be encrypted."""
        self._extension_names: dict[int, str] = {}
        self._next_poll = 0.0
        self._streams: dict[int, Encoding] = {}
        """By SSRC, retransmission streams included."""
        self._unplaced: dict[int, None] = {}
        """SSRCs of no section, or of one that has ended; they may belong to one later. The oldest are dropped first."""
        self._ended: dict[int, None] = {}
        """SSRCs whose packets are refused: another stream has taken their place."""
        self._newly_ended: list[int] = []
        self._named: dict[int, Mid] = {}
        """SSRCs that the SDP names, and their sections."""
        self._repairs: dict[int, Ssrc] = {}
        """Retransmission streams that the SDP names, by the SSRC of the stream that they repair."""
        self._allowance = float(MAX_SSRCS)
        """How many new SSRCs are allowed now."""
        self._polled_at: float | None = None

    def negotiate(self, sections: list[SendSection], extension_ids: dict[int, str], idle: Collection[Mid] = ()) -> None:
        """Apply an offer's send sections. Known sections keep their streams, also those in `idle`; sections missing in
        the offer have ended.
        """
        self._extension_names = extension_ids
        offered = {section.mid for section in sections}
        if not offered <= self.publications.keys():
            self._allowance = float(MAX_SSRCS)
        for mid in [mid for mid in self.publications if mid not in offered]:
            if mid in idle:
                self.publications[mid].active = False
            else:
                gone = self.publications.pop(mid)
                self._unplace(gone.encodings.values())
                gone.close()
        self._named.clear()
        self._repairs.clear()
        for section in sections:
            self._negotiate_section(section)

    def _negotiate_section(self, section: SendSection) -> None:
        known = self.publications.get(section.mid)
        if known is None:
            known = self.publications[section.mid] = Publication(section, self.ingress)
        known.active = True
        known.codecs = section.codecs
        known.rids = section.rids
        names = section.rids or (Rid(""),)
        for rid in [rid for rid in known.encodings if rid not in names]:
            self._unplace([known.encodings[rid]])
            known.encodings.pop(rid).close()
        for rid in section.paused.intersection(known.encodings):
            known.encodings[rid].missed = MISSED
        if section.rids:
            return
        for ssrc, rtx_ssrc in section.ssrcs:
            self._named[ssrc] = section.mid
            self._ended.pop(ssrc, None)
            if rtx_ssrc:
                self._named[rtx_ssrc] = section.mid
                self._ended.pop(rtx_ssrc, None)
                self._repairs[ssrc] = rtx_ssrc
            if ssrc not in self._streams:
                self._declare(known, ssrc)

    def _declare(self, publication: Publication, ssrc: Ssrc) -> None:
        """Make the first stream that the SDP names in a section before its first packet, so that viewers can wait for
        it. A later one replaces it with its first packet: the SDP may be ahead of the media.
        """
        if len(self._streams) + 2 <= MAX_SSRCS and publication.codecs and not publication.encodings:
            codec = next(iter(publication.codecs.values()))
            self._put(Encoding(publication, Rid(""), ssrc, codec, NOT_BEGUN))

    def _put(self, encoding: Encoding) -> None:
        """Register an encoding under its publication and RID, and under its SSRC."""
        encoding.publication.encodings[encoding.rid] = encoding
        self._streams[encoding.ssrc] = encoding
        self._unplaced.pop(encoding.ssrc, None)
        rtx_ssrc = self._repairs.get(encoding.ssrc)
        if rtx_ssrc is not None and self._streams.get(rtx_ssrc, encoding) is encoding:
            self._add_repair(encoding, rtx_ssrc)
        self._make_room()

    def _add_repair(self, encoding: Encoding, rtx_ssrc: Ssrc) -> None:
        encoding.rtx_ssrc = rtx_ssrc
        self._streams[rtx_ssrc] = encoding
        self._unplaced.pop(rtx_ssrc, None)

    def _ssrcs_of(self, encodings: Iterable[Encoding]) -> list[int]:
        wanted = set(encodings)
        return [ssrc for ssrc, encoding in self._streams.items() if encoding in wanted]

    def _unplace(self, encodings: Iterable[Encoding]) -> None:
        """Take streams out of their section. Their SSRCs may turn up in another."""
        for ssrc in self._ssrcs_of(encodings):
            del self._streams[ssrc]
            self._unplaced[ssrc] = None
        self._make_room()

    def _make_room(self) -> None:
        while self._unplaced and len(self._streams) + len(self._unplaced) > MAX_SSRCS:
            self._end(next(iter(self._unplaced)))

    def _end(self, ssrc: int) -> None:
        """Refuse a stream's packets from now on, and free its SRTP state."""
        self._streams.pop(ssrc, None)
        self._unplaced.pop(ssrc, None)
        self._ended[ssrc] = None
        self._newly_ended.append(ssrc)
        if len(self._ended) > MAX_ENDED:
            del self._ended[next(iter(self._ended))]

    def take_ended(self) -> list[int]:
        """SSRCs whose SRTP state can be freed."""
        ended, self._newly_ended = self._newly_ended, []
        return [ssrc for ssrc in ended if ssrc not in self._streams and ssrc not in self._unplaced]

    def has_ended(self, ssrc: int) -> bool:
        """Whether a stream with this SSRC has been replaced by another."""
        return ssrc in self._ended

    def may_be_ours_untrusted(self, ssrc: int) -> bool:
        """Whether a packet of this stream is worth decrypting: new streams are, up to a limit."""
        return (
            ssrc in self._streams
            or ssrc in self._unplaced
            or (self._allowance >= 1 and len(self._streams) < MAX_SSRCS and ssrc not in self._ended)
        )

    def shed_untrusted(self, ssrc: int) -> bool:
        """Whether packets of this stream may be left out for now: those of cameras. They won't be asked for again; the
        stream then goes on from a keyframe.
        """
        encoding = self._streams.get(ssrc)
        if encoding is None or encoding.publication.source != "camera":
            return False
        encoding.nack.skip_gap()
        return True

    def receive_rtp(self, buffer: Buffer, size: int, now: float) -> None:
        """Take a decrypted packet."""
        try:
            header = RtpHeader(buffer.data, size)
        except RtpError:
            # Count its SSRC too: libsrtp keeps state for each SSRC that it has decrypted.
            ssrc = int.from_bytes(buffer.view[8:12])
            self._admit(ssrc)
            self._reject(ssrc, "rtp_malformed")
            return
        names, values = self._extension_names, {}
        for number, value in header.extensions.items():
            if number in names and value and (len(value) <= extensions.MAX_SHORT or names[number] in extensions.LONG):
                values[names[number]] = value
        wide = values.get(extensions.TRANSPORT_WIDE)
        if wide is not None and len(wide) == 2:
            self.feedback.received(wide[0] << 8 | wide[1], now)
        encoding = self._streams.get(header.ssrc)
        if encoding is None or (
            header.payload_type not in encoding.publication.codecs and header.ssrc == encoding.ssrc
        ):
            encoding = self._learn(header, values, now)
            if encoding is None:
                return
        payload = bytes(buffer.view[header.payload_start : header.payload_end])
        if header.ssrc == encoding.rtx_ssrc:
            if len(payload) < 2:
                self.drops["probe"] += 1
                return
            header.seq = _osn.unpack_from(payload)[0]
            payload = payload[2:]
            if encoding.last_packet_at == NOT_BEGUN:
                return  # a retransmission of a stream that hasn't begun
        else:
            encoding.stats.received(header.seq, header.timestamp, len(payload), now)
            if header.payload_type != encoding.codec.payload_type or encoding.last_packet_at == NOT_BEGUN:
                begun = self._begin(encoding, header.payload_type, now)
                if begun is None:
                    return
                encoding = begun
        packet = Packet(header.payload_type, header.marker, header.seq, header.timestamp, payload, now, values)
        if not encoding.received(packet, now):
            self.drops["duplicate"] += 1
            return
        if len(encoding.pending) == 1:
            self.dirty.append(encoding)
            if encoding.resting_since is not None and payload:
                encoding.resting_since = None
                self.new_encodings = True
        level = values.get(extensions.AUDIO_LEVEL)
        if level:
            encoding.publication.update_level(level[0] & 0x7F)

    def _begin(self, encoding: Encoding, payload_type: int, now: float) -> Encoding | None:
        """Handle the first packet of a declared stream, or the first in another codec; returns its encoding.

        None: streams of this publication have begun too often.
        """
        codec = encoding.publication.codecs.get(payload_type) or encoding.codec
        goes_on = encoding.publication.kind == "audio" and codec.clock_rate == encoding.codec.clock_rate
        if not goes_on and codec is not encoding.codec and not encoding.publication.streams.spend(1, now):
            self.drops[_TOO_OFTEN] += 1
            return None
        if not goes_on or encoding.last_packet_at == NOT_BEGUN:
            self.new_encodings = True
        if goes_on or codec.name == encoding.codec.name:
            encoding.last_packet_at = now
            encoding.turn(codec)
            return encoding
        return self._replace(encoding, Encoding(encoding.publication, encoding.rid, encoding.ssrc, codec, now))

    def _replace(self, old: Encoding, new: Encoding) -> Encoding:
        new.rtx_ssrc = old.rtx_ssrc
        old.close()
        new.publication.encodings[new.rid] = new
        for ssrc in self._ssrcs_of([old]):
            self._streams[ssrc] = new
        return new

    def _learn(self, header: RtpHeader, values: dict[str, bytes], now: float) -> Encoding | None:
        """Find the encoding of an unknown SSRC by its MID and RID extensions (RFC 9143, section 9.2; RFC 8852)."""
        if not self._admit(header.ssrc):
            self.drops["too_many_ssrcs"] += 1
            return None
        publication = self._section_of(header, values)
        if publication is None:
            self._reject(header.ssrc, "unknown_mid")
            return None
        codec = publication.codecs.get(header.payload_type)
        repaired = values.get(extensions.REPAIRED_RID)
        if codec is None:
            return self._learn_repair(publication, header, repaired)
        rid = Rid(values.get(extensions.RID, b"").decode("ascii", "replace"))
        if publication.rids and rid not in publication.rids:
            self._reject(header.ssrc, "unknown_rid")
            return None
        if not publication.streams.spend(1, now):
            self._reject(header.ssrc, _TOO_OFTEN)
            return None
        return self._add(publication, rid, Ssrc(header.ssrc), codec, now)

    def _admit(self, ssrc: int) -> bool:
        """Count an SSRC if it is new. False: too many."""
        if ssrc in self._streams or ssrc in self._unplaced:
            return True
        if not self.may_be_ours_untrusted(ssrc):
            return False
        self._allowance -= 1
        return True

    def _reject(self, ssrc: int, reason: str) -> None:
        """Count a dropped packet, and remember its SSRC."""
        self.drops[reason] += 1
        if ssrc not in self._streams:
            self._unplaced[ssrc] = None
            self._make_room()

    def _section_of(self, header: RtpHeader, values: dict[str, bytes]) -> Publication | None:
        mid = values.get(extensions.MID)
        if mid is not None:
            return self.publications.get(Mid(mid.decode("ascii", "replace")))
        named = self._named.get(header.ssrc)
        if named is not None:
            return self.publications.get(named)
        candidates = [p for p in self.publications.values() if header.payload_type in p.codecs and not p.rids]
        return candidates[0] if len(candidates) == 1 else None

    def _learn_repair(self, publication: Publication, header: RtpHeader, repaired: bytes | None) -> Encoding | None:
        """Tie a retransmission stream to its encoding: by the repaired RID, or to the only one (RFC 4588)."""
        if all(codec.rtx_payload_type != header.payload_type for codec in publication.codecs.values()):
            self._reject(header.ssrc, "unknown_payload_type")
            return None
        rid = Rid(repaired.decode("ascii", "replace")) if repaired is not None else Rid("")
        encoding = publication.encodings.get(rid)
        named = None if encoding is None else self._repairs.get(encoding.ssrc)
        if encoding is None or header.ssrc == encoding.ssrc or (header.ssrc in self._named and header.ssrc != named):
            self._reject(header.ssrc, "unknown_retransmission")
            return None
        old = encoding.rtx_ssrc
        if old is not None and self._streams.get(old) is encoding:
            self._end(old)
        self._add_repair(encoding, Ssrc(header.ssrc))
        self._make_room()
        return encoding

    def _add(self, publication: Publication, rid: Rid, ssrc: Ssrc, codec: Codec, now: float) -> Encoding:
        old = publication.encodings.get(rid)
        if old is not None:
            for known in self._ssrcs_of([old]):
                self._end(known)
            old.close()
        moved = self._streams.get(ssrc)
        if moved is not None:  # it belonged to another section or RID until now
            self._unplace([moved])
            moved.close()
            moved.publication.encodings.pop(moved.rid, None)
        encoding = Encoding(publication, rid, ssrc, codec, now)
        self._put(encoding)
        self.new_encodings = True
        return encoding

    def receive_sender_report(self, report: SenderReport, now: float) -> None:
        """Take a sender report, which relates the sender's clocks."""
        encoding = self._streams.get(report.ssrc)
        if encoding is not None and report.ssrc == encoding.ssrc:
            encoding.clock.report(report, now)
            self.ingress.clock_delay = self._clock_delay()

    def _clock_delay(self) -> float | None:
        delays = [encoding.clock.delay for encoding in self.encodings()]
        return min((delay for delay in delays if delay is not None), default=None)

    @property
    def loss(self) -> float:
        """Share of the sender's packets that were lost, smoothed."""
        return self.ingress.loss

    @property
    def jitter(self) -> float:
        """The largest jitter of the sender's sound in the last report, seconds.

        Packets of a picture leave together with one timestamp, so the jitter of video says nothing about the network.
        """
        return self.ingress.jitter

    def encodings(self) -> list[Encoding]:
        """All streams that have begun."""
        return [encoding for publication in self.publications.values() for encoding in publication.encodings.values()]

    def totals(self) -> Totals:
        """What was received so far."""
        found = Totals()
        found.add(self.ingress.ended)
        for encoding in self.encodings():
            found.add(encoding.totals())
        return found

    def poll(self, now: float) -> None:
        """Make the RTCP that is due: feedback, requests for lost packets and for keyframes."""
        missing = 0
        if self._polled_at is not None:
            earned = (now - self._polled_at) * NEW_SSRCS_PER_SECOND
            self._allowance = max(self._allowance, min(MAX_SSRCS, self._allowance + earned))
        self._polled_at = now
        if self.feedback.due is not None and now >= self.feedback.due:
            encodings = self.encodings()
            media = encodings[0].ssrc if encodings else Ssrc(1)
            self.rtcp_out += self.feedback.build(self.ssrc, media)
        for encoding in self.encodings():
            missing += encoding.nack.missing
            if missing > MAX_MISSING:
                encoding.nack.give_up()
            lost = encoding.nack.poll(now, self.round_trip)
            if lost and encoding.needs_keyframe and not self.governor.late:
                self.rtcp_out.append(rtcp.build_nack(self.ssrc, encoding.ssrc, lost))
            if encoding.nack.gave_up:
                encoding.nack.gave_up = False
                if encoding.needs_keyframe and encoding.wanted:
                    encoding.keyframes.want()
            if encoding.keyframes.due(now):
                if encoding.publication.source == "camera" and not self.governor.grants_keyframe(now):
                    encoding.keyframes.put_off(now + PUT_OFF)
                    continue
                octets, size = encoding.stats.bytes, encoding.measure_keyframe()
                encoding.keyframes.poll(now, sending=encoding.alive(now), octets=octets, size=size)
                self.rtcp_out.append(rtcp.build_pli(self.ssrc, encoding.ssrc))
        self._next_poll = now + (POLL_INTERVAL if missing < MANY_MISSING else SLOW_POLL_INTERVAL)

    def timeout(self) -> float | None:
        """When `poll` has something to do."""
        due, earliest = self.feedback.due, self._next_poll
        for publication in self.publications.values():
            for encoding in publication.encodings.values():
                time = encoding.nack.timeout()
                if time is not None and (due is None or time < due):
                    due = time
                time = encoding.keyframes.timeout()
                if time is not None and (due is None or time < due):
                    due = time
            if due is not None and due <= earliest:
                return earliest  # no deadline can be earlier
        return due

    def reports(self, now: float) -> list[ReportBlock]:
        """Report blocks on the streams that are being sent (RFC 3550, section 6.4.1).

        Called once a second; that is often enough to trim the caches too.
        """
        encodings = self.encodings()
        for encoding in encodings:
            encoding.trim(now)
        alive = [encoding for encoding in encodings if encoding.alive(now)]
        self.ingress.clock_delay = self._clock_delay()
        blocks = [each.stats.report(each.ssrc, each.clock.middle, now - each.clock.arrival) for each in alive]
        if alive:
            worst = max(encoding.stats.fraction_lost for encoding in alive)
            self.ingress.loss += (worst - self.ingress.loss) * LOSS_SMOOTHING
        sound = (each.stats.jitter for each in alive if each.publication.kind == "audio")
        self.ingress.jitter = max(sound, default=0.0)
        return blocks

    def close(self) -> None:
        """End all publications."""
        for publication in self.publications.values():
            publication.close()
        self.publications.clear()
        self._streams.clear()
        self._unplaced.clear()
