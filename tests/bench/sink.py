"""The viewers: a process that counts what arrives, without decrypting it, and sends the feedback that viewers send."""

import select
import socket
import struct
import time
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection

from sfu.wire import rtcp, rtp
from sfu.wire.rtcp import ReceiverReport, ReportBlock
from sfu.wire.rtp import Ssrc
from tests.bench.peers import Peer

Arrivals = dict[tuple[int, int], list[tuple[int, float]]]
"""By viewer and SSRC: sequence numbers, and receive times by the kernel in seconds of the wall clock."""

FEEDBACK_INTERVAL = 0.1
REPORT_INTERVAL = 1.0
FEEDBACK_PACKETS = 400
"""Most packets in one feedback, so that it fits a datagram."""
WIDE_ID = 1
"""Extension id of transport-wide numbers, as `program.py` negotiates it."""
MOST_WAIT = 0.02
"""Seconds until feedback and commands are checked if no packet comes."""

_UDP_GRO = 104
_SO_TIMESTAMPNS = 35
_timespec = struct.Struct("qq")
_int = struct.Struct("i")
_HEADERS = 12 + 16
"""Approximate bytes of an RTP packet besides the payload."""


class _Viewer:
    """Counters of one viewer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.packets = 0
        self.ssrcs: set[int] = set()
        self.arrived: list[tuple[int, int]] = []
        """Unreported transport-wide numbers, and their arrivals in units of 250 µs."""
        self._feedback_count = 0
        self._counted = 0

    def note(self, numbers: list[int] | None, count: int, arrival: int) -> None:
        """Note `count` packets with these numbers; None: the relay sends no numbers, so they are made up."""
        self.packets += count
        if numbers is None:
            numbers = [(self._counted + n) & 0xFFFF for n in range(count)]
            self._counted += count
        self.arrived += [(number, arrival) for number in numbers]

    def feed_back(self) -> None:
        """Report arrivals and losses as a browser does."""
        arrived, self.arrived = self.arrived, []
        for start in range(0, len(arrived), FEEDBACK_PACKETS):
            part = arrived[start : start + FEEDBACK_PACKETS]
            base = part[0][0]
            offsets = [((number - base + 0x8000) & 0xFFFF) - 0x8000 for number, _ in part]
            base += min(offsets)
            times: list[int | None] = [None] * min(max(offsets) - min(offsets) + 1, 2 * FEEDBACK_PACKETS)
            for offset, (_, arrival) in zip(offsets, part, strict=True):
                if offset - min(offsets) < len(times):
                    times[offset - min(offsets)] = arrival
            self.peer.endpoint.send_rtcp(
                rtcp.build_transport_feedback(1, 1, base & 0xFFFF, self._feedback_count, times)
            )
            self._feedback_count = (self._feedback_count + 1) & 0xFF

    def report(self) -> None:
        """Send a receiver report on all streams (RFC 3550, section 6.4.2)."""
        blocks = tuple(ReportBlock(ssrc, 0, 0, 0, 0, 0, 0) for ssrc in sorted(self.ssrcs)[:31])
        self.peer.endpoint.send_rtcp(rtcp.build_receiver_report(ReceiverReport(Ssrc(1), blocks)))


@cache
def _numbers_in(size: int) -> struct.Struct:
    """Reads a packet's transport-wide number if it is the first extension element (RFC 8285)."""
    return struct.Struct(f"!17xH{size - 19}x")


def _wide_numbers(buffer: bytearray, length: int, segment: int) -> list[int] | None:
    """Transport-wide numbers of packets received at once, all but the last of `segment` bytes; None: none."""
    if not (buffer[0] & 0x10 and buffer[12:14] == b"\xbe\xde" and buffer[16] == WIDE_ID << 4 | 1):
        return None
    whole = length // segment * segment
    numbers = [number for (number,) in _numbers_in(segment).iter_unpack(memoryview(buffer)[:whole])]
    if length - whole > 19:
        numbers.append(int.from_bytes(buffer[whole + 17 : whole + 19]))
    return numbers


class _Counter:
    """The process's loop."""

    def __init__(self, peers: list[Peer], payload: int) -> None:
        self.viewers = [_Viewer(peer) for peer in peers]
        self.size = payload + _HEADERS
        self.arrivals: Arrivals | None = None
        self.counted = 0
        self._buffer = bytearray(1 << 16)
        self._epoll = select.epoll()
        self._numbers = {viewer.peer.socket.fileno(): number for number, viewer in enumerate(self.viewers)}
        for descriptor in self._numbers:
            self._epoll.register(descriptor, select.EPOLLIN)

    def set_measure(self, measure: bool) -> None:
        """Whether to note the arrival of each packet; otherwise the kernel may hand over several at once."""
        self.arrivals = {} if measure else None
        for viewer in self.viewers:
            viewer.peer.socket.setsockopt(socket.SOL_UDP, _UDP_GRO, 0 if measure else 1)
            viewer.peer.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1 if measure else 0)

    def wait(self, seconds: float) -> None:
        """Wait for packets as any receiver does, and read what there is.

        On loopback the sender pays for waking who waits: once a packet, or once a segmented send. Looking only now and
        then would spare both relays that, and the one with more sends more of it.
        """
        for descriptor, _ in self._epoll.poll(seconds):
            self._drain(self._numbers[descriptor])

    def _drain(self, number: int) -> None:
        buffer, size, viewer = self._buffer, self.size, self.viewers[number]
        receive = viewer.peer.socket.recvmsg_into
        try:
            while True:
                length, control, _, _ = receive([buffer], 64)
                if buffer[0] >> 6 != 2 or 192 <= buffer[1] <= 223:
                    if rtp.is_stun(buffer[0]):
                        viewer.peer.take(bytes(buffer[:length]), time.monotonic())
                    continue
                segment = next((_int.unpack(data)[0] for _, kind, data in control if kind == _UDP_GRO), length)
                count = round(length / size)
                viewer.note(_wide_numbers(buffer, length, segment), count, int(time.monotonic() * 4000))
                self.counted += count
                if len(viewer.ssrcs) < 31:
                    viewer.ssrcs.add(int.from_bytes(buffer[8:12]))
                if self.arrivals is not None:
                    self._note(number, control)
        except BlockingIOError:
            pass

    def _note(self, number: int, control: list[tuple[int, int, bytes]]) -> None:
        assert self.arrivals is not None
        buffer = self._buffer
        seconds, nanoseconds = next(_timespec.unpack_from(data) for _, kind, data in control if kind == _SO_TIMESTAMPNS)
        key = number, int.from_bytes(buffer[8:12])
        self.arrivals.setdefault(key, []).append((int.from_bytes(buffer[2:4]), seconds + nanoseconds * 1e-9))

    def control(self, now: float, *, report: bool) -> None:
        """Send feedback, reports and connectivity checks."""
        for viewer in self.viewers:
            viewer.feed_back()
            if report:
                viewer.report()
            viewer.peer.endpoint.poll(now)
            viewer.peer.flush()


def _run(pipe: Connection, peers: list[Peer], payload: int) -> None:
    counter = _Counter(peers, payload)
    counter.set_measure(False)
    next_feedback = next_report = 0.0
    while True:
        counter.wait(MOST_WAIT)
        now = time.monotonic()
        if now >= next_feedback:
            next_feedback = now + FEEDBACK_INTERVAL
            report = now >= next_report
            if report:
                next_report = now + REPORT_INTERVAL
            counter.control(now, report=report)
        if pipe.poll():
            match pipe.recv():
                case ("begin", bool(measure)):
                    counter.set_measure(measure)
                    counter.wait(0)
                    counter.counted = 0
                    pipe.send(None)
                case "end":
                    counter.wait(0)
                    pipe.send((counter.counted, counter.arrivals or {}))
                    counter.set_measure(False)
                case _:
                    return


class Sink:
    """A handle on the process; start it after the viewers are connected."""

    def __init__(self, peers: list[Peer], payload: int) -> None:
        context = get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(theirs, peers, payload), daemon=True)
        self._process.start()

    def begin(self, *, measure: bool) -> None:
        """Count from now on; with `measure`, note the arrival of each packet."""
        self._pipe.send(("begin", measure))
        self._pipe.recv()

    def end(self) -> tuple[int, Arrivals]:
        """What came since `begin`."""
        self._pipe.send("end")
        packets, arrivals = self._pipe.recv()
        return packets, arrivals

    def stop(self) -> None:
        """End the process."""
        self._pipe.send("stop")
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
