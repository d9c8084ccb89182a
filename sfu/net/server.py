"""The asyncio edge of the relay: one socket, one timer, drain and flush, and connections where UDP is blocked."""

import asyncio
from collections.abc import Callable

from sfu.governor import LOSING
from sfu.net.streams import Streams
from sfu.net.udp import NO_STATS, SocketStats, UdpSocket
from sfu.path.arena import SendSegments
from sfu.plane import Candidate
from sfu.relay import LATE, Relay
from sfu.wire.stun import Address, StreamAddress

DRAIN = 64
"""Datagrams read from the socket before their packets are forwarded: enough for the largest burst of a few publishers,
and few enough that the first of them waits no more than a few milliseconds."""

READS, POLLS = 0.008, 0.004
"""Seconds in one turn of the loop after which no more datagrams are read, and no more transports' timers run: their
cost depends on the number of viewers, and everything else in the process waits. The rest follows in the next turn."""
JUST_NOW = 0.02
"""Seconds since the socket was empty in which it isn't worth a look: a busy server reads in each turn of the loop."""
AT_ONCE = 8
"""Datagrams, and transports, between two looks at the clock."""

USUAL = 1500
"""Bytes of the receive buffer that a datagram takes on the average."""

SMALLEST = 512
"""Least bytes of the receive buffer that a datagram takes: the kernel counts its own records too."""


class MediaServer:
    """Runs a `Relay` on a UDP port, inside the running event loop. Connections for `streams` come from elsewhere.

    `on_change` is called, outside of the packet path, after transports have changed; it finds them in `relay.changed`.
    """

    def __init__(self, relay: Relay, on_change: Callable[[], None] | None = None) -> None:
        self.relay = relay
        self.on_change = on_change
        self.socket: UdpSocket | None = None
        self.streams = Streams(relay, self.now, self.wake)
        self.stream_port: int | None = None
        """The TCP port at which clients reach `streams`; None: they don't."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._change_scheduled = False
        self._capacity = 0
        """Most datagrams that the receive buffer holds."""
        self._unheard = 0
        """Datagrams read since `_since`, without ever emptying the socket."""
        self._since = 0.0
        self._measured = (0.0, 0, 0)
        """When `behind` was asked last, and the datagrams read and dropped until then."""

    def start(self, host: str, port: int) -> None:
        """Bind and start to serve. An empty host: all addresses. Raises `OSError`."""
        self.socket = UdpSocket(host, port)
        self._loop = asyncio.get_running_loop()
        self.relay.heard_until = self.now()
        self.relay.clock = self._loop.time
        self._capacity = self.socket.stats.receive_buffer // SMALLEST
        self._loop.add_reader(self.socket.socket.fileno(), self._read)

    @property
    def port(self) -> int:
        """The UDP port. `RuntimeError` before `start`."""
        if self.socket is None:
            raise RuntimeError("not started")
        return self.socket.port

    def candidates(self) -> tuple[Candidate, ...]:
        """Where clients can reach the relay, best first."""
        udp = Candidate("udp", self.port)
        return (udp,) if self.stream_port is None else (udp, Candidate("tcp", self.stream_port))

    @property
    def socket_stats(self) -> SocketStats:
        """What the kernel didn't send or receive; all 0 before `start`."""
        return NO_STATS if self.socket is None else self.socket.stats

    def now(self) -> float:
        """The relay's clock, seconds."""
        assert self._loop is not None
        return self._loop.time()

    def _read(self) -> None:
        """Read `DRAIN` datagrams, or as many as fit in `READS` seconds, and forward their packets."""
        assert self.socket is not None
        relay, receive_into = self.relay, self.socket.receive_into
        view = relay.buffer.view
        now = self.now()
        for taken in range(1, DRAIN + 1):
            try:
                size, address = receive_into(view)
            except BlockingIOError:
                relay.heard_until, self._unheard = now, 0
                break
            except OSError as error:
                self.socket.receive_errors[error.errno or 0] += 1
                continue  # an ICMP error of an earlier send; the next datagram follows it
            relay.receive(size, address, now)
            if taken % AT_ONCE == 0 and self.now() - now > READS:
                self._leave_some(taken, now)
                break
        else:
            self._leave_some(DRAIN, now)
        self._flush(now)

    def _leave_some(self, taken: int, now: float) -> None:
        """Note that more may wait. After a buffer's worth, all datagrams that waited at the start were read."""
        if not self._unheard:
            self._since = now
        self._unheard += taken
        if self._unheard >= self._capacity:
            self.relay.heard_until, self._unheard = self._since, 0

    def behind(self) -> float:
        """Seconds that it takes, about, to read what waits; `LOSING` if something got lost since the last call, because
        too much waited.
        """
        if self.socket is None:
            return 0.0
        now, read = self.now(), self.relay.received
        waiting, dropped = self.socket.waiting()
        (then, read_before, dropped_before), self._measured = self._measured, (now, read, dropped)
        if dropped > dropped_before:
            return LOSING
        return waiting / USUAL * (now - then) / max(read - read_before, 1)

    def catch_up(self) -> None:
        """Read waiting datagrams before silence is judged, unless that was done just now or more waits anyway; sets
        `relay.heard_until` if those were all.
        """
        if self.socket is not None and self.now() - self.relay.heard_until > JUST_NOW and not self._unheard:
            self._read()

    def _on_timer(self) -> None:
        assert self.socket is not None
        self._timer = None
        now = self.now()
        if now - self.relay.heard_until > LATE and not self._unheard:
            self._read()  # timers judge silence: perhaps there is something to read
        while True:
            self.relay.poll(now, AT_ONCE)
            due = self.relay.timeout()
            if due is None or due > now or self.now() - now > POLLS:
                break
            self.relay.flush(now, self._sends)
        self._flush(now)

    def wake(self) -> None:
        """Send datagrams made outside of the packet path, and set the timer again."""
        self._flush(self.now())

    @property
    def _sends(self) -> SendSegments:
        """How datagrams leave now: while nobody uses TCP, nothing is asked of each."""
        assert self.socket is not None
        return self._route if self.streams.active else self.socket.send

    def _route(self, data: memoryview | bytes, segment: int, address: Address) -> None:
        assert self.socket is not None
        if isinstance(address, StreamAddress):
            self.streams.send(data, segment, address)
        else:
            self.socket.send(data, segment, address)

    def _flush(self, now: float) -> None:
        assert self.socket is not None
        assert self._loop is not None
        relay = self.relay
        relay.flush(now, self._sends)
        due = relay.timeout()
        timer = self._timer
        if due is not None and (timer is None or due < timer.when()):
            if timer is not None:
                timer.cancel()
            self._timer = self._loop.call_at(due, self._on_timer)
        if relay.changed and self.on_change is not None and not self._change_scheduled:
            self._change_scheduled = True
            self._loop.call_soon(self._tell_changes)

    def _tell_changes(self) -> None:
        self._change_scheduled = False
        if self.on_change is not None and self.relay.changed:
            try:
                self.on_change()
            except Exception as error:
                self.relay.failures.note("tell_rooms", error, self.now())

    def close(self) -> None:
        """End all transports, tell their clients, close the socket and all connections."""
        if self.socket is None or self._loop is None:
            self.streams.close()
            return
        for transport in self.relay.transports:
            self.relay.remove(transport, "the server stops")
        self._flush(self.now())
        self.streams.close()
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self.socket.socket.fileno())
        self.socket.close()
        self.socket = None
