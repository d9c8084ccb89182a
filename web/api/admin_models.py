"""What the API for administrators takes and returns."""

from typing import Annotated

from pydantic import Field, SecretStr

from storage.records import ApiKey, User
from web.api.endpoint import Body, Reply
from web.api.scopes import SCOPES, Scope
from web.doctor.finding import Level

MOST_USERS = 100
"""Accounts in one answer."""

Moment = Annotated[float, Field(description="seconds since 1970")]
Bitrate = Annotated[float | None, Field(description="bits of media per second; null: not measured yet")]


class Claim(Body):
    """Body of `POST /api/admin/claim`."""

    token: Annotated[SecretStr, Field(max_length=200, description="from the link that the server printed at its start")]


class UserSearch(Body):
    """Which accounts to list."""

    text: Annotated[str, Field(max_length=200, description="part of the name or address; empty: all")] = ""
    offset: Annotated[int, Field(ge=0, le=2**31, description="how many to leave out, the newest first")] = 0


class AdminUser(Reply):
    """An account, as administrators see it."""

    id: str
    email: str
    name: str
    verified: Annotated[bool, Field(description="whether they have confirmed the address")]
    disabled: bool
    administrator: bool
    created_at: Moment


class AdminUsers(Reply):
    """Some accounts."""

    users: list[AdminUser]
    count: Annotated[int, Field(description="how many match in all")]


def admin_user(user: User) -> AdminUser:
    """Describe an account."""
    return AdminUser(
        id=user.id,
        email=user.email,
        name=user.name,
        verified=user.verified_at is not None,
        disabled=user.disabled_at is not None,
        administrator=user.administrator_at is not None,
        created_at=user.created_at,
    )


class AdministratorRight(Body):
    """Body of `PUT /api/admin/users/{id}/administrator`."""

    administrator: bool


class AdminRoom(Reply):
    """A room in use."""

    id: str
    code: str
    title: str
    locked: bool
    people: int
    waiting: Annotated[int, Field(description="people waiting to be admitted")]
    poor: Annotated[int, Field(description="people whose connection is poor or lost")]
    received: Bitrate
    sent: Bitrate


class AdminRooms(Reply):
    """The rooms that somebody is in, the largest first."""

    rooms: list[AdminRoom]


class AdminPerson(Reply):
    """Somebody in a room."""

    id: str
    name: str
    guest: bool
    host: bool
    connection: Annotated[str, Field(description="joining, connected or lost")]
    quality: Annotated[str, Field(description="good, poor or lost")]
    publishes: Annotated[list[str], Field(description="sources: microphone, camera, screen, screen_audio")]
    received: Bitrate
    sent: Bitrate


class AdminRoomDetails(AdminRoom):
    """A room in use, with the people in it."""

    participants: list[AdminPerson]


class AdminSetting(Reply):
    """A setting of the server."""

    name: str
    value: Annotated[str, Field(description="as text; of a secret only whether it is set")]
    changed: Annotated[bool, Field(description="whether it isn't the default")]
    meaning: str


class AdminSettings(Reply):
    """All settings of the server, which are changed in its configuration."""

    settings: list[AdminSetting]


class Health(Reply):
    """How the server is."""

    version: str
    started_at: Moment
    database: Annotated[bool, Field(description="whether the database answers")]
    rooms: Annotated[int, Field(description="rooms that somebody is in")]
    people: int
    media_connections: int
    accounts: Annotated[int | None, Field(description="null: the database doesn't answer")]
    unwritten: Annotated[int, Field(description="events of rooms that wait to be stored")]
    certificate_ends: Annotated[
        float | None, Field(description="seconds since 1970; null: the server has no certificate of its own")
    ]
    certificate_problem: Annotated[str | None, Field(description="why there is no new certificate; null: nothing")]


class AdminFinding(Reply):
    """What a check of `milanio doctor` has found."""

    check: str
    level: Level
    text: str
    advice: Annotated[str, Field(description="what to do; empty: nothing")]
    code: Annotated[str, Field(description="which of the check's sentences it is, for translations")]
    values: Annotated[dict[str, str], Field(description="what is filled into them")]


class AdminFindings(Reply):
    """All findings."""

    findings: list[AdminFinding]


class AdminProblem(Reply):
    """A warning or error of the server's log."""

    at: Moment
    level: str
    source: str
    text: str


class AdminProblems(Reply):
    """The latest ones since the server started, the newest first."""

    problems: list[AdminProblem]


class AdminKey(Reply):
    """An API key, without the key itself."""

    id: str
    name: str
    scopes: list[Scope]
    owner: Annotated[str | None, Field(description="name of the account; null: the operator made it on the server")]
    created_at: Moment
    last_used_at: Annotated[float | None, Field(description="to the hour; null: never")]
    expires_at: Annotated[float | None, Field(description="null: never")]


class AdminKeys(Reply):
    """All API keys, by name."""

    keys: list[AdminKey]


class NewKey(Body):
    """A key to make; it belongs to you, and so do the rooms that it creates."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="what it is for; each has another")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES), description="what it is good for")]
    expires_at: Annotated[
        float | None, Field(le=1e11, allow_inf_nan=False, description="seconds since 1970, in the future; null: never")
    ] = None


class MadeKey(Reply):
    """A new key."""

    token: Annotated[str, Field(description="the key itself, which can't be shown again")]


def admin_key(key: ApiKey) -> AdminKey:
    """Describe a key."""
    return AdminKey(
        id=key.id,
        name=key.name,
        scopes=[scope for scope in SCOPES if scope in key.scopes],
        owner=None if key.owner is None else key.owner.name,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
    )
