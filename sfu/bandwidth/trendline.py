"""Whether the queue of a viewer's link grows (draft-ietf-rmcat-gcc-02, sections 5.3 and 5.4).

The draft's Kalman filter was replaced in libwebrtc by the slope of a line through the latest delays, which is what this
is; the threshold adapts as in section 5.4, so that a competing TCP connection doesn't starve the call.
"""

from collections import deque
from enum import Enum

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

_MAX_JUMP = 15.0
"""Milliseconds above the threshold from which on a slope doesn't move it (draft-ietf-rmcat-gcc-02, section 5.4)."""


class Usage(Enum):
    """What the delays say of the link."""

    NORMAL = "normal"
    OVERUSING = "overusing"
    UNDERUSING = "underusing"


class Trendline:
    """The slope of the queueing delay over the latest groups, and its adaptive threshold."""

    __slots__ = (
        "_accumulated",
        "_count",
        "_first_arrival",
        "_overuses",
        "_points",
        "_previous",
        "_smoothed",
        "_updated_at",
        "_using",
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
        self._first_arrival: float | None = None
        self._accumulated = self._smoothed = self._previous = 0.0
        self._count = 0
        self._using = -1.0
        """Milliseconds above the threshold; negative: not above it."""
        self._overuses = 0
        self._updated_at: float | None = None

    def update(self, sent: float, arrived: float, arrival: float) -> None:
        """Take the difference between two groups: seconds between departures, between arrivals, and the arrival."""
        self._count = min(self._count + 1, 1000)
        if self._first_arrival is None:
            self._first_arrival = arrival
        self._accumulated += (arrived - sent) * 1000
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._accumulated
        points = self._points
        points.append(((arrival - self._first_arrival) * 1000, self._smoothed))
        if len(points) == WINDOW:
            self.slope = _slope(points, self.slope)
        self._judge(self.slope, sent * 1000, arrival * 1000)

    def _judge(self, slope: float, sent: float, now: float) -> None:
        if self._count < 2:
            self.usage = Usage.NORMAL
            return
        modified = min(self._count, MAX_DELTAS) * slope * GAIN
        if modified > self.threshold:
            self._using = sent / 2 if self._using < 0 else self._using + sent
            self._overuses += 1
            if self._using > OVERUSE_TIME and self._overuses > 1 and slope >= self._previous:
                self._using = 0.0
                self._overuses = 0
                self.usage = Usage.OVERUSING
        else:
            self._using, self._overuses = -1.0, 0
            self.usage = Usage.UNDERUSING if modified < -self.threshold else Usage.NORMAL
        self._previous = slope
        self._adapt(abs(modified), now)

    def _adapt(self, modified: float, now: float) -> None:
        elapsed = 0.0 if self._updated_at is None else min(max(now - self._updated_at, 0.0), 100.0)
        self._updated_at = now
        if modified > self.threshold + _MAX_JUMP:
            return
        factor = DOWN if modified < self.threshold else UP
        threshold = self.threshold + factor * (modified - self.threshold) * elapsed
        self.threshold = min(max(threshold, MIN_THRESHOLD), MAX_THRESHOLD)


def _slope(points: deque[tuple[float, float]], before: float) -> float:
    """The least-squares slope; the earlier one if all points have the same time."""
    origin = points[0][0]
    sum_x = sum_y = sum_xx = sum_xy = 0.0
    for x, y in points:
        x -= origin
        sum_x += x
        sum_y += y
        sum_xx += x * x
        sum_xy += x * y
    spread = WINDOW * sum_xx - sum_x * sum_x
    return (WINDOW * sum_xy - sum_x * sum_y) / spread if spread > 0 else before
