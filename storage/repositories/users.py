"""Users: accounts, profiles, passwords."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Unpack

from storage.database import Database
from storage.errors import EmailTakenError, InvalidTextError, TokenInvalidError
from storage.models import (
    MAX_AVATAR_BYTES,
    Ban,
    Event,
    IntegrityError,
    Invitation,
    Mail,
    MailToken,
    Message,
    fn,
    lock_row,
    row,
    rows,
    tuples,
)
from storage.models import User as Model
from storage.records import Avatar, NewMail, Profile, Purpose, Registration, SignedIn, User
from storage.repositories.mail import queue_for_nobody, queue_mail
from storage.repositories.tokens import (
    consume_token,
    delete_mail_tokens,
    live_session,
    new_mail_token,
    newest_registration,
    registration_of,
    revoke_sessions,
)

Compose = Callable[[User], NewMail]
"""Writes the mail for a user. Called on a database thread."""
ComposeLink = Callable[[User, str], NewMail]
"""Writes the mail for a user, including the token. Called on a database thread."""

UNCONFIRMED = "!"
"""In place of the password hash of a user whose address has yet to be confirmed. It matches nothing."""

_COLUMNS = (
    Model.id,
    Model.email,
    Model.name,
    Model.password_hash,
    Model.verified_at,
    Model.avatar_colour,
    Model.avatar.is_null(False).alias("has_avatar"),
    Model.theme,
    Model.disabled_at,
    Model.created_at,
    Model.administrator_at,
)


def normalise_email(email: str) -> str:
    """Normalise an address. Capitals make no difference: no two people's addresses differ only by them."""
    return email.strip().casefold()


class Users:
    """Everyone with an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, email: str, name: str, password_hash: str, now: float, avatar_colour: str = "") -> User:
        """Register a user without a confirmation mail. Raises `EmailTakenError` and `InvalidTextError`."""
        user_id = uuid.uuid4().hex

        def create() -> User:
            # A registration that was never confirmed doesn't block an address.
            unconfirmed = (Model.email == normalise_email(email), Model.password_hash == UNCONFIRMED)
            Model.delete().where(*unconfirmed).execute()
            _insert(user_id, email, name, password_hash, now, avatar_colour).execute()
            user = _one(Model.id == user_id)
            assert user is not None
            return user

        try:
            return await self._database.run(create)
        except IntegrityError:
            raise EmailTakenError from None

    async def register(
        self,
        email: str,
        name: str,
        password_hash: str,
        now: float,
        lifetime: float,
        verify: ComposeLink,
        taken: Compose,
    ) -> None:
        """Register someone whose address has yet to be confirmed, and queue the mail for that, in one transaction.

        `verify` gets a token that is valid for `lifetime` seconds. Name and password are stored with the token and
        don't count until `confirm`: several people may register with one address, and each link confirms its own
        registration. If the address is already confirmed, or its account disabled, `taken` is queued to its owner and
        nothing else happens. The caller can't tell the cases apart. Raises `InvalidTextError`.
        """
        user_id = uuid.uuid4().hex

        def register() -> None:
            _insert(user_id, email, name, UNCONFIRMED, now, "").on_conflict_ignore().execute()
            user = _locked(Model.email == normalise_email(email))
            if user is None:
                return
            if user.verified_at is not None or user.disabled_at is not None:
                queue_mail(taken(user), now)
                return
            token = new_mail_token(user.id, "verify", now, lifetime, Registration(name, password_hash))
            queue_mail(verify(replace(user, name=name), token), now)

        await self._database.run(register)

    async def log_in_hash(self, email: str, now: float, *, mailing: bool) -> tuple[User, str] | None:
        """Return the user with this address, and the hash that a log-in's password is compared with.

        If mail is sent and the address isn't confirmed, that is the latest registration's hash: it lets nobody in, but
        tells people who have just registered what is missing.
        """

        def find() -> tuple[User, str] | None:
            user = _one(Model.email == normalise_email(email))
            if user is None:
                return None
            waiting = newest_registration(user.id, now) if mailing and user.verified_at is None else None
            return user, user.password_hash if waiting is None else waiting.password_hash

        return await self._database.read(find)

    async def mail_token(self, email: str, purpose: Purpose, now: float, lifetime: float, compose: ComposeLink) -> bool:
        """Queue a mail with a new token, valid for `lifetime` seconds, in one transaction. False: no mail.

        There is none for an unknown address, for a `verify` token if the address is already verified, and for a
        disabled account. A `verify` token confirms the latest registration with this address. As much is written in
        every case, so that the time taken reveals nothing. Raises `InvalidTextError`.
        """

        def mail() -> bool:
            # Locked, so that it isn't deleted while its token is written.
            user = _locked(Model.email == normalise_email(email))
            if user is None or user.disabled_at is not None or (purpose == "verify" and user.verified_at is not None):
                nobody = User("", normalise_email(email), "", "", None, "", False, "", None, now)
                queue_for_nobody(compose(nobody, "x" * 43), now)
                return False
            registration = newest_registration(user.id, now) if purpose == "verify" else None
            named = user if registration is None else replace(user, name=registration.name)
            queue_mail(compose(named, new_mail_token(user.id, purpose, now, lifetime, registration)), now)
            return True

        return await self._database.run(mail)

    async def signed_in(self, user_id: str, session_id: str, now: float) -> SignedIn | None:
        """Return the user and the session, if this session of this user is live and the account isn't disabled."""

        def signed_in() -> SignedIn | None:
            session = live_session(user_id, session_id, now)
            user = None if session is None else _one((Model.id == user_id) & Model.disabled_at.is_null())
            return None if session is None or user is None else SignedIn(user, session)

        return await self._database.read(signed_in)

    async def by_id(self, user_id: str) -> User | None:
        """Return the user with this id, if there is one."""
        return await self._database.read(lambda: _one(Model.id == user_id))

    async def by_email(self, email: str) -> User | None:
        """Return the user with this address, if there is one, regardless of capitals."""
        return await self._database.read(lambda: _one(Model.email == normalise_email(email)))

    async def list(self, limit: int = 100, offset: int = 0) -> list[User]:
        """Return users in the order in which they registered."""

        def users() -> list[User]:
            query = Model.select(*_COLUMNS).order_by(Model.created_at, Model.id).limit(limit).offset(offset)
            return [_user(values) for values in rows(query)]

        return await self._database.read(users)

    async def search(self, text: str, limit: int, offset: int) -> tuple[Sequence[User], int]:
        """Return users with that text in their name or address, the newest first, and how many there are in all."""

        def search() -> tuple[Sequence[User], int]:
            matching = Model.name.contains(text) | Model.email.contains(text) if text else Model.id.is_null(False)
            query = Model.select(*_COLUMNS).where(matching).order_by(Model.created_at.desc(), Model.id)
            count = int(Model.select(fn.COUNT(Model.id)).where(matching).scalar())
            return [_user(values) for values in rows(query.limit(limit).offset(offset))], count

        return await self._database.read(search)

    async def set_administrator(self, user_id: str, now: float | None) -> bool:
        """Let someone manage the server, or no longer (None); the first time is kept. False: no such user."""
        value = None if now is None else fn.COALESCE(Model.administrator_at, now)
        changes = Model.update(administrator_at=value).where(Model.id == user_id)
        return await self._database.run(lambda: bool(changes.execute()))

    async def has_administrator(self) -> bool:
        """Whether anyone who isn't disabled may manage the server."""
        return await self._database.read(_has_administrator)

    async def become_first_administrator(self, user_id: str, now: float) -> bool:
        """Make someone the first administrator. False: there is one, or there is no such user."""

        def become() -> bool:
            if _has_administrator():
                return False
            return bool(Model.update(administrator_at=now).where(Model.id == user_id).execute())

        return await self._database.run(become)

    async def count(self) -> int:
        """Count all users."""
        return await self._database.read(lambda: int(Model.select(fn.COUNT(Model.id)).scalar()))

    async def update_profile(self, user_id: str, **profile: Unpack[Profile]) -> User | None:
        """Change the given fields. None: no such user. Raises `InvalidTextError`."""
        return await self._database.run(lambda: _update(user_id, dict(profile)))

    async def set_avatar(self, user_id: str, avatar: Avatar | None) -> User | None:
        """Set or remove the picture. Raises `InvalidTextError` for more than `MAX_AVATAR_BYTES`."""
        if avatar is not None and len(avatar.data) > MAX_AVATAR_BYTES:
            raise InvalidTextError(f"an avatar has at most {MAX_AVATAR_BYTES} bytes")
        data, kind = (avatar.data, avatar.type) if avatar is not None else (None, None)
        return await self._database.run(lambda: _update(user_id, {"avatar": data, "avatar_type": kind}))

    async def avatar(self, user_id: str) -> Avatar | None:
        """Return a user's picture; None: no picture or no such user."""

        def avatar() -> Avatar | None:
            found = tuples(Model.select(Model.avatar, Model.avatar_type).where(Model.id == user_id))
            return Avatar(*found[0]) if found and found[0][0] is not None else None

        return await self._database.read(avatar)

    async def set_password(
        self,
        user_id: str,
        password_hash: str,
        now: float,
        keep: str | None = None,
        was: str | None = None,
        mail: Compose | None = None,
    ) -> bool:
        """Change the password and end every session except `keep` (the id of the one that changes it).

        Tokens for a forgotten password end too, and `mail` is queued. Returns False, and does nothing, if there is no
        such user or the hash isn't `was`.
        """
        return await self._database.run(lambda: _set_password(user_id, password_hash, now, keep, was, mail))

    async def rehash(self, user_id: str, was: str, password_hash: str) -> bool:
        """Store another hash of the same password, if the hash is still `was`. Nothing else changes."""
        changes = Model.update(password_hash=password_hash)
        conditions = (Model.id == user_id, Model.password_hash == was)
        return await self._database.run(lambda: bool(changes.where(*conditions).execute()))

    async def reset_password(self, token: str, password_hash: str, now: float, mail: Compose | None = None) -> str:
        """Use up a `reset` token, set the password, end all sessions and queue `mail`, or do nothing at all.

        The address is then verified, as the token was mailed to it. Returns the user's id. Raises `TokenInvalidError`.
        """

        def reset() -> str:
            user_id = consume_token(token, "reset", now)
            _take_last_name(user_id, now)
            _set_password(user_id, password_hash, now, None, None, mail)
            _verify(user_id, now)
            delete_mail_tokens(user_id, "verify")
            return user_id

        return await self._database.run(reset)

    async def unconfirmed_hash(self, token: str, now: float) -> str | None:
        """Return the hash of the password that a `verify` token would confirm; None: the token can't be used."""

        def find() -> str | None:
            found = registration_of(token, now)
            user = None if found is None else _one(Model.id == found[0])
            if found is None or user is None or user.verified_at is not None or user.disabled_at is not None:
                return None
            return user.password_hash if found[1] is None else found[1].password_hash

        return await self._database.read(find)

    async def confirm(self, token: str, password_hash: str, now: float) -> User:
        """Use up a `verify` token: the address is verified, and the registration with this token takes effect.

        `password_hash` is the hash that the confirming person's password matched. All other registrations with this
        address become void, and earlier sessions end. Raises `TokenInvalidError`.
        """

        def confirm() -> User:
            found = registration_of(token, now)
            user_id = consume_token(token, "verify", now)
            user = _one(Model.id == user_id)
            if found is None or user is None or user.verified_at is not None:
                raise TokenInvalidError
            registration = found[1] or Registration(user.name, user.password_hash)
            if registration.password_hash != password_hash:
                raise TokenInvalidError
            changes = {"name": registration.name, "password_hash": password_hash, "verified_at": now}
            confirmed = _update(user_id, changes)
            assert confirmed is not None
            revoke_sessions(user_id, now)
            delete_mail_tokens(user_id, "verify")
            delete_mail_tokens(user_id, "reset")
            return confirmed

        return await self._database.run(confirm)

    async def purge_unconfirmed(self, before: float) -> int:
        """Delete addresses that were never confirmed and have no valid link left; returns how many."""

        def purge() -> int:
            waiting = MailToken.select(MailToken.user)
            old = (Model.password_hash == UNCONFIRMED, Model.created_at < before, Model.id.not_in(waiting))
            return int(Model.delete().where(*old).execute())

        return await self._database.run(purge)

    async def verify(self, user_id: str, now: float) -> bool:
        """Mark the address as verified; the first time is kept. False: no such user."""
        return await self._database.run(lambda: _verify(user_id, now))

    async def disable(self, user_id: str, now: float) -> bool:
        """Lock the account and end all its sessions. False: no such user."""

        def disable() -> bool:
            if lock_row(Model.select(Model.id).where(Model.id == user_id)) is None:
                return False
            Model.update(disabled_at=now).where(Model.id == user_id, Model.disabled_at.is_null()).execute()
            revoke_sessions(user_id, now)
            return True

        return await self._database.run(disable)

    async def enable(self, user_id: str) -> bool:
        """Unlock the account. False: no such user."""
        return await self._database.run(lambda: _update(user_id, {"disabled_at": None}) is not None)

    async def delete(self, user_id: str, now: float) -> bool:
        """Delete a user, in one transaction. False: no such user.

        Deleted: the account, its sessions, tokens, memberships and bans, mail to its address, and the rooms it owns
        with their chat and history. Anonymised, in other people's rooms: chat messages lose text and name and
        count as deleted, events lose the name, and neither shows whose they were.
        """
        return await self._database.run(lambda: _delete(user_id, now))


def _insert(user_id: str, email: str, name: str, password_hash: str, now: float, avatar_colour: str) -> Any:
    return Model.insert(
        id=user_id,
        email=normalise_email(email),
        name=name,
        password_hash=password_hash,
        avatar_colour=avatar_colour,
        theme="",
        created_at=now,
    )


def _user(values: dict[str, Any]) -> User:
    return User(**{**values, "has_avatar": bool(values["has_avatar"])})


def _one(condition: Any) -> User | None:
    found = row(Model.select(*_COLUMNS).where(condition))
    return None if found is None else _user(found)


def find_user(user_id: str) -> User | None:
    """Return the user with this id, in the running transaction."""
    return _one(Model.id == user_id)


def _locked(condition: Any) -> User | None:
    """Lock and return the user: nobody else can change or delete it before this transaction ends."""
    return None if lock_row(Model.select(Model.id).where(condition)) is None else _one(condition)


def _has_administrator() -> bool:
    return bool(Model.select().where(Model.administrator_at.is_null(False), Model.disabled_at.is_null()).exists())


def _take_last_name(user_id: str, now: float) -> None:
    """Take the name from the latest registration, if no registration was ever confirmed."""
    user, waiting = _one(Model.id == user_id), newest_registration(user_id, now)
    if user is not None and waiting is not None and user.password_hash == UNCONFIRMED:
        _update(user_id, {"name": waiting.name})


def _update(user_id: str, changes: dict[str, Any]) -> User | None:
    if changes:
        Model.update(**changes).where(Model.id == user_id).execute()
    return _one(Model.id == user_id)


def _verify(user_id: str, now: float) -> bool:
    changes = Model.update(verified_at=fn.COALESCE(Model.verified_at, now))
    return bool(changes.where(Model.id == user_id).execute())


def _set_password(
    user_id: str, password_hash: str, now: float, keep: str | None, was: str | None, mail: Compose | None
) -> bool:
    # Locked first, as in rotation: a token being rotated at this moment must not survive.
    if lock_row(Model.select(Model.id).where(Model.id == user_id)) is None:
        return False
    user = _one(Model.id == user_id)
    if user is None or (was is not None and user.password_hash != was):
        return False
    Model.update(password_hash=password_hash).where(Model.id == user_id).execute()
    revoke_sessions(user_id, now, keep)
    delete_mail_tokens(user_id, "reset")
    if mail is not None:
        queue_mail(mail(user), now)
    return True


def _delete(user_id: str, now: float) -> bool:
    user = lock_row(Model.select(Model.id, Model.email).where(Model.id == user_id))
    if user is None:
        return False
    Message.update(sender_id="", sender_name="", text="", deleted_at=fn.COALESCE(Message.deleted_at, now)).where(
        Message.sender_id == user_id
    ).execute()
    # The other person keeps what they wrote, but not whom they wrote to.
    Message.update(recipient_id="", recipient_name="").where(Message.recipient_id == user_id).execute()
    Invitation.delete().where(Invitation.email == user.email).execute()
    Event.update(person_id="", name="").where(Event.person_id == user_id).execute()
    Ban.delete().where(Ban.person_id == user_id).execute()
    Ban.update(banned_by="").where(Ban.banned_by == user_id).execute()
    Mail.delete().where(Mail.recipient == user.email).execute()
    # Foreign keys delete the rest.
    Model.delete().where(Model.id == user_id).execute()
    return True
