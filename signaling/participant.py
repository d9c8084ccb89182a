"""Someone in a room: who they are, what they publish, and every event they have been told."""

import secrets
from collections import deque
from collections.abc import Callable
from typing import Literal

from sfu.transport import Transport
from signaling import messages
from signaling.messages import Event, EventBody, Publication, Rights, Source

MAX_EVENTS = 2000
"""Events kept for a participant who has lost the WebSocket."""

Deliver = Callable[[str], None]


class CannotResumeError(Exception):
    """Events that were missed are not kept any more."""


class Participant:
    """A participant's signaling; its media is in `transport`."""

    def __init__(self, person: str, name: str, rights: Rights) -> None:
        self.id = secrets.token_urlsafe(6)
        self.person = person
        self.name = name
        self.rights = rights
        self.hand = False
        self.connection: Literal["joining", "connected", "lost"] = "joining"
        self.publications: dict[Source, Publication] = {}
        self.transport: Transport | None = None
        self.resume_token = secrets.token_urlsafe(24)
        self.resume_until: float | None = None
        """When the participant counts as gone; None while the WebSocket is there."""
        self.quality: Literal["good", "poor", "lost"] = "good"
        self.last_event = 0
        self._events: deque[tuple[int, str]] = deque(maxlen=MAX_EVENTS)
        self._deliver: Deliver | None = None

    def describe(self) -> messages.Participant:
        """As others see it."""
        return messages.Participant(
            id=self.id,
            name=self.name,
            connection=self.connection,
            hand=self.hand,
            publications=list(self.publications.values()),
        )

    def updated(self) -> messages.ParticipantUpdated:
        """The event that tells of a change."""
        return messages.ParticipantUpdated(
            participant=self.id, name=self.name, connection=self.connection, hand=self.hand
        )

    def tell(self, body: EventBody) -> None:
        """Send an event now, or when the WebSocket is back."""
        self.last_event += 1
        text = Event(seq=self.last_event, event=body).model_dump_json()
        self._events.append((self.last_event, text))
        if self._deliver is not None:
            self._deliver(text)

    @property
    def attached(self) -> bool:
        """Whether there is a WebSocket."""
        return self._deliver is not None

    def attach(self, deliver: Deliver) -> None:
        """Tell events through a WebSocket from now on."""
        self._deliver = deliver
        self.resume_until = None

    def missed(self, last_event: int) -> list[str]:
        """The events after that one, as text. Raises `CannotResumeError` where some are not kept any more."""
        if last_event > self.last_event or (self._events and last_event + 1 < self._events[0][0]):
            raise CannotResumeError
        if not self._events and last_event < self.last_event:
            raise CannotResumeError
        return [text for seq, text in self._events if seq > last_event]

    def detach(self, deliver: Deliver, until: float) -> bool:
        """The WebSocket is gone; wait for another until that time. False: there is another one already."""
        if self._deliver is not deliver:
            return False
        self._deliver = None
        self.resume_until = until
        return True
