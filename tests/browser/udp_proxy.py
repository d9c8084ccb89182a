"""A bad network in front of the relay: a UDP proxy that loses and delays packets, by a seed."""

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sfu.wire.stun import Address


@dataclass(frozen=True, slots=True)
class Misfortune:
    """Share of packets lost, and the most that one is delayed, seconds; later ones may overtake it."""

    loss: float = 0.0
    jitter: float = 0.0


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
        self._carry(lambda: opened.result().sendto(data) if opened.done() else None, self.late(data))

    def to_client(self, data: bytes, client: Address) -> None:
        """A datagram on its way from the relay."""
        if client in self.blocked:
            return
        front = self._front
        assert front is not None
        self._carry(lambda: front.sendto(data, client))

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

    def _carry(self, deliver: Callable[[], object], late: float = 0.0) -> None:
        if self._random.random() < self.misfortune.loss:
            self.lost += 1
            return
        self.carried += 1
        delay = late + self._random.uniform(0.0, self.misfortune.jitter)
        asyncio.get_running_loop().call_later(delay, deliver)

    async def stop(self) -> None:
        """Close all sockets."""
        for leg in self._legs.values():
            (await leg).close()
        if self._front is not None:
            self._front.close()
