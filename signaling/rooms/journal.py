"""What is kept of rooms, as far as signaling is concerned: facts to be written down, and rooms as they were written.

Signaling itself stores nothing. Whoever runs it gives it a `Journal` and a `RoomSource`; without them rooms live in
memory only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from signaling.messages import Room as RoomInfo
from signaling.rooms.lifecycle import State


@dataclass(frozen=True, slots=True)
class SavedMessage:
    """A chat message as it is kept. People are named by what stays the same from call to call."""

    id: int
    """Microseconds since 1970 when it was written, or a little more: unique in its room, and later ones are greater."""
    sender: str
    sender_name: str
    text: str
    recipient: str | None
    """None: everyone."""
    recipient_name: str | None
    sent_at: float
    """Seconds since 1970."""
    client_id: str | None = None
    """The id that the sender's client gave it."""


@dataclass(frozen=True, slots=True)
class SavedRoom:
    """A room as it is kept."""

    info: RoomInfo
    owner: str | None = None
    state: State = "created"
    hosts: frozenset[str] = frozenset()
    """Persons who are always hosts in it; the owner is among them."""
    banned: frozenset[str] = frozenset()
    chat: Sequence[SavedMessage] = field(default=())
    """The latest, oldest first."""
    sent: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Ids of messages by sender and `client_id`, of more messages than are in `chat`."""
    gaps: Sequence[int] = field(default=())
    """Messages after which others may be missing, by their ids, in order; 0: before the first."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The room went on in its life."""

    room: str
    state: State


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote in the room."""

    room: str
    message: SavedMessage


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A host deleted a message."""

    room: str
    message: int


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody came or went."""

    room: str
    person: str
    name: str
    kind: Literal["joined", "left", "removed"]


@dataclass(frozen=True, slots=True)
class Banned:
    """Somebody is kept out for good."""

    room: str
    person: str
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class HostMade:
    """Somebody with an account became a host, or is none any more."""

    room: str
    person: str
    host: bool


Fact = StateChanged | Said | MessageDeleted | PresenceChanged | Banned | HostMade


class Journal(Protocol):
    """Takes down what happens. Never waits and never fails: it runs amid a call."""

    def record(self, fact: Fact) -> None:
        """Take a fact down, with the time, in the order in which they come."""


class NullJournal:
    """A journal that keeps nothing."""

    def record(self, fact: Fact) -> None:
        """Let it go."""


class SourceUnavailableError(Exception):
    """What is kept can't be read just now."""


class RoomSource(Protocol):
    """Where rooms come from that aren't in memory."""

    async def load(self, room_id: str) -> SavedRoom | None:
        """A room that can be joined; None: there is none. Raises `SourceUnavailableError`."""

    async def history(self, room_id: str, person: str, before: int | None, limit: int) -> list[SavedMessage]:
        """The last `limit` messages with ids less than `before` that the person may read, oldest first.

        Raises `SourceUnavailableError`.
        """


class NullSource:
    """No rooms but those in memory."""

    async def load(self, room_id: str) -> SavedRoom | None:
        """None."""
        return None

    async def history(self, room_id: str, person: str, before: int | None, limit: int) -> list[SavedMessage]:
        """Nothing: what is in memory was told already."""
        return []
