"""The rate above which a link loses packets: libwebrtc's loss-based estimator, version 2 (LossBasedBweV2).

A link is modelled by the loss that it has anyway, and by a bandwidth beyond which everything is lost. Of a few
candidates for the bandwidth, the one is taken that makes the observed losses most likely, with some preference for
higher ones: so random loss, as on a radio link, costs no bandwidth, and a queue too short to show delay does.
"""

import math
from collections import deque
from typing import NamedTuple

from sfu.bandwidth.aimd import MAX_BITRATE, MIN_BITRATE

OBSERVATION = 0.25
"""Least seconds of an observation (ObservationDurationLowerBound)."""

WINDOW, FIRST_OBSERVATIONS = 15, 3
"""Observations that count, and how many it takes to begin (ObservationWindowSize, MinNumObservations)."""

WEIGHT = 0.9
"""Weight of each observation relative to the next one (TemporalWeightFactor)."""

FACTORS = (1.02, 1.0, 0.95)
"""Candidates, relative to the present estimate (CandidateFactors)."""

FIRST_INHERENT, MIN_INHERENT = 0.01, 0.001
"""Shares of packets that a link loses anyway (InitialInherentLossEstimate, InherentLossLowerBound)."""

OFFSET, BALANCE = 0.05, 100_000.0
"""Inherent loss is at most the first plus the second divided by the bandwidth; and the bandwidth at most the second
divided by the loss beyond the first (InherentLossUpperBound…, InstantUpperBound…)."""

LOSS_THRESHOLD, LOSS_SMOOTHING = 0.2, 0.002
"""Loss below which higher bandwidths are preferred, and how sharply (LossThresholdOfHighBandwidthPreference,
BandwidthPreferenceSmoothingFactor)."""

BIAS, LOG_BIAS = 0.0002, 0.02
"""Preference for each kbit/s, and for its logarithm (HigherBandwidthBiasFactor, HigherLogBandwidthBiasFactor)."""

NEWTON_STEP = 0.75
"""NewtonStepSize; one iteration for each observation."""

MAX_INCREASE, INCREASE_WINDOW = 1.3, 0.3
"""Most growth in that many seconds (MaxIncreaseFactor, DelayedIncreaseWindow)."""

RAMP, RAMP_IN_HOLD = 1.5, 1.2
"""Most growth beyond what arrives, also shortly after a decrease (BandwidthRampupUpperBoundFactor…)."""

FIRST_HOLD, HOLD_FACTOR, MAX_HOLD = 0.3, 2.0, 10.0
"""Seconds after a decrease in which growth is slow; each further decrease doubles them (HoldDurationFactor)."""


class _Observation(NamedTuple):
    """What was reported in a quarter of a second."""

    packets: int
    lost: int
    octets: int
    lost_octets: int
    bitrate: float


class LossBased:
    """A bitrate from losses; infinite while they limit nothing."""

    __slots__ = (
        "_began",
        "_decreased_at",
        "_hold",
        "_inherent",
        "_limit",
        "_limit_at",
        "_losses",
        "_lost",
        "_lost_octets",
        "_observations",
        "_octets",
        "_packets",
        "bitrate",
    )

    def __init__(self) -> None:
        self.bitrate = math.inf
        """Bits per second."""
        self._observations: deque[_Observation] = deque(maxlen=WINDOW)
        self._losses = 0
        """Packets lost in all of them."""
        self._began: float | None = None
        self._packets = self._lost = self._octets = self._lost_octets = 0
        """Of the observation that goes on; packets and bytes include the lost ones."""
        self._inherent = FIRST_INHERENT
        self._hold = FIRST_HOLD
        self._decreased_at = -math.inf
        self._limit, self._limit_at = math.inf, -math.inf
        """Highest estimate in the present `INCREASE_WINDOW`, and its beginning."""

    def add(self, departure: float, packets: int, lost: int, octets: int, lost_octets: int) -> bool:
        """Take packets that were reported; `packets` and `octets` include the lost ones. Seconds by our clock.

        True: an observation is complete.
        """
        complete = False
        began = self._began
        if began is None or departure < began:
            self._began = departure
        elif departure - began >= OBSERVATION:
            self._observe(departure - began)
            self._began = departure
            self._packets = self._lost = self._octets = self._lost_octets = 0
            complete = True
        self._packets += packets
        self._lost += lost
        self._octets += octets
        self._lost_octets += lost_octets
        return complete

    def _observe(self, seconds: float) -> None:
        observations = self._observations
        if len(observations) == WINDOW:
            self._losses -= observations[0].lost
        observations.append(
            _Observation(
                self._packets, self._lost, self._octets, self._lost_octets, max(8 * self._octets / seconds, 1.0)
            )
        )
        self._losses += self._lost

    def update(self, delay_based: float, throughput: float | None, now: float) -> None:
        """Compute the estimate after an observation.

        `delay_based`: the estimate of the delays. While nothing is lost and nothing limited, this does nothing.
        """
        limited = self.bitrate < math.inf
        if (not self._losses and not limited) or len(self._observations) < FIRST_OBSERVATIONS:
            return
        before = self.bitrate if limited else delay_based
        loss = self._average()
        found = self._best(before, delay_based, throughput, loss)
        if found > before:
            if loss > self._inherent:
                found = before  # more is lost than the link loses anyway
            found = min(found, self._ceiling(before, now))
            if throughput is not None:
                ramp = RAMP_IN_HOLD if now < self._decreased_at + self._hold else RAMP
                found = max(before, min(found, ramp * throughput))
        found = max(min(found, self._instant_bound(loss)), MIN_BITRATE)
        if found < before:
            self._hold = min(self._hold * HOLD_FACTOR, MAX_HOLD) if now < self._decreased_at + 5 else FIRST_HOLD
            self._decreased_at = now
        self.bitrate = math.inf if found >= delay_based and (not self._losses or not limited) else found

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe, which arrived."""
        if bitrate > self.bitrate:
            self.bitrate = bitrate

    def _average(self) -> float:
        """The share of bytes lost lately."""
        lost = octets = 0.0
        weight = 1.0
        for each in reversed(self._observations):
            lost += weight * each.lost_octets
            octets += weight * each.octets
            weight *= WEIGHT
        return lost / octets if octets else 0.0

    def _ceiling(self, before: float, now: float) -> float:
        if now >= self._limit_at + INCREASE_WINDOW:
            self._limit, self._limit_at = MAX_INCREASE * before, now
        return self._limit

    @staticmethod
    def _instant_bound(loss: float) -> float:
        return BALANCE / (loss - OFFSET) if loss > OFFSET else math.inf

    def _best(self, before: float, delay_based: float, throughput: float | None, loss: float) -> float:
        """The likeliest of the candidates; the inherent loss is set to go with it."""
        candidates = [before * factor for factor in FACTORS]
        candidates.append(delay_based)
        if throughput is not None:
            candidates.append(throughput)
        best, best_score, best_inherent = before, -math.inf, self._inherent
        for bandwidth in candidates:
            bandwidth = min(max(bandwidth, MIN_BITRATE), MAX_BITRATE)
            inherent = self._fit(bandwidth)
            score = self._score(bandwidth, inherent, loss)
            if score > best_score:
                best, best_score, best_inherent = bandwidth, score, inherent
        self._inherent = best_inherent
        return best

    def _fit(self, bandwidth: float) -> float:
        """The inherent loss that goes with a bandwidth: one step of Newton's method."""
        inherent, first, second, weight = self._inherent, 0.0, 0.0, 1.0
        for each in reversed(self._observations):
            passed = min(bandwidth / each.bitrate, 1.0)
            p = _probability(inherent, passed)
            received = each.packets - each.lost
            first += weight * passed * (each.lost / p - received / (1 - p))
            second -= weight * passed * passed * (each.lost / (p * p) + received / ((1 - p) * (1 - p)))
            weight *= WEIGHT
        if second:
            inherent -= NEWTON_STEP * first / second
        return min(max(inherent, MIN_INHERENT), OFFSET + BALANCE / bandwidth, 1.0)

    def _score(self, bandwidth: float, inherent: float, loss: float) -> float:
        """How well a bandwidth explains the losses, with the preference for higher ones."""
        distance = LOSS_THRESHOLD - loss
        kbits = bandwidth / 1000
        bias = (BIAS * kbits + LOG_BIAS * math.log(1 + kbits)) * distance / (LOSS_SMOOTHING + abs(distance))
        score, weight = 0.0, 1.0
        for each in reversed(self._observations):
            p = _probability(inherent, min(bandwidth / each.bitrate, 1.0))
            received = each.packets - each.lost
            score += weight * (each.lost * math.log(p) + received * math.log(1 - p) + bias * each.packets)
            weight *= WEIGHT
        return score


def _probability(inherent: float, passed: float) -> float:
    """That a packet is lost, if the link lets that share through and loses `inherent` of it."""
    return min(max(1 - passed * (1 - inherent), 1e-6), 1 - 1e-6)
