"""The UDP socket: one send for many datagrams where the kernel can, one for each where it can't."""

import errno
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sfu.udp import UdpSocket

DATA = bytes(range(256)) * 10
"""2560 bytes: two datagrams of 1100 and one of 360."""

PARTS = [DATA[:1100], DATA[1100:2200], DATA[2200:]]


@pytest.fixture
def sender() -> Iterator[UdpSocket]:
    sock = UdpSocket("127.0.0.1", 0)
    yield sock
    sock.close()


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(2)
        yield sock


def refuse(number: int) -> Any:
    def sendmsg(*_: Any) -> int:
        raise OSError(number, "refused")

    return sendmsg


def test_segments_arrive_as_datagrams(sender: UdpSocket, receiver: socket.socket) -> None:
    sender.send(memoryview(DATA), 1100, receiver.getsockname())
    assert [receiver.recv(2048) for _ in PARTS] == PARTS
    assert sender.lost == 0


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP])
def test_a_kernel_that_cant_segment_is_asked_once(sender: UdpSocket, receiver: socket.socket, number: int) -> None:
    sender.can_segment = True
    sender._sendmsg = refuse(number)
    sender.send(memoryview(DATA), 1100, receiver.getsockname())
    assert not sender.can_segment
    sender._sendmsg = refuse(errno.EPIPE)  # isn't tried again: this would count as lost
    sender.send(memoryview(DATA), 1100, receiver.getsockname())
    assert [receiver.recv(2048) for _ in PARTS * 2] == PARTS * 2
    assert sender.lost == 0


def test_a_full_buffer_loses_datagrams_and_nothing_else(sender: UdpSocket, receiver: socket.socket) -> None:
    sender.can_segment = True
    sendmsg, sender._sendmsg = sender._sendmsg, refuse(errno.ENOBUFS)
    sender.send(memoryview(DATA), 1100, receiver.getsockname())
    assert sender.lost == 3
    assert sender.can_segment
    sender._sendmsg = sendmsg
    sender.send(b"after", 1100, receiver.getsockname())
    assert receiver.recv(2048) == b"after"


def test_an_empty_host_takes_both_families() -> None:
    sock = UdpSocket("", 0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"hello", ("127.0.0.1", sock.port))
            data = bytearray(10)
            sock.socket.setblocking(True)
            sock.socket.settimeout(2)
            assert sock.receive_into(data)[0] == 5
    finally:
        sock.close()
