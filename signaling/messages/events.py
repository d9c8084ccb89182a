"""The events that the server sends."""

from typing import Annotated, Literal

from pydantic import Field

from sfu.plane import CloseReason, QualityLevel
from signaling.messages.growing import Growing
from signaling.messages.parts import (
    ChatMessage,
    Connection,
    IceServer,
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
    """Someone joined."""

    type: Literal["participant.joined"] = "participant.joined"
    participant: Participant


class ParticipantUpdated(Message):
    """A participant's connection state, hand, name or role changed."""

    type: Literal["participant.updated"] = "participant.updated"
    participant: Identifier
    name: str
    connection: Connection
    hand: bool
    host: bool = False


class ParticipantLeft(Message):
    """Someone left, and their publications are gone."""

    type: Literal["participant.left"] = "participant.left"
    participant: Identifier
    why: Annotated[LeaveReason, Growing()]


class PublicationAdded(Message):
    """Someone started to publish a track."""

    type: Literal["publication.added"] = "publication.added"
    publication: Publication


class PublicationUpdated(Message):
    """A publication was muted or unmuted, or its picture size changed."""

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
    """One of your slots carries something else from now on."""

    type: Literal["slot"] = "slot"
    slot: Mid
    publication: Identifier | None
    layer: Annotated[str | None, Field(description="rid of the encoding being sent; null: none")] = None
    paused: bool = False
    why: Annotated[
        Annotated[PauseReason, Growing()] | None,
        Field(
            description="why it is paused; waiting: for a keyframe or the first packet; codec: the publication is in a"
            " format that the section's codecs can't decode"
        ),
    ] = None


class SourceLayers(Message):
    """The encodings that are wanted of one source."""

    source: Source
    rids: Annotated[
        list[str], Field(description="the encodings to send; empty: none. The only encoding has an empty rid")
    ]


class LayersWanted(Message):
    """Which encodings of your video anyone watches: stop the others, and begin each of these with a keyframe.

    Has all your video sources. At first all encodings are wanted, and again in each new peer connection; within one,
    this holds for a section although you withdraw and publish its source again.
    """

    type: Literal["layers.wanted"] = "layers.wanted"
    sources: list[SourceLayers]


class CodecsChanged(Message):
    """Other video codecs than before should be sent, because someone came or left."""

    type: Literal["codecs"] = "codecs"
    send: Annotated[
        list[str],
        Field(
            description="codecs such as `VP8` that everyone here can decode, preferred first, or if there are none,"
            " those that most people can: send the first that you can encode, and change to it if you send another"
        ),
    ]


class IceServersRenewed(Message):
    """Fresh passwords for the TURN servers, long before the ones you have end: use these from now on."""

    type: Literal["ice_servers"] = "ice_servers"
    ice_servers: list[IceServer]


class Speakers(Message):
    """The current speakers, loudest first. Sent when they change."""

    type: Literal["speakers"] = "speakers"
    participants: list[Identifier]


class Quality(Message):
    """Someone's connection quality changed."""

    type: Literal["quality"] = "quality"
    participant: Identifier
    quality: Annotated[QualityLevel, Growing()]
    loss: Annotated[float, Field(ge=0, le=1, description="share of packets lost, the worse of both directions")]
    round_trip_ms: float | None = None


class ChatAdded(Message):
    """A chat message was sent."""

    type: Literal["chat"] = "chat"
    message: ChatMessage


class ChatDeleted(Message):
    """A host deleted a chat message."""

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
    """Someone is waiting to be admitted. For hosts."""

    type: Literal["waiting.joined"] = "waiting.joined"
    waiting: Waiting


class WaitingLeft(Message):
    """Someone who was waiting was admitted or denied, or has left. For hosts."""

    type: Literal["waiting.left"] = "waiting.left"
    waiting: Identifier


class Admitted(Message):
    """A host has admitted you: send `join` with this token, now or on a new WebSocket."""

    type: Literal["admitted"] = "admitted"
    token: str


class UnmuteAsked(Message):
    """A host asks you to unmute."""

    type: Literal["unmute.asked"] = "unmute.asked"
    source: Source
    by: Annotated[str, Field(description="name of the host")]


class MediaClosed(Message):
    """Your media connection has ended. Send an offer from a new peer connection."""

    type: Literal["media.closed"] = "media.closed"
    ice_ufrag: Annotated[str, Field(description="names the connection: the ICE user name in its latest answer")]
    why: Annotated[
        Annotated[CloseReason, Growing()],
        Field(
            description="silent: no connectivity check came for 30 s; failed: it was never connected, or an error "
            "ended it; closed: you closed it"
        ),
    ]


class Reaction(Message):
    """Someone sent a reaction."""

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
    | LayersWanted
    | CodecsChanged
    | IceServersRenewed
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
    """Something happened in the room."""

    type: Literal["event"] = "event"
    seq: Annotated[int, Field(ge=1, description="one more than the event before")]
    event: EventBody


class Events(Message):
    """Several events in one frame, in order: what happened within a short time."""

    type: Literal["events"] = "events"
    seq: Annotated[int, Field(ge=1, description="of the first; each of the others has one more than the one before it")]
    events: Annotated[list[EventBody], Field(min_length=1)]
