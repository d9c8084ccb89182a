"""One sweep every few milliseconds over all sockets and timers of a process: a wake-up per packet would cost more."""

import asyncio
import heapq
import select
import socket
import struct
import time
from typing import Protocol

from signaling.loadtest.many_reads import (
    AT_ONCE,
    CONTROL,
    CONTROL_LENGTH,
    MESSAGE,
    RECEIVED,
    ROOM,
    SO_TIMESTAMPNS,
    UDP_GRO,
    ManyReads,
    Read,
    can_read_many,
    read_singly,
)
from signaling.loadtest.stats import Spread

SWEEP_SECONDS = 0.01
"""Between sweeps. Arrivals are the kernel's, so that this delays what is sent, not what is measured."""

_lengths = struct.Struct(f"={CONTROL_LENGTH}xQ{RECEIVED - CONTROL_LENGTH - 8}xI").unpack_from
_control = struct.Struct("=8xiiqq8xiii").unpack_from
"""Two control messages (cmsg(3)) on a machine of 64 bits: a `timespec` and an `int`, which the kernel writes in this
order. They begin with their length.
"""
_ARRIVAL, _SEGMENT = 32, 20
"""Bytes of them."""


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
        self._many = ManyReads() if can_read_many() else None
        self.buffer = bytearray(AT_ONCE * ROOM) if self._many is None else self._many.buffer
        self.view = memoryview(self.buffer)
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

    def receive(self, sock: socket.socket) -> list[Read]:
        """Read what waits into `buffer`. There is more if `AT_ONCE` reads come back. Raises `OSError`."""
        many = self._many
        if many is None:
            return read_singly(sock, self.view)
        messages, control = many.messages, many.control
        found: list[Read] = []
        for number in range(many.read(sock.fileno())):
            filled, size = _lengths(messages, number * MESSAGE)
            level, kind, seconds, nanoseconds, level_2, kind_2, segment = _control(control, number * CONTROL)
            if filled < _ARRIVAL or level != socket.SOL_SOCKET or kind != SO_TIMESTAMPNS:
                arrival = time.time()  # it came before the socket was told to say when
            else:
                arrival = seconds + nanoseconds * 1e-9
            if filled < _ARRIVAL + _SEGMENT or level_2 != socket.SOL_UDP or kind_2 != UDP_GRO:
                segment = size or 1  # of an empty datagram, nothing
            start = number * ROOM
            found.append((start, start + size, segment, arrival))
        return found

    def _sweep(self, planned: float) -> None:
        now = self._loop.time()
        self.lag.note(max(0.0, now - planned))
        swept = self._swept
        for descriptor, _ in self._epoll.poll(0):
            reader = swept.get(descriptor)
            if reader is not None:
                reader.readable(self)
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
