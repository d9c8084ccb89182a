"""What the server tells unasked."""

from typing import Annotated, Literal

from pydantic import Field

from sfu.plane import CloseReason, QualityLevel
from signaling.messages.growing import Growing
from signaling.messages.parts import (
    ChatMessage,
    Connection,
    Identifier,
    LeaveReason,
    Message,
    Mid,
    Participant,
    PauseReason,
    Publication,
    Rights,
    Room,
    Source,
    Waiting,
)


class ParticipantJoined(Message):
    """Someone came in."""

    type: Literal["participant.joined"] = "participant.joined"
    participant: Participant


class ParticipantUpdated(Message):
    """Connection state, hand, name or role of someone changed."""

    type: Literal["participant.updated"] = "participant.updated"
    participant: Identifier
    name: str
    connection: Connection
    hand: bool
    host: bool = False


class ParticipantLeft(Message):
    """Someone is gone, with everything they published."""

    type: Literal["participant.left"] = "participant.left"
    participant: Identifier
    why: Annotated[LeaveReason, Growing()]


class PublicationAdded(Message):
    """Someone publishes something."""

    type: Literal["publication.added"] = "publication.added"
    publication: Publication


class PublicationUpdated(Message):
    """Muted, unmuted, or another picture size."""

    type: Literal["publication.updated"] = "publication.updated"
    publication: Publication
    by: Annotated[
        Identifier | None, Field(description="participant id of the host who muted it; null: its publisher did")
    ] = None


class PublicationsMuted(Message):
    """A host muted everyone: the same as `publication.updated` with `muted: true` for each of these."""

    type: Literal["publications.muted"] = "publications.muted"
    publications: list[Identifier]
    by: Annotated[Identifier, Field(description="participant")]


class PublicationRemoved(Message):
    """A publication was withdrawn."""

    type: Literal["publication.removed"] = "publication.removed"
    publication: Identifier


class SlotChanged(Message):
    """What one of your slots carries from now on."""

    type: Literal["slot"] = "slot"
    slot: Mid
    publication: Identifier | None
    layer: Annotated[str | None, Field(description="rid of the encoding being sent; null while nothing is")] = None
    paused: bool = False
    why: Annotated[
        Annotated[PauseReason, Growing()] | None,
        Field(
            description="why it is paused; waiting: for a keyframe or the first packet; codec: the publication is in a"
            " format that the section's codecs can't decode"
        ),
    ] = None


class Speakers(Message):
    """Who speaks now, loudest first. Sent when it changes."""

    type: Literal["speakers"] = "speakers"
    participants: list[Identifier]


class Quality(Message):
    """Someone's connection became better or worse. Sent when it changes."""

    type: Literal["quality"] = "quality"
    participant: Identifier
    quality: Annotated[QualityLevel, Growing()]
    loss: Annotated[float, Field(ge=0, le=1, description="share of packets lost, the worse of both directions")]
    round_trip_ms: float | None = None


class ChatAdded(Message):
    """Someone said something."""

    type: Literal["chat"] = "chat"
    message: ChatMessage


class ChatDeleted(Message):
    """A host took a message away."""

    type: Literal["chat.deleted"] = "chat.deleted"
    message: Annotated[int, Field(description="its id")]


class RoomUpdated(Message):
    """The room's title or settings changed."""

    type: Literal["room.updated"] = "room.updated"
    room: Room


class RightsUpdated(Message):
    """Your own rights changed."""

    type: Literal["rights.updated"] = "rights.updated"
    rights: Rights
    waiting: Annotated[list[Waiting], Field(description="people waiting to be admitted; for hosts")] = []


class WaitingJoined(Message):
    """Someone waits to be let in. For hosts."""

    type: Literal["waiting.joined"] = "waiting.joined"
    waiting: Waiting


class WaitingLeft(Message):
    """Someone was let in or sent away, or has gone. For hosts."""

    type: Literal["waiting.left"] = "waiting.left"
    waiting: Identifier


class Admitted(Message):
    """A host lets you in: send `join` with this token, now or on a new WebSocket."""

    type: Literal["admitted"] = "admitted"
    token: str


class UnmuteAsked(Message):
    """A host asks you to unmute."""

    type: Literal["unmute.asked"] = "unmute.asked"
    source: Source
    by: Annotated[str, Field(description="name of the host")]


class MediaClosed(Message):
    """Your media connection has ended. Make an offer from a new peer connection."""

    type: Literal["media.closed"] = "media.closed"
    ice_ufrag: Annotated[str, Field(description="names the connection: that of the latest answer it got")]
    why: Annotated[
        Annotated[CloseReason, Growing()],
        Field(
            description="silent: no connectivity check came for 30 s; failed: it was never connected, or an error "
            "ended it; closed: you closed it"
        ),
    ]


class Reaction(Message):
    """Someone reacted."""

    type: Literal["reaction"] = "reaction"
    participant: Identifier
    emoji: str


EndReason = Annotated[
    Literal[
        "left",
        "lost",
        "replaced",
        "removed",
        "banned",
        "denied",
        "ended",
        "room_closed",
        "room_expired",
        "signed_out",
        "server_stopping",
    ],
    Growing(),
]


class Bye(Message):
    """The last message of a session; the WebSocket is closed after it."""

    type: Literal["bye"] = "bye"
    why: Annotated[
        EndReason,
        Field(description="ended: a host ended the call; room_closed: the room was deleted; denied: not admitted"),
    ]


EventBody = Annotated[
    ParticipantJoined
    | ParticipantUpdated
    | ParticipantLeft
    | PublicationAdded
    | PublicationUpdated
    | PublicationsMuted
    | PublicationRemoved
    | SlotChanged
    | Speakers
    | Quality
    | ChatAdded
    | ChatDeleted
    | RoomUpdated
    | RightsUpdated
    | WaitingJoined
    | WaitingLeft
    | Admitted
    | UnmuteAsked
    | MediaClosed
    | Reaction
    | Bye,
    Field(discriminator="type"),
]


class Event(Message):
    """Something happened."""

    type: Literal["event"] = "event"
    seq: Annotated[int, Field(ge=1, description="one more than the event before")]
    event: EventBody
