"""RTCP packets: parsing and building those that a relay needs (RFC 3550 section 6, RFC 4585, RFC 5104)."""

import itertools
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
FMT_NACK, FMT_TRANSPORT_WIDE = 1, 15
FMT_PLI, FMT_FIR, FMT_APPLICATION = 1, 4, 15

_header = struct.Struct("!BBH")
_report_block = struct.Struct("!IIIIII")
_sender_info = struct.Struct("!IQIII")
_one_ssrc = struct.Struct("!I")
_two_ssrcs = struct.Struct("!II")
_nack_item = struct.Struct("!HH")
_large_delta = struct.Struct("!h")
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 (NTP) to 1970 (Unix)."""


class RtcpError(ValueError):
    """Bytes that are not RTCP."""


class RtcpLimitError(RtcpError):
    """A datagram with more RTCP packets than are read; `packets`: the ones that were read."""

    def __init__(self, packets: "list[RtcpPacket]") -> None:
        super().__init__("more RTCP packets in a datagram than are read")
        self.packets = packets


# Not frozen: frozen ones take three times as long to create, and a viewer sends many.


@dataclass(slots=True)
class ReportBlock:
    """A receiver's report on one stream (RFC 3550, section 6.4.1).

    `fraction_lost` is in 1/256; `jitter` in timestamp units; `last_sr` and `delay_since_last_sr` in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_seq: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int


@dataclass(slots=True)
class SenderReport:
    """The sender's timestamp at a time; `ntp` is 64-bit NTP time (RFC 3550, section 6.4.1)."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(slots=True)
class ReceiverReport:
    """Report blocks of a participant who sends nothing (RFC 3550, section 6.4.2)."""

    ssrc: int
    reports: tuple[ReportBlock, ...]


@dataclass(slots=True)
class Nack:
    """Packets that are missing (RFC 4585, section 6.2.1)."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]


@dataclass(slots=True)
class KeyframeRequest:
    """A Picture Loss Indication (RFC 4585, section 6.3.1) or a Full Intra Request (RFC 5104, section 4.3.1)."""

    sender_ssrc: int
    media_ssrc: int


@dataclass(slots=True)
class TransportFeedback:
    """Arrival of packets by transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01).

    `arrivals` has one entry a packet from `base_seq` on: its arrival in units of 250 µs by the receiver's clock, None
    for a lost one.
    """

    sender_ssrc: int
    media_ssrc: int
    base_seq: int
    feedback_count: int
    arrivals: tuple[int | None, ...]


@dataclass(slots=True)
class Goodbye:
    """Streams that have ended (RFC 3550, section 6.6)."""

    ssrcs: tuple[int, ...]


@dataclass(slots=True)
class ReceiverEstimate:
    """The total bitrate that a receiver can take, bits per second (REMB, draft-alvestrand-rmcat-remb-03)."""

    sender_ssrc: int
    bitrate: int


RtcpPacket = SenderReport | ReceiverReport | Nack | KeyframeRequest | TransportFeedback | ReceiverEstimate | Goodbye

_REMB = b"REMB"
"""Unique identifier of an application layer feedback message (draft-alvestrand-rmcat-remb-03, section 2.2)."""

_LOST, _SMALL_DELTA, _LARGE_DELTA = 0, 1, 2
"""Packet status symbols (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.1)."""

MAX_PACKETS = 12
"""RTCP packets in a datagram. Browsers put a handful into one: reports, a description, feedback on one stream."""

MAX_BLOCKS = 31
"""Report blocks that are read in a datagram: as many as one report has."""

MAX_COMPOUND = 1150
"""Bytes of a compound packet that the relay makes. Encrypted it stays below the 1,200 bytes that fit every path."""

MAX_FEEDBACK_PACKETS = 2048
"""Most packets in a feedback packet; one that claims more is refused: nobody sends so many between two."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What `parse` reads of a datagram: the kinds, by their `_kind`; how many packets NACKs may name; on how many
    packets transport-wide feedback may report: a feedback packet beyond that is skipped.
    """

    kinds: frozenset[int]
    max_nacked: int
    max_reported: int


def _kind(packet_type: int, fmt: int = 0) -> int:
    return packet_type << 5 | fmt


_SENDER_REPORT, _RECEIVER_REPORT, _GOODBYE = _kind(SR), _kind(RR), _kind(BYE)
_REPORTS = (_SENDER_REPORT, _RECEIVER_REPORT)
_NACK, _TRANSPORT_WIDE = _kind(RTPFB, FMT_NACK), _kind(RTPFB, FMT_TRANSPORT_WIDE)
_PLI, _FIR, _APPLICATION = _kind(PSFB, FMT_PLI), _kind(PSFB, FMT_FIR), _kind(PSFB, FMT_APPLICATION)

EVERYTHING = Scope(
    frozenset((_SENDER_REPORT, _RECEIVER_REPORT, _GOODBYE, _NACK, _TRANSPORT_WIDE, _PLI, _FIR, _APPLICATION)),
    max_nacked=1024,
    max_reported=MAX_PACKETS << 16,
)

MAX_NACKED = 48
"""Packets that the relay reads from the NACKs in a datagram. A viewer that lost more requests the rest again; no more
than these are retransmitted at once anyway."""

MAX_REPORTED = 224
"""Packets on which feedback is read in a datagram: 50 ms of 43 Mbit/s. Browsers report every 50 to 250 ms, the more
often the more arrives."""

FOR_RELAY = Scope(
    frozenset((_SENDER_REPORT, _RECEIVER_REPORT, _NACK, _TRANSPORT_WIDE, _PLI, _FIR, _APPLICATION)),
    MAX_NACKED,
    MAX_REPORTED,
)
"""What the relay uses. Other kinds are only skipped."""


def ntp_time(unix_seconds: float) -> int:
    """64-bit NTP time of a Unix time (RFC 3550, section 4)."""
    return int((unix_seconds + _NTP_EPOCH) * 4_294_967_296)


def ntp_seconds(ntp: int) -> float:
    """Unix time of a 64-bit NTP time."""
    return ntp / 4_294_967_296 - _NTP_EPOCH


def is_nack(data: memoryview) -> bool:
    """Whether an RTCP packet begins with a generic NACK (RFC 4585, section 6.2.1): its header isn't encrypted."""
    return len(data) >= 4 and data[1] == RTPFB and data[0] & 0x1F == 1


def parse(data: bytes, scope: Scope = EVERYTHING) -> list[RtcpPacket]:
    """Read a compound or reduced-size RTCP packet; kinds outside of `scope` are skipped.

    Raises `RtcpError`, and `RtcpLimitError` for more than `MAX_PACKETS`.
    """
    packets: list[RtcpPacket] = []
    position, size = 0, len(data)
    blocks, nacked, reported = MAX_BLOCKS, scope.max_nacked, scope.max_reported
    for _ in range(MAX_PACKETS):
        if position + 4 > size:
            if position == size:
                break
            raise RtcpError("RTCP header cut short")
        first, packet_type, words = _header.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > size:
            raise RtcpError("not RTCP version 2, or cut short")
        count = first & 0x1F
        kind = packet_type << 5 | count if packet_type in (RTPFB, PSFB) else packet_type << 5
        if kind in scope.kinds:
            body = data[position + 4 : end]
            if first & 0x20:
                if not body or not 0 < body[-1] <= len(body):
                    raise RtcpError("bad RTCP padding")
                body = body[: -body[-1]]
            if kind in _REPORTS:
                count = min(count, blocks)
                blocks -= count
            elif kind == _TRANSPORT_WIDE:
                reported -= int.from_bytes(body[10:12])
                if reported < 0:
                    position = end
                    continue
            elif kind == _APPLICATION and body[8:12] != _REMB:
                position = end
                continue
            try:
                packet = _parse_one(kind, count, body, nacked)
            except struct.error:
                raise RtcpError("RTCP packet cut short") from None
            packets.append(packet)
            if isinstance(packet, Nack):
                nacked -= len(packet.lost)
        position = end
    else:
        if position < size:
            raise RtcpLimitError(packets)
    return packets


def _parse_one(kind: int, count: int, body: bytes, max_nacked: int) -> RtcpPacket:
    if kind == _SENDER_REPORT:
        ssrc, ntp, timestamp, sent, octets = _sender_info.unpack_from(body)
        return SenderReport(ssrc, ntp, timestamp, sent, octets, _parse_blocks(body, 24, count))
    if kind == _RECEIVER_REPORT:
        return ReceiverReport(_one_ssrc.unpack_from(body)[0], _parse_blocks(body, 4, count))
    if kind == _GOODBYE:
        return Goodbye(struct.unpack_from(f"!{count}I", body))
    sender, media = _two_ssrcs.unpack_from(body)
    if kind == _NACK:
        return Nack(sender, media, _parse_nack_items(body, max_nacked))
    if kind == _TRANSPORT_WIDE:
        return _parse_transport_feedback(sender, media, body)
    if kind == _APPLICATION:
        (value,) = _one_ssrc.unpack_from(body, 12)
        return ReceiverEstimate(sender, (value & 0x3FFFF) << (value >> 18 & 0x3F))
    return KeyframeRequest(sender, media if kind == _PLI else _one_ssrc.unpack_from(body, 8)[0])


def _parse_blocks(body: bytes, position: int, count: int) -> tuple[ReportBlock, ...]:
    if not count:
        return ()
    end = position + _report_block.size * count
    if end > len(body):
        raise RtcpError("RTCP packet cut short")
    return tuple(
        [
            ReportBlock(ssrc, lost >> 24, ((lost & 0xFFFFFF) ^ 0x800000) - 0x800000, highest, jitter, last_sr, delay)
            for ssrc, lost, highest, jitter, last_sr, delay in _report_block.iter_unpack(body[position:end])
        ]
    )


def _parse_nack_items(body: bytes, most: int) -> tuple[int, ...]:
    """The requested numbers; items after number `most` aren't read."""
    lost: list[int] = []
    if most <= 0:
        return ()
    for first, mask in _nack_item.iter_unpack(body[8 : len(body) & ~3]):
        lost.append(first)
        if mask:
            lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(lost) >= most:
            break
    return tuple(lost)


def _parse_transport_feedback(sender: int, media: int, body: bytes) -> TransportFeedback:
    base, count, reference = struct.unpack_from("!HHI", body, 8)
    if count > MAX_FEEDBACK_PACKETS:
        raise RtcpError("feedback on too many packets")
    symbols = b""
    position = 16
    while (left := count - len(symbols)) > 0:
        (chunk,) = struct.unpack_from("!H", body, position)
        position += 2
        if not chunk & 0x8000:
            run = min(chunk & 0x1FFF, left)
            if run == 0:
                raise RtcpError("empty run in feedback")
            symbols += _SYMBOLS[chunk >> 13] * run
        elif chunk & 0x4000:
            symbols += _FIRST_THREE[chunk >> 8 & 0x3F] + _LAST_FOUR[chunk & 0xFF]
        else:
            symbols += _ONE_BIT_SEVEN[chunk >> 7 & 0x7F] + _ONE_BIT_SEVEN[chunk & 0x7F]
    clock = reference >> 8
    if clock & 0x800000:
        clock -= 0x1000000
    return TransportFeedback(
        sender, media, base, reference & 0xFF, _parse_deltas(body, position, symbols[:count], clock * 256)
    )


def _symbol_table(symbols: int, bits: int) -> list[bytes]:
    """What status vectors of that many symbols stand for, one byte a symbol, by their value."""
    shifts = range(bits * (symbols - 1), -1, -bits)
    return [bytes([value >> shift & (1 << bits) - 1 for shift in shifts]) for value in range(1 << bits * symbols)]


_SYMBOLS = _symbol_table(1, 2)
_ONE_BIT_SEVEN = _symbol_table(7, 1)
"""Half of a chunk of one-bit symbols (section 3.1.4)."""
_FIRST_THREE, _LAST_FOUR = _symbol_table(3, 2), _symbol_table(4, 2)
"""The parts of a chunk of two-bit symbols."""


def _parse_deltas(body: bytes, position: int, symbols: bytes, time: int) -> tuple[int | None, ...]:
    small = symbols.count(_SMALL_DELTA)
    if small + symbols.count(_LOST) == len(symbols):
        # No delta is large: that is nearly all feedback, and a viewer sends it many times a second.
        deltas = body[position : position + small]
        if len(deltas) < small:
            raise RtcpError("feedback cut short")
        times = itertools.accumulate(deltas, initial=time)
        next(times)
        if small == len(symbols):
            return tuple(times)
        return tuple([next(times) if symbol else None for symbol in symbols])
    arrivals: list[int | None] = []
    unpack_large = _large_delta.unpack_from
    for symbol in symbols:
        if symbol == _SMALL_DELTA:
            if position >= len(body):
                raise RtcpError("feedback cut short")
            time += body[position]
            position += 1
        elif symbol == _LARGE_DELTA:
            time += unpack_large(body, position)[0]
            position += 2
        elif symbol:
            raise RtcpError("reserved symbol in feedback")
        arrivals.append(time if symbol else None)
    return tuple(arrivals)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _header.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_blocks(reports: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _report_block.pack(
            block.ssrc,
            block.fraction_lost << 24 | max(-0x800000, min(0x7FFFFF, block.packets_lost)) & 0xFFFFFF,
            block.highest_seq,
            block.jitter,
            block.last_sr,
            block.delay_since_last_sr,
        )
        for block in reports
    )


def build_sender_report(report: SenderReport) -> bytes:
    """Make a sender report."""
    body = struct.pack(
        "!IQIII",
        report.ssrc,
        report.ntp,
        report.rtp_timestamp,
        report.packet_count & 0xFFFFFFFF,
        report.octet_count & 0xFFFFFFFF,
    )
    return _packet(SR, len(report.reports), body + _pack_blocks(report.reports))


def build_receiver_report(report: ReceiverReport) -> bytes:
    """Make a receiver report; at most 31 blocks."""
    return _packet(RR, len(report.reports), struct.pack("!I", report.ssrc) + _pack_blocks(report.reports))


def build_source_description(ssrc: int, cname: str) -> bytes:
    """Make a source description with the canonical name (RFC 3550, section 6.5.1)."""
    name = cname.encode()[:255]
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\x00"
    return _packet(SDES, 1, chunk + bytes(-len(chunk) % 4))


def build_nack(sender_ssrc: int, media_ssrc: int, lost: Iterable[int]) -> bytes:
    """Make a generic NACK; `lost` in ascending order (with wrap-around) packs best (RFC 4585, section 6.2.1)."""
    items: list[list[int]] = []
    for seq in lost:
        bit = (seq - items[-1][0] - 1) & 0xFFFF if items else 16
        if bit < 16:
            items[-1][1] |= 1 << bit
        else:
            items.append([seq, 0])
    body = struct.pack("!II", sender_ssrc, media_ssrc) + b"".join(struct.pack("!HH", *item) for item in items)
    return _packet(RTPFB, FMT_NACK, body)


def build_pli(sender_ssrc: int, media_ssrc: int) -> bytes:
    """Make a Picture Loss Indication (RFC 4585, section 6.3.1)."""
    return _packet(PSFB, FMT_PLI, struct.pack("!II", sender_ssrc, media_ssrc))


def build_remb(sender_ssrc: int, bitrate: int, ssrcs: Sequence[int] = ()) -> bytes:
    """Make a receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03, section 2.2)."""
    exponent = max(bitrate.bit_length() - 18, 0)
    body = struct.pack("!II", sender_ssrc, 0) + _REMB
    body += struct.pack(f"!I{len(ssrcs)}I", len(ssrcs) << 24 | exponent << 18 | bitrate >> exponent, *ssrcs)
    return _packet(PSFB, FMT_APPLICATION, body)


def build_compounds(reports: Iterable[bytes], description: bytes) -> list[bytes]:
    """Put reports into as few compound packets as fit a datagram each, all with the description that every compound
    packet needs (RFC 3550, section 6.1).
    """
    compounds: list[bytes] = []
    waiting: list[bytes] = []
    size = len(description)
    for report in reports:
        if waiting and (size + len(report) > MAX_COMPOUND or len(waiting) + 1 >= MAX_PACKETS):
            compounds.append(b"".join((*waiting, description)))
            waiting, size = [], len(description)
        waiting.append(report)
        size += len(report)
    return [*compounds, b"".join((*waiting, description))]


def build_goodbye(ssrcs: Sequence[int]) -> bytes:
    """Make a BYE for at most 31 streams."""
    return _packet(BYE, len(ssrcs), struct.pack(f"!{len(ssrcs)}I", *ssrcs))


def build_transport_feedback(
    sender_ssrc: int, media_ssrc: int, base_seq: int, feedback_count: int, arrivals: Sequence[int | None]
) -> bytes:
    """Make transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1).

    `arrivals`: for each packet from `base_seq` on, its arrival in units of 250 µs, None if it is missing. The first
    is not None. Neighbours that arrived further apart than 16-bit deltas can say (8 s) raise `ValueError`.
    """
    first = next(arrival for arrival in arrivals if arrival is not None)
    clock = first // 256
    symbols = bytearray(len(arrivals))
    deltas = bytearray()
    time = clock * 256
    for index, arrival in enumerate(arrivals):
        if arrival is None:
            continue
        delta = arrival - time
        time = arrival
        if 0 <= delta <= 255:
            symbols[index] = _SMALL_DELTA
            deltas.append(delta)
        elif -32768 <= delta <= 32767:
            symbols[index] = _LARGE_DELTA
            deltas += struct.pack("!h", delta)
        else:
            raise ValueError("arrivals too far apart for one feedback packet")
    body = struct.pack(
        "!IIHHI", sender_ssrc, media_ssrc, base_seq, len(symbols), (clock & 0xFFFFFF) << 8 | feedback_count
    )
    body += _pack_symbols(bytes(symbols)) + bytes(deltas)
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
        return _header.pack(0xA0 | FMT_TRANSPORT_WIDE, RTPFB, len(body) // 4) + body
    return _packet(RTPFB, FMT_TRANSPORT_WIDE, body)


def _pack_symbols(symbols: bytes) -> bytes:
    """Runs of 7 and more as run-length chunks, the rest as two-bit status vectors (section 3.1.3 and 3.1.4)."""
    chunks = bytearray()
    left = symbols
    while left:
        symbol = left[0]
        run = min(len(left) - len(left.lstrip(left[:1])), 0x1FFF)
        if run >= 7 or run == len(left):
            chunks += struct.pack("!H", symbol << 13 | run)
            left = left[run:]
        else:
            vector = 0xC000
            for index, value in enumerate(left[:7]):
                vector |= value << 12 - 2 * index
            chunks += struct.pack("!H", vector)
            left = left[7:]
    return bytes(chunks)
