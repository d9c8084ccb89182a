"""The server's replies to requests."""

from typing import Annotated, Literal

from pydantic import Field

from signaling.messages.growing import Growing
from signaling.messages.parts import (
    ChatMessage,
    IceServer,
    Message,
    Participant,
    Rights,
    Room,
    Server,
    SlotCounts,
    VideoCodecs,
    Waiting,
)

_GAPS = (
    "times, in microseconds since 1970 as ids of messages are, at or soon after which messages may be missing: the "
    "server stopped before it had stored them; 0: before the first message"
)


class Welcome(Message):
    """Result of `join`: everything that a newcomer needs to know."""

    type: Literal["welcome"] = "welcome"
    you: Participant
    rights: Rights
    room: Room
    participants: Annotated[list[Participant], Field(description="the others")]
    waiting: Annotated[list[Waiting], Field(description="people waiting to be admitted; for hosts")] = []
    chat: Annotated[list[ChatMessage], Field(description="recent messages, oldest first")]
    chat_gaps: Annotated[list[int], Field(description=_GAPS)] = []
    ice_servers: list[IceServer]
    slots: SlotCounts
    resume_token: str
    resume_seconds: Annotated[float, Field(description="how long after a lost WebSocket `resume` is possible")]
    last_event: Annotated[int, Field(description="sequence number that this state includes")]
    video_codecs: Annotated[VideoCodecs | None, Field(description="null: of an earlier release")] = None
    server: Annotated[Server | None, Field(description="null: of the first release")] = None


class Resumed(Message):
    """Result of `resume`; the missed events follow."""

    type: Literal["resumed"] = "resumed"
    missed: Annotated[int, Field(description="number of events that follow")]
    negotiated: Annotated[
        bool, Field(description="false: you have no live media connection; send an offer from a new peer connection")
    ]


class Answer(Message):
    """Result of `offer`."""

    type: Literal["answer"] = "answer"
    sdp: str


class Waits(Message):
    """Result of `join` if a host must admit you: stay connected, and `admitted` or `bye` will follow."""

    type: Literal["waits"] = "waits"
    room: Room


class ChatPage(Message):
    """Result of `history`."""

    type: Literal["chat_page"] = "chat_page"
    messages: Annotated[list[ChatMessage], Field(description="oldest first")]
    more: Annotated[bool, Field(description="there are older ones")]
    gaps: Annotated[list[int], Field(description=_GAPS)] = []


class ChatSent(Message):
    """Result of `chat` with a `client_id`."""

    type: Literal["chat_sent"] = "chat_sent"
    message: Annotated[int, Field(description="its id, the same each time that it is sent")]
    client_id: str


Result = Annotated[Welcome | Waits | Resumed | Answer | ChatPage | ChatSent, Field(discriminator="type")]


class Ok(Message):
    """The request was carried out."""

    type: Literal["ok"] = "ok"
    id: int
    result: Result | None = None


ErrorCode = Annotated[
    Literal[
        "bad_message",
        "bad_state",
        "bad_token",
        "bad_offer",
        "media_closed",
        "not_found",
        "not_allowed",
        "too_many",
        "room_full",
        "room_locked",
        "removed",
        "banned",
        "cannot_resume",
        "unavailable",
        "internal",
    ],
    Growing(),
]


class Error(Message):
    """The request was refused."""

    type: Literal["error"] = "error"
    id: Annotated[int | None, Field(description="null: the message had no readable id")]
    code: ErrorCode
    message: Annotated[str, Field(description="a sentence for people")]
