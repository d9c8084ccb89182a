"""Rooms: settings, states, members, bans."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from storage.database import Database
from storage.errors import CodeTakenError, NotFoundError
from storage.models import Ban as BanModel
from storage.models import IntegrityError, User, fn, lock_row, row, rows, tuples
from storage.models import Invitation as InvitationModel
from storage.models import Member as MemberModel
from storage.models import Room as Model
from storage.records import Ban, Invitation, Member, NewMail, Role, Room, RoomState
from storage.repositories.mail import queue_mail
from storage.repositories.tokens import hash_token
from storage.repositories.users import normalise_email

_NO_SETTINGS = frozenset(field.name for field in fields(Room))
_EMPTY = ("created", "waiting")
_LIVE = (*_EMPTY, "active")
_ENDED = ("expired", "destroyed")


class Rooms:
    """All rooms, their members and bans."""

    def __init__(self, database: Database, defaults: Mapping[str, Any] | None = None) -> None:
        """`defaults`: the settings of a new room, unless given."""
        self._database = database
        self._defaults = {} if defaults is None else dict(defaults)

    async def create(self, code: str, owner_id: str | None, now: float, **settings: Any) -> Room:
        """Create a room; its owner is its first host. Settings that are left out have their defaults.

        Raises `CodeTakenError`, `NotFoundError` for an unknown owner, and `InvalidTextError`.
        """
        room_id = uuid.uuid4().hex

        def create() -> Room:
            if owner_id is not None and lock_row(User.select(User.id).where(User.id == owner_id)) is None:
                raise NotFoundError
            values: dict[str, Any] = {**self._defaults, **settings}
            ttl = values["ttl_seconds"]
            expires = None if ttl is None else now + ttl
            times = {"created_at": now, "last_active_at": now, "expires_at": expires}
            Model.insert(id=room_id, code=code, owner=owner_id, state="created", **times, **values).execute()
            if owner_id is not None:
                MemberModel.insert(room=room_id, user=owner_id, role="host", added_at=now).execute()
            return _existing(room_id)

        try:
            return await self._database.run(create)
        except IntegrityError:
            raise CodeTakenError from None

    async def by_id(self, room_id: str) -> Room | None:
        """Return the room with this id, in any state."""
        return await self._database.read(lambda: _one(Model.id == room_id))

    async def by_code(self, code: str) -> Room | None:
        """Return the room with this code, in any state."""
        return await self._database.read(lambda: _one(Model.code == code))

    async def all(self, limit: int = 100, offset: int = 0) -> list[tuple[Room, str | None]]:
        """Return rooms in any state, in the order of creation, each with its owner's address."""

        def rooms() -> list[tuple[Room, str | None]]:
            query = Model.select(Model, User.email.alias("email")).left_outer_join(User)
            query = query.order_by(Model.created_at, Model.id).limit(limit).offset(offset)
            return [(_room(values), email) for values in rows(query) for email in [values.pop("email")]]

        return await self._database.read(rooms)

    async def of_user(
        self, user_id: str, limit: int, offset: int = 0, *, owned: bool = False
    ) -> tuple[list[tuple[Room, Role]], int]:
        """Return live rooms that a user is a member of, with the role, the latest used first; and how many there are.

        Their own are among them; with `owned`, nothing else is.
        """

        def rooms() -> tuple[list[tuple[Room, Role]], int]:
            which = [MemberModel.user == user_id, Model.state.in_(_LIVE), *([Model.owner == user_id] if owned else [])]
            count = Model.select(fn.COUNT(Model.id)).join(MemberModel).where(*which).scalar()
            query = Model.select(Model, MemberModel.role.alias("role")).join(MemberModel).where(*which)
            query = query.order_by(Model.last_active_at.desc(), Model.id).limit(limit).offset(offset)
            return [(_room(values), role) for values in rows(query) for role in [values.pop("role")]], int(count)

        return await self._database.read(rooms)

    async def update(self, room_id: str, **settings: Any) -> Room | None:
        """Change the given settings. A new `ttl_seconds` counts from the room's last use. None: no such room."""

        def update() -> Room | None:
            room = lock_row(Model.select().where(Model.id == room_id))
            if room is None:
                return None
            values: dict[str, Any] = dict(settings)
            if "ttl_seconds" in values:
                ttl = values["ttl_seconds"]
                values["expires_at"] = None if ttl is None else room.last_active_at + ttl
            if values:
                Model.update(**values).where(Model.id == room_id).execute()
            return _existing(room_id)

        return await self._database.run(update)

    async def set_state(self, room_id: str, state: RoomState, now: float) -> bool:
        """Change a room's state. False: no such room, or it has ended (but an expired one may be destroyed).

        Waiting and active count as use, which puts off its expiry.
        """
        return await self._database.run(lambda: _set_state(room_id, state, now))

    async def touch(self, room_ids: list[str], now: float) -> int:
        """Put off the expiry of rooms that are in use now; returns how many of them are live."""

        def touch() -> int:
            # A null `ttl_seconds` makes the sum null: never.
            changes = Model.update(last_active_at=now, expires_at=Model.ttl_seconds + now)
            return int(changes.where(Model.id.in_(sorted(room_ids)), Model.state.in_(_LIVE)).execute())

        return await self._database.run(touch) if room_ids else 0

    async def expire_due(self, now: float) -> list[Room]:
        """Expire and return the rooms whose time is up, except active ones. One caller gets each of them."""

        def expire() -> list[Room]:
            due = (Model.state.in_(_EMPTY), Model.expires_at <= now)
            # Checked again as it is changed: another process may have expired or used it.
            ended = Model.update(state="expired", ended_at=now).where(*due).returning(Model.id)
            ids = [row.id for row in ended.execute()]
            return _many(Model.id.in_(ids)) if ids else []

        return await self._database.run(expire)

    async def unexpire(self, room_ids: list[str], now: float) -> int:
        """Restore expired rooms whose use was noted too late; they count as empty from now on.

        Returns how many of them had expired.
        """

        def unexpire() -> int:
            changes = Model.update(
                state="waiting", ended_at=None, last_active_at=now, expires_at=Model.ttl_seconds + now
            )
            return int(changes.where(Model.id.in_(sorted(room_ids)), Model.state == "expired").execute())

        return await self._database.run(unexpire) if room_ids else 0

    async def all_left(self, now: float) -> int:
        """After a crash: note that nobody is in any room. Returns how many rooms were still active."""
        changes = Model.update(state="waiting", last_active_at=now, expires_at=Model.ttl_seconds + now)
        return await self._database.run(lambda: int(changes.where(Model.state == "active").execute()))

    async def states(self, room_ids: list[str]) -> dict[str, RoomState]:
        """Return the states of these rooms, without those that don't exist."""
        query = Model.select(Model.id, Model.state)
        return await self._database.read(lambda: dict(tuples(query.where(Model.id.in_(sorted(room_ids))))))

    async def purge(self, before: float) -> int:
        """Delete the rooms that ended before this time; returns how many."""
        ended = (Model.state.in_(_ENDED), Model.ended_at < before)
        return await self._database.run(lambda: int(Model.delete().where(*ended).execute()))

    async def delete(self, room_id: str) -> bool:
        """Delete a room with its members, bans, chat and history. False: no such room."""
        return await self._database.run(lambda: bool(Model.delete().where(Model.id == room_id).execute()))

    async def add_member(self, room_id: str, user_id: str, role: Role, now: float) -> None:
        """Add a user to a room, or change their role. Raises `NotFoundError`."""

        def add() -> None:
            values = {"room": room_id, "user": user_id, "role": role, "added_at": now}
            keys = [MemberModel.room, MemberModel.user]
            MemberModel.insert(values).on_conflict(conflict_target=keys, update={MemberModel.role: role}).execute()

        try:
            await self._database.run(add)
        except IntegrityError:
            raise NotFoundError from None

    async def remove_member(self, room_id: str, user_id: str) -> bool:
        """Remove a user from a room. False: they weren't a member."""
        which = (MemberModel.room == room_id, MemberModel.user == user_id)
        return await self._database.run(lambda: bool(MemberModel.delete().where(*which).execute()))

    async def members(self, room_id: str) -> list[Member]:
        """Return a room's members, in the order in which they were added."""

        def members() -> list[Member]:
            columns = (MemberModel.room, MemberModel.user, User.name, MemberModel.role, MemberModel.added_at)
            query = MemberModel.select(*columns).join(User).where(MemberModel.room == room_id)
            query = query.order_by(MemberModel.added_at, MemberModel.user)
            return [Member(*values) for values in tuples(query)]

        return await self._database.read(members)

    async def role(self, room_id: str, user_id: str) -> Role | None:
        """Return a user's role in a room; None: not a member."""

        def role() -> Role | None:
            query = MemberModel.select(MemberModel.role)
            found: Role | None = query.where(MemberModel.room == room_id, MemberModel.user == user_id).scalar()
            return found

        return await self._database.read(role)

    async def invite(
        self, room_id: str, email: str, role: Role, now: float, compose: Callable[[str], NewMail] | None = None
    ) -> str:
        """Invite the owner of this address to a room: see `accept`, `accept_token`.

        Returns a token for them, valid once; that of an earlier invitation becomes void. `compose` writes the mail with
        the token, which is queued in the same transaction. Raises `NotFoundError`, and what `compose` raises.
        """
        token = secrets.token_urlsafe(32)

        def invite() -> None:
            values: dict[str, Any] = {"room": room_id, "email": normalise_email(email), "added_at": now}
            changes = {"role": role, "token_hash": hash_token(token)}
            keys = [InvitationModel.room, InvitationModel.email]
            query = InvitationModel.insert({**values, **changes})
            query.on_conflict(conflict_target=keys, update=changes).execute()
            if compose is not None:
                queue_mail(compose(token), now)

        try:
            await self._database.run(invite)
        except IntegrityError:
            raise NotFoundError from None
        return token

    async def uninvite(self, room_id: str, email: str) -> bool:
        """Withdraw an invitation; someone who has already accepted stays a member. False: there was none."""
        which = (InvitationModel.room == room_id, InvitationModel.email == normalise_email(email))
        return await self._database.run(lambda: bool(InvitationModel.delete().where(*which).execute()))

    async def invitations(self, room_id: str) -> list[Invitation]:
        """Return the invitations not accepted yet, in the order in which they were made."""

        def invitations() -> list[Invitation]:
            columns = (InvitationModel.room, InvitationModel.email, InvitationModel.role, InvitationModel.added_at)
            query = InvitationModel.select(*columns).where(InvitationModel.room == room_id)
            return [Invitation(*values) for values in tuples(query.order_by(InvitationModel.added_at))]

        return await self._database.read(invitations)

    async def accept(self, user_id: str, email: str, now: float) -> int:
        """Make a user a member of all rooms that their address is invited to; returns how many.

        Does nothing for a user who hasn't confirmed the address: anyone can register with it.
        """

        def accept() -> int:
            if not User.select().where(User.id == user_id, User.verified_at.is_null(False)).exists():
                return 0
            mine = InvitationModel.email == normalise_email(email)
            found = tuples(InvitationModel.select(InvitationModel.room, InvitationModel.role).where(mine))
            for room_id, role in found:
                values = {"room": room_id, "user": user_id, "role": role, "added_at": now}
                MemberModel.insert(values).on_conflict_ignore().execute()
            InvitationModel.delete().where(mine).execute()
            return len(found)

        return await self._database.run(accept)

    async def accept_token(self, user_id: str, token: str, now: float) -> Room | None:
        """Use up an invitation's token: the user becomes a member of its room. None: the token can't be used."""

        def accept() -> Room | None:
            invited = InvitationModel.token_hash == hash_token(token)
            found = lock_row(InvitationModel.select().where(invited))
            if found is None or lock_row(User.select(User.id).where(User.id == user_id)) is None:
                return None
            values = {"room": found.room_id, "user": user_id, "role": found.role, "added_at": now}
            insert = MemberModel.insert(values)
            if found.role == "host":
                keys = [MemberModel.room, MemberModel.user]
                insert = insert.on_conflict(conflict_target=keys, update={MemberModel.role: "host"})
            else:
                insert = insert.on_conflict_ignore()
            insert.execute()
            # Someone else may have used it between reading and locking.
            if not InvitationModel.delete().where(invited).execute():
                raise NotFoundError
            return _existing(found.room_id)

        try:
            return await self._database.run(accept)
        except NotFoundError:
            return None

    async def ban(self, room_id: str, person_id: str, name: str, banned_by: str, now: float) -> None:
        """Ban a person; a user is no longer a member. Raises `NotFoundError` for an unknown room."""

        def ban() -> None:
            note = {"name": name, "banned_by": banned_by, "banned_at": now}
            new = BanModel.insert(room=room_id, person_id=person_id, **note)
            new.on_conflict(conflict_target=[BanModel.room, BanModel.person_id], update=note).execute()
            MemberModel.delete().where(MemberModel.room == room_id, MemberModel.user == person_id).execute()

        try:
            await self._database.run(ban)
        except IntegrityError:
            raise NotFoundError from None

    async def unban(self, room_id: str, person_id: str) -> bool:
        """Lift a ban. False: there was none."""
        which = (BanModel.room == room_id, BanModel.person_id == person_id)
        return await self._database.run(lambda: bool(BanModel.delete().where(*which).execute()))

    async def bans(self, room_id: str) -> list[Ban]:
        """Return a room's bans, the latest first."""

        def bans() -> list[Ban]:
            query = BanModel.select().where(BanModel.room == room_id)
            query = query.order_by(BanModel.banned_at.desc(), BanModel.person_id)
            return [Ban(*values) for values in tuples(query)]

        return await self._database.read(bans)


def _room(found: dict[str, Any]) -> Room:
    facts = {**found, "owner_id": found["owner"]}
    settings = {name: facts.pop(name) for name in found.keys() - _NO_SETTINGS - {"owner"}}
    del facts["owner"]
    return Room(settings=settings, **facts)


def _one(condition: Any) -> Room | None:
    found = row(Model.select().where(condition))
    return None if found is None else _room(found)


def _existing(room_id: str) -> Room:
    room = _one(Model.id == room_id)
    assert room is not None
    return room


def _many(condition: Any) -> list[Room]:
    query = Model.select().where(condition).order_by(Model.last_active_at.desc(), Model.id)
    return [_room(values) for values in rows(query)]


def _set_state(room_id: str, state: RoomState, now: float) -> bool:
    values: dict[str, Any] = {"state": state}
    allowed: tuple[str, ...] = _LIVE
    if state in _LIVE:
        values |= {"last_active_at": now, "expires_at": Model.ttl_seconds + now}
    else:
        values["ended_at"] = now
    if state == "destroyed":
        allowed = (*_LIVE, "expired")
    return bool(Model.update(**values).where(Model.id == room_id, Model.state.in_(allowed)).execute())
