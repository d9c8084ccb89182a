"""What the API says about rooms, and takes to set them."""

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from signaling.codes import MAX_PASTED
from signaling.messages.room_settings import AllSettings, JoinSettings, PreviewSettings, limited
from signaling.rooms.lifecycle import State
from storage import records
from storage.records import Room
from web.api.endpoint import Body, Call, Reply
from web.api.fields import MAX_SECRET, Address, Name
from web.mail import Language
from web.room_settings import fill, stored_settings

GUEST_TTL = 86_400.0
"""Seconds that a room without owner lasts when nobody uses it, at most: nobody else would ever delete it."""

Role = Literal["owner", records.Role]


@limited
class RoomSettings(AllSettings, Body):
    """Settings of a room. What is left out is as shown here for a new room, and stays as it is otherwise."""

    @property
    def given(self) -> dict[str, Any]:
        """The settings that weren't left out."""
        return self.model_dump(exclude_unset=True)


class JoinRoom(Body):
    """Who wants to come in, and where."""

    code: Annotated[
        str,
        Field(min_length=1, max_length=MAX_PASTED, description="a code, a link, or pasted text with either"),
    ]
    name: Annotated[Name | None, Field(description="the name others see; required for guests")] = None
    device: Annotated[
        str,
        Field(
            pattern=r"^([0-9a-f]{32})?$",
            description="128 random bits in hexadecimal that identify this tab or program: joining again with them "
            "replaces its earlier participant",
        ),
    ] = ""
    features: Annotated[
        tuple[Annotated[str, Field(max_length=32)], ...],
        Field(
            max_length=32,
            description="additions to the protocol that the client supports, by the names that servers use",
        ),
    ] = ()


class _NamedRoom(Reply):
    """What tells rooms apart."""

    id: str
    code: str


class RoomDetails(AllSettings, _NamedRoom):
    """A room, for those who belong to it."""

    link: str
    state: State
    role: Annotated[Role | None, Field(description="your role in it")]
    participants: Annotated[int, Field(description="people in it now")]
    created_at: Annotated[float, Field(description="seconds since 1970, like all times here")]
    last_active_at: float
    expires_at: Annotated[float | None, Field(description="when it expires if unused; null: never")]


class MyRooms(Reply):
    """Rooms, the last used first."""

    rooms: list[RoomDetails]


class RoomToJoin(JoinSettings, _NamedRoom):
    """A room, for those who hold its code and want to come in."""


class Joined(Reply):
    """What lets its bearer in, once and soon."""

    token: Annotated[str, Field(description="for `join` on the WebSocket; valid for two minutes")]
    ws_url: Annotated[str, Field(description="of the WebSocket, relative to this server")]
    waits: Annotated[bool, Field(description="a host has to admit you")]
    room: RoomToJoin


class RoomPreview(PreviewSettings, Reply):
    """What somebody with a room's code sees of it before they come in."""

    full: bool
    state: State
    participants: Annotated[int, Field(description="people in it now")]
    sign_in_required: Annotated[bool, Field(description="only members can join, and you aren't logged in")]


class RoomParticipant(Reply):
    """Somebody who is in a room."""

    id: str
    name: str
    host: bool
    guest: bool


class RoomParticipants(Reply):
    """Who is in a room now."""

    participants: list[RoomParticipant]


class RoomMember(Reply):
    """Somebody with an account who belongs to a room."""

    user_id: str
    name: str
    role: Role


class RoomMembers(Reply):
    """Who belongs to a room."""

    members: list[RoomMember]
    invited: Annotated[
        list[str], Field(description="invited addresses, whose owners become members once they have confirmed them")
    ]


class Invite(Body):
    """Somebody who is to belong to a room."""

    email: Address
    role: records.Role = "member"
    language: Annotated[Language, Field(description="of the mail")] = "en"


class Invited(Reply):
    """An invitation, for who made it."""

    link: Annotated[
        str,
        Field(
            description="for the invited person; works once. The only way in for people who haven't confirmed their "
            "address, which nobody can do on a server without mail"
        ),
    ]
    mailed: Annotated[
        bool,
        Field(
            description="true: the link was mailed to the address; false: send it yourself, as no mail is set up or "
            "too many were sent"
        ),
    ]


class InvitationToken(Body):
    """Body of `POST /api/rooms/accept`."""

    token: Annotated[SecretStr, Field(max_length=MAX_SECRET, description="from the invitation link")]


class RoomBan(Reply):
    """Somebody who can't come into a room."""

    person_id: str
    name: str
    banned_at: float


class RoomBans(Reply):
    """Who can't come into a room, the latest first."""

    bans: list[RoomBan]


class Page(Body):
    """Which part of a long list."""

    before: Annotated[
        int | None, Field(ge=0, le=2**53, description="id of a message; only older ones are returned")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class RoomMessage(Reply):
    """A chat message."""

    id: int
    sender_name: str
    text: Annotated[str, Field(description="empty if it was deleted")]
    private: bool
    mine: bool
    deleted: bool
    sent_at: float


class RoomMessages(Reply):
    """Chat messages, the oldest first."""

    messages: list[RoomMessage]
    gaps: Annotated[
        list[int],
        Field(
            description="ids of messages after which others may be missing because the server stopped before storing "
            "them; `messages` needn't have the ids themselves"
        ),
    ]


class RoomEvent(Reply):
    """Something that happened in a room."""

    id: int
    name: str
    kind: records.EventKind
    at: float


class RoomHistory(Reply):
    """What happened in a room, the oldest first."""

    events: list[RoomEvent]


def room_link(call: Call, room: Room) -> str:
    """The address of a room."""
    return f"{call.public_url}/r/{room.code}"


def details(call: Call, room: Room, role: Role | None) -> RoomDetails:
    """A room as one of those who belong to it sees it."""
    live = call.services.calls.live(room.id)
    settings = stored_settings(room)
    return fill(
        RoomDetails,
        settings,
        id=room.id,
        code=room.code,
        link=room_link(call, room),
        locked=settings.locked if live is None else live.info.locked,
        state=room.state if live is None else live.state,
        role=role,
        participants=0 if live is None else len(live.participants),
        created_at=room.created_at,
        last_active_at=room.last_active_at,
        expires_at=None if live is not None and live.participants else room.expires_at,
    )
