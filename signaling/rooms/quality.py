"""How good someone's connection is, in one word."""

from dataclasses import dataclass
from typing import Literal

from sfu.transport import State, Transport
from signaling import messages
from signaling.rooms.participant import Participant

POOR_LOSS, GOOD_LOSS = 0.08, 0.04
"""Share of packets lost from which a call is noticeably worse, and below which it isn't any more."""

POOR_ROUND_TRIP, GOOD_ROUND_TRIP = 0.5, 0.35
"""Seconds from which people begin to interrupt each other (ITU-T G.114 puts the limit of one way at 0.15 to 0.4 s)."""


@dataclass(frozen=True, slots=True)
class ConnectionQuality:
    """What was measured; `loss` is a share, `round_trip` in seconds."""

    level: Literal["good", "poor", "lost"]
    loss: float
    round_trip: float | None


def measure(transport: Transport, before: Literal["good", "poor", "lost"] = "good") -> ConnectionQuality:
    """Judge a transport; the two limits keep the word from going back and forth."""
    loss = min(1.0, max(transport.sender.loss, transport.receiver.loss))
    round_trip = transport.sender.round_trip
    if transport.state in (State.LOST, State.CLOSED):
        return ConnectionQuality("lost", loss, round_trip)
    loss_limit, round_trip_limit = (GOOD_LOSS, GOOD_ROUND_TRIP) if before == "poor" else (POOR_LOSS, POOR_ROUND_TRIP)
    poor = loss > loss_limit or (round_trip or 0.0) > round_trip_limit
    return ConnectionQuality("poor" if poor else "good", loss, round_trip)


def judge(participant: Participant) -> messages.Quality | None:
    """Measure a participant's connection; the event that says it has become better or worse, if it has."""
    if participant.transport is None:
        return None
    found = measure(participant.transport, participant.quality)
    if found.level == participant.quality:
        return None
    participant.quality = found.level
    round_trip_ms = None if found.round_trip is None else round(found.round_trip * 1000, 1)
    return messages.Quality(
        participant=participant.id, quality=found.level, loss=found.loss, round_trip_ms=round_trip_ms
    )
