"""The signaling protocol, version 1: one pydantic model per message.

Everything on the WebSocket is a JSON object. What a client sends carries `type` and `id` and gets exactly one
`ok` or `error` with the same `id`; what the server tells unasked is an `event` with a sequence number, so that a
client that reconnects can say which was the last it saw. `docs/protocol.md` and the TypeScript types of the page are
generated from these models by `signaling.schema`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

SUBPROTOCOL = "milanio.v1"

MAX_MESSAGE_BYTES = 256 * 1024
"""Largest message that a client may send; the limit of an SDP is lower, see `Offer`."""

Source = Literal["microphone", "camera", "screen", "screen_audio"]
Kind = Literal["audio", "video"]
Identifier = Annotated[str, Field(min_length=1, max_length=64)]
Mid = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[!-~]+$")]


class Message(BaseModel):
    """Base of all messages and of what they are made of: unknown fields are errors, values are never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What messages are made of


class Encoding(Message):
    """One simulcast stream of a video track, as its sender means to send it."""

    rid: Annotated[
        str,
        Field(max_length=16, pattern=r"^[A-Za-z0-9]*$", description="restriction identifier; empty without simulcast"),
    ] = ""
    height: Annotated[int, Field(ge=1, le=16384, description="height of its pictures, pixels")]
    max_bitrate: Annotated[int | None, Field(ge=1, description="bits per second")] = None


class Publication(Message):
    """A track that a participant sends."""

    id: Annotated[str, Field(description="participant and source, joined by a full stop")]
    participant: Identifier
    source: Source
    kind: Kind
    muted: Annotated[bool, Field(description="true: the relay forwards nothing of it")]
    width: Annotated[int | None, Field(description="of the full picture, pixels; null for audio or when not known")] = (
        None
    )
    height: int | None = None


class Rights(Message):
    """What a participant may do."""

    publish: bool = True
    chat: bool = True
    moderate: bool = False


class Participant(Message):
    """A person (or a program) in the room."""

    id: Identifier
    name: str
    connection: Annotated[
        Literal["joining", "connected", "lost"],
        Field(description="joining: no media connection yet; lost: nothing heard from it for some seconds"),
    ]
    hand: Annotated[bool, Field(description="hand raised")] = False
    publications: list[Publication] = []


class Room(Message):
    """The room as a newcomer finds it."""

    id: Identifier
    code: str
    title: str


class ChatMessage(Message):
    """A chat message, plain text."""

    id: int
    sender: Annotated[Identifier, Field(description="participant")]
    sender_name: str
    text: str
    to: Annotated[Identifier | None, Field(description="participant; null: everyone")] = None
    sent_at: Annotated[float, Field(description="seconds since 1970, UTC, by the server's clock")]


class IceServer(Message):
    """A STUN or TURN server, in the form `RTCPeerConnection` takes."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class SlotCounts(Message):
    """How many receive slots the first offer should hold."""

    audio: int
    video: int


class SlotWatch(Message):
    """What one video slot should show."""

    slot: Annotated[Mid, Field(description="mid of a receive-only video section of the offer")]
    publication: Annotated[Identifier | None, Field(description="null: nothing; the slot is empty")] = None
    height: Annotated[
        int, Field(ge=0, le=16384, description="height of the tile in physical pixels; 0: not visible, send nothing")
    ] = 0
    priority: Annotated[
        int, Field(ge=0, le=100, description="who keeps its quality longest when bandwidth is short; higher is longer")
    ] = 0


# Client to server


class Request(Message):
    """Base of what a client sends."""

    id: Annotated[int, Field(ge=0, le=2**53 - 1, description="chosen by the client, repeated in the reply")]


class Join(Request):
    """Enter the room that the token names. The first message, or `resume` is. Answered by `welcome`."""

    type: Literal["join"] = "join"
    token: Annotated[str, Field(max_length=4096, description="from POST /api/rooms/join")]


class Resume(Request):
    """Go on after the WebSocket was lost. Answered by `resumed`, then by every event after `last_event`."""

    type: Literal["resume"] = "resume"
    token: Annotated[str, Field(max_length=4096, description="resume_token of `welcome`")]
    last_event: Annotated[int, Field(ge=0, description="sequence number of the last event seen; 0: none")]


class Offer(Request):
    """An SDP offer: the first, one with more slots, or one that restarts ICE. Answered by `answer`."""

    type: Literal["offer"] = "offer"
    sdp: Annotated[str, Field(max_length=200_000)]


class Publish(Request):
    """Tell the room what a send section of the offer carries; again, to change what was told."""

    type: Literal["publish"] = "publish"
    mid: Mid
    source: Source
    muted: bool = False
    width: Annotated[int | None, Field(ge=1, le=16384)] = None
    height: Annotated[int | None, Field(ge=1, le=16384)] = None
    encodings: Annotated[list[Encoding], Field(max_length=4, description="lowest first; empty for audio")] = []


class Unpublish(Request):
    """Withdraw a publication."""

    type: Literal["unpublish"] = "unpublish"
    source: Source


class Mute(Request):
    """Mute or unmute a publication of one's own: the relay stops or goes on forwarding it."""

    type: Literal["mute"] = "mute"
    source: Source
    muted: bool


class Watch(Request):
    """Say what video slots should show. Slots that are not named stay as they are."""

    type: Literal["watch"] = "watch"
    slots: Annotated[list[SlotWatch], Field(max_length=64)]


class Chat(Request):
    """Say something to all, or to one. Answered by an empty `ok`; the sender gets the `chat` event too."""

    type: Literal["chat"] = "chat"
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    to: Annotated[Identifier | None, Field(description="participant; null: everyone")] = None


class Hand(Request):
    """Raise or lower one's hand."""

    type: Literal["hand"] = "hand"
    raised: bool


class React(Request):
    """Show a passing reaction to everyone."""

    type: Literal["react"] = "react"
    emoji: Annotated[str, Field(min_length=1, max_length=16)]


class Ping(Request):
    """Ask for nothing: measures the round trip, keeps the connection."""

    type: Literal["ping"] = "ping"


class Leave(Request):
    """Leave the room for good."""

    type: Literal["leave"] = "leave"


ClientMessage = Join | Resume | Offer | Publish | Unpublish | Mute | Watch | Chat | Hand | React | Ping | Leave

# Server to client: results


class Welcome(Message):
    """Result of `join`: everything that a newcomer has to know."""

    type: Literal["welcome"] = "welcome"
    you: Participant
    rights: Rights
    room: Room
    participants: Annotated[list[Participant], Field(description="the others")]
    chat: Annotated[list[ChatMessage], Field(description="what was said lately, oldest first")]
    ice_servers: list[IceServer]
    slots: SlotCounts
    resume_token: str
    resume_seconds: Annotated[float, Field(description="how long after a lost WebSocket `resume` is possible")]
    last_event: Annotated[int, Field(description="sequence number that this state includes")]


class Resumed(Message):
    """Result of `resume`; the missed events follow."""

    type: Literal["resumed"] = "resumed"
    missed: Annotated[int, Field(description="number of events that follow")]
    negotiated: Annotated[bool, Field(description="false: the server has no media connection of yours; make an offer")]


class Answer(Message):
    """Result of `offer`."""

    type: Literal["answer"] = "answer"
    sdp: str


Result = Annotated[Welcome | Resumed | Answer, Field(discriminator="type")]


class Ok(Message):
    """A request was carried out."""

    type: Literal["ok"] = "ok"
    id: int
    result: Result | None = None


ErrorCode = Literal[
    "bad_message",
    "bad_state",
    "bad_token",
    "bad_offer",
    "not_found",
    "not_allowed",
    "too_many",
    "room_full",
    "cannot_resume",
    "internal",
]


class Error(Message):
    """A request was refused."""

    type: Literal["error"] = "error"
    id: Annotated[int | None, Field(description="null where the message had no readable id")]
    code: ErrorCode
    message: Annotated[str, Field(description="a sentence for people")]


# Server to client: events


class ParticipantJoined(Message):
    """Someone came in."""

    type: Literal["participant.joined"] = "participant.joined"
    participant: Participant


class ParticipantUpdated(Message):
    """Connection state, hand or name of someone changed."""

    type: Literal["participant.updated"] = "participant.updated"
    participant: Identifier
    name: str
    connection: Literal["joining", "connected", "lost"]
    hand: bool


class ParticipantLeft(Message):
    """Someone is gone, with everything they published."""

    type: Literal["participant.left"] = "participant.left"
    participant: Identifier
    why: Literal["left", "lost", "removed", "replaced"]


class PublicationAdded(Message):
    """Someone publishes something."""

    type: Literal["publication.added"] = "publication.added"
    publication: Publication


class PublicationUpdated(Message):
    """Muted, unmuted, or another picture size."""

    type: Literal["publication.updated"] = "publication.updated"
    publication: Publication


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
        Literal["hidden", "muted", "waiting", "bandwidth"] | None,
        Field(description="why it is paused; waiting: for a keyframe or the first packet"),
    ] = None


class Speakers(Message):
    """Who speaks now, loudest first. Sent when it changes."""

    type: Literal["speakers"] = "speakers"
    participants: list[Identifier]


class Quality(Message):
    """Someone's connection became better or worse. Sent when it changes."""

    type: Literal["quality"] = "quality"
    participant: Identifier
    quality: Literal["good", "poor", "lost"]
    loss: Annotated[float, Field(ge=0, le=1, description="share of packets lost, the worse of both directions")]
    round_trip_ms: float | None = None


class ChatAdded(Message):
    """Someone said something."""

    type: Literal["chat"] = "chat"
    message: ChatMessage


class Reaction(Message):
    """Someone reacted."""

    type: Literal["reaction"] = "reaction"
    participant: Identifier
    emoji: str


class Bye(Message):
    """The last message of a session; the WebSocket is closed after it."""

    type: Literal["bye"] = "bye"
    why: Literal["left", "replaced", "room_closed", "server_stopping", "lost"]


EventBody = Annotated[
    ParticipantJoined
    | ParticipantUpdated
    | ParticipantLeft
    | PublicationAdded
    | PublicationUpdated
    | PublicationRemoved
    | SlotChanged
    | Speakers
    | Quality
    | ChatAdded
    | Reaction
    | Bye,
    Field(discriminator="type"),
]


class Event(Message):
    """Something happened."""

    type: Literal["event"] = "event"
    seq: Annotated[int, Field(ge=1, description="one more than the event before")]
    event: EventBody


ServerMessage = Ok | Error | Event

_client: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])
_server: TypeAdapter[ServerMessage] = TypeAdapter(Annotated[ServerMessage, Field(discriminator="type")])


class BadMessageError(ValueError):
    """A message that is not of this protocol; `args[0]` says why in a sentence, `id` is its id where it had one."""

    def __init__(self, reason: str, id: int | None = None) -> None:
        super().__init__(reason)
        self.id = id


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def parse_client_message(text: str | bytes) -> ClientMessage:
    """Read what a client sent. Raises `BadMessageError`, and nothing else, whatever the text."""
    try:
        return _client.validate_json(text)
    except ValidationError as error:
        raise BadMessageError(_reason(error), _readable_id(text)) from None


def parse_server_message(text: str | bytes) -> ServerMessage:
    """Read what a server sent. Raises `BadMessageError`."""
    try:
        return _server.validate_json(text)
    except ValidationError as error:
        raise BadMessageError(_reason(error)) from None


class _Id(BaseModel):
    id: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]


def _readable_id(text: str | bytes) -> int | None:
    try:
        return _Id.model_validate_json(text).id
    except ValidationError:
        return None
