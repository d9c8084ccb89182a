"""A network's misfortunes, drawn from a seed: loss, delay, jitter and a bottleneck of limited rate."""

import heapq
import random

from signaling.loadtest.scenario import Network

QUEUE_SECONDS = 0.5
"""What a bottleneck queues; packets beyond are lost, as in a home router."""


class Link:
    """One direction of a client's network. Packets come out in the order of their times."""

    def __init__(self, network: Network, kbps: float, seed: str) -> None:
        """`kbps`: of the bottleneck, 0 for none."""
        self._loss, self._delay, self._jitter = network.loss / 100, network.delay_ms / 1000, network.jitter_ms / 1000
        self._bytes_per_second = kbps * 125
        self._random = random.Random(seed)  # noqa: S311 (reproduces a test, hides nothing)
        self._free_at = 0.0
        self._count = 0
        self._queue: list[tuple[float, int, bytes]] = []

    def push(self, datagram: bytes, now: float) -> None:
        """Take a datagram."""
        if self._loss and self._random.random() < self._loss:
            return
        at = now
        if self._bytes_per_second:
            start = max(now, self._free_at)
            if start - now > QUEUE_SECONDS:
                return
            at = self._free_at = start + (len(datagram) + 28) / self._bytes_per_second  # with its IP and UDP headers
        at += self._delay + (self._random.random() * self._jitter if self._jitter else 0.0)
        self._count += 1
        heapq.heappush(self._queue, (at, self._count, datagram))

    def pop(self, now: float) -> list[tuple[float, bytes]]:
        """What has come through until now, with the time at which it did."""
        found = []
        while self._queue and self._queue[0][0] <= now:
            at, _, datagram = heapq.heappop(self._queue)
            found.append((at, datagram))
        return found

    def timeout(self) -> float | None:
        """When the next packet comes through."""
        return self._queue[0][0] if self._queue else None
