"""The rate at which a link isn't overused (draft-ietf-rmcat-gcc-02, section 5.5): additive increase near the capacity,
multiplicative far from it, multiplicative decrease.
"""

import math

from sfu.bandwidth.trendline import Usage

MIN_BITRATE, MAX_BITRATE = 30_000.0, 50_000_000.0
"""Bits per second: one voice, and more than a page of videos needs. No feedback moves an estimate out of these."""

DECREASE = 0.85
"""Share of what arrived that is kept after overuse (draft-ietf-rmcat-gcc-02, section 5.5, β)."""

INCREASE = 1.08
"""Factor a second far from the capacity (draft-ietf-rmcat-gcc-02, section 5.5, η)."""

MAX_RATIO, MARGIN = 1.2, 10_000.0
"""An estimate doesn't grow beyond that multiple of what arrives, plus bits per second. The draft has 1.5 (section 5.5),
for encoders that send whatever they may. A relay sends steps: a third of the estimate may go unused for minutes, and
growth into what nothing has tested ends in overuse. Probes show what more there is."""

_PACKET = 1200 * 8
"""Bits by which a rate near the capacity grows in each response time (libwebrtc, section 5.5)."""

_MIN_STEP = 4_000.0
"""Least bits per second by which it grows in a second (libwebrtc, GetNearMaxIncreaseRateBpsPerSecond)."""

_CAPACITY_SMOOTHING = 0.05
"""Weight of a new sample of the capacity (libwebrtc, LinkCapacityEstimator)."""


class _Capacity:
    """The rates at which the link was overused before: their mean and deviation, in kbit/s."""

    __slots__ = ("_deviation", "mean")

    def __init__(self) -> None:
        self.mean: float | None = None
        self._deviation = 0.4

    def overused(self, bitrate: float) -> None:
        sample = bitrate / 1000
        mean = self.mean
        self.mean = mean = sample if mean is None else mean + _CAPACITY_SMOOTHING * (sample - mean)
        error = mean - sample
        self._deviation += _CAPACITY_SMOOTHING * (error * error / max(mean, 1.0) - self._deviation)
        self._deviation = min(max(self._deviation, 0.4), 2.5)

    def bounds(self) -> tuple[float, float]:
        """Bits per second, three deviations below and above the mean."""
        if self.mean is None:
            return 0.0, math.inf
        spread = 3 * math.sqrt(self._deviation * self.mean)
        return max(0.0, self.mean - spread) * 1000, (self.mean + spread) * 1000


class Aimd:
    """A bitrate that grows while the link isn't overused, and falls below what arrives when it is."""

    __slots__ = ("_capacity", "_decreased_at", "_holds", "_updated_at", "bitrate")

    def __init__(self, bitrate: float) -> None:
        self.bitrate = bitrate
        """Bits per second."""
        self._capacity = _Capacity()
        self._holds = False
        self._updated_at: float | None = None
        self._decreased_at = -math.inf

    @property
    def decreased_at(self) -> float:
        """When the link was last found to be overused."""
        return self._decreased_at

    def update(self, usage: Usage, throughput: float | None, now: float, round_trip: float) -> None:
        """Take what the delays say, and the bitrate that arrives; once for each feedback packet."""
        elapsed = 0.0 if self._updated_at is None else min(now - self._updated_at, 1.0)
        self._updated_at = now
        if usage is Usage.OVERUSING:
            self._decrease(throughput, now, round_trip)
        elif usage is Usage.UNDERUSING:
            self._holds = True
        elif self._holds:
            self._holds = False
        elif throughput is not None:
            self._increase(throughput, elapsed, round_trip)

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe, if it is higher."""
        if bitrate > self.bitrate:
            self.bitrate = min(bitrate, MAX_BITRATE)
            if bitrate > self._capacity.bounds()[1]:
                self._capacity = _Capacity()

    def _decrease(self, throughput: float | None, now: float, round_trip: float) -> None:
        self._holds = True
        arrived = self.bitrate if throughput is None else throughput
        again = min(max(round_trip, 0.01), 0.2)
        if now - self._decreased_at < again and arrived >= self.bitrate / 2:
            return  # what was sent before the last decrease is still on its way
        low, high = self._capacity.bounds()
        if not low <= arrived <= high:
            self._capacity = _Capacity()
        self._capacity.overused(arrived)
        self._decreased_at = now
        self.bitrate = max(min(self.bitrate, DECREASE * arrived), MIN_BITRATE)

    def _increase(self, throughput: float, elapsed: float, round_trip: float) -> None:
        if throughput > self._capacity.bounds()[1]:
            self._capacity = _Capacity()
        if self._capacity.mean is None:
            wanted = self.bitrate * INCREASE**elapsed
        else:
            wanted = self.bitrate + max(_MIN_STEP, _PACKET / (round_trip + 0.1)) * elapsed
        limit = min(MAX_RATIO * throughput + MARGIN, MAX_BITRATE)
        if self.bitrate < limit:
            self.bitrate = min(wanted, limit)
