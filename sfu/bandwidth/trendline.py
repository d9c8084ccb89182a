"""Whether the queue of a viewer's link grows (draft-ietf-rmcat-gcc-02, sections 5.3 and 5.4).

The draft's Kalman filter was replaced in libwebrtc by the slope of a line through the latest delays, which is what this
is; the threshold adapts as in section 5.4, so that a competing TCP connection doesn't starve the call.
"""

import math
from collections import deque
from enum import Enum

from sfu.bandwidth.recent_least import RecentLeast

WINDOW = 20
"""Groups through which the line is drawn (libwebrtc, kDefaultTrendlineWindowSize)."""

SMOOTHING = 0.9
"""Weight of the earlier delays (libwebrtc, kDefaultTrendlineSmoothingCoeff)."""

GAIN = 4.0
"""Factor between slope and threshold (libwebrtc, kDefaultTrendlineThresholdGain)."""

MAX_DELTAS = 60
"""Groups after which a slope counts fully (libwebrtc, kMinNumDeltas)."""

OVERUSE_TIME = 10.0
"""Milliseconds for which the slope must stay above the threshold (draft-ietf-rmcat-gcc-02, section 5.4)."""

FIRST_THRESHOLD, MIN_THRESHOLD, MAX_THRESHOLD = 12.5, 6.0, 600.0
"""Milliseconds (draft-ietf-rmcat-gcc-02, section 5.4)."""

UP, DOWN = 0.0087, 0.039
"""How fast the threshold follows the slope (libwebrtc; the draft has 0.01 and 0.00018)."""

LEAST_QUEUE = 25.0
"""Milliseconds by which delays must exceed the least of the last seconds before a slope counts as overuse. With few
packets a second, jitter alone makes steep slopes; a queue that builds up is soon longer than that."""

ROUGH_QUEUE = 35.0
"""The same while the least delay is that of a call's first packets, which may just have been fast ones. A link that is
too narrow from the beginning soon makes a longer queue."""

_FIRST = 10
"""Groups whose average is a delay that others can be compared with."""

_MAX_JUMP = 15.0
"""Milliseconds above the threshold from which on a slope doesn't move it (draft-ietf-rmcat-gcc-02, section 5.4)."""

_MAX_ELAPSED = 100.0
"""Milliseconds between two groups, at most, by which the threshold moves (draft-ietf-rmcat-gcc-02, section 5.4)."""

_LEAST_SPREAD = 1e-3
"""Below it all points have the same time, and a line through them no slope."""


class Usage(Enum):
    """What the delays say of the link."""

    NORMAL = "normal"
    OVERUSING = "overusing"
    UNDERUSING = "underusing"


_NORMAL, _OVERUSING, _UNDERUSING = Usage.NORMAL, Usage.OVERUSING, Usage.UNDERUSING


class Trendline:
    """The slope of the queueing delay over the latest groups, and its adaptive threshold."""

    __slots__ = (
        "_accumulated",
        "_count",
        "_first_arrival",
        "_first_until",
        "_fresh",
        "_least",
        "_origin",
        "_overuses",
        "_points",
        "_previous",
        "_smoothed",
        "_updated_at",
        "_using",
        "_x",
        "_xx",
        "_xy",
        "_y",
        "slope",
        "threshold",
        "usage",
    )

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self.slope = 0.0
        """Milliseconds of delay per millisecond."""
        self.threshold = FIRST_THRESHOLD
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        """Arrival since the first one, and smoothed delay, both in milliseconds."""
        self._x = self._y = self._xx = self._xy = self._origin = 0.0
        """Sums over the points, with times since `_origin`."""
        self._fresh = 0
        """Points since the sums were recomputed."""
        self._first_arrival: float | None = None
        self._accumulated = self._smoothed = self._previous = 0.0
        self._least = RecentLeast()
        """Of the smoothed delays."""
        self._first_until = math.inf
        """When the last of the first packets arrived, seconds."""
        self._count = 0
        self._using = -1.0
        """Milliseconds above the threshold; negative: not above it."""
        self._overuses = 0
        self._updated_at = math.inf

    def update(self, sent: float, arrived: float, arrival: float) -> None:
        """Take the difference between two groups: seconds between departures, between arrivals, and the arrival."""
        self._count += 1
        if self._first_arrival is None:
            self._first_arrival = arrival
        self._accumulated += (arrived - sent) * 1000
        count, now = self._count, arrival * 1000
        # The first ones are averaged: from the delay of a single packet, the way to their mean would look like a slope.
        self._smoothed += max(1 - SMOOTHING, 1 / count) * (self._accumulated - self._smoothed)
        self._least.add(self._smoothed, arrival)
        if count == _FIRST:
            self._first_until = arrival
        self._add(now - self._first_arrival * 1000, self._smoothed)
        self._judge(self.slope, sent * 1000, now)

    @property
    def queue(self) -> float:
        """Milliseconds by which the delay exceeds the least one of the last seconds."""
        return self._smoothed - self._least.value

    @property
    def _rough(self) -> bool:
        """Whether the least delay is one of the first packets."""
        return self._least.at < self._first_until

    def _add(self, x: float, y: float) -> None:
        """Add a point, and compute the slope of the least-squares line.

        The sums are updated, and recomputed once every window, so that rounding errors don't add up.
        """
        points = self._points
        if len(points) < WINDOW or self._fresh >= WINDOW:
            points.append((x, y))
            self._origin, self._fresh = points[0][0], 0
            shifted = [(each - self._origin, delay) for each, delay in points]
            self._x = sum([each for each, _ in shifted])
            self._y = sum([delay for _, delay in shifted])
            self._xx = sum([each * each for each, _ in shifted])
            self._xy = sum([each * delay for each, delay in shifted])
        else:
            old, delay = points[0]
            points.append((x, y))
            old -= self._origin
            x -= self._origin
            self._fresh += 1
            self._x += x - old
            self._y += y - delay
            self._xx += x * x - old * old
            self._xy += x * y - old * delay
        if len(points) == WINDOW:
            spread = WINDOW * self._xx - self._x * self._x
            if spread > _LEAST_SPREAD:
                self.slope = (WINDOW * self._xy - self._x * self._y) / spread

    def _judge(self, slope: float, sent: float, now: float) -> None:
        """Compare the slope with the threshold, and adapt that. One function: it runs for each group of packets."""
        count = self._count
        if count < 2:
            self.usage = _NORMAL
            return
        modified = (count if count < MAX_DELTAS else MAX_DELTAS) * slope * GAIN
        threshold = self.threshold
        if modified > threshold:
            self._using = sent / 2 if self._using < 0 else self._using + sent
            self._overuses += 1
            if (
                self._using > OVERUSE_TIME
                and self._overuses > 1
                and slope >= self._previous
                and self.queue > (ROUGH_QUEUE if self._rough else LEAST_QUEUE)
            ):
                self._using = 0.0
                self._overuses = 0
                self.usage = _OVERUSING
        else:
            self._using, self._overuses = -1.0, 0
            self.usage = _UNDERUSING if modified < -threshold else _NORMAL
            if modified < 0:
                modified = -modified
        self._previous = slope
        elapsed = now - self._updated_at
        self._updated_at = now
        if modified > threshold + _MAX_JUMP or elapsed <= 0:
            return
        if elapsed > _MAX_ELAPSED:
            elapsed = _MAX_ELAPSED
        threshold += (DOWN if modified < threshold else UP) * (modified - threshold) * elapsed
        if threshold < MIN_THRESHOLD:
            threshold = MIN_THRESHOLD
        elif threshold > MAX_THRESHOLD:
            threshold = MAX_THRESHOLD
        self.threshold = threshold
