"""The asyncio edge of a program's media: one UDP socket, or one TCP connection, and one timer."""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal

from sfu.endpoint import Endpoint
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from sfu.wire import rtcp
from sfu.wire.rtcp import KeyframeRequest, Nack, ReceiverReport, ReportBlock, RtcpPacket, SenderReport
from sfu.wire.stun import Address
from signaling.client.media import CodecName, Frame, Track
from signaling.client.offer import Answer, Origin
from signaling.client.receive import Reception, Slot
from signaling.client.send import LiveStream, Numbering, OutgoingStream, Player
from signaling.client.stream_path import StreamPath

Protocol = Literal["udp", "tcp"]

TRY_SECONDS = {"udp": 0.7, "tcp": 1.4}
"""How long to wait for an answer from one address of the relay before the next; a connection takes two round trips."""

SILENT_SECONDS = 2.5
"""After this long without RTP or RTCP the path is lost: the relay sends a report every second."""

REPORT_INTERVAL = 1.0
"""Seconds between our reports, the same as the relay's."""

_DRAIN = 128
_RECEIVE_BUFFER = 1 << 20
_MAX_DATAGRAM = 2048


@cache
def shared_certificate() -> Certificate:
    """One certificate for all clients of a process: generating a key takes longer than a join."""
    return Certificate()


class MediaTransport:
    """A program's association with the relay, from `connect` to `close`.

    `on_silent` is called when media stops arriving, each time; `on_closed` when the relay has ended the connection.
    `certificate`: None for the one that the process shares; a connection that replaces another needs its own.
    `protocols`: what may carry media, in the order of trying. `close` sends a goodbye, then releases the timer, the
    reader and the socket, in that order.
    """

    def __init__(
        self,
        on_closed: Callable[[str], None],
        on_silent: Callable[[], None] = lambda: None,
        certificate: Certificate | None = None,
        protocols: tuple[Protocol, ...] = ("udp", "tcp"),
    ) -> None:
        self.endpoint = Endpoint(certificate or shared_certificate())
        self.endpoint.on_rtp = self._on_rtp
        self.endpoint.on_rtcp = self._on_rtcp
        self.ssrc = secrets.randbits(31) + 1
        """Our own SSRC in RTCP."""
        self.reception = Reception([], self.ssrc)
        self.relay_addresses: list[Address] = []
        """The relay's addresses for UDP in its last answer."""
        self.players: list[Player] = []
        self.live: list[LiveStream] = []
        self.wanted: dict[str, frozenset[str]] = {}
        """The encodings that somebody watches, by mid of their section; of others all are sent."""
        self.codecs: dict[str, tuple[CodecName, ...]] = {}
        """What the relay takes in each section, by mid."""
        self.unsent = 0
        """Datagrams that the kernel refused; not those to a relay that is gone."""
        self.origin = Origin.generate()
        """The origin of the latest offer."""
        self.arriving = asyncio.Event()
        """Set while media arrives."""
        self._heard_at = 0.0
        self._on_closed, self._on_silent = on_closed, on_silent
        self._loop = asyncio.get_running_loop()
        self._numbering = Numbering()
        self._protocols = protocols
        self._socket: socket.socket | None = None
        self._stream: StreamPath | None = None
        """In place of the socket."""
        self._timer: asyncio.TimerHandle | None = None
        self._connected, self._checked = asyncio.Event(), asyncio.Event()
        self._ended = False
        self._next_report = float("inf")
        self._cname = secrets.token_hex(8)

    async def connect(self, answer: Answer, preferred: str | None, seconds: float) -> None:
        """Reach the relay at one of its addresses, `preferred` (a host) first. Raises `TimeoutError`, `OSError`."""
        self.reception = self.make_reception(answer)
        self.codecs = answer.codecs
        await self._reach(answer, preferred, seconds, self._connected)
        if self._ended:
            raise OSError(self.endpoint.failed or "the relay ended the connection")

    async def restart(self, answer: Answer, local: Credentials, preferred: str | None, seconds: float) -> None:
        """Restart ICE over the present network, with the credentials `local` that were offered.

        Raises as `connect` does.
        """
        self.endpoint.local = local
        self._checked.clear()
        await self._reach(answer, preferred, seconds, self._checked)

    async def _reach(self, answer: Answer, preferred: str | None, seconds: float, done: asyncio.Event) -> None:
        self.relay_addresses = answer.addresses
        ways = self._ways(answer, preferred)
        if not ways:
            raise OSError(f"the relay can't be reached over {' or '.join(self._protocols).upper()}")
        until = self._loop.time() + seconds
        errors: dict[int, OSError] = {}
        number = -1
        while not done.is_set():
            number = (number + 1) % len(ways)
            protocol, address = ways[number]
            wait = min(TRY_SECONDS[protocol] if len(ways) > 1 else seconds, until - self._loop.time())
            if wait <= 0:
                raise next(iter(errors.values())) if len(errors) == len(ways) else TimeoutError
            try:
                self._open(protocol, address)
            except OSError as refused:
                errors[number] = refused
                await asyncio.sleep(min(0.05, wait))
                continue
            now = self._loop.time()
            if self.endpoint.remote is None:
                self.endpoint.connect(answer.remote, answer.fingerprint, address, now)
            else:
                self.endpoint.restart(answer.remote, address, now)
            self._flush(now)
            try:
                await asyncio.wait_for(self._checked.wait(), wait)
            except TimeoutError:
                continue
            # It answers, so all that is missing is the handshake, which takes as long as the network does.
            await asyncio.wait_for(done.wait(), max(0.0, until - self._loop.time()))

    def _ways(self, answer: Answer, preferred: str | None) -> list[tuple[Protocol, Address]]:
        """The ways to the relay in the order of trying."""
        found = {"udp": answer.addresses, "tcp": answer.stream_addresses}
        return [
            (protocol, address)
            for protocol in self._protocols
            for address in sorted(found[protocol], key=lambda address: address[0] != preferred)
        ]

    def make_reception(self, answer: Answer) -> Reception:
        """The receiver of the slots in an answer; subclasses replace it."""
        return Reception(answer.slots, self.ssrc)

    def next_origin(self) -> Origin:
        """The origin for the next offer."""
        self.origin = Origin(self.origin.session, self.origin.version + 1)
        return self.origin

    def _open(self, protocol: Protocol, address: Address) -> None:
        self._close_socket()
        self._checked.clear()
        if protocol == "tcp":
            self._stream = StreamPath(address, self._take_datagrams, self._on_stream_end)
            return
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        self._socket = sock
        self._watch_socket()

    def _watch_socket(self) -> None:
        assert self._socket is not None
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def _take_datagrams(self, datagrams: list[bytes]) -> None:
        now = self._loop.time()
        for datagram in datagrams:
            self.endpoint.receive(datagram, now)
        self._flush(now)

    def _on_stream_end(self) -> None:
        """The connection has ended, so nothing will arrive."""
        self._stream = None
        self._heard_at = float("-inf")
        self.wake()

    def _close_socket(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _readable(self) -> None:
        sock, endpoint = self._socket, self.endpoint
        now = self._loop.time()
        for _ in range(_DRAIN):
            if sock is None:
                return
            try:
                datagram = sock.recv(_MAX_DATAGRAM)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error of an earlier send; the next datagram is behind it
            endpoint.receive(datagram, now)
        self._flush(now)

    def _heard(self, now: float) -> None:
        self._heard_at = now
        if not self.arriving.is_set():
            self.arriving.set()

    def _on_rtp(self, packet: bytes, now: float) -> None:
        self._heard(now)
        self.reception.receive(packet, now)

    def _on_rtcp(self, packet: RtcpPacket, now: float) -> None:
        self._heard(now)
        match packet:
            case SenderReport():
                self.reception.receive_sender_report(packet, now)
                self._receive_reports(packet.reports)
            case ReceiverReport():
                self._receive_reports(packet.reports)
            case Nack():
                for stream in self._streams():
                    if stream.ssrc == packet.media_ssrc:
                        stream.retransmit(packet.lost)
            case KeyframeRequest():
                self._restart(packet.media_ssrc, now)
            case _:
                pass

    def _receive_reports(self, reports: tuple[ReportBlock, ...]) -> None:
        ntp = rtcp.ntp_time(time.time()) >> 16
        for report in reports:
            elapsed = (ntp - report.last_sr - report.delay_since_last_sr) & 0xFFFFFFFF
            if report.last_sr and elapsed < 10 * 65536:
                self.reception.round_trip = elapsed / 65536

    def _restart(self, ssrc: int, now: float) -> None:
        for player in self.players:
            if player.stream.ssrc == ssrc and player.stream.codec != "opus" and player.on:
                player.restart(now)
        for live in self.live:
            if live.stream.ssrc == ssrc:
                live.restart()

    def _streams(self) -> list[OutgoingStream]:
        return [each.stream for each in self.players] + [each.stream for each in self.live]

    def play(self, tracks: list[tuple[Track, str, str]]) -> list[Player]:
        """Send tracks in time with each other from now on, each in a section (by mid) as an encoding (by rid; empty:
        the only one).
        """
        now = self._loop.time()
        started = [
            Player(track, OutgoingStream(track, mid, rid, self._numbering, self.endpoint.send_rtp), now)
            for track, mid, rid in tracks
        ]
        for player in started:
            player.others = [each for each in started if each is not player]
        self.players += started
        self._switch_players()
        self.wake()
        return started

    def is_wanted(self, mid: str, rid: str) -> bool:
        """Whether anyone watches an encoding, as far as the relay has said."""
        return mid not in self.wanted or rid in self.wanted[mid]

    def want(self, mid: str, rids: Iterable[str]) -> None:
        """Send only these encodings of a section; those that were stopped go on at a keyframe."""
        self.wanted[mid] = frozenset(rids)
        self._switch_players()
        self.wake()

    def _switch_players(self) -> None:
        for player in self.players:
            if player.stream.codec != "opus":
                player.switch(self._loop.time(), on=self.is_wanted(player.stream.mid, player.stream.rid))

    def stop(self, players: list[Player]) -> None:
        """Stop these."""
        gone = [player for player in players if player in self.players]
        if gone:
            self._say_goodbye([player.stream for player in gone])
        self.players = [player for player in self.players if player not in gone]
        self.wake()

    def open_live(self, codec: CodecName, mid: str, rid: str) -> LiveStream:
        """Open a stream for frames that are encoded live; see `send_live`."""
        stream = LiveStream(OutgoingStream(Track(codec, ()), mid, rid, self._numbering, self.endpoint.send_rtp))
        self.live.append(stream)
        return stream

    def send_live(self, frames: list[tuple[LiveStream, Frame]], ticks: int, captured: float) -> bool:
        """Send the encodings of one frame, captured at that time of the event loop's clock. False: not connected."""
        if self._ended or not self.endpoint.connected:
            return False
        for stream, frame in frames:
            stream.send_frame(frame, ticks, captured)
        self._flush(self._loop.time())
        return True

    def close_live(self, streams: list[LiveStream]) -> None:
        """Close these streams."""
        gone = [stream for stream in streams if stream in self.live]
        if gone and not self._ended:
            self._say_goodbye([each.stream for each in gone])
        self.live = [stream for stream in self.live if stream not in gone]
        self.wake()

    def request_keyframe(self, slot: Slot) -> None:
        """Ask for a keyframe in a slot."""
        self.reception.request_keyframe(slot)
        self.wake()

    def wake(self) -> None:
        """Do what is due, send it, and set the timer."""
        if self._ended:
            return
        now = self._loop.time()
        self.endpoint.poll(now)
        if self.endpoint.connected:
            for player in self.players:
                player.poll(now)
            self.poll_reception(now)
            if now >= self._next_report:
                self._report(now)
        self._flush(now)
        if self.arriving.is_set() and now >= self._heard_at + SILENT_SECONDS:
            self.arriving.clear()
            self._on_silent()

    def poll_reception(self, now: float) -> None:
        """Make the feedback and requests that are due."""
        self.reception.poll(now)

    def _on_timer(self) -> None:
        self._timer = None
        self.wake()

    def _report(self, now: float) -> None:
        self._next_report = now + REPORT_INTERVAL
        ntp = rtcp.ntp_time(time.time())
        reports = [player.stream.report(now - player.origin, ntp) for player in self.players]
        reports += [report for live in self.live if (report := live.report(now, ntp)) is not None]
        blocks = self.reception.reports(now)
        compounds = rtcp.build_compounds(reports, self._description()) if reports else []
        # One of these in a datagram: a relay reads no more blocks from it.
        for start in range(0, len(blocks) or int(not reports), rtcp.MAX_BLOCKS):
            compounds.append(self._receiver_report(blocks[start : start + rtcp.MAX_BLOCKS]) + self._description())
        for compound in compounds:
            self.endpoint.send_rtcp(compound)

    def _say_goodbye(self, streams: list[OutgoingStream]) -> None:
        goodbye = rtcp.build_goodbye([stream.ssrc for stream in streams])
        self.endpoint.send_rtcp(self._receiver_report([]) + self._description() + goodbye)

    def _receiver_report(self, blocks: list[rtcp.ReportBlock]) -> bytes:
        return rtcp.build_receiver_report(ReceiverReport(self.ssrc, tuple(blocks)))

    def _description(self) -> bytes:
        return rtcp.build_source_description(self.ssrc, self._cname)

    def _flush(self, now: float) -> None:
        endpoint = self.endpoint
        if endpoint.connected and not self._connected.is_set():
            self._connected.set()
            self._next_report = now + REPORT_INTERVAL / 4
            self._heard(now)
        if endpoint.checked and not self._checked.is_set():
            self._checked.set()
        for packet in self.reception.outgoing:
            endpoint.send_rtcp(packet)
        self.reception.outgoing.clear()
        self._send()
        if endpoint.closed:
            self._end()
        else:
            self._set_timer()

    def _send(self) -> None:
        sock, stream = self._socket, self._stream
        for datagram in self.endpoint.outgoing:
            if stream is not None:
                self.unsent += not stream.send(datagram)
                continue
            try:
                if sock is not None:
                    sock.send(datagram)
            except ConnectionRefusedError:
                pass  # the ICMP answer to an earlier datagram: nobody listens at the relay's port any more
            except OSError:
                self.unsent += 1
        self.endpoint.outgoing.clear()

    def next_due(self) -> float | None:
        """When `wake` has something to do, by the loop's clock; None: not before a packet comes."""
        times = [self.endpoint.timeout(), self.reception.timeout()]
        if self.endpoint.connected:
            times.append(self._next_report)
            if self.arriving.is_set():
                times.append(self._heard_at + SILENT_SECONDS)
            times += [player.timeout() for player in self.players]
        return min((each for each in times if each is not None), default=None)

    def _set_timer(self) -> None:
        due, timer = self.next_due(), self._timer
        if due is not None and (timer is None or due < timer.when()):
            if timer is not None:
                timer.cancel()
            self._timer = self._loop.call_at(due, self._on_timer)

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._connected.set()
        self._checked.set()
        self.arriving.clear()
        self._release()
        self._on_closed(self.endpoint.failed or "The relay ended the media connection.")

    def _release(self) -> None:
        self.players.clear()
        self.live.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._close_socket()

    def close(self) -> None:
        """Tell the relay, and release everything."""
        self._ended = True
        streams = self._streams()
        if self.endpoint.connected and streams:
            self._say_goodbye(streams[:31])
        self.endpoint.close()
        self._send()
        self._release()
