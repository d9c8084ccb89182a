"""Made-up load over real sockets: publishers that encrypt, viewers that count."""

import os
import select
import socket
import struct
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from sfu import rtcp, rtp, stun
from sfu.dtls import Certificate
from sfu.endpoint import Endpoint
from tests.bench.relay_process import PUBLISH_MID, RelayProcess

PACKETS_PER_FRAME, PAYLOAD = 6, 1100
_UDP_GRO = 104
_SO_TIMESTAMPNS = 35
_timespec = struct.Struct("qq")
FEEDBACK_INTERVAL = 0.1
KEYFRAME_EVERY = 30
POLL_INTERVAL = 0.001


class Peer:
    """An endpoint on a socket of its own."""

    def __init__(self, name: str, certificate: Certificate, host: str = "127.0.0.1") -> None:
        self.name = name
        self.endpoint = Endpoint(certificate)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    def pump(self, now: float) -> None:
        """Read and answer what is there."""
        try:
            while True:
                datagram = self.socket.recv(2048)
                if self.endpoint.address is not None and rtp.is_stun(datagram[0]):
                    self._answer_check(datagram)
                self.endpoint.receive(datagram, now)
        except BlockingIOError:
            pass
        self.endpoint.poll(now)
        self.flush()

    def _answer_check(self, datagram: bytes) -> None:
        """Janus checks the path too, being a full agent; the relay, a lite one, never does."""
        message = stun.parse(datagram)
        address = self.endpoint.address
        if address is not None and message.kind == stun.BINDING_REQUEST:
            response = stun.build_success(message.transaction_id, address, self.endpoint.local.password)
            self.socket.sendto(response, address)

    def flush(self) -> None:
        assert self.endpoint.address is not None
        for datagram in self.endpoint.outgoing:
            self.socket.sendto(datagram, self.endpoint.address)
        self.endpoint.outgoing.clear()


def connect(relay: RelayProcess, publishers: int, viewers: int, *, videos: int, audios: int = 0) -> tuple[list[Peer], list[Peer]]:
    """Bring them all into one room, connected. Raises `TimeoutError`."""
    certificate = Certificate()
    peers = [Peer(f"p{n}", certificate) for n in range(publishers)] + [Peer(f"v{n}", certificate) for n in range(viewers)]
    for number, peer in enumerate(peers):
        publishes = number < publishers
        remote = relay.call(
            "add", peer.name, peer.endpoint.local, certificate.fingerprint, publishes, 0 if publishes else videos, audios
        )
        peer.endpoint.connect(remote, relay.fingerprint, relay.address, time.monotonic())
        peer.flush()
        if number % 20 == 19:
            settle(peers[: number + 1])
    settle(peers)
    return peers[:publishers], peers[publishers:]


def settle(peers: list[Peer]) -> None:
    """Wait until all are connected. Raises `TimeoutError`."""
    deadline = time.monotonic() + 20
    while not all(peer.endpoint.connected for peer in peers):
        if time.monotonic() > deadline:
            raise TimeoutError("the relay didn't connect everyone")
        select.select([peer.socket for peer in peers], [], [], 0.02)
        for peer in peers:
            peer.pump(time.monotonic())


class Sender:
    """Sends VP8-like packets for a set of publishers, and notes when."""

    def __init__(self, peers: list[Peer]) -> None:
        self.peers = peers
        self.frame = 0
        self.sent_at: list[list[float]] = [[] for _ in peers]
        self._wide = [0] * len(peers)
        self._body = os.urandom(PAYLOAD - 4)

    def prepare(self, number: int, index: int) -> None:
        """Encrypt part `index` of the current frame of publisher `number`; one frame in thirty is a keyframe."""
        peer = self.peers[number]
        seq = self.frame * PACKETS_PER_FRAME + index
        start = b"\x10" if index == 0 else b"\x00"
        payload = start + (b"\x01" if self.frame % KEYFRAME_EVERY else b"\x00") + b"\x00\x00" + self._body
        self._wide[number] += 1
        extensions = {1: (self._wide[number] & 0xFFFF).to_bytes(2)}
        if self.frame < 3:
            extensions[2] = PUBLISH_MID.encode()
        peer.endpoint.send_rtp(
            rtp.build_packet(
                96,
                seq & 0xFFFF,
                self.frame * 3000 & 0xFFFFFFFF,
                1000 + number,
                payload,
                marker=index == PACKETS_PER_FRAME - 1,
                extensions=extensions,
            )
        )

    def send(self, number: int) -> None:
        """Send what is prepared, back to back, as an encoder's frame leaves a network card."""
        peer = self.peers[number]
        now = time.time()
        self.sent_at[number] += [now] * len(peer.endpoint.outgoing)
        peer.flush()

    def bursts(self, seconds: float, fps: int) -> int:
        """Frames of `PACKETS_PER_FRAME` packets at once, the publishers spread over the frame time; packets sent."""
        start, sent, begun = time.monotonic(), 0, self.frame
        while time.monotonic() - start < seconds:
            for number in range(len(self.peers)):
                for index in range(PACKETS_PER_FRAME):
                    self.prepare(number, index)
                    sent += 1
                _wait_until(start + (self.frame - begun + number / len(self.peers)) / fps)
                self.send(number)
            self.frame += 1
            self._pump()
        return sent

    def paced(self, seconds: float, fps: int) -> int:
        """The same load with single packets at even distances."""
        start, sent, begun = time.monotonic(), 0, self.frame
        step = 1 / (fps * PACKETS_PER_FRAME * len(self.peers))
        while time.monotonic() - start < seconds:
            base = start + (self.frame - begun) / fps
            slot = 0
            for index in range(PACKETS_PER_FRAME):
                for number in range(len(self.peers)):
                    self.prepare(number, index)
                    _wait_until(base + slot * step)
                    self.send(number)
                    slot += 1
                    sent += 1
            self.frame += 1
            self._pump()
        return sent

    def _pump(self) -> None:
        now = time.monotonic()
        for peer in self.peers:
            peer.pump(now)


def _wait_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


@dataclass(frozen=True, slots=True)
class Received:
    """What all viewers got: packets, and in a delay run the delays in seconds of all packets."""

    packets: int
    delays: list[float]


def _sink(pipe: Connection, peers: list[Peer], size: int, measure: bool) -> None:
    """Count packets by their size, without decrypting; send the feedback that viewers send."""
    by_number = {peer.socket.fileno(): peer for peer in peers}
    arrivals: dict[tuple[int, int], list[float]] = {}
    counts = dict.fromkeys(by_number, 0)
    told = dict.fromkeys(by_number, 0)
    for number, peer in by_number.items():
        peer.socket.setsockopt(socket.SOL_UDP, _UDP_GRO, 0 if measure else 1)
        if measure:
            peer.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    buffer = bytearray(1 << 16)
    next_feedback = time.monotonic()
    while not pipe.poll():
        # Looking now and then instead of waiting: on loopback the sender pays for waking who waits, and no network
        # makes it do so.
        time.sleep(POLL_INTERVAL)
        for number, peer in by_number.items():
            sock = peer.socket
            try:
                while True:
                    length, control, _, _ = sock.recvmsg_into([buffer], 64)
                    if buffer[0] >> 6 != 2 or 192 <= buffer[1] <= 223:
                        continue
                    counts[number] += round(length / size)
                    if measure:
                        seconds, nanoseconds = _timespec.unpack_from(control[0][2])
                        key = (number, int.from_bytes(buffer[8:12]))
                        arrivals.setdefault(key, []).append(seconds + nanoseconds * 1e-9)
            except BlockingIOError:
                pass
        now = time.monotonic()
        if now >= next_feedback:
            next_feedback = now + FEEDBACK_INTERVAL
            _give_feedback(by_number, counts, told, now)
    pipe.recv()
    pipe.send((sum(counts.values()), arrivals))


def _give_feedback(peers: dict[int, Peer], counts: dict[int, int], told: dict[int, int], now: float) -> None:
    for number, peer in peers.items():
        new = min(counts[number] - told[number], 400)
        if new:
            base = int(now * 4000)
            packet = rtcp.build_transport_feedback(1, 1, told[number] & 0xFFFF, 0, [base + n for n in range(new)])
            told[number] = counts[number]
            peer.endpoint.send_rtcp(packet)
            peer.endpoint.poll(now)
            peer.flush()


class Sink:
    """Viewers in a process of their own; start it after they are connected."""

    def __init__(self, peers: list[Peer], *, measure: bool = False) -> None:
        self._pipe, theirs = get_context("fork").Pipe()
        size = 12 + 8 + PAYLOAD + 16
        self._process = get_context("fork").Process(target=_sink, args=(theirs, peers, size, measure))
        self._process.start()
        self._peers = peers

    def stop(self, sent_at: list[list[float]]) -> Received:
        """End it; what came, and how long after it was sent."""
        self._pipe.send("stop")
        packets, arrivals = self._pipe.recv()
        self._process.join()
        return Received(packets, _delays(arrivals, sent_at))


def _delays(arrivals: dict[tuple[int, int], list[float]], sent_at: list[list[float]]) -> list[float]:
    """Each viewer's slots show the publishers in order of their first packet; arrivals are matched from the end."""
    delays: list[float] = []
    for times in arrivals.values():
        candidates = [sent[-len(times) :] for sent in sent_at if len(sent) >= len(times)]
        best = min(candidates, key=lambda sent: abs(_mean(times) - _mean(sent) - 0.0005), default=[])
        delays += [arrived - sent for arrived, sent in zip(times, best, strict=True)]
    return delays


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
