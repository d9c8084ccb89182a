"""The tables, as peewee models. They stay inside `storage`: repositories return the dataclasses of `records`.

Times are UTC seconds since 1970, given by the caller. A "person" takes part in rooms: the id is a user's, if they are
signed in, or was generated for the guest.
"""

# ruff: noqa: D106 - peewee's Meta classes

import logging
import threading
from typing import Any

import peewee

from storage.errors import InvalidTextError

IntegrityError = peewee.IntegrityError
fn = peewee.fn
JOIN = peewee.JOIN
MAX_AVATAR_BYTES = 256 * 1024

# At debug level it logs every query with its values, such as password hashes and links in mails.
logging.getLogger("peewee").setLevel(logging.INFO)


class _Current(threading.local):
    """Stands for the database of this thread's transaction.

    In peewee, models belong to one database; here two may be open at once, and each thread has its own connection.
    """

    _database: Any = None

    def use(self, database: Any) -> None:
        """Set the database that this thread's models use from now on; None: none."""
        self._database = database

    def __getattr__(self, name: str) -> Any:
        database = self._database
        if database is None:
            raise AttributeError(f"{name}: models are used inside Database.run or Database.read")
        return getattr(database, name)


current = _Current()


class Text(peewee.TextField):
    """A text of at most `limit` characters. A text that not every database can store unchanged is refused."""

    def __init__(self, limit: int, **options: Any) -> None:
        super().__init__(**options)
        self.limit = limit

    def db_value(self, value: Any) -> Any:
        """Check the text. Raises `InvalidTextError`, even in a comparison: nothing could be equal to it."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise TypeError(f"{self.name} must be a text")
        if len(value) > self.limit:
            raise InvalidTextError(f"{self.name} has more than {self.limit} characters")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidTextError(f"{self.name} contains an invalid character")
        return value


class Bytes(peewee.Field):
    """Bytes, as both drivers accept and return them."""

    field_type = "BLOB"

    def python_value(self, value: Any) -> Any:
        """Copy the value: some drivers return a view."""
        return None if value is None else bytes(value)


class _Bounded:
    """Clamps numbers to the column's range; no row has a number at its ends."""

    def db_value(self, value: Any) -> Any:
        """Clamp the value: requests may contain any number, and SQLite's driver raises beyond 64 bits."""
        return max(-(2**63), min(value, 2**63 - 1)) if isinstance(value, int) else value


class Serial(_Bounded, peewee.BigAutoField):
    """Numbers in the order in which rows were inserted."""


class Number(_Bounded, peewee.BigIntegerField):
    """A number given by the caller."""


def _id(**options: Any) -> Text:
    return Text(64, **options)


def _name(**options: Any) -> Text:
    return Text(200, **options)


def _time(**options: Any) -> Any:
    return peewee.DoubleField(**options)


class Base(peewee.Model):
    """Base of all models: on the database of the running transaction, with explicit table names."""

    class Meta:
        database = current
        legacy_table_names = False


class User(Base):
    """Someone with an account."""

    id = _id(primary_key=True)
    email = Text(254, unique=True)
    """Normalised: see `repositories.users.normalise_email`."""
    name = _name()
    password_hash = Text(500)
    verified_at = _time(null=True)
    avatar_colour = Text(32)
    avatar = Bytes(null=True)
    avatar_type = Text(100, null=True)
    theme = Text(32)
    disabled_at = _time(null=True)
    created_at = _time()
    administrator_at = _time(null=True)
    """Since when they may manage the whole server; None: they may not."""

    class Meta:
        table_name = "users"


class Session(Base):
    """One refresh token. The tokens that follow from one log-in are a family, of which at most one is unused."""

    id = _id(primary_key=True)
    family = _id(index=True)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE")
    token_hash = _id(unique=True)
    signed_in_at = _time()
    created_at = _time()
    expires_at = _time(index=True)
    rotated_at = _time(null=True)
    revoked_at = _time(null=True)
    user_agent = Text(400)
    address = Text(100)

    class Meta:
        table_name = "sessions"


class MailToken(Base):
    """A token mailed to a user; `purpose` is verify or reset."""

    token_hash = _id(primary_key=True)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE")
    purpose = Text(16)
    created_at = _time()
    expires_at = _time(index=True)
    used_at = _time(null=True)
    name = _name(null=True)
    password_hash = Text(500, null=True)
    """With `name`: from the registration that a verify token confirms; None: the user's current ones."""

    class Meta:
        table_name = "mail_tokens"


class Mail(Base):
    """A mail that is queued, or was sent."""

    id = Serial()
    recipient = Text(254, index=True)
    subject = Text(500)
    text = Text(100_000)
    html = Text(200_000)
    attempts = peewee.IntegerField()
    next_attempt_at = _time(null=True, index=True)
    """None: sent, or given up."""
    last_error = Text(2000, null=True)
    sent_at = _time(null=True)
    created_at = _time()

    class Meta:
        table_name = "outgoing_mail"


class Room(Base):
    """A room; its id and its code never change. Columns that `records.Room` doesn't name are its settings."""

    id = _id(primary_key=True)
    code = _id(unique=True)
    title = _name()
    owner = peewee.ForeignKeyField(User, on_delete="CASCADE", null=True)
    """None: made by a guest."""
    access = Text(16)
    locked = peewee.BooleanField()
    capacity = peewee.IntegerField(null=True)
    start_muted = peewee.BooleanField()
    start_camera_off = peewee.BooleanField()
    chat = peewee.BooleanField(column_name="chat_enabled")
    state = Text(16)
    created_at = _time()
    last_active_at = _time()
    expires_at = _time(null=True, index=True)
    ttl_seconds = _time(null=True)
    ended_at = _time(null=True)

    class Meta:
        table_name = "rooms"


class Member(Base):
    """A user who belongs to a room; `role` is host or member."""

    room = peewee.ForeignKeyField(Room, on_delete="CASCADE", index=False)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE")
    role = Text(16)
    added_at = _time()

    class Meta:
        table_name = "room_members"
        primary_key = peewee.CompositeKey("room", "user")


class Invitation(Base):
    """An e-mail address whose owner belongs to a room: the user who has confirmed it, or who has the token."""

    room = peewee.ForeignKeyField(Room, on_delete="CASCADE", index=False)
    email = Text(254, index=True)
    role = Text(16)
    added_at = _time()
    token_hash = _id(null=True, index=True)

    class Meta:
        table_name = "room_invitations"
        primary_key = peewee.CompositeKey("room", "email")


class Ban(Base):
    """A person banned from a room."""

    room = peewee.ForeignKeyField(Room, on_delete="CASCADE", index=False)
    person_id = _id(index=True)
    name = _name()
    banned_by = _id()
    banned_at = _time()

    class Meta:
        table_name = "room_bans"
        primary_key = peewee.CompositeKey("room", "person_id")


class Message(Base):
    """A chat message, numbered within its room; to everyone if `recipient_id` is None."""

    room = peewee.ForeignKeyField(Room, on_delete="CASCADE", index=False)
    id = Number()
    sender_id = _id(index=True)
    sender_name = _name()
    text = Text(20_000)
    recipient_id = _id(null=True, index=True)
    recipient_name = _name(null=True)
    sent_at = _time()
    deleted_at = _time(null=True)
    client_id = _id(null=True)
    """Given by the sender's client; unique for each sender in a room."""

    class Meta:
        table_name = "chat_messages"
        primary_key = peewee.CompositeKey("room", "id")
        indexes = ((("room", "sender_id", "client_id"), True),)


class Gap(Base):
    """A place in a room's chat where messages may be missing: after the message `after_id`."""

    room = peewee.ForeignKeyField(Room, on_delete="CASCADE", index=False)
    after_id = Number()
    at = _time()

    class Meta:
        table_name = "chat_gaps"
        primary_key = peewee.CompositeKey("room", "after_id")


class Run(Base):
    """A run of the server that hasn't ended yet, or crashed."""

    id = _id(primary_key=True)
    started_at = _time()

    class Meta:
        table_name = "server_runs"


class ApiKey(Base):
    """A program's key; `scopes` are separated by spaces."""

    id = _id(primary_key=True)
    name = Text(100, unique=True)
    token_hash = _id(unique=True)
    scopes = Text(500)
    created_at = _time()
    last_used_at = _time(null=True)
    owner = peewee.ForeignKeyField(User, on_delete="CASCADE", null=True)
    """None: the operator."""
    expires_at = _time(null=True)

    class Meta:
        table_name = "api_keys"


class Event(Base):
    """Something that happened in a room."""

    id = Serial()
    room = peewee.ForeignKeyField(Room, on_delete="CASCADE", index=False)
    person_id = _id(index=True)
    name = _name()
    kind = Text(32)
    at = _time()

    class Meta:
        table_name = "room_events"
        indexes = ((("room", "id"), False),)


ALL: tuple[type[Base], ...] = (
    User,
    Session,
    MailToken,
    Mail,
    Room,
    Member,
    Invitation,
    Ban,
    Message,
    Gap,
    Run,
    Event,
    ApiKey,
)


def lock_row(query: Any) -> Any:
    """Lock and return the row that `query` finds, or None. Nobody else can change it before this transaction ends."""
    # On SQLite only one transaction writes at a time anyway, and FOR UPDATE is a syntax error.
    return (query.for_update() if current.for_update else query).first()


def rows(query: Any) -> list[dict[str, Any]]:
    """Return all rows that `query` finds, by field."""
    return list(query.dicts())


def row(query: Any) -> dict[str, Any] | None:
    """Return the first row that `query` finds, by field."""
    found: dict[str, Any] | None = query.dicts().first()
    return found


def tuples(query: Any) -> list[tuple[Any, ...]]:
    """Return all rows that `query` finds, with columns in the order of the query."""
    return list(query.tuples())
