"""A participant's connection quality, in one word."""

from dataclasses import dataclass

from sfu.plane import QualityLevel
from sfu.transport import State, Transport

POOR_LOSS, GOOD_LOSS = 0.08, 0.04
"""Share of lost packets from which a call is noticeably worse, and below which it is good again."""

POOR_ROUND_TRIP, GOOD_ROUND_TRIP = 0.5, 0.35
"""Seconds from which people begin to interrupt each other (ITU-T G.114 puts the limit of one way at 0.15 to 0.4 s)."""


@dataclass(frozen=True, slots=True)
class ConnectionQuality:
    """What was measured; `loss` is a share, `round_trip` in seconds."""

    level: QualityLevel
    loss: float
    round_trip: float | None


def measure(transport: Transport, before: QualityLevel = "good") -> ConnectionQuality:
    """Judge a transport; two limits each keep the result from flapping."""
    loss = min(1.0, max(transport.sender.loss, transport.receiver.loss))
    round_trip = transport.sender.round_trip
    if transport.state in (State.LOST, State.CLOSED):
        return ConnectionQuality("lost", loss, round_trip)
    loss_limit, round_trip_limit = (GOOD_LOSS, GOOD_ROUND_TRIP) if before == "poor" else (POOR_LOSS, POOR_ROUND_TRIP)
    poor = loss > loss_limit or (round_trip or 0.0) > round_trip_limit
    return ConnectionQuality("poor" if poor else "good", loss, round_trip)
