"""A participant's connection quality, in one word, from both directions."""

from dataclasses import dataclass

from sfu.plane import QualityLevel
from sfu.transport import State, Transport

POOR_LOSS, GOOD_LOSS = 0.08, 0.04
"""Share of lost packets from which a call is noticeably worse, and below which it is good again."""

POOR_ROUND_TRIP, GOOD_ROUND_TRIP = 0.5, 0.35
"""Seconds from which people begin to interrupt each other (ITU-T G.114 puts the limit of one way at 0.15 to 0.4 s)."""

POOR_JITTER, GOOD_JITTER = 0.05, 0.03
"""Seconds of jitter of a participant's sound at the relay (RFC 3550, section 6.4.1). ITU-T Y.1541 allows conversations
0.05 s; jitter buffers that hold more of it delay what is said."""

INTERVAL = 1.0
"""Seconds between two judgements of a participant: reports, from which all of it comes, are no more frequent."""

HOLD = 5.0
"""Seconds for which a connection stays poor at least: one that is poor every few seconds is a poor one."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is known of a connection. Times in seconds; losses are shares, smoothed."""

    lost: bool = False
    """Whether nothing is heard of the participant."""
    loss_up: float = 0.0
    loss_down: float = 0.0
    round_trip: float | None = None
    jitter: float = 0.0
    """Of the participant's sound at the relay."""
    starved: bool = False
    """Whether pictures that the participant wants are paused: the estimate of the downlink leaves no room for them."""


@dataclass(frozen=True, slots=True)
class ConnectionQuality:
    """A judgement and what it is based on; `loss` is a share, `round_trip` in seconds."""

    level: QualityLevel
    loss: float
    round_trip: float | None


def judge(measured: Measurement, before: QualityLevel = "good") -> QualityLevel:
    """Judge a connection; two limits each keep the result from flapping."""
    if measured.lost:
        return "lost"
    values = max(measured.loss_up, measured.loss_down), measured.round_trip or 0.0, measured.jitter
    limits = (
        (GOOD_LOSS, GOOD_ROUND_TRIP, GOOD_JITTER) if before == "poor" else (POOR_LOSS, POOR_ROUND_TRIP, POOR_JITTER)
    )
    exceeded = any(value > limit for value, limit in zip(values, limits, strict=True))
    return "poor" if exceeded or measured.starved else "good"


def examine(transport: Transport) -> Measurement:
    """Collect what is known of a transport."""
    return Measurement(
        lost=transport.state in (State.LOST, State.CLOSED),
        loss_up=transport.receiver.loss,
        loss_down=transport.sender.loss,
        round_trip=transport.sender.round_trip,
        jitter=transport.receiver.jitter,
        starved=any(slot.limit == 0 and slot.height and slot.publication for slot in transport.sender.slots.values()),
    )


def measure(transport: Transport, before: QualityLevel = "good") -> ConnectionQuality:
    """Judge a transport."""
    found = examine(transport)
    loss = min(1.0, max(found.loss_up, found.loss_down))
    return ConnectionQuality(judge(found, before), loss, found.round_trip)
