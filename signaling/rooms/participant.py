"""Someone in a room: who they are, what they publish, and their mailbox."""

import secrets
from dataclasses import dataclass

from sfu.plane import ConnectionState, QualityLevel
from signaling import messages
from signaling.errors import RoomError
from signaling.mailbox import Backlog, Deliver, End, Mailbox
from signaling.message_budget import MessageBudget
from signaling.messages import Publication, Rights, Source
from signaling.rate_limit import RateLimit
from signaling.rooms.media_connection import MediaConnection

CHAT_BURST, CHAT_PER_SECOND = 20, 1.0
"""Chat messages that a participant may write at once, and in the long run."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person, as the join token describes them. An account, or a guest's browser, always has the same `id`."""

    id: str
    name: str
    guest: bool = True
    session: str | None = None
    """The log-in by which the person joined; ending it ends the call."""
    address: str = ""
    """Stands for the network address, to recognise guests who come back with another id."""
    avatar: str | None = None
    colour: str | None = None
    device: str = ""
    """The id of the tab or program, the same whenever it joins; empty: it has none."""
    features: tuple[str, ...] = ()
    """Additions to the protocol since its first release that the client knows (see `signaling.version`)."""
    shares_address: bool = False
    """Whether everyone may have this address, as behind a proxy."""
    vouched: bool = False
    """Whether a program says who they are: their address then neither makes them suspicious nor counts for its cap."""
    unlimited: bool = False
    """Whether the operator lets them past the caps of a room, as clients of a load test."""

    def is_same_device(self, other: "Person") -> bool:
        """Whether the other is the same tab or program, joining again."""
        return self.device != "" and self.device == other.device and self.id == other.id


class Participant(Mailbox):
    """A participant's signaling; `media` is what the room knows of its media connection."""

    def __init__(self, person: Person, rights: Rights, backlog: Backlog | None = None, person_key: str = "") -> None:
        super().__init__(Backlog() if backlog is None else backlog)
        self.id = secrets.token_urlsafe(6)
        self.who = person
        self.person_key = person_key
        """The key by which others in the room recognise the person."""
        self.rights = rights
        self.hand = False
        self.started: set[Source] = set()
        """Sources published before: settings such as `start_muted` apply only to a source's first publication."""
        self.chat_limit = RateLimit(CHAT_BURST, CHAT_PER_SECOND)
        self.budget = MessageBudget()
        self.connection: ConnectionState = "joining"
        self.quality: QualityLevel = "good"
        self.publications: dict[Source, Publication] = {}
        self.media = MediaConnection()
        self.unread_welcome = False
        """Whether the `welcome` may have been lost, so that the token may be used again: see `UsedTokens`."""
        self.resume_token = secrets.token_urlsafe(24)
        self.turn_since = 0.0
        """When the client was last told of TURN servers."""
        self.resume_until: float | None = None
        """When the participant counts as gone; None while there is a WebSocket."""

    @property
    def person(self) -> str:
        """The id that stays the same from call to call."""
        return self.who.id

    @property
    def name(self) -> str:
        """The name that others see."""
        return self.who.name

    def is_left_behind_by(self, person: Person) -> bool:
        """Whether this participant is the person's own, and has lost its WebSocket or is of the same device."""
        return self.who.id == person.id and (self.resume_until is not None or self.who.is_same_device(person))

    def share_budget(self, other: "Participant") -> None:
        """Share the budgets of another participant of the same person."""
        self.budget = other.budget
        self.chat_limit = other.chat_limit

    def published(self, source: Source) -> Publication:
        """Return the publication of a source. Raises `RoomError`."""
        publication = self.publications.get(source)
        if publication is None:
            raise RoomError("bad_state", f"{source} isn't published.")
        return publication

    def describe(self) -> messages.Participant:
        """Describe the participant, as others see it."""
        return messages.Participant(
            id=self.id,
            person=self.person_key,
            name=self.name,
            connection=self.connection,
            quality=self.quality,
            hand=self.hand,
            host=self.rights.moderate,
            guest=self.who.guest,
            avatar=self.who.avatar,
            colour=self.who.colour,
            publications=list(self.publications.values()),
        )

    def updated(self) -> messages.ParticipantUpdated:
        """Make the event that announces a change."""
        return messages.ParticipantUpdated(
            participant=self.id,
            name=self.name,
            connection=self.connection,
            hand=self.hand,
            host=self.rights.moderate,
        )

    def attach(self, deliver: Deliver, end: End | None = None) -> None:
        """Deliver events through a WebSocket from now on, and stop the resume timer."""
        super().attach(deliver, end)
        self.resume_until = None

    def lose(self, deliver: Deliver, until: float) -> None:
        """The WebSocket is gone: wait for another until that time, unless there already is one."""
        if self.detach(deliver):
            self.resume_until = until
