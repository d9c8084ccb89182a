"""The UDP socket: one send for many datagrams where the kernel can, one for each where it can't."""

import errno
import functools
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest

from sfu.net.udp import UdpSocket

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


@pytest.mark.parametrize("number", [errno.ENOPROTOOPT, errno.EOPNOTSUPP])
def test_a_kernel_that_cant_segment_is_asked_once(sender: UdpSocket, receiver: socket.socket, number: int) -> None:
    sender.can_segment = True
    sender._sendmsg = refuse(number)
    sender.send(memoryview(DATA), 1100, receiver.getsockname())
    assert not sender.can_segment
    sender._sendmsg = refuse(errno.EPIPE)  # isn't tried again: this would count as lost
    sender.send(memoryview(DATA), 1100, receiver.getsockname())
    assert [receiver.recv(2048) for _ in PARTS * 2] == PARTS * 2
    assert sender.lost == 0


@pytest.mark.parametrize("number", [errno.EMSGSIZE, errno.EINVAL, errno.EIO])
def test_a_destination_that_refuses_segments_gets_datagrams_one_by_one(
    sender: UdpSocket, receiver: socket.socket, number: int
) -> None:
    sent: list[tuple[int, Any]] = []
    sendmsg = sender._sendmsg

    def refuse_there(parts: Any, control: Any, flags: int, address: Any) -> int:
        sent.append((len(parts[0]), address))
        if address == receiver.getsockname():
            raise OSError(number, "refused")
        return sendmsg(parts, control, flags, address)

    sender.can_segment = True
    sender._sendmsg = cast(Any, refuse_there)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(2)
        for _ in range(3):
            sender.send(memoryview(DATA), 1100, receiver.getsockname())
            sender.send(memoryview(DATA), 1100, other.getsockname())
        assert [receiver.recv(2048) for _ in PARTS * 3] == PARTS * 3
        assert [other.recv(2048) for _ in PARTS * 3] == PARTS * 3
        assert [address for _, address in sent] == [receiver.getsockname(), *[other.getsockname()] * 3]
    assert sender.can_segment
    assert sender.lost == 0
    assert sender.stats.limited == 1


def test_a_narrow_path_still_gets_small_segments_at_once(sender: UdpSocket, receiver: socket.socket) -> None:
    sent: list[int] = []
    sendmsg = sender._sendmsg

    def narrow(parts: Any, control: Any, flags: int, address: Any) -> int:
        sent.append(len(parts[0]))
        if int.from_bytes(control[0][2], sys.byteorder) > 1000:
            raise OSError(errno.EMSGSIZE, "too long")
        return sendmsg(parts, control, flags, address)

    sender._sendmsg = cast(Any, narrow)
    for segment in (1100, 1100, 200, 1001, 1001, 900):
        sender.send(memoryview(DATA), segment, receiver.getsockname())
    assert sent == [len(DATA)] * 4  # 1100 and 1001 are tried once each
    for segment in (1100, 1100, 200, 1001, 1001, 900):
        assert b"".join(receiver.recv(2048) for _ in range(-(-len(DATA) // segment))) == DATA
    assert sender.lost == 0


def test_destinations_that_refuse_segments_are_remembered_up_to_a_limit(
    sender: UdpSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfu.net.udp.MAX_LIMITED", 8)
    sender._sendmsg = refuse(errno.EMSGSIZE)
    sender._sendto = cast(Any, lambda data, _: len(data))
    for port in range(100):
        sender.send(memoryview(DATA), 1100, ("127.0.0.1", 1000 + port))
    assert sender.stats.limited == 8


def test_what_the_kernel_refuses_is_counted_by_error(sender: UdpSocket) -> None:
    for number in (errno.EAGAIN, errno.EPERM):
        sender._sendmsg = sender._sendto = refuse(number)
        sender.send(memoryview(DATA), 1100, ("127.0.0.1", 9))
        sender.send(memoryview(DATA[:10]), 1100, ("127.0.0.1", 9))
    assert sender.stats.unsent == {"EAGAIN": 4, "EPERM": 4}
    assert sender.lost == 8


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't say what they dropped")
def test_datagrams_that_found_the_buffer_full_are_counted(receiver: socket.socket) -> None:
    server = UdpSocket("127.0.0.1", 0)
    try:
        assert server.stats.overflows == 0
        assert server.stats.receive_buffer > 0
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(100):
            receiver.sendto(DATA[:1000], ("127.0.0.1", server.port))
        taken = 0
        data = bytearray(2048)
        while True:
            try:
                server.receive_into(data)
            except BlockingIOError:
                break
            taken += 1
        assert 0 < taken < 100
        assert server.stats.overflows == 100 - taken
    finally:
        server.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="a network namespace needs root")
def test_a_burst_passes_a_path_that_is_narrower_than_its_packets() -> None:
    """Real kernel: a route with an MTU of 1,200 in a namespace of its own, packets of 1,230 bytes."""
    name = f"milanio{os.getpid()}"
    run = functools.partial(subprocess.run, check=True, capture_output=True, text=True)
    run(["ip", "netns", "add", name])
    try:
        inside = ["ip", "netns", "exec", name]
        for command in (
            "ip link set lo up",
            "ip link add d0 type veth peer name d1",
            "ip link set d1 up",
            "ip addr add 10.98.0.1/24 dev d0",
            "ip link set d0 mtu 1500 up",
            "ip route add 10.97.0.0/24 dev d0 mtu 1200",
            "ip neigh add 10.97.0.2 lladdr 02:00:00:00:00:03 dev d0",
        ):
            run([*inside, *command.split()])
        script = (
            "from pathlib import Path\n"
            "from sfu.net.udp import UdpSocket\n"
            "sock = UdpSocket('0.0.0.0', 0)\n"
            "count = lambda: int(Path('/sys/class/net/d0/statistics/tx_bytes').read_text())\n"
            "before = count()\n"
            "for _ in range(10): sock.send(bytes(1230 * 5), 1230, ('10.97.0.2', 5000))\n"
            "print(count() - before, sock.lost, sock.can_segment)\n"
        )
        sent, lost, can_segment = run([*inside, sys.executable, "-c", script]).stdout.split()
    finally:
        run(["ip", "netns", "del", name])
    assert int(sent) >= 10 * 5 * 1230
    assert (lost, can_segment) == ("0", "True")


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
