"""A UDP socket that sends many packets in one system call, where the kernel can (UDP generic segmentation offload)."""

import errno
import socket
import struct
import sys

from sfu.stun import Address

RECEIVE_BUFFER = SEND_BUFFER = 4 << 20
"""Bytes; the kernel grants what its limits allow. A keyframe for a hundred viewers is a burst of a megabyte."""

_UDP_SEGMENT = 103
"""Linux's socket option and control message for the segment size; Python has no name for it."""

_CANNOT_SEGMENT = frozenset((errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP))

_segment = struct.Struct("=H")


class UdpSocket:
    """A bound, non-blocking UDP socket."""

    def __init__(self, host: str, port: int) -> None:
        """Bind. An empty host: all addresses, of IPv6 and IPv4 where the system has both. Raises `OSError`."""
        self.socket = _bind(host, port)
        self.can_segment = sys.platform == "linux"
        """Whether the kernel takes segments; found out at the first send, and for good."""
        self.lost = 0
        """Datagrams that the kernel didn't take: its buffer was full, or the address can't be reached."""
        self.receive_into = self.socket.recvfrom_into
        self._sendmsg = self.socket.sendmsg
        self._sendto = self.socket.sendto
        self._control: dict[int, list[tuple[int, int, bytes]]] = {}

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self.socket.getsockname()[1])

    def send(self, data: memoryview | bytes, segment: int, address: Address) -> None:
        """Send `data` as datagrams of `segment` bytes, the last of which may be shorter."""
        try:
            if len(data) <= segment:
                self._sendto(data, address)
                return
            if self.can_segment:
                self._sendmsg((data,), self._control.get(segment) or self._new_control(segment), 0, address)
                return
        except OSError as error:
            if len(data) <= segment or error.errno not in _CANNOT_SEGMENT:
                self.lost += -(-len(data) // segment)
                return
            self.can_segment = False
        for start in range(0, len(data), segment):
            self.send(data[start : start + segment], segment, address)

    def _new_control(self, segment: int) -> list[tuple[int, int, bytes]]:
        control = self._control[segment] = [(socket.SOL_UDP, _UDP_SEGMENT, _segment.pack(segment))]
        return control

    def close(self) -> None:
        """Close it."""
        self.socket.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_dualstack_ipv6()) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if not host else 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
