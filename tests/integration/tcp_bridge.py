"""Brings a program's media, which is UDP, to a server over TCP, as a browser would send it."""

import asyncio
from typing import Self

from sfu.wire.framing import Deframer, framed


class TcpBridge(asyncio.DatagramProtocol):
    """Listens for datagrams on one address, and has a connection to the server for each program."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.connections: dict[tuple[str, int], Connection] = {}
        self._server = server
        self._front: asyncio.DatagramTransport | None = None

    async def start(self, host: str, port: int) -> Self:
        """Begin to carry."""
        self._front, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, (host, port))
        return self

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        connection = self.connections.get(address)
        if connection is None:
            connection = self.connections[address] = Connection(self, address)
            connection.opening = asyncio.get_running_loop().create_task(connection.open(*self._server))
        connection.send(data)

    def deliver(self, data: bytes, address: tuple[str, int]) -> None:
        """Give a datagram to a program."""
        if self._front is not None and not self._front.is_closing():
            self._front.sendto(data, address)

    async def stop(self) -> None:
        """Close everything."""
        for connection in self.connections.values():
            await connection.close()
        if self._front is not None:
            self._front.close()


class Connection(asyncio.Protocol):
    """A program's connection; `transport` can be told to stop reading."""

    def __init__(self, bridge: TcpBridge, address: tuple[str, int]) -> None:
        self.transport: asyncio.Transport | None = None
        self.opening: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        self._bridge = bridge
        self._address = address
        self._deframer = Deframer()
        self._early: list[bytes] = []

    async def open(self, host: str, port: int) -> None:
        """Connect."""
        self.transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        for data in self._early:
            self.send(data)

    def send(self, data: bytes) -> None:
        """Send a datagram."""
        if self.transport is None:
            self._early.append(data)
        else:
            self.transport.write(framed(data, len(data)))

    def data_received(self, data: bytes) -> None:
        for datagram in self._deframer.take(data):
            self._bridge.deliver(bytes(datagram), self._address)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()

    async def close(self) -> None:
        """Close."""
        if self.opening is not None:
            await self.opening
        if self.transport is not None:
            self.transport.abort()
