"""A bad network in front of the relay: a UDP proxy that loses and delays packets, by a seed, and has narrow links."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sfu.wire.stun import Address


@dataclass(frozen=True, slots=True)
class Misfortune:
    """Share of packets lost, seconds that each takes, and the most that one takes longer, so that later ones may
    overtake it.
    """

    loss: float = 0.0
    jitter: float = 0.0
    delay: float = 0.0


QUEUE_SECONDS = 0.3
"""What a narrow link queues; packets beyond are lost, as in a home router."""

HEADERS = 28
"""Bytes of a datagram's IP and UDP headers."""


@dataclass(slots=True)
class Bottleneck:
    """One direction of a client's link, `bits_per_second` wide; 0: as wide as it takes."""

    bits_per_second: float = 0.0
    free_at: float = 0.0
    longest: float = 0.0
    """Seconds that a packet waited at most."""

    def wait(self, size: int, now: float) -> float | None:
        """Seconds until a datagram of so many bytes is through; None: the queue is full."""
        if not self.bits_per_second:
            return 0.0
        start = max(now, self.free_at)
        if start - now > QUEUE_SECONDS:
            return None
        self.longest = max(self.longest, start - now)
        self.free_at = start + (size + HEADERS) * 8 / self.bits_per_second
        return self.free_at - now


@dataclass(slots=True)
class Access:
    """A client's link to the network."""

    down: Bottleneck = field(default_factory=Bottleneck)
    up: Bottleneck = field(default_factory=Bottleneck)


class _Leg(asyncio.DatagramProtocol):
    """One socket; what comes in goes to the proxy."""

    def __init__(self, proxy: "UdpProxy", client: Address | None) -> None:
        self.proxy = proxy
        self.client = client

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self.client is None:
            self.proxy.from_client(data, address)
        else:
            self.proxy.to_client(data, self.client)

    def error_received(self, error: Exception) -> None:
        """Who isn't there any more gets nothing."""


class UdpProxy:
    """Listens on one address, and has a socket towards the relay for each client, as a NAT has."""

    def __init__(self, relay: tuple[str, int], misfortune: Misfortune, seed: int = 1) -> None:
        self.misfortune = misfortune
        self.blocked: set[Address] = set()
        """Clients whose datagrams it drops."""
        self.late: Callable[[bytes], float] = lambda datagram: 0.0
        """Seconds by which a client's datagram is late, besides `misfortune`."""
        self.only: set[Address] | None = None
        """Clients that it carries for; None: all."""
        self.access: defaultdict[Address, Access] = defaultdict(Access)
        """Each client's link."""
        self.carried = self.lost = 0
        self._relay = relay
        self._host = ""
        self._random = random.Random(seed)
        self._front: asyncio.DatagramTransport | None = None
        self._legs: dict[Address, asyncio.Task[asyncio.DatagramTransport]] = {}

    async def start(self, host: str, port: int) -> None:
        """Begin to carry."""
        loop = asyncio.get_running_loop()
        self._host = host
        self._front, _ = await loop.create_datagram_endpoint(lambda: _Leg(self, None), local_addr=(host, port))

    async def _open(self, client: Address) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        # From the front's address: Firefox believes no answer that says it was seen at a loopback address.
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Leg(self, client), local_addr=(self._host, 0), remote_addr=self._relay
        )
        return transport

    def from_client(self, data: bytes, client: Address) -> None:
        """A datagram on its way to the relay."""
        if client in self.blocked or (self.only is not None and client not in self.only):
            return
        leg = self._legs.get(client)
        if leg is None:
            leg = self._legs[client] = asyncio.get_running_loop().create_task(self._open(client))
        opened = leg
        self._carry(
            lambda: _send(opened.result(), data) if opened.done() else None,
            data,
            self.access[client].up,
            self.late(data),
        )

    def to_client(self, data: bytes, client: Address) -> None:
        """A datagram on its way from the relay."""
        if client in self.blocked:
            return
        front = self._front
        assert front is not None
        self._carry(lambda: _send(front, data, client), data, self.access[client].down)

    async def rebind(self, clients: Collection[Address] | None = None) -> None:
        """Give clients (all, if none are named) another port towards the relay, as a NAT does after a while."""
        for client in list(self._legs) if clients is None else clients:
            leg = self._legs.pop(client, None)
            if leg is not None:
                (await leg).close()

    @property
    def clients(self) -> set[Address]:
        """Those whose datagrams it has carried."""
        return set(self._legs)

    def _carry(self, deliver: Callable[[], object], data: bytes, link: Bottleneck, late: float = 0.0) -> None:
        loop = asyncio.get_running_loop()
        through = None if self._random.random() < self.misfortune.loss else link.wait(len(data), loop.time())
        if through is None:
            self.lost += 1
            return
        self.carried += 1
        jitter = self._random.uniform(0.0, self.misfortune.jitter)
        loop.call_later(through + late + self.misfortune.delay + jitter, deliver)

    async def stop(self) -> None:
        """Close all sockets."""
        for leg in self._legs.values():
            (await leg).close()
        if self._front is not None:
            self._front.close()


def _send(transport: asyncio.DatagramTransport, data: bytes, address: Address | None = None) -> None:
    """What a narrow link lets through after the end of a test is for nobody."""
    if not transport.is_closing():
        transport.sendto(data, address)
