"""A program's connection to the relay where UDP is blocked."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sfu.wire.framing import Deframer, framed
from signaling.client.stream_path import MOST_WAITING, StreamPath
from tests.integration.conftest import until

pytestmark = pytest.mark.asyncio

DATAGRAMS = [bytes([number]) * size for number, size in ((1, 20), (2, 1200), (3, 1472))]


class Relay:
    """The other relay."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.address = self.listener.getsockname()
        self.came: list[bytes] = []
        self.ends = 0
        self.path = StreamPath(self.address, self.came.extend, self._ended)
        self.socket, _ = self.listener.accept()
        self.socket.setblocking(False)

    def _ended(self) -> None:
        self.ends += 1

    def close(self) -> None:
        self.path.close()
        self.socket.close()
        self.listener.close()

    async def read(self, count: int) -> list[bytes]:
        """So many datagrams of what was sent."""
        deframer, found, loop = Deframer(), list[bytes](), asyncio.get_running_loop()
        while len(found) < count:
            found += [bytes(each) for each in deframer.take(await loop.sock_recv(self.socket, 1 << 16))]
        return found


@pytest_asyncio.fixture
async def relay() -> AsyncIterator[Relay]:
    end = Relay()
    yield end
    end.close()


async def test_datagrams_come_whole_and_in_order_both_ways(relay: Relay) -> None:
    assert all(relay.path.send(datagram) for datagram in DATAGRAMS)
    assert await relay.read(3) == DATAGRAMS
    stream = b"".join(framed(datagram, len(datagram)) for datagram in DATAGRAMS)
    for start in range(0, len(stream), 700):
        relay.socket.send(stream[start : start + 700])
    await until(lambda: len(relay.came) == 3)
    assert relay.came == DATAGRAMS
    assert relay.ends == 0


async def test_what_does_not_fit_is_dropped_and_the_rest_stays_whole(relay: Relay) -> None:
    sent = 0
    while relay.path.send(b"%05d" % sent * 200):
        sent += 1
        assert sent * 1002 <= MOST_WAITING
    assert sent * 1002 > MOST_WAITING - 2 * 1002
    await until(lambda: relay.path.send(b"x" * 30))  # the kernel has taken something
    assert await relay.read(sent + 1) == [b"%05d" % number * 200 for number in range(sent)] + [b"x" * 30]


async def test_an_end_is_told_once_and_nothing_is_sent_after_it(relay: Relay) -> None:
    relay.socket.close()
    await until(lambda: relay.ends > 0)
    assert not relay.path.send(DATAGRAMS[0])
    relay.path.close()
    assert relay.ends == 1


async def test_a_stream_that_is_something_else_is_given_up(relay: Relay) -> None:
    relay.socket.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await until(lambda: relay.ends > 0)
    assert relay.came == []


async def test_a_port_where_nobody_listens_is_refused_at_once_or_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    ends: list[bool] = []
    try:
        path = StreamPath(address, lambda _: None, lambda: ends.append(True))
    except ConnectionRefusedError:
        return
    path.send(DATAGRAMS[0])
    await until(lambda: ends == [True])
