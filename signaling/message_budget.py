"""Budgets for requests that cost the server, or everyone in the room, more than a reply.

They belong to the person rather than to the WebSocket, so that more connections don't bring more budget.
"""

from signaling.messages import (
    Hand,
    Moderate,
    Mute,
    Offer,
    Publish,
    React,
    Request,
    Unpublish,
    Watch,
)
from signaling.rate_limit import RateLimit

OFFER_BURST, OFFERS_PER_SECOND = 20, 1.0
"""An offer takes up to 10 ms, and one with a new certificate a DTLS handshake as well. The page makes one or two a
minute, and several in a row while it looks for a way through a bad network."""

SHARED_BURST, SHARED_PER_SECOND = 60, 10.0
"""Requests that send an event to everyone in the room. A host may admit or mute dozens of people one by one;
push-to-talk and reactions stay below five a second."""

MESSAGE_BURST, MESSAGES_PER_SECOND = 200, 50.0
"""Messages of any kind."""

WATCH_BURST, WATCHES_PER_SECOND = 100, 20.0
"""Changes of what slots show. Scrolling through tiles causes several a second."""


class MessageBudget:
    """The budgets of one person in a room, shared by all their participants there."""

    __slots__ = ("_offers", "_shared", "_watches", "messages")

    def __init__(self) -> None:
        self.messages = RateLimit(MESSAGE_BURST, MESSAGES_PER_SECOND)
        """Charged as messages are read, unreadable ones included; a socket that exceeds it is closed."""
        self._offers = RateLimit(OFFER_BURST, OFFERS_PER_SECOND)
        self._shared = RateLimit(SHARED_BURST, SHARED_PER_SECOND)
        self._watches = RateLimit(WATCH_BURST, WATCHES_PER_SECOND)

    def allow(self, request: Request, now: float) -> bool:
        """Charge a request. Returns False if it is one too many. Chat has a limit of its own."""
        match request:
            case Offer():
                return self._offers.allow(now)
            case Mute(muted=True):
                return True  # people can always mute themselves; only unmuting is charged
            case Publish() | Unpublish() | Mute() | Hand() | React() | Moderate():
                return self._shared.allow(now)
            case Watch():
                return self._watches.allow(now)
            case _:
                return True
