"""The cheapest possible clients over real sockets, for the relay and for Janus."""

import os
import select
import socket
import time

from sfu.endpoint import Endpoint
from sfu.secure.dtls import Certificate
from sfu.wire import rtp, stun
from tests.bench.relay_process import RelayProcess

PATIENCE = 20.0
"""Seconds until everyone is connected."""


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process so far, to the nanosecond; Linux only."""
    nanoseconds = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            nanoseconds += int(file.read().split()[0])
    return nanoseconds / 1e9


def answer_to_check(endpoint: Endpoint, datagram: bytes) -> bytes | None:
    """What Janus gets, which checks the path as a full agent; None for everything else. The relay never checks."""
    if not rtp.is_stun(datagram[0]):
        return None
    try:
        message = stun.parse(datagram)
    except stun.StunError:
        return None
    if endpoint.address is None or message.kind != stun.BINDING_REQUEST:
        return None
    return stun.build_success(message.transaction_id, endpoint.address, endpoint.local.password)


class Peer:
    """An endpoint on a socket of its own."""

    def __init__(self, name: str, certificate: Certificate, host: str) -> None:
        self.name = name
        self.endpoint = Endpoint(certificate)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    def pump(self, now: float) -> None:
        """Read and answer waiting datagrams."""
        try:
            while True:
                self.take(self.socket.recv(2048), now)
        except BlockingIOError:
            pass
        self.endpoint.poll(now)
        self.flush()

    def take(self, datagram: bytes, now: float) -> None:
        """Handle a datagram."""
        answer = answer_to_check(self.endpoint, datagram)
        if answer is not None and self.endpoint.address is not None:
            self.socket.sendto(answer, self.endpoint.address)
        self.endpoint.receive(datagram, now)

    def flush(self) -> None:
        """Send waiting datagrams."""
        assert self.endpoint.address is not None
        for datagram in self.endpoint.outgoing:
            self.socket.sendto(datagram, self.endpoint.address)
        self.endpoint.outgoing.clear()

    @property
    def profile(self) -> str:
        """The negotiated SRTP profile."""
        dtls = self.endpoint._dtls
        assert dtls is not None
        assert dtls.keys is not None
        return dtls.keys.profile.name.decode()


def settle(peers: list[Peer]) -> None:
    """Wait until all are connected. Raises `TimeoutError`."""
    deadline = time.monotonic() + PATIENCE
    while not all(peer.endpoint.connected for peer in peers):
        if time.monotonic() > deadline:
            raise TimeoutError("not everyone was connected in time")
        select.select([peer.socket for peer in peers], [], [], 0.02)
        for peer in peers:
            peer.pump(time.monotonic())


def connect(
    relay: RelayProcess, publishers: int, viewers: int, *, videos: int, audios: int = 0, simulcast: bool = False
) -> tuple[list[Peer], list[Peer]]:
    """Connect publishers, and viewers with that number of slots, to one room of the relay. Raises `TimeoutError`."""
    certificate, host = Certificate(), relay.address[0]
    peers = [Peer(f"p{n}", certificate, host) for n in range(publishers)]
    peers += [Peer(f"v{n}", certificate, host) for n in range(viewers)]
    for number, peer in enumerate(peers):
        slots = (0, 0) if number < publishers else (videos, audios)
        sends = "" if number >= publishers else "simulcast" if simulcast else "single"
        remote = relay.add(peer.name, peer.endpoint.local, certificate.fingerprint, sends, *slots)
        peer.endpoint.connect(remote, relay.fingerprint, relay.address, time.monotonic())
        peer.flush()
        if number % 20 == 19:
            settle(peers[: number + 1])
    settle(peers)
    return peers[:publishers], peers[publishers:]


def close(peers: list[Peer]) -> None:
    """Close their sockets."""
    for peer in peers:
        peer.socket.close()
