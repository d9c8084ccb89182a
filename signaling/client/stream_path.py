"""A way to the relay where UDP is blocked: a TCP connection with framed datagrams (RFC 6544, RFC 4571)."""

import asyncio
import socket
from collections.abc import Callable

from sfu.wire.framing import Deframer, FramingError, framed
from sfu.wire.stun import Address

MOST_WAITING = 256 << 10
"""Bytes that may wait for the connection: a second of a camera in three sizes. What comes then is dropped, as by a full
queue in a network."""

_AT_ONCE = 64 << 10


class StreamPath:
    """One connection. Raises `OSError` if it is refused at once; that it fails later is told to `on_end`, once."""

    def __init__(
        self, address: Address, on_datagrams: Callable[[list[bytes]], None], on_end: Callable[[], None]
    ) -> None:
        self._on_datagrams, self._on_end = on_datagrams, on_end
        self._loop = asyncio.get_running_loop()
        self._deframer = Deframer()
        self._waiting = bytearray()
        self._socket: socket.socket | None = socket.socket(
            socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM
        )
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.connect(address[:2])
        except BlockingIOError:
            pass  # it is being connected
        except OSError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket, self._readable)
        self._loop.add_writer(self._socket, self._writable)

    def send(self, datagram: bytes) -> bool:
        """Send a datagram, now or when there is room. False: too much waits already."""
        if self._socket is None or len(self._waiting) + len(datagram) > MOST_WAITING:
            return False
        if not self._waiting:
            self._loop.add_writer(self._socket, self._writable)
        self._waiting += framed(datagram, len(datagram))
        return True

    def _writable(self) -> None:
        assert self._socket is not None
        try:
            if self._waiting:
                sent = self._socket.send(self._waiting)
                del self._waiting[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._fail()
            return
        if not self._waiting:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(_AT_ONCE)
            if not data:
                raise ConnectionResetError
            datagrams = [bytes(each) for each in self._deframer.take(data)]
        except BlockingIOError:
            return
        except (OSError, FramingError):
            self._fail()
            return
        self._on_datagrams(datagrams)

    def _fail(self) -> None:
        self.close()
        self._on_end()

    def close(self) -> None:
        """End the connection, once what waits was sent if there is room for it. A second call does nothing."""
        if self._socket is None:
            return
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        try:
            self._socket.send(self._waiting)
        except OSError:
            pass  # it has ended, isn't connected yet, or takes nothing at the moment
        self._socket.close()
        self._socket = None
