"""The front door closes what it has accepted, whenever it is closed itself."""

import asyncio
import socket

import pytest

from web.connections import Connections
from web.front_door import FrontDoor, Way, listening_socket
from web.tls.first_bytes import Speaks

pytestmark = pytest.mark.asyncio


async def test_a_connection_that_is_about_to_be_handed_over_is_closed_with_the_door() -> None:
    loop = asyncio.get_running_loop()
    made: list[asyncio.Protocol] = []
    connections = Connections(lambda peer: peer, limited=True)

    def protocol(_made: object) -> asyncio.Protocol:
        made.append(asyncio.Protocol())
        return made[-1]

    def choose(speaks: Speaks, first: bytes) -> Way:
        loop.call_soon(door.close)  # before the hand-over begins
        return Way(protocol)

    listener = listening_socket("127.0.0.1", 0)
    door = FrontDoor(listener, connections, choose)
    door.open()
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(b"GET / HTTP/1.1\r\n")
    with pytest.raises(ConnectionResetError):  # what it wrote wasn't read
        await reader.read()
    writer.close()
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        await writer.wait_closed()
    assert made == []
    assert len(connections) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", writer.get_extra_info("peername")[1]))
