"""What the repositories return: plain values without ties to the database. Times are UTC seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

RoomState = Literal["created", "waiting", "active", "expired", "destroyed"]
"""Not used yet; empty; in use; expired; deleted by its owner. The last two are final."""
Role = Literal["host", "member"]
Purpose = Literal["verify", "reset"]
EventKind = Literal["joined", "left", "removed", "banned", "unbanned", "created", "ended"]


@dataclass(frozen=True, slots=True)
class User:
    """Someone with an account. `Users.avatar` returns the avatar itself."""

    id: str
    email: str
    name: str
    password_hash: str
    verified_at: float | None
    avatar_colour: str
    has_avatar: bool
    theme: str
    disabled_at: float | None
    created_at: float
    administrator_at: float | None = None
    """Since when they may manage the whole server; None: they may not."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key, without the token: only its hash is stored."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: float
    last_used_at: float | None = None
    owner: User | None = None
    """Whose rooms it is good for, and whose rights it has; None: the operator's, who made it on the command line."""
    expires_at: float | None = None
    """None: never."""


@dataclass(frozen=True, slots=True)
class Avatar:
    """A picture and its media type."""

    data: bytes
    type: str


class Profile(TypedDict, total=False):
    """What users can change about themselves. Fields that are left out stay as they are."""

    name: str
    avatar_colour: str
    theme: str


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in, as its user sees it. `id` stays the same while its tokens are rotated."""

    id: str
    user_id: str
    signed_in_at: float
    last_used_at: float
    expires_at: float
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What someone entered when they registered, kept until the link confirms it."""

    name: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class IssuedSession:
    """A session with its refresh token, which is returned here and never again: only its hash is stored."""

    token: str
    session: Session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and their live session."""

    user: User
    session: Session


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be queued."""

    recipient: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to be sent. `attempts` includes this attempt."""

    id: int
    recipient: str
    subject: str
    text: str
    html: str
    attempts: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Room:
    """A room. It expires `ttl_seconds` (a setting) after its last use, at `expires_at`; None: never."""

    id: str
    code: str
    owner_id: str | None
    state: RoomState
    created_at: float
    last_active_at: float
    expires_at: float | None
    ended_at: float | None
    settings: Mapping[str, Any]
    """By name: the columns of `models.Room` that aren't fields here. The caller knows which values are valid."""


@dataclass(frozen=True, slots=True)
class Member:
    """A user who belongs to a room."""

    room_id: str
    user_id: str
    name: str
    role: Role
    added_at: float


@dataclass(frozen=True, slots=True)
class Invitation:
    """An e-mail address whose owner, once signed in, belongs to a room."""

    room_id: str
    email: str
    role: Role
    added_at: float


@dataclass(frozen=True, slots=True)
class Ban:
    """A person banned from a room."""

    room_id: str
    person_id: str
    name: str
    banned_by: str
    banned_at: float


@dataclass(frozen=True, slots=True)
class Message:
    """A chat message, numbered within its room; to everyone if `recipient_id` is None. A deleted one has no text.

    `client_id` is the id that the sender's client gave it, if any; unique for each sender in a room.
    """

    room_id: str
    id: int
    sender_id: str
    sender_name: str
    text: str
    recipient_id: str | None
    recipient_name: str | None
    sent_at: float
    deleted_at: float | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The message that a sender's `client_id` stands for."""

    id: int
    sender_id: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a room."""

    id: int
    room_id: str
    person_id: str
    name: str
    kind: EventKind
    at: float
