"""The requests that a client sends."""

from typing import Annotated, Literal

from pydantic import Field

from signaling.messages.parts import ClientId, Encoding, Identifier, Message, Mid, SlotWatch, Source


class Request(Message):
    """Base of all requests."""

    id: Annotated[int, Field(ge=0, le=2**53 - 1, description="chosen by the client, repeated in the reply")]


class Join(Request):
    """Enter the room that the token names. The first message is this or `resume`.

    Answered by `welcome`; or by `waits` if a host must admit you: send `join` again once `admitted` comes.
    """

    type: Literal["join"] = "join"
    token: Annotated[str, Field(max_length=4096, description="from POST /api/rooms/join")]


class Resume(Request):
    """Resume after a lost WebSocket. Answered by `resumed`, then by every event after `last_event`."""

    type: Literal["resume"] = "resume"
    token: Annotated[str, Field(max_length=4096, description="resume_token of `welcome`")]
    last_event: Annotated[int, Field(ge=0, description="sequence number of the last event seen; 0: none")]


class Offer(Request):
    """Send an SDP offer: the first, one with more slots, or one that restarts ICE. Answered by `answer`."""

    type: Literal["offer"] = "offer"
    sdp: Annotated[str, Field(max_length=200_000)]


class Publish(Request):
    """Publish what a send section of the offer carries; send it again to change the details."""

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
    """Mute or unmute one of your publications: the relay stops or resumes forwarding it."""

    type: Literal["mute"] = "mute"
    source: Source
    muted: bool


class Watch(Request):
    """Set what video slots should show. Slots that aren't named stay as they are."""

    type: Literal["watch"] = "watch"
    slots: Annotated[list[SlotWatch], Field(max_length=64)]


class Chat(Request):
    """Send a chat message to everyone or to one person. You get the `chat` event too.

    Answered by `chat_sent` if it has a `client_id`, by an empty `ok` otherwise. With a `client_id` you can send it
    again if the answer was lost, also in a later session: it arrives once.
    """

    type: Literal["chat"] = "chat"
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    to: Annotated[Identifier | None, Field(description="participant, or `person` of one; null: everyone")] = None
    client_id: Annotated[ClientId | None, Field(description="128 random bits in hexadecimal, new for each message")] = (
        None
    )


class Hand(Request):
    """Raise or lower your hand."""

    type: Literal["hand"] = "hand"
    raised: bool


class React(Request):
    """Show a passing reaction to everyone."""

    type: Literal["react"] = "react"
    emoji: Annotated[str, Field(min_length=1, max_length=16)]


class Ping(Request):
    """Do nothing: measures the round trip, and keeps the connection alive."""

    type: Literal["ping"] = "ping"


class History(Request):
    """Ask for older chat messages. Answered by `chat_page`."""

    type: Literal["history"] = "history"
    before: Annotated[int | None, Field(description="id of a message; null: the latest")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class MutePerson(Message):
    """Mute someone's publication: the relay stops forwarding it. They may unmute it themselves."""

    do: Literal["mute"] = "mute"
    participant: Identifier
    source: Source


class MuteAll(Message):
    """Like `mute`, for everyone except hosts."""

    do: Literal["mute_all"] = "mute_all"
    source: Source


class AskUnmute(Message):
    """Ask someone to unmute: they get `unmute.asked`, and must unmute themselves."""

    do: Literal["ask_unmute"] = "ask_unmute"
    participant: Identifier
    source: Source


class LowerHand(Message):
    """Lower someone's hand."""

    do: Literal["lower_hand"] = "lower_hand"
    participant: Identifier


class Remove(Message):
    """Remove someone from this call. They can't rejoin until everyone has left it."""

    do: Literal["remove"] = "remove"
    participant: Identifier


class Ban(Message):
    """Ban someone from the room."""

    do: Literal["ban"] = "ban"
    participant: Identifier


class Admit(Message):
    """Admit one waiting person, or all."""

    do: Literal["admit"] = "admit"
    waiting: Annotated[Identifier | None, Field(description="null: all")] = None


class Deny(Message):
    """Deny a waiting person."""

    do: Literal["deny"] = "deny"
    waiting: Identifier


class Lock(Message):
    """Lock or unlock the room; it is unlocked once everyone has left."""

    do: Literal["lock"] = "lock"
    locked: bool


class MakeHost(Message):
    """Give someone the host role."""

    do: Literal["make_host"] = "make_host"
    participant: Identifier


class HandOver(Message):
    """Give someone your host role, and lose it."""

    do: Literal["hand_over"] = "hand_over"
    participant: Identifier


class DeleteChat(Message):
    """Delete a chat message for everyone."""

    do: Literal["delete_chat"] = "delete_chat"
    message: int


class End(Message):
    """End the call for everyone. The room stays, and people can join it again."""

    do: Literal["end"] = "end"


Action = Annotated[
    MutePerson
    | MuteAll
    | AskUnmute
    | LowerHand
    | Remove
    | Ban
    | Admit
    | Deny
    | Lock
    | MakeHost
    | HandOver
    | DeleteChat
    | End,
    Field(discriminator="do"),
]


class Moderate(Request):
    """Do something that only hosts may do."""

    type: Literal["moderate"] = "moderate"
    action: Action


class Leave(Request):
    """Leave the room for good."""

    type: Literal["leave"] = "leave"


ClientMessage = (
    Join | Resume | Offer | Publish | Unpublish | Mute | Watch | Chat | Hand | React | History | Moderate | Ping | Leave
)
