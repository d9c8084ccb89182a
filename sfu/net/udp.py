"""A UDP socket that sends many packets in one system call if the kernel can (UDP generic segmentation offload)."""

import errno
import socket
import struct
import sys
from collections import Counter
from dataclasses import dataclass

from sfu.wire.stun import Address

RECEIVE_BUFFER = SEND_BUFFER = 4 << 20
"""Bytes; the kernel grants what its limits allow. A keyframe for a hundred viewers is a burst of a megabyte."""

MAX_LIMITED = 4096
"""Destinations remembered as refusing large segments; the oldest is forgotten first, and tried again."""

_IS_LINUX = sys.platform == "linux"
_UDP_SEGMENT = 103
"""Linux's socket option and control message for the segment size; Python has no name for it."""

_SO_MEMINFO, _MEMINFO = 55, struct.Struct("=9I")
"""Linux's memory figures of a socket (sock_diag(7)); the last one counts the datagrams that it dropped."""

_IP_MTU_DISCOVER, _IP_PMTUDISC_DONT = 10, 0
"""Send without "don't fragment" (ip(7)): on a path narrower than our packets, fragments still arrive, while whole ones
would be lost for good where ICMP is filtered. IPv6 routers never fragment; there the kernel itself does."""

_CANNOT_SEGMENT = frozenset((errno.ENOPROTOOPT, errno.EOPNOTSUPP))
"""The kernel doesn't know segmentation."""

_CANNOT_SEGMENT_THERE = frozenset((errno.EMSGSIZE, errno.EINVAL, errno.EIO))
"""The segments are larger than this path's MTU (EINVAL before Linux 6.14), or its device can't segment."""

_segment = struct.Struct("=H")


@dataclass(frozen=True, slots=True)
class SocketStats:
    """Datagrams that the kernel didn't send or deliver since the start, and the buffers that it granted, in bytes."""

    unsent: dict[str, int]
    """By the name of the error, such as `EAGAIN` for a full send buffer."""
    receive_errors: dict[str, int]
    """Failed reads by the name of the error."""
    overflows: int
    """Datagrams dropped on arrival because the receive buffer was full."""
    receive_buffer: int
    send_buffer: int
    limited: int
    """Destinations that refuse large segments at the moment."""


NO_STATS = SocketStats({}, {}, 0, 0, 0, 0)


class UdpSocket:
    """A bound, non-blocking UDP socket."""

    def __init__(self, host: str, port: int) -> None:
        """Bind. An empty host: all addresses, of IPv6 and IPv4 where the system has both. Raises `OSError`."""
        self.socket = _bind(host, port)
        self.can_segment = _knows_segments(self.socket)
        """Whether the kernel knows segmentation."""
        self.unsent: Counter[int] = Counter()
        """Datagrams that the kernel refused, by errno."""
        self.receive_errors: Counter[int] = Counter()
        self.receive_into = self.socket.recvfrom_into
        self._sendmsg = self.socket.sendmsg
        self._sendto = self.socket.sendto
        self._control: dict[int, list[tuple[int, int, bytes]]] = {}
        self._limits: dict[Address, int] = {}
        """The size from which on a destination refuses segments."""

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self.socket.getsockname()[1])

    @property
    def lost(self) -> int:
        """Datagrams that the kernel refused."""
        return self.unsent.total()

    @property
    def stats(self) -> SocketStats:
        """The socket's statistics so far."""
        return SocketStats(
            _by_name(self.unsent),
            _by_name(self.receive_errors),
            _memory(self.socket)[1],
            self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
            self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
            len(self._limits),
        )

    def waiting(self) -> tuple[int, int]:
        """Bytes in the receive buffer, with the kernel's own records, and datagrams dropped since it was full; 0 where
        the system doesn't say.
        """
        return _memory(self.socket)

    def send(self, data: memoryview | bytes, segment: int, address: Address) -> None:
        """Send `data` as datagrams of `segment` bytes, the last of which may be shorter."""
        try:
            if len(data) <= segment:
                self._sendto(data, address)
                return
            if self.can_segment and (not self._limits or segment < self._limits.get(address, segment + 1)):
                self._sendmsg((data,), self._control.get(segment) or self._new_control(segment), 0, address)
                return
        except OSError as error:
            if len(data) <= segment or not self._can_send_singly(error, segment, address):
                self.unsent[error.errno or 0] += -(-len(data) // segment)
                return
        for start in range(0, len(data), segment):
            self.send(data[start : start + segment], segment, address)

    def _can_send_singly(self, error: OSError, segment: int, address: Address) -> bool:
        """After a refused send of segments: whether to send the datagrams one by one. Remembers to do so."""
        if error.errno in _CANNOT_SEGMENT:
            self.can_segment = False
        elif error.errno in _CANNOT_SEGMENT_THERE:
            limit = segment if error.errno != errno.EIO else 0
            self._limits[address] = min(limit, self._limits.pop(address, limit))
            if len(self._limits) > MAX_LIMITED:
                del self._limits[next(iter(self._limits))]
        else:
            return False
        return True

    def _new_control(self, segment: int) -> list[tuple[int, int, bytes]]:
        control = self._control[segment] = [(socket.SOL_UDP, _UDP_SEGMENT, _segment.pack(segment))]
        return control

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


def _knows_segments(sock: socket.socket) -> bool:
    if not _IS_LINUX:
        return False
    try:
        sock.getsockopt(socket.SOL_UDP, _UDP_SEGMENT)
    except OSError:
        return False
    return True


def _memory(sock: socket.socket) -> tuple[int, int]:
    """Bytes that wait to be read, and datagrams dropped since the receive buffer was full."""
    if not _IS_LINUX:
        return 0, 0
    try:
        info = _MEMINFO.unpack_from(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 64))
    except (OSError, struct.error):
        return 0, 0
    return int(info[0]), int(info[-1])


def _by_name(errors: Counter[int]) -> dict[str, int]:
    return {errno.errorcode.get(number, str(number)): count for number, count in errors.items()}


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_dualstack_ipv6()) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if not host else 1)
        if _IS_LINUX:
            sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
