"""Media over TCP: connections whose framed datagrams go to the same relay as those over UDP (RFC 6544, RFC 4571).

TCP delivers everything, however late, so what waits here is bounded: while a client's connection takes no more, sound
and control go before pictures, and what has waited too long is dropped, whole packets at a time.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import cast

from sfu.relay import Relay
from sfu.wire import rtp
from sfu.wire.framing import Deframer, FramingError, framed
from sfu.wire.rtp import Ssrc
from sfu.wire.stun import StreamAddress

READ = 16 << 10
"""Bytes read from a connection in one turn of the loop."""

WRITE = 16 << 10
"""Bytes given to a connection at once: what is written can't be dropped or overtaken any more."""

UNSENT = 32 << 10
"""Bytes that the kernel keeps of a connection, besides those on their way (Linux's TCP_NOTSENT_LOWAT)."""

VIDEO_BYTES, VIDEO_SECONDS = 192 << 10, 0.5
"""Pictures that wait for one connection at most: more than a large keyframe, and so long."""

OTHER_BYTES, OTHER_SECONDS = 32 << 10, 1.0
"""The same of sound, control and handshakes: some seconds of everyone's voices fit."""

ALL_BYTES = 64 << 20
"""Bytes that wait for all connections together; from then on pictures don't wait at all."""

UNKNOWN_SECONDS = 5.0
"""How long a connection may do without a valid check of a client: at its beginning, and after its client has ended."""

MOST_UNKNOWN = 256
"""Connections without one; the oldest gives way. A client's first check comes with its first bytes."""

MOST_CHECKS = 32
"""Checks over a connection until a valid one; browsers send a handful."""

SWEEP_SECONDS = 1.0

_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", None)


class Queue:
    """Frames that wait for a connection, at most `most` bytes of them, none longer than `seconds`."""

    __slots__ = ("_frames", "_most", "_seconds", "size")

    def __init__(self, most: int, seconds: float) -> None:
        self._frames: deque[tuple[float, bytes]] = deque()
        self._most = most
        self._seconds = seconds
        self.size = 0
        """Bytes."""

    def put(self, frame: bytes, now: float) -> int:
        """Add a frame, and drop the oldest ones if there are too many or too old ones. Returns how many."""
        self._frames.append((now, frame))
        self.size += len(frame)
        dropped = self.drop_late(now)
        while self.size > self._most:
            self._pop()
            dropped += 1
        return dropped

    def drop_late(self, now: float) -> int:
        """Drop frames that have waited too long; returns how many."""
        dropped = 0
        while self._frames and now - self._frames[0][0] > self._seconds:
            self._pop()
            dropped += 1
        return dropped

    def take(self, most: int) -> list[bytes]:
        """Take the oldest frames, up to that many bytes, and at least one if there is any."""
        taken: list[bytes] = []
        size = 0
        while self._frames and (not taken or size + len(self._frames[0][1]) <= most):
            taken.append(self._pop())
            size += len(taken[-1])
        return taken

    def clear(self) -> int:
        """Drop all; returns how many."""
        dropped = len(self._frames)
        self._frames.clear()
        self.size = 0
        return dropped

    def _pop(self) -> bytes:
        frame = self._frames.popleft()[1]
        self.size -= len(frame)
        return frame


class StreamConnection(asyncio.BufferedProtocol):
    """One connection, which has said nothing yet that it could be trusted by."""

    def __init__(self, streams: "Streams") -> None:
        self.address = StreamAddress("", 0, 0)
        self.checks = 0
        """Checks that weren't valid."""
        self._streams = streams
        self._deframer = Deframer()
        self._transport: asyncio.Transport | None = None
        self._takes = True
        """Whether the connection takes more at once."""
        self._other = Queue(OTHER_BYTES, OTHER_SECONDS)
        self._video = Queue(VIDEO_BYTES, VIDEO_SECONDS)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        if not isinstance(peer, tuple):
            self.abort()  # gone already
            return
        self._transport.set_write_buffer_limits(high=0)
        sock = transport.get_extra_info("socket")
        if _NOTSENT_LOWAT is not None and sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, UNSENT)
        self.address = StreamAddress(peer[0], peer[1], self._streams.next_number())
        self._streams.added(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._streams.removed(self)

    def abort(self) -> None:
        """Close at once."""
        self._streams.removed(self)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close after what was written last; at once, if the other end doesn't take it."""
        self._streams.removed(self)
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def trusted(self) -> None:
        """Note that a client's valid check has come over it."""

    def get_buffer(self, sizehint: int) -> memoryview:
        """See `asyncio.BufferedProtocol`: what is read is taken in the same call, so all share a buffer."""
        return self._streams.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        try:
            datagrams = self._deframer.take(self._streams.buffer[:nbytes])
        except FramingError:
            self._streams.relay.drops["tcp_framing"] += 1
            self.abort()
            return
        self._streams.receive(self, datagrams)

    def pause_writing(self) -> None:
        """Let the rest wait."""
        self._takes = False

    def resume_writing(self) -> None:
        """Go on with what waits."""
        self._takes = True
        self._drain(self._streams.now())

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return self._other.size + self._video.size

    def send(self, data: memoryview | bytes, segment: int, now: float) -> None:
        """Send datagrams of `segment` bytes, the last of which may be shorter; what can't leave yet waits."""
        if self._transport is None or self._transport.is_closing():
            # The other end has gone, and asyncio says so in the next turn.
            self._streams.relay.drops["tcp_closed"] += -(-len(data) // segment)
            return
        step = max(WRITE // segment, 1) * segment
        for start in range(0, len(data), step):
            part = data[start : start + step]
            if self._takes:
                self._write(framed(part, segment))
            else:
                for each in range(0, len(part), segment):
                    self._put(part[each : each + segment], now)

    def _write(self, frames: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frames)

    def _put(self, datagram: memoryview | bytes, now: float) -> None:
        """Let a datagram wait."""
        streams, before = self._streams, self.waiting
        frame = framed(datagram, len(datagram))
        if self._is_video(datagram):
            dropped = self._video.put(frame, now)
            if streams.waiting + self.waiting - before > ALL_BYTES:
                dropped += self._video.clear()
            streams.relay.drops["tcp_video_not_read"] += dropped
        else:
            streams.relay.drops["tcp_not_read"] += self._other.put(frame, now)
        streams.waiting += self.waiting - before

    def _is_video(self, datagram: memoryview | bytes) -> bool:
        if len(datagram) < rtp.HEADER_SIZE or not rtp.is_rtp_or_rtcp(datagram[0]) or rtp.is_rtcp(datagram[1]):
            return False
        return self._streams.relay.is_video(self.address, Ssrc(int.from_bytes(datagram[8:12])))

    def _drain(self, now: float) -> None:
        streams, before = self._streams, self.waiting
        streams.relay.drops["tcp_not_read"] += self._other.drop_late(now)
        streams.relay.drops["tcp_video_not_read"] += self._video.drop_late(now)
        while self._takes and (frames := self._other.take(WRITE) or self._video.take(WRITE)):
            self._write(b"".join(frames))
        streams.waiting += self.waiting - before

    def forget(self) -> None:
        """Drop what waits, as the connection is closed."""
        self._streams.waiting -= self.waiting
        self._other.clear()
        self._video.clear()


class Streams:
    """All connections of a relay. `wake` is called after datagrams were received."""

    def __init__(self, relay: Relay, now: Callable[[], float], wake: Callable[[], None]) -> None:
        self.relay = relay
        self.now = now
        self.active = False
        """Whether anything may have to be sent over a connection."""
        self.waiting = 0
        """Bytes that wait for all of them."""
        self.buffer = memoryview(bytearray(READ))
        self._wake = wake
        self._trusted: dict[StreamAddress, StreamConnection] = {}
        self._unknown: dict[StreamConnection, float] = {}
        """Connections without a valid check, and since when; oldest first."""
        self._numbers = 0
        self._sweeping: asyncio.TimerHandle | None = None

    def next_number(self) -> int:
        """Return the number of the next connection."""
        self._numbers += 1
        return self._numbers

    def added(self, connection: StreamConnection) -> None:
        """Take a new connection."""
        self._unknown[connection] = self.now()
        if len(self._unknown) > MOST_UNKNOWN:
            self._close_unknown(next(iter(self._unknown)))
        if self._sweeping is None:
            self._sweep_soon()

    def removed(self, connection: StreamConnection) -> None:
        """Forget a connection. Doing so again does nothing."""
        self._unknown.pop(connection, None)
        if self._trusted.pop(connection.address, None) is not None:
            self.relay.closed(connection.address)
        connection.forget()

    def receive(self, connection: StreamConnection, datagrams: list[memoryview]) -> None:
        """Hand datagrams of a connection to the relay."""
        relay, now, address = self.relay, self.now(), connection.address
        view, unknown = relay.buffer.view, connection in self._unknown
        for datagram in datagrams:
            if unknown and (not rtp.is_stun(datagram[0]) or connection.checks >= MOST_CHECKS):
                self._close_unknown(connection)
                break
            size = len(datagram)
            view[:size] = datagram
            relay.receive(size, address, now)
            if unknown:
                connection.checks += 1
                unknown = not self._trusts(connection)
        if datagrams:
            self._wake()

    def _trusts(self, connection: StreamConnection) -> bool:
        """Whether a valid check has come over a connection by now, which may stay then."""
        if not self.relay.knows(connection.address):
            return False
        del self._unknown[connection]
        self._trusted[connection.address] = connection
        self.active = True
        connection.checks = 0
        connection.trusted()
        return True

    def send(self, data: memoryview | bytes, segment: int, address: StreamAddress) -> None:
        """Send datagrams of `segment` bytes, the last of which may be shorter."""
        connection = self._trusted.get(address)
        if connection is None:
            self.relay.drops["tcp_closed"] += -(-len(data) // segment)
        else:
            connection.send(data, segment, self.now())

    def _sweep_soon(self) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close connections without a client."""
        self._sweeping = None
        now, relay = self.now(), self.relay
        for address, connection in list(self._trusted.items()):
            if not relay.knows(address):
                del self._trusted[address]
                self._unknown[connection] = now
        for connection, since in list(self._unknown.items()):
            if now - since >= UNKNOWN_SECONDS:
                self._close_unknown(connection)
        uses = any(isinstance(transport.ice.address, StreamAddress) for transport in relay.transports)
        self.active = bool(self._trusted) or uses
        if self.active or self._unknown:
            self._sweep_soon()

    def _close_unknown(self, connection: StreamConnection) -> None:
        self.relay.drops["tcp_no_check"] += 1
        connection.abort()

    def close(self) -> None:
        """Close all connections."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for connection in [*self._trusted.values(), *self._unknown]:
            connection.close()
