"""Sweeps over real sockets."""

import asyncio
import socket
import time

import pytest

from signaling.loadtest.poller import Poller
from tests.integration.conftest import until


class Reader:
    """Notes what it reads and when its timer fires."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.got: list[tuple[bytes, float]] = []
        self.fired: list[float] = []

    def readable(self, poller: Poller) -> None:
        """Read all."""
        for first, end, segment, arrival in poller.receive(self.sock):
            for start in range(first, end, segment):
                self.got.append((bytes(poller.view[start : min(start + segment, end)]), arrival))

    def due(self) -> None:
        """Note it."""
        self.fired.append(asyncio.get_running_loop().time())


def pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets that are connected to each other."""
    ours, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for sock in (ours, theirs):
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
    ours.connect(theirs.getsockname())
    theirs.connect(ours.getsockname())
    return ours, theirs


@pytest.mark.parametrize("many", [True, False])
@pytest.mark.asyncio
async def test_packets_come_with_their_arrivals_also_several_at_once(
    monkeypatch: pytest.MonkeyPatch, *, many: bool
) -> None:
    if not many:  # as on systems without recvmmsg
        monkeypatch.setattr("signaling.loadtest.poller.can_read_many", lambda: False)
    ours, theirs = pair()
    poller, reader = Poller(), Reader(ours)
    with ours, theirs:
        poller.add(ours, reader)
        poller.start()
        before = time.time()
        theirs.send(b"")
        theirs.send(b"single")
        # As the relay sends what has one size: in one call, cut by the kernel (UDP_SEGMENT).
        theirs.sendmsg([b"a" * 100 + b"b" * 100 + b"c" * 40], [(socket.SOL_UDP, 103, (100).to_bytes(2, "little"))])
        after = time.time()
        await until(lambda: len(reader.got) == 4)
        assert [packet for packet, _ in reader.got] == [b"single", b"a" * 100, b"b" * 100, b"c" * 40]
        assert all(before - 0.01 <= arrival <= after + 0.01 for _, arrival in reader.got)
        poller.remove(ours)
        theirs.send(b"late")
        poller.set_timer(reader, 0.0)
        await until(lambda: reader.fired)
        assert len(reader.got) == 4
        assert poller.lag.count > 0
        poller.close()


@pytest.mark.asyncio
async def test_a_timer_fires_once_at_its_last_time() -> None:
    ours, theirs = pair()
    poller, reader, other = Poller(), Reader(ours), Reader(theirs)
    with ours, theirs:
        poller.start()
        now = asyncio.get_running_loop().time()
        poller.set_timer(reader, now + 0.02)
        poller.set_timer(reader, now + 0.06)
        poller.set_timer(other, now + 0.01)
        poller.set_timer(other, None)
        await until(lambda: reader.fired)
        assert reader.fired[0] >= now + 0.06
        later = Reader(ours)
        poller.set_timer(later, asyncio.get_running_loop().time() + 0.03)
        await until(lambda: later.fired)
        assert len(reader.fired) == 1
        assert other.fired == []
        poller.close()
