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

_segment = struct.Struct("=H")


class UdpSocket:
    """A bound, non-blocking UDP socket."""

    def __init__(self, host: str, port: int) -> None:
        """Bind. An empty host: all addresses, of IPv6 and IPv4 where the system has both. Raises `OSError`."""
        self.socket = _bind(host, port)
        self.can_segment = sys.platform == "linux"
        """Whether the kernel takes segments; found out at the first send."""
        self.lost = 0
        """Datagrams that the kernel didn't take: its buffer was full, or the address can't be reached."""
        self.receive_into = self.socket.recvfrom_into
        self._sendmsg = self.socket.sendmsg
        self._control: dict[int, list[tuple[int, int, bytes]]] = {}

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self.socket.getsockname()[1])

    def send(self, data: memoryview | bytes, segment: int, address: Address) -> None:
        """Send `data` as datagrams of `segment` bytes, the last of which may be shorter."""
        size = len(data)
        if size > segment:
            if self.can_segment and self._send_segments(data, segment, address):
                return
            for start in range(0, size, segment):
                self._send_one(data[start : start + segment], address)
        else:
            self._send_one(data, address)

    def _send_one(self, data: memoryview | bytes, address: Address) -> None:
        try:
            self.socket.sendto(data, address)
        except OSError:
            self.lost += 1

    def _send_segments(self, data: memoryview | bytes, segment: int, address: Address) -> bool:
        """False: the kernel can't do this; it isn't asked again."""
        control = self._control.get(segment)
        if control is None:
            control = self._control[segment] = [(socket.SOL_UDP, _UDP_SEGMENT, _segment.pack(segment))]
        try:
            self._sendmsg([data], control, 0, address)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP):
                self.can_segment = False
                return False
            self.lost += -(-len(data) // segment)
        return True

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
