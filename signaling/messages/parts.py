"""The parts of messages."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sfu import plane, sections
from signaling.messages.growing import Growing
from signaling.messages.room_settings import CallSettings

Source = Annotated[Literal["microphone", "camera", "screen", "screen_audio"], Growing()]
Kind = Annotated[sections.Kind, Growing()]
Connection = Annotated[plane.ConnectionState, Growing()]
LeaveReason = Literal["left", "lost", "removed", "replaced"]
"""What ends a participant's time in a room: they left, didn't come back, were removed or banned, or joined again."""
PauseReason = Literal[plane.PauseReason, "bandwidth"]
Identifier = Annotated[str, Field(min_length=1, max_length=64)]
ClientId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Mid = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[!-~]+$")]


class Message(BaseModel):
    """Base of all messages and their parts: immutable; unknown fields are errors, except in messages from a server."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Encoding(Message):
    """One simulcast stream of a video track, as its sender announces it."""

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
    width: Annotated[int | None, Field(description="of the full picture, pixels; null for audio, or if unknown")] = None
    height: int | None = None


class Rights(Message):
    """What a participant may do."""

    publish: bool = True
    chat: bool = True
    moderate: Annotated[bool, Field(description="is a host: may send `moderate`")] = False


class Participant(Message):
    """A person (or a program) in the room."""

    id: Identifier
    person: Annotated[
        str, Field(description="the same whenever this person joins this room, and a different one in other rooms")
    ] = ""
    name: str
    connection: Annotated[
        Connection,
        Field(description="joining: no media connection yet; lost: nothing heard from it for some seconds"),
    ]
    quality: Annotated[
        Annotated[plane.QualityLevel, Growing()], Field(description="of its connection; see the event `quality`")
    ] = "good"
    hand: Annotated[bool, Field(description="hand raised")] = False
    host: bool = False
    guest: Annotated[bool, Field(description="without an account, so the name is unverified")] = True
    avatar: Annotated[str | None, Field(description="address of a picture on this server")] = None
    colour: Annotated[str | None, Field(description="#rrggbb, to stand for the picture")] = None
    publications: list[Publication] = []


class _NamedRoom(Message):
    """The id and code of a room."""

    id: Identifier
    code: str


class Room(CallSettings, _NamedRoom):
    """A room and its settings."""


class Waiting(Message):
    """Someone who is waiting to be admitted."""

    id: Identifier
    name: str
    guest: bool = True


class ChatMessage(Message):
    """A chat message, plain text."""

    id: Annotated[int, Field(description="later messages have greater ones")]
    sender: Annotated[str, Field(description="participant; empty: they have left the room")]
    sender_person: Annotated[str, Field(description="the sender's `person`, also after they have left")] = ""
    mine: Annotated[bool, Field(description="you wrote it, perhaps in an earlier call")] = False
    sender_name: str
    text: str
    to: Annotated[
        str | None, Field(description="participant; null: everyone; empty: someone who has left the room")
    ] = None
    to_name: str | None = None
    sent_at: Annotated[float, Field(description="seconds since 1970, UTC, by the server's clock")]
    client_id: Annotated[str | None, Field(description="the one you sent it with; null for messages of others")] = None


class Server(Message):
    """The server that you are connected to."""

    version: Annotated[str, Field(description="for people and logs; ask `features` what it can do")]
    features: Annotated[list[str], Field(description="what it can do beyond the first release of the protocol")]


class IceServer(Message):
    """A STUN or TURN server, in the form `RTCPeerConnection` takes."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class VideoCodecs(Message):
    """Which codecs to use for video, preferred first."""

    offer: Annotated[list[str], Field(description="codecs that offers should have, of those that you know")]
    send: Annotated[list[str], Field(description="as in `codecs`")]


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
        int, Field(ge=0, le=100, description="higher: keeps its quality longer when bandwidth is short")
    ] = 0
