"""Someone in a room: who they are, what they publish, and their mailbox."""

import secrets
from dataclasses import dataclass
from typing import Literal

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
    """Somebody, as the join token tells: the same `id` whenever the same account, or the same browser, joins."""

    id: str
    name: str
    guest: bool = True
    session: str | None = None
    """The log-in that this is by; it can be ended."""
    address: str = ""
    """Stands for the network address, to know guests again who come with another id."""
    avatar: str | None = None
    colour: str | None = None
    device: str = ""
    """The tab or program that this is, the same whenever it joins; empty: it didn't say."""
    features: tuple[str, ...] = ()
    """What the client knows of what was added to the protocol since its first release (see `signaling.version`)."""
    shares_address: bool = False
    """Whether the address may be everybody's, as that of a proxy."""
    unlimited: bool = False
    """Whether the operator lets them past the caps of a room, as clients of a load test."""

    def is_same_device(self, other: "Person") -> bool:
        """Whether the other is this very tab or program, which has joined again."""
        return self.device != "" and self.device == other.device and self.id == other.id


class Participant(Mailbox):
    """A participant's signaling; `media` is what is known of its media connection."""

    def __init__(self, person: Person, rights: Rights, backlog: Backlog | None = None, person_key: str = "") -> None:
        super().__init__(Backlog() if backlog is None else backlog)
        self.id = secrets.token_urlsafe(6)
        self.who = person
        self.person_key = person_key
        """What others in the room know the person by, from one participant to the next."""
        self.rights = rights
        self.hand = False
        self.started: set[Source] = set()
        """What was published before: the room's settings decide how a source begins, not how it goes on."""
        self.chat_limit = RateLimit(CHAT_BURST, CHAT_PER_SECOND)
        self.budget = MessageBudget()
        self.connection: Literal["joining", "connected", "lost"] = "joining"
        self.publications: dict[Source, Publication] = {}
        self.media = MediaConnection()
        self.unread_welcome = False
        """Whether the participant may not know yet that it is in the room: see `UsedTokens`."""
        self.resume_token = secrets.token_urlsafe(24)
        self.resume_until: float | None = None
        """When the participant counts as gone; None while the WebSocket is there."""

    @property
    def person(self) -> str:
        """The id that stays the same from call to call."""
        return self.who.id

    @property
    def name(self) -> str:
        """The name that others see."""
        return self.who.name

    def is_left_behind_by(self, person: Person) -> bool:
        """Whether it needs no place beside somebody who joins: it is what they were before a connection was lost."""
        return self.who.id == person.id and (self.resume_until is not None or self.who.is_same_device(person))

    def share_budget(self, other: "Participant") -> None:
        """Ask for no more, together with another participant of the same person, than one may."""
        self.budget = other.budget
        self.chat_limit = other.chat_limit

    def published(self, source: Source) -> Publication:
        """What it publishes from a source. Raises `RoomError`."""
        publication = self.publications.get(source)
        if publication is None:
            raise RoomError("bad_state", f"{source} isn't published.")
        return publication

    def describe(self) -> messages.Participant:
        """As others see it."""
        return messages.Participant(
            id=self.id,
            person=self.person_key,
            name=self.name,
            connection=self.connection,
            hand=self.hand,
            host=self.rights.moderate,
            guest=self.who.guest,
            avatar=self.who.avatar,
            colour=self.who.colour,
            publications=list(self.publications.values()),
        )

    def updated(self) -> messages.ParticipantUpdated:
        """The event that tells of a change."""
        return messages.ParticipantUpdated(
            participant=self.id,
            name=self.name,
            connection=self.connection,
            hand=self.hand,
            host=self.rights.moderate,
        )

    def attach(self, deliver: Deliver, end: End | None = None) -> None:
        """Tell events through a WebSocket from now on; nobody waits for one any more."""
        super().attach(deliver, end)
        self.resume_until = None

    def lose(self, deliver: Deliver, until: float) -> None:
        """The WebSocket is gone; wait for another until that time, unless there is one already."""
        if self.detach(deliver):
            self.resume_until = until
