"""The asyncio edge of the relay: one socket, one timer, drain and flush."""

import asyncio
from collections.abc import Callable

from sfu.relay import Relay
from sfu.udp import NO_STATS, SocketStats, UdpSocket

DRAIN = 64
"""Datagrams taken from the socket before what they bring is sent on: enough for the largest burst of a few publishers,
little enough that the first of them waits no more than a few milliseconds."""

LATE, CATCH_UP = 0.5, 8
"""Seconds without reading the socket to its end after which a loop counts as late, and how many drains are then read
before timers run: as much as comes from a few dozen publishers in half a second."""


class MediaServer:
    """Runs a `Relay` on a UDP port, inside the running event loop.

    `on_change` is called, outside of the packet path, after transports have changed; it finds them in `relay.changed`.
    """

    def __init__(self, relay: Relay, on_change: Callable[[], None] | None = None) -> None:
        self.relay = relay
        self.on_change = on_change
        self.socket: UdpSocket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._change_scheduled = False

    def start(self, host: str, port: int) -> None:
        """Bind and begin to serve. An empty host: all addresses. Raises `OSError`."""
        self.socket = UdpSocket(host, port)
        self._loop = asyncio.get_running_loop()
        self.relay.heard_until = self.now()
        self._loop.add_reader(self.socket.socket.fileno(), self._readable)

    @property
    def port(self) -> int:
        """The UDP port. `RuntimeError` before `start`."""
        if self.socket is None:
            raise RuntimeError("not started")
        return self.socket.port

    @property
    def socket_stats(self) -> SocketStats:
        """What the kernel didn't send or receive; all 0 before `start`."""
        return NO_STATS if self.socket is None else self.socket.stats

    def now(self) -> float:
        """The clock that all of the relay goes by, seconds."""
        assert self._loop is not None
        return self._loop.time()

    def _readable(self) -> None:
        assert self.socket is not None
        relay, receive_into = self.relay, self.socket.receive_into
        view = relay.buffer.view
        now = self.now()
        for _ in range(DRAIN):
            try:
                size, address = receive_into(view)
            except BlockingIOError:
                relay.heard_until = now
                break
            except OSError as error:
                self.socket.receive_errors[error.errno or 0] += 1
                continue  # an ICMP error of an earlier send; the next datagram is behind it
            relay.receive(size, address, now)
        self._flush(now)

    def catch_up(self) -> None:
        """Read what waits, before something is decided by who is silent; sets `relay.heard_until` if that was all."""
        if self.socket is not None:
            self._readable()

    def _on_timer(self) -> None:
        self._timer = None
        now = self.now()
        if now - self.relay.heard_until > LATE:
            # Timers judge silence: what has arrived meanwhile comes first.
            for _ in range(CATCH_UP):
                self._readable()
                if self.relay.heard_until >= now:
                    break
        self.relay.poll(now)
        self._flush(now)

    def wake(self) -> None:
        """Send what was made outside of the packet path, and set the timer anew."""
        self._flush(self.now())

    def _flush(self, now: float) -> None:
        assert self.socket is not None
        assert self._loop is not None
        relay = self.relay
        relay.flush(now, self.socket.send)
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
                self.relay.failures.note("tell rooms of changes", error, self.now())

    def close(self) -> None:
        """End all transports, tell their clients, close the socket."""
        if self.socket is None or self._loop is None:
            return
        for transport in self.relay.transports:
            self.relay.remove(transport, "the server stops")
        self._flush(self.now())
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self.socket.socket.fileno())
        self.socket.close()
        self.socket = None
