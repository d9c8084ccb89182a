"""How much arrives at a viewer (the acknowledged bitrate of draft-ietf-rmcat-gcc-02, section 5.5).

A Bayesian estimate over short windows, as libwebrtc's `BitrateEstimator`: one window that differs much from the
estimate moves it little.
"""

import math

FIRST_WINDOW, WINDOW = 0.5, 0.15
"""Seconds (libwebrtc, kInitialRateWindow and kRateWindow)."""

_UNCERTAINTY = 10.0
"""How strongly a sample that differs is doubted (libwebrtc, uncertainty_scale)."""

_VARIANCE_STEP = 5.0
"""What each window adds to the variance, (kbit/s)² (libwebrtc's process noise)."""

_FIRST_VARIANCE = 50.0

_PAUSE = 2.0
"""Seconds without arrivals after which the estimate starts over: the pause wasn't the link's."""


class Throughput:
    """The bitrate at which packets arrive."""

    __slots__ = ("_began", "_last", "_octets", "_samples", "_variance", "bitrate")

    def __init__(self) -> None:
        self.bitrate: float | None = None
        """Bits per second; None: not known yet."""
        self._samples = (math.inf, math.inf)
        """Of the last two windows."""
        self._began: float | None = None
        self._last = 0.0
        self._octets = 0
        self._variance = _FIRST_VARIANCE

    @property
    def latest(self) -> float | None:
        """The same of the last two windows alone, the higher one, if it is less: what arrives over a link that is full
        needs no smoothing, and a link that breaks down is known at once.
        """
        return None if self.bitrate is None else min(self.bitrate, max(self._samples))

    def add(self, arrival: float, octets: int) -> None:
        """Take bytes that arrived at that time, in seconds by the viewer's clock."""
        began = self._began
        if began is None or arrival < began or arrival - self._last > _PAUSE:
            self._began, self._octets = arrival, 0
        elif arrival - began >= (FIRST_WINDOW if self.bitrate is None else WINDOW):
            self._sample(8 * self._octets / (arrival - began))
            self._began, self._octets = arrival, 0
        self._last = arrival
        self._octets += octets

    def _sample(self, sample: float) -> None:
        before, self._samples = self.bitrate, (self._samples[1], sample)
        if before is None:
            self.bitrate = sample
            return
        doubt = _UNCERTAINTY * abs(before - sample) / (before + min(sample, before) + 1)
        sample_variance = doubt * doubt
        predicted = self._variance + _VARIANCE_STEP
        self.bitrate = (sample_variance * before + predicted * sample) / (sample_variance + predicted)
        self._variance = sample_variance * predicted / (sample_variance + predicted)
