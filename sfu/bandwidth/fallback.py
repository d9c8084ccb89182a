"""The bandwidth towards a viewer that sends no transport-wide feedback: from what it estimates itself (REMB,
draft-alvestrand-rmcat-remb-03) and from the loss in its receiver reports (draft-ietf-rmcat-gcc-02, section 6).
"""

from sfu.bandwidth.aimd import MAX_BITRATE, MIN_BITRATE

START = 2_500_000.0
"""Bits per second: such a link can't be probed, and would stay where it starts (as in jitsi-videobridge)."""

LOW_LOSS, HIGH_LOSS = 0.02, 0.1
"""Shares of lost packets: below the first the estimate grows, above the second it falls (section 6)."""

INCREASE, INTERVAL = 1.05, 1.0
"""Growth for each report (section 6), at most once in that many seconds."""


class Fallback:
    """A bitrate from receiver reports, at most what the viewer claims to be able to receive."""

    __slots__ = ("_bitrate", "_grown_at", "_limit", "informed")

    def __init__(self) -> None:
        self.informed = False
        """Whether the viewer has reported anything."""
        self._bitrate = START
        self._limit = MAX_BITRATE
        self._grown_at = float("-inf")

    @property
    def estimate(self) -> float:
        """Bits per second."""
        return max(min(self._bitrate, self._limit), MIN_BITRATE)

    def take_loss(self, loss: float, now: float) -> None:
        """Take the share of packets that a report says were lost since the last one."""
        self.informed = True
        if now < self._grown_at + INTERVAL:
            return
        self._grown_at = now
        if loss > HIGH_LOSS:
            self._bitrate *= 1 - 0.5 * loss
        elif loss < LOW_LOSS:
            self._bitrate *= INCREASE
        self._bitrate = min(max(self._bitrate, MIN_BITRATE), MAX_BITRATE, 2 * self._limit)

    def take_remb(self, bitrate: float) -> None:
        """Take the bitrate that the viewer says it can receive."""
        self.informed = True
        self._limit = bitrate
