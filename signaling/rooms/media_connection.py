"""What the state of a transport means for a participant and their client."""

from typing import Literal

from sfu.transport import CLOSED_BY_PEER, CONSENT_EXPIRED, State, Transport
from signaling.sdp import negotiation

_CONNECTIONS: dict[State, Literal["joining", "connected", "lost"]] = {
    State.CONNECTING: "joining",
    State.CONNECTED: "connected",
    State.LOST: "lost",
    State.CLOSED: "lost",
}


def connection_of(transport: Transport) -> Literal["joining", "connected", "lost"]:
    """The state as others see it."""
    return _CONNECTIONS[transport.state]


def is_over(transport: Transport, plan: negotiation.Plan, session_id: str) -> bool:
    """Whether an offer comes from a peer connection whose transport has ended.

    Such a peer connection can't be used again: browsers run one DTLS handshake for each, unless the relay's certificate
    changes. Where there has been no handshake yet, nothing stands in the way of a new transport.
    """
    return (
        transport.state is State.CLOSED
        and transport.outgoing_srtp is not None
        and transport.dtls.peer == plan.fingerprint
        and session_id == plan.session_id
    )


def why_closed(transport: Transport) -> Literal["silent", "failed", "closed"]:
    """Why a transport has ended, as its client is told."""
    if transport.close_reason == CONSENT_EXPIRED:
        return "silent"
    return "closed" if transport.close_reason == CLOSED_BY_PEER else "failed"
