"""RTCP packets: reading and making those that a relay needs (RFC 3550 section 6, RFC 4585, RFC 5104)."""

import itertools
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
FMT_NACK, FMT_TRANSPORT_WIDE = 1, 15
FMT_PLI, FMT_FIR = 1, 4

_header = struct.Struct("!BBH")
_report_block = struct.Struct("!IIIIII")
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 (NTP) to 1970 (Unix)."""


class RtcpError(ValueError):
    """Bytes that are not RTCP."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver saw of one stream (RFC 3550, section 6.4.1).

    `fraction_lost` is in 1/256; `jitter` in timestamp units; `last_sr` and `delay_since_last_sr` in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_seq: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """When the sender's timestamp was what; `ntp` is 64-bit NTP time (RFC 3550, section 6.4.1)."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """Report blocks of someone who sends nothing (RFC 3550, section 6.4.2)."""

    ssrc: int
    reports: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets that are missing (RFC 4585, section 6.2.1)."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """A Picture Loss Indication (RFC 4585, section 6.3.1) or a Full Intra Request (RFC 5104, section 4.3.1)."""

    sender_ssrc: int
    media_ssrc: int


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Streams that have ended (RFC 3550, section 6.6)."""

    ssrcs: tuple[int, ...]


RtcpPacket = SenderReport | ReceiverReport | Nack | KeyframeRequest | TransportFeedback | Goodbye

_SMALL_DELTA, _LARGE_DELTA = 1, 2
"""Packet status symbols (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.1)."""

MAX_NACKED = 1024
MAX_FEEDBACK_PACKETS = 2048
"""A feedback packet that claims more is refused: nobody sends so many between two feedbacks."""


def ntp_time(unix_seconds: float) -> int:
    """64-bit NTP time of a Unix time (RFC 3550, section 4)."""
    return int((unix_seconds + _NTP_EPOCH) * 4_294_967_296)


def ntp_seconds(ntp: int) -> float:
    """Unix time of a 64-bit NTP time."""
    return ntp / 4_294_967_296 - _NTP_EPOCH


def parse(data: bytes) -> list[RtcpPacket]:
    """Read a compound or reduced-size RTCP packet; kinds of no use are passed over. Raises `RtcpError`."""
    packets: list[RtcpPacket] = []
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            raise RtcpError("RTCP header cut short")
        first, kind, words = _header.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            raise RtcpError("not RTCP version 2, or cut short")
        body = data[position + 4 : end]
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                raise RtcpError("bad RTCP padding")
            body = body[: -body[-1]]
        try:
            packet = _parse_one(kind, first & 0x1F, body)
        except struct.error:
            raise RtcpError("RTCP packet cut short") from None
        if packet is not None:
            packets.append(packet)
        position = end
    return packets


def _parse_one(kind: int, count: int, body: bytes) -> RtcpPacket | None:
    if kind == SR:
        ssrc, ntp, timestamp, sent, octets = struct.unpack_from("!IQIII", body)
        return SenderReport(ssrc, ntp, timestamp, sent, octets, _parse_blocks(body, 24, count))
    if kind == RR:
        return ReceiverReport(struct.unpack_from("!I", body)[0], _parse_blocks(body, 4, count))
    if kind == BYE:
        return Goodbye(struct.unpack_from(f"!{count}I", body))
    if kind not in (RTPFB, PSFB):
        return None
    sender, media = struct.unpack_from("!II", body)
    if kind == RTPFB and count == FMT_NACK:
        return Nack(sender, media, _parse_nack_items(body))
    if kind == RTPFB and count == FMT_TRANSPORT_WIDE:
        return _parse_transport_feedback(sender, media, body)
    if kind == PSFB and count == FMT_PLI:
        return KeyframeRequest(sender, media)
    if kind == PSFB and count == FMT_FIR:
        return KeyframeRequest(sender, struct.unpack_from("!I", body, 8)[0])
    return None


def _parse_blocks(body: bytes, position: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for _ in range(count):
        ssrc, lost, highest, jitter, last_sr, delay = _report_block.unpack_from(body, position)
        cumulative = lost & 0xFFFFFF
        if cumulative & 0x800000:
            cumulative -= 0x1000000
        blocks.append(ReportBlock(ssrc, lost >> 24, cumulative, highest, jitter, last_sr, delay))
        position += 24
    return tuple(blocks)


def _parse_nack_items(body: bytes) -> tuple[int, ...]:
    lost: list[int] = []
    for position in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, position)
        lost.append(first)
        lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(lost) > MAX_NACKED:
            raise RtcpError("more packets asked for again than anyone keeps")
    return tuple(lost)


def _parse_transport_feedback(sender: int, media: int, body: bytes) -> TransportFeedback:
    base, count, reference = struct.unpack_from("!HHI", body, 8)
    if count > MAX_FEEDBACK_PACKETS:
        raise RtcpError("feedback on too many packets")
    symbols: list[int] = []
    position = 16
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", body, position)
        position += 2
        if not chunk & 0x8000:
            run = min(chunk & 0x1FFF, count - len(symbols))
            if run == 0:
                raise RtcpError("empty run in feedback")
            symbols += [chunk >> 13] * run
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    clock = reference >> 8
    if clock & 0x800000:
        clock -= 0x1000000
    return TransportFeedback(
        sender, media, base, reference & 0xFF, _parse_deltas(body, position, symbols[:count], clock * 256)
    )


def _parse_deltas(body: bytes, position: int, symbols: list[int], time: int) -> tuple[int | None, ...]:
    if symbols.count(_SMALL_DELTA) == len(symbols):
        # Nothing lost, nothing late: nearly all feedback, and a viewer sends it many times a second.
        deltas = body[position : position + len(symbols)]
        if len(deltas) < len(symbols):
            raise RtcpError("feedback cut short")
        return tuple(itertools.accumulate(deltas, initial=time))[1:]
    arrivals: list[int | None] = []
    for symbol in symbols:
        if symbol == _SMALL_DELTA:
            time += struct.unpack_from("!B", body, position)[0]
            position += 1
        elif symbol == _LARGE_DELTA:
            time += struct.unpack_from("!h", body, position)[0]
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
    """Make a source description that holds the canonical name (RFC 3550, section 6.5.1)."""
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
    symbols: list[int] = []
    deltas = bytearray()
    time = clock * 256
    for arrival in arrivals:
        if arrival is None:
            symbols.append(0)
            continue
        delta = arrival - time
        time = arrival
        if 0 <= delta <= 255:
            symbols.append(1)
            deltas.append(delta)
        elif -32768 <= delta <= 32767:
            symbols.append(2)
            deltas += struct.pack("!h", delta)
        else:
            raise ValueError("arrivals too far apart for one feedback packet")
    body = struct.pack(
        "!IIHHI", sender_ssrc, media_ssrc, base_seq, len(symbols), (clock & 0xFFFFFF) << 8 | feedback_count
    )
    body += _pack_symbols(symbols) + bytes(deltas)
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
        return _header.pack(0xA0 | FMT_TRANSPORT_WIDE, RTPFB, len(body) // 4) + body
    return _packet(RTPFB, FMT_TRANSPORT_WIDE, body)


def _pack_symbols(symbols: Sequence[int]) -> bytes:
    """Runs of 7 and more as run-length chunks, the rest as two-bit status vectors (section 3.1.3 and 3.1.4)."""
    chunks = bytearray()
    position = 0
    while position < len(symbols):
        symbol, run = symbols[position], 1
        while position + run < len(symbols) and symbols[position + run] == symbol and run < 0x1FFF:
            run += 1
        if run >= 7 or position + run == len(symbols):
            chunks += struct.pack("!H", symbol << 13 | run)
            position += run
        else:
            vector = 0xC000
            for index, value in enumerate(symbols[position : position + 7]):
                vector |= value << 12 - 2 * index
            chunks += struct.pack("!H", vector)
            position += 7
    return bytes(chunks)
