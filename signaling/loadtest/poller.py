"""One sweep every few milliseconds over all sockets and timers of a process: a wake-up per packet would cost more."""

import asyncio
import heapq
import select
import socket
import struct
import time
from typing import Protocol

from signaling.loadtest.stats import Spread

SWEEP_SECONDS = 0.01
"""Between sweeps. Arrivals are the kernel's, so that this delays what is sent, not what is measured."""

BUFFER = 1 << 16
SO_TIMESTAMPNS = 35
UDP_GRO = 104
"""Numbers of Linux's socket options (SOL_SOCKET, SOL_UDP)."""

_timespec = struct.Struct("qq").unpack
_int = struct.Struct("i").unpack


class Swept(Protocol):
    """What a sweep looks after."""

    def readable(self, poller: "Poller") -> None:
        """Read what has come."""

    def due(self) -> None:
        """Do what the timer was set for."""


class Poller:
    """From `start` to `close`."""

    def __init__(self) -> None:
        self.lag = Spread()
        """Seconds by which sweeps were late."""
        self.buffer = bytearray(BUFFER)
        self.view = memoryview(self.buffer)
        self.swept_at = 0.0
        """When the sweep before this one began, by the wall clock: what came before that has to be read now."""
        self._buffers = [self.buffer]
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._swept: dict[int, Swept] = {}
        self._timers: list[tuple[float, int, Swept]] = []
        self._times: dict[int, float] = {}
        self._count = 0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._handle = self._loop.call_later(SWEEP_SECONDS, self._sweep, self._loop.time() + SWEEP_SECONDS)

    def add(self, sock: socket.socket, swept: Swept) -> None:
        """Read a socket from now on, with arrivals by the kernel, several packets at once where they came so."""
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            sock.setsockopt(socket.SOL_UDP, UDP_GRO, 1)
        except OSError:
            pass  # then they come one by one
        self._swept[sock.fileno()] = swept
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def remove(self, sock: socket.socket) -> None:
        """Let go of a socket, before it is closed."""
        if self._swept.pop(sock.fileno(), None) is not None:
            self._epoll.unregister(sock.fileno())

    def set_timer(self, swept: Swept, when: float | None) -> None:
        """Call `due` at that time of the loop's clock, in place of the time set before; None: not at all."""
        key = id(swept)
        if when is None:
            self._times.pop(key, None)
            return
        if self._times.get(key) == when:
            return
        self._times[key] = when
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, swept))

    def receive(self, sock: socket.socket) -> tuple[int, int, float]:
        """Read into `buffer`: bytes, bytes of each packet but the last, and the arrival by the wall clock.

        Raises `BlockingIOError` where nothing is left, and `OSError`.
        """
        size, control, _, _ = sock.recvmsg_into(self._buffers, 64)
        if len(control) == 1 and control[0][1] == SO_TIMESTAMPNS:  # nearly always
            seconds, nanoseconds = _timespec(control[0][2])
            return size, size, seconds + nanoseconds * 1e-9
        segment, arrival = size, 0.0
        for _, kind, data in control:
            if kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = _timespec(data)
                arrival = seconds + nanoseconds * 1e-9
            elif kind == UDP_GRO:
                segment = _int(data)[0]
        return size, segment, arrival or time.time()

    def _sweep(self, planned: float) -> None:
        now = self._loop.time()
        self.lag.note(max(0.0, now - planned))
        swept, began = self._swept, time.time()
        for descriptor, _ in self._epoll.poll(0):
            reader = swept.get(descriptor)
            if reader is not None:
                reader.readable(self)
        self.swept_at = began
        timers, times = self._timers, self._times
        now = self._loop.time()
        ready = []
        while timers and timers[0][0] <= now:
            when, _, each = heapq.heappop(timers)
            if times.get(id(each)) == when:
                del times[id(each)]
                ready.append(each)
        for each in ready:
            each.due()
        planned = max(planned + SWEEP_SECONDS, self._loop.time() + SWEEP_SECONDS / 5)
        self._handle = self._loop.call_at(planned, self._sweep, planned)

    def close(self) -> None:
        """Stop sweeping."""
        if self._handle is not None:
            self._handle.cancel()
        self._epoll.close()
        self._timers.clear()
        self._times.clear()
