"""When to probe a viewer's link, how fast, and what the probe found.

A probe is a short train of packets at the rate in question. It only runs while the allocator could use more, and never
faster than `MAX_STEP` times what it could use, so that a link on which all is well carries no padding.
"""

import itertools
import math
from collections.abc import Sequence

from sfu.bandwidth.aimd import MAX_BITRATE
from sfu.bandwidth.send_record import Flush

FIRST, NEXT = 3.0, 2.0
"""The first probe is that many times the estimate (libwebrtc, first_exponential_probe_scale), each further one as many
times what the last one found (step_size)."""

AGAIN = 1.5
"""The same after a probe that found less than its rate: a fast one fills the link's queue, each time."""

REACHED = 0.7
"""Share of a probe's rate from which on it counts as reached, and a faster one follows (libwebrtc,
further_probe_threshold)."""

MAX_STEP = 1.5
"""A probe is at most that many times the bitrate that is wanted."""

WORTH = 1.05
"""A probe is at least that many times the estimate."""

RETRIES = (0.3, 0.6, 1.2, 2.0)
"""Seconds until a link that didn't carry the last probe is probed again, after the first such probe, the second, ...;
they begin anew when the link or what is wanted has changed. A probe may fail because a few packets got lost. libwebrtc
waits 5 s; published products take up to 50 s until a call looks good again (arXiv 2105.13478)."""

CHANGED = 1.3
"""Factor by which the estimate must have changed for that, either way."""

CALM = 1.0
"""Seconds after the link was found to be overused in which it isn't probed."""

BURSTS, GAP = 4, 0.005
"""A probe is that many bursts, that many seconds apart: 15 ms (libwebrtc, min_probe_duration)."""

LONG_BURSTS, LONG_GAP = 12, 0.01
"""The same where packets take unequally long: over 15 ms nothing could be seen, over 110 ms whether they take longer
and longer."""

JITTERY = 0.005
"""Seconds by which the delays of a probe's bursts fall, in all, from which on the next one is long: a queue that fills
only makes them rise."""

LONGEST_GAP = 0.03
"""Seconds of the probe's rate that a burst holds at most. A busy relay sends bursts late; each makes up for the time
since the one before, or the probe would be slower than planned, and the link would seem to be."""

TIMEOUT = 1.0
"""Seconds until feedback on a probe counts as lost."""

_MIN_RECEIVED = 0.8
"""Share of a probe's packets that must arrive (libwebrtc, kMinReceivedProbesRatio)."""

_SATURATED, _BELOW_SATURATION = 0.9, 0.95
"""A probe that arrived slower than that share of its rate filled the link; the estimate stays below what arrived
(libwebrtc, kMinRatioForUnsaturatedLink and kTargetUtilizationFraction)."""


class _Train:
    """The packets of one probe, as far as they are reported."""

    __slots__ = (
        "arrived",
        "began",
        "began_octets",
        "bursts",
        "delays",
        "ended",
        "first",
        "first_octets",
        "last",
        "lost",
        "number",
        "octets",
        "received",
        "reported",
    )

    def __init__(self, number: int, bursts: int) -> None:
        self.number, self.bursts = number, bursts
        self.received = self.lost = self.octets = self.arrived = self.began_octets = self.first_octets = 0
        self.reported = 0
        """Bursts on which all has been reported."""
        self.began = self.first = math.inf
        self.ended = self.last = -math.inf
        self.delays: list[tuple[float, float]] = []
        """Departure of each burst, and the seconds from then until its last packet arrived."""

    def add(self, flush: Flush) -> None:
        octets = flush.octets + flush.lost_octets
        self.received += flush.received
        self.lost += flush.lost
        self.octets += octets
        self.reported += flush.ends
        if flush.departure < self.began:
            self.began, self.began_octets = flush.departure, 0
        if flush.departure == self.began:
            self.began_octets += octets
        self.ended = max(self.ended, flush.departure)
        if flush.received:
            self.arrived += flush.octets
            if flush.first_arrival < self.first:
                self.first, self.first_octets = flush.first_arrival, flush.first_octets
            self.last = max(self.last, flush.arrival)
            self.delays.append((flush.departure, flush.arrival - flush.departure))

    def result(self) -> tuple[float, bool] | None:
        """What the link carried, bits per second, and whether that filled it; None: too little arrived to tell."""
        took, spread = self.ended - self.began, self.last - self.first
        if self.received < _MIN_RECEIVED * (self.received + self.lost) or took <= 0 or self.received < 2:
            return None
        # Each burst but the first is sized by the time since the one before.
        sent = 8 * (self.octets - self.began_octets) / took
        if spread <= 0:
            return sent, False
        arrived = 8 * (self.arrived - self.first_octets) / spread
        if arrived >= _SATURATED * sent:
            return sent, False
        if self.bursts == LONG_BURSTS:
            slope, error = self._slope()
            if slope - error <= 1 / _SATURATED - 1:
                return sent, False
            arrived = sent / (1 + slope)
        return _BELOW_SATURATION * arrived, True

    @property
    def jitter(self) -> float:
        """Seconds by which the delays fall from burst to burst, in all."""
        return sum(max(before - after, 0.0) for (_, before), (_, after) in itertools.pairwise(self.delays))

    def _slope(self) -> tuple[float, float]:
        """Slope of the line through the delays, and its standard error."""
        points, count = self.delays, len(self.delays)
        middle_x, middle_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
        spread = sum((x - middle_x) ** 2 for x, _ in points)
        if count < 3 or spread <= 0:
            return math.inf, 0.0
        slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
        rest = sum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in points)
        return slope, math.sqrt(rest / (count - 2) / spread)


class ProbeController:
    """Plans the probes of one viewer's link, one at a time."""

    __slots__ = (
        "_burst_at",
        "_bursts",
        "_failed_from",
        "_failures",
        "_goal",
        "_jittery",
        "_number",
        "_rate",
        "_reached",
        "_train",
        "failed_at",
        "next_at",
        "sent_octets",
    )

    def __init__(self) -> None:
        self.next_at: float | None = None
        """When `poll` has something to do; None: nothing is wanted."""
        self.failed_at = -math.inf
        """When a probe last found that the link carries less than its rate."""
        self.sent_octets = 0
        """Bytes of padding asked for in all."""
        self._goal: float | None = None
        """The highest rate to probe, bits per second."""
        self._rate = 0.0
        """Of the running or the next probe; 0: to be derived from the estimate."""
        self._number = 0
        self._bursts = 0
        """Bursts of the running probe that were sent..."""
        self._burst_at = 0.0
        """... the last of them at this time."""
        self._train: _Train | None = None
        self._jittery = False
        """Whether the packets of the last probe took unequally long."""
        self._failures = 0
        """Probes in a row that found less than their rate."""
        self._failed_from = 0.0
        """The estimate before the last of them."""
        self._reached = False
        """Whether the link was known to carry the goal when that was last looked at."""

    def want(self, bits_per_second: int | None) -> None:
        """Set the total bitrate that could be used; None: probe no more."""
        before, self._goal = self._goal, None
        if bits_per_second is None:
            if self._train is None or self._bursts >= self._train.bursts:
                self.next_at = None
            return
        self._goal = min(MAX_STEP * bits_per_second, MAX_BITRATE)
        if before is None:
            self._failures = 0
        if self.next_at is None or (self._reached and before is not None and self._goal > WORTH * before):
            self._reached = False
            self.next_at = -math.inf

    def poll(self, estimate: float, overused_at: float, now: float) -> tuple[int, int]:
        """The number of the probe of which a burst is to be sent now, and the burst's bytes; (0, 0): none.

        `overused_at`: when the link was last found to be overused.
        """
        if self.next_at is None or now < self.next_at:
            return 0, 0
        if self._train is not None and self._bursts >= self._train.bursts:  # its feedback didn't come
            self._train, self._rate = None, 0.0
            self._failures += 1
        if self._goal is None:
            self._train = self.next_at = None
            return 0, 0
        train = self._train or self._begin(self._goal, estimate, overused_at, now)
        if train is None:
            return 0, 0
        gap = GAP if train.bursts == BURSTS else LONG_GAP
        since = min(now - self._burst_at, LONGEST_GAP) if self._bursts else gap
        self._bursts, self._burst_at = self._bursts + 1, now
        self.next_at = now + (gap if self._bursts < train.bursts else TIMEOUT)
        octets = int(self._rate * since / 8)
        self.sent_octets += octets
        return self._number, octets

    def _begin(self, goal: float, estimate: float, overused_at: float, now: float) -> _Train | None:
        if now < overused_at + CALM:
            self.next_at = overused_at + CALM
            return None
        if not self._failed_from / CHANGED < estimate < self._failed_from * CHANGED:
            self._failures = 0
        rate, self._rate = self._rate or (AGAIN if self._failures else FIRST) * estimate, 0.0
        rate = min(rate, goal)
        self._reached = rate < WORTH * estimate
        if self._reached:
            self.next_at = now + RETRIES[-1]
            return None
        self._rate, self._failed_from = rate, estimate
        self._number += 1
        self._bursts = 0
        self._train = train = _Train(self._number, LONG_BURSTS if self._jittery else BURSTS)
        return train

    def take(self, flushes: Sequence[Flush], now: float) -> float | None:
        """Take what was reported; the bitrate that a probe found, once all of it is reported, else None."""
        train = self._train
        if train is None:
            return None
        passed = False
        for flush in flushes:
            if flush.probe == train.number:
                train.add(flush)
            else:
                passed = flush.departure > self._burst_at
        # If what left later has been reported, feedback on the rest was lost.
        if train.reported < train.bursts and not (passed and self._bursts == train.bursts):
            return None
        result, rate = train.result(), self._rate
        self._jittery = train.jitter > JITTERY
        self._train, self._rate, self.next_at = None, 0.0, None
        if result is None or result[1]:
            self.failed_at = now
            self._failures += 1
        else:
            self._failures = 0
        found = None if result is None else result[0]
        if self._goal is None:
            return found
        if found is not None and found >= REACHED * rate and rate < self._goal:
            self._rate, self.next_at = NEXT * found, now
        elif self._failures:
            self.next_at = now + RETRIES[min(self._failures, len(RETRIES)) - 1]
        elif found is not None and found < REACHED * rate:
            self.next_at = now + RETRIES[0]  # the relay was too late to send it at its rate
        else:
            self.next_at = now + RETRIES[-1]
            self._reached = True
        return found
