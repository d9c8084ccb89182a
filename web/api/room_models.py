"""Models of rooms in the API."""

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
from web.security.link_token import MAX_LENGTH

GUEST_TTL = 86_400.0
"""Longest time in seconds that a room without an owner lasts unused: nobody else would ever delete it."""

Role = Literal["owner", records.Role]


@limited
class RoomSettings(AllSettings, Body):
    """Settings of a room. Left out, they have these defaults in a new room, and otherwise stay as they are."""

    @property
    def given(self) -> dict[str, Any]:
        """The settings that were given."""
        return self.model_dump(exclude_unset=True)


Code = Annotated[
    str, Field(min_length=1, max_length=MAX_PASTED, description="a code, a link, or pasted text with either")
]

PERSON = "your own id of the person, who is then recognised when they come back, and can be banned"
MAX_PERSON = 200
"""Characters."""

DEFAULT_LINK_TTL = 86_400.0
"""Seconds for which a personal link holds: for a link that is made when somebody clicks, or for a lesson tomorrow."""
MIN_LINK_TTL, MAX_LINK_TTL = 60.0, 90 * 86_400.0
"""Seconds. A term, or a booking made long before; a link that lasts longer is better made when it is needed."""


class JoinRoom(Body):
    """Who wants to join, and which room."""

    code: Code
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
    person: Annotated[
        str,
        Field(
            max_length=MAX_PERSON,
            description=f"only for programs: {PERSON}; left out, each `device` is another person",
        ),
    ] = ""
    host: Annotated[bool, Field(description="only for programs: whether the person is a host")] = False
    link_token: Annotated[
        SecretStr | None,
        Field(
            max_length=MAX_LENGTH,
            description="what follows `#link=` in a personal link, which says who you are: `name` isn't needed, and is "
            "ignored",
        ),
    ] = None


class MakeLink(Body):
    """Whom a personal link is for, and which room it leads to."""

    code: Code
    name: Name
    person: Annotated[
        str, Field(max_length=MAX_PERSON, description=f"{PERSON}; left out, each link is for another person")
    ] = ""
    host: Annotated[bool, Field(description="whether the person is a host")] = False
    ttl_seconds: Annotated[
        float,
        Field(
            ge=MIN_LINK_TTL,
            le=MAX_LINK_TTL,
            description="how long the link can be used; it also ends with the key",
        ),
    ] = DEFAULT_LINK_TTL


class PersonalLink(Reply):
    """A link for one person."""

    link: Annotated[str, Field(description="to the page; whoever has it joins as that person")]
    expires_at: Annotated[float, Field(description="seconds since 1970")]


class OpenLink(Body):
    """A personal link that somebody has opened."""

    code: Code
    link_token: Annotated[SecretStr, Field(max_length=MAX_LENGTH, description="what follows `#link=` in the link")]


class _NamedRoom(Reply):
    """What identifies a room."""

    id: str
    code: str


class RoomDetails(AllSettings, _NamedRoom):
    """A room, for its members."""

    link: str
    state: State
    role: Annotated[Role | None, Field(description="your role in it")]
    participants: Annotated[int, Field(description="people in it now")]
    created_at: Annotated[float, Field(description="seconds since 1970, like all times here")]
    last_active_at: float
    expires_at: Annotated[float | None, Field(description="when it expires if unused; null: never")]


class RoomsPage(Body):
    """Which of your rooms to list."""

    offset: Annotated[int, Field(ge=0, le=2**31, description="how many to leave out, the latest used first")] = 0
    limit: Annotated[int, Field(ge=1, le=200, description="how many to list")] = 100


class MyRooms(Reply):
    """Some of your rooms, the latest used first."""

    rooms: list[RoomDetails]
    count: Annotated[int, Field(description="how many you have in all")]


class RoomToJoin(JoinSettings, _NamedRoom):
    """A room, for people who have its code and want to join."""


class Joined(Reply):
    """The token that lets its bearer in, once."""

    token: Annotated[str, Field(description="for `join` on the WebSocket; valid for two minutes")]
    ws_url: Annotated[str, Field(description="of the WebSocket, relative to this server")]
    waits: Annotated[bool, Field(description="a host has to admit you")]
    room: RoomToJoin


class RoomPreview(PreviewSettings, Reply):
    """What people with a room's code see of it before they join."""

    full: bool
    state: State
    participants: Annotated[int, Field(description="people in it now")]
    sign_in_required: Annotated[bool, Field(description="only members can join, and you aren't logged in")]


class LinkPreview(RoomPreview):
    """What people with a personal link see of the room before they join, and who they will be."""

    name: Annotated[str, Field(description="the name that others will see")]
    host: bool
    avatar_colour: Annotated[str, Field(description="as #rrggbb")]


class RoomParticipant(Reply):
    """A participant of a room."""

    id: str
    name: str
    host: bool
    guest: bool


class RoomParticipants(Reply):
    """Who is in a room now."""

    participants: list[RoomParticipant]


class RoomMember(Reply):
    """A person with an account who belongs to a room."""

    user_id: str
    name: str
    role: Role


class RoomMembers(Reply):
    """The members of a room."""

    members: list[RoomMember]
    invited: Annotated[
        list[str], Field(description="invited addresses, whose owners become members once they have confirmed them")
    ]


class Invite(Body):
    """A person to invite to a room."""

    email: Address
    role: records.Role = "member"
    language: Annotated[Language, Field(description="language of the mail")] = "en"


class Invited(Reply):
    """An invitation, for the person who made it."""

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
    """A person banned from a room."""

    person_id: str
    name: str
    banned_at: float


class RoomBans(Reply):
    """The bans of a room, the latest first."""

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
    """Chat messages, oldest first."""

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
    """The events of a room, oldest first."""

    events: list[RoomEvent]


def room_link(call: Call, room: Room) -> str:
    """Return the link to a room."""
    return f"{call.public_url}/r/{room.code}"


def details(call: Call, room: Room, role: Role | None) -> RoomDetails:
    """Describe a room, as its members see it."""
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
