"""What signaling needs of a store: a journal for what happens in rooms, and a source of rooms that were stored.

Signaling itself stores nothing. The program that runs it passes in a `Journal` and a `RoomSource`; without them, rooms
live in memory only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from signaling.messages import Room as RoomInfo
from signaling.rooms.lifecycle import State


@dataclass(frozen=True, slots=True)
class SavedMessage:
    """A chat message as stored. People are named by the ids that stay the same from call to call."""

    id: int
    """Microseconds since 1970 when it was written, or slightly more: unique in its room, and increasing."""
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
    """A room as stored."""

    info: RoomInfo
    owner: str | None = None
    state: State = "created"
    hosts: frozenset[str] = frozenset()
    """People who are always hosts in it, the owner included."""
    banned: frozenset[str] = frozenset()
    chat: Sequence[SavedMessage] = field(default=())
    """The latest messages, oldest first."""
    sent: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Ids of messages by sender and `client_id`; of more messages than `chat` has."""
    gaps: Sequence[int] = field(default=())
    """Ids of messages after which others may be missing, in order; 0: before the first."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The room's state changed."""

    room: str
    state: State


@dataclass(frozen=True, slots=True)
class Said:
    """Someone wrote a chat message."""

    room: str
    message: SavedMessage


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A host deleted a message, unless it is a private one between others."""

    room: str
    message: int
    by: str


Presence = Literal["joined", "left", "removed"]


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Someone joined, left, or was removed."""

    room: str
    person: str
    name: str
    kind: Presence


@dataclass(frozen=True, slots=True)
class Banned:
    """Someone was banned."""

    room: str
    person: str
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class HostMade:
    """Someone with an account was given the host role, or lost it."""

    room: str
    person: str
    host: bool


Fact = StateChanged | Said | MessageDeleted | PresenceChanged | Banned | HostMade


class Journal(Protocol):
    """Records what happens. Never waits and never fails, since it is called during a call."""

    def record(self, fact: Fact) -> None:
        """Record a fact with the present time. Facts are kept in the order of the calls."""


class NullJournal:
    """A journal that keeps nothing."""

    def record(self, fact: Fact) -> None:
        """Drop the fact."""


class SourceUnavailableError(Exception):
    """The store can't be read right now."""


class RoomSource(Protocol):
    """Loads rooms that aren't in memory."""

    async def load(self, room_id: str) -> SavedRoom | None:
        """Load a room that can be joined; None if there is none. Raises `SourceUnavailableError`."""

    async def history(self, room_id: str, person: str, before: int | None, limit: int) -> list[SavedMessage]:
        """Load the last `limit` messages with ids less than `before` that the person may read, oldest first.

        Raises `SourceUnavailableError`.
        """


class NullSource:
    """A source without rooms: all are in memory."""

    async def load(self, room_id: str) -> SavedRoom | None:
        """Return None."""
        return None

    async def history(self, room_id: str, person: str, before: int | None, limit: int) -> list[SavedMessage]:
        """Return nothing: clients have already got the messages in memory."""
        return []
