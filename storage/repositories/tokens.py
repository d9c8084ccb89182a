"""Sessions with their refresh tokens, and single-use tokens sent by mail.

Tokens are generated here, 256 bits each, and only their SHA-256 is stored: someone who reads the database can't use
them.
"""

import hashlib
import secrets
import uuid
from collections.abc import Collection
from typing import Any

from storage.database import Database
from storage.errors import NotFoundError, TokenInvalidError, TokenReusedError
from storage.models import MailToken, User, lock_row, rows, tuples
from storage.models import Session as Model
from storage.records import IssuedSession, Purpose, Registration, Session

MAX_USER_AGENT = 400
"""Longer ones are cut off: they are only displayed."""


class Tokens:
    """What proves who someone is, apart from the password.

    A log-in starts a session. Its refresh token is valid for one `rotate`, which returns the next. If a used token is
    presented, someone has a copy, and the session ends for both.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue_session(
        self,
        user_id: str,
        now: float,
        lifetime: float,
        user_agent: str = "",
        address: str = "",
        password_hash: str | None = None,
    ) -> IssuedSession:
        """Start a session whose token is valid for `lifetime` seconds. Raises `NotFoundError`, also for disabled users.

        `password_hash` is the hash that a password matched: if the user has another one by now, that is `NotFoundError`
        too. So nobody gets in with a password that is being changed at the same moment.
        """

        def issue() -> IssuedSession:
            if not _lock_user(user_id):
                raise NotFoundError
            if password_hash is not None:
                matches = (User.id == user_id, User.password_hash == password_hash)
                if not User.select().where(*matches).exists():
                    raise NotFoundError
            return _insert(uuid.uuid4().hex, user_id, now, now, lifetime, user_agent, address)

        return await self._database.run(issue)

    async def rotate(
        self, token: str, now: float, lifetime: float, user_agent: str = "", address: str = ""
    ) -> IssuedSession:
        """Use up a refresh token and get the next one of the same session.

        Raises `TokenInvalidError`, or `TokenReusedError` if it was used before; the session has then been revoked.
        """
        outcome = await self._database.run(lambda: _rotate(token, now, lifetime, user_agent, address))
        # Raised outside of the transaction, which it would roll back, and the revocation with it.
        if isinstance(outcome, TokenReusedError):
            raise outcome
        return outcome

    async def touch(self, session_id: str, now: float, lifetime: float) -> bool:
        """Note that a session is in use, and extend it to `lifetime` seconds from now. False: it has ended."""
        changes = Model.update(created_at=now, expires_at=now + lifetime)
        return await self._database.run(lambda: bool(changes.where(Model.family == session_id, _alive(now)).execute()))

    async def list(self, user_id: str, now: float) -> list[Session]:
        """Return a user's live sessions, the latest used first."""

        def sessions() -> list[Session]:
            query = Model.select().where(Model.user == user_id, _alive(now)).order_by(Model.created_at.desc(), Model.id)
            return [_session(row) for row in rows(query)]

        return await self._database.read(sessions)

    async def live(self, session_ids: Collection[str], now: float) -> set[str]:
        """Return which of these sessions have neither expired nor been revoked: to check long-running calls."""
        query = Model.select(Model.family).where(Model.family.in_(sorted(session_ids)), _alive(now))
        return await self._database.read(lambda: {str(family) for (family,) in tuples(query)})

    async def revoke(self, user_id: str, session_id: str, now: float) -> bool:
        """End one session of this user. False: it didn't exist, or had ended."""

        def revoke() -> bool:
            return _lock_user(user_id) and revoke_sessions(user_id, now, only=session_id) > 0

        return await self._database.run(revoke)

    async def revoke_all(self, user_id: str, now: float, keep: str | None = None) -> int:
        """End all sessions of a user except `keep`; returns how many tokens were revoked."""
        return await self._database.run(lambda: revoke_sessions(user_id, now, keep) if _lock_user(user_id) else 0)

    async def revoke_everyone(self, now: float) -> int:
        """End all sessions of everyone; returns how many there were."""
        live = Model.revoked_at.is_null() & Model.rotated_at.is_null() & (Model.expires_at > now)

        def revoke() -> int:
            count = int(Model.select().where(live).count())
            Model.update(revoked_at=now).where(Model.revoked_at.is_null()).execute()
            return count

        return await self._database.run(revoke)

    async def is_usable(self, token: str, purpose: Purpose, now: float) -> bool:
        """Whether a mailed token could be used now. Doesn't use it."""
        return await self._database.read(lambda: MailToken.select().where(*_usable(token, purpose, now)).exists())

    async def purge(self, before: float) -> int:
        """Delete tokens that expired before this time; returns how many. Used tokens are kept until they expire."""

        def purge() -> int:
            mailed = MailToken.delete().where(MailToken.expires_at < before).execute()
            return int(mailed + Model.delete().where(Model.expires_at < before).execute())

        return await self._database.run(purge)


def consume_token(token: str, purpose: Purpose, now: float) -> str:
    """Within a transaction: use up a mailed token. If two callers try at once, one succeeds.

    Returns the id of the user, who is locked from here on. Raises `TokenInvalidError`.
    """
    usable = _usable(token, purpose, now)
    found = tuples(MailToken.select(MailToken.user).where(*usable))
    # Checked again: someone else may have used it between reading and locking.
    if not found or not _lock_user(found[0][0]) or not MailToken.update(used_at=now).where(*usable).execute():
        raise TokenInvalidError
    return str(found[0][0])


def new_mail_token(
    user_id: str, purpose: Purpose, now: float, lifetime: float, registration: Registration | None = None
) -> str:
    """Within a transaction: make a token to be mailed to this user, valid once and for `lifetime` seconds.

    `registration` is what a verify token confirms, unless the user already has that name and password.
    """
    token = secrets.token_urlsafe(32)
    values: dict[str, Any] = {"created_at": now, "expires_at": now + lifetime}
    if registration is not None:
        values |= {"name": registration.name, "password_hash": registration.password_hash}
    MailToken.insert(token_hash=hash_token(token), user=user_id, purpose=purpose, **values).execute()
    return token


def newest_registration(user_id: str, now: float) -> Registration | None:
    """Within a transaction: return the user's latest registration that could still be confirmed."""
    waiting = (MailToken.user == user_id, MailToken.password_hash.is_null(False), *_unused(now))
    query = MailToken.select(MailToken.name, MailToken.password_hash).where(*waiting)
    found = tuples(query.order_by(MailToken.created_at.desc(), MailToken.token_hash).limit(1))
    return Registration(*found[0]) if found else None


def registration_of(token: str, now: float) -> tuple[str, Registration | None] | None:
    """Within a transaction: return the user of a usable verify token, and the registration it confirms."""
    query = MailToken.select(MailToken.user, MailToken.name, MailToken.password_hash)
    found = tuples(query.where(*_usable(token, "verify", now)))
    if not found:
        return None
    user_id, name, password_hash = found[0]
    return str(user_id), None if password_hash is None else Registration(name, password_hash)


def delete_mail_tokens(user_id: str, purpose: Purpose) -> None:
    """Within a transaction: delete a user's mailed tokens for this purpose."""
    MailToken.delete().where(MailToken.user == user_id, MailToken.purpose == purpose).execute()


def revoke_sessions(user_id: str, now: float, keep: str | None = None, only: str | None = None) -> int:
    """Within a transaction that has locked the user: end all sessions, all but `keep`, or `only` one."""
    conditions = [Model.user == user_id, Model.revoked_at.is_null()]
    if keep is not None:
        conditions.append(Model.family != keep)
    if only is not None:
        conditions.append(Model.family == only)
    return int(Model.update(revoked_at=now).where(*conditions).execute())


def hash_token(token: str) -> str:
    """Return the hash of a token, as stored."""
    # Surrogates are allowed: whatever someone sends as a token is at worst unknown.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _usable(token: str, purpose: Purpose, now: float) -> tuple[Any, ...]:
    return (MailToken.token_hash == hash_token(token), MailToken.purpose == purpose, *_unused(now))


def _unused(now: float) -> tuple[Any, ...]:
    return MailToken.used_at.is_null(), MailToken.expires_at > now


def live_session(user_id: str, session_id: str, now: float) -> Session | None:
    """Within a transaction: return this session of this user, if it is live."""
    found = rows(Model.select().where(Model.family == session_id, Model.user == user_id, _alive(now)))
    return _session(found[0]) if found else None


def _alive(now: float) -> Any:
    return Model.rotated_at.is_null() & Model.revoked_at.is_null() & (Model.expires_at > now)


def _find(token: str) -> Any:
    return Model.select().where(Model.token_hash == hash_token(token)).first()


def _lock_user(user_id: str) -> bool:
    """Lock the user. Returns False if there is none, or it is disabled.

    Everything that makes or ends a session does this first. So "rotate" and "end all sessions" run one after the other,
    and no new token survives between them; and since all lock in the same order, there are no deadlocks.
    """
    user = lock_row(User.select(User.id, User.disabled_at).where(User.id == user_id))
    return user is not None and user.disabled_at is None


def _insert(
    family: str, user_id: str, signed_in_at: float, now: float, lifetime: float, user_agent: str, address: str
) -> IssuedSession:
    token = secrets.token_urlsafe(32)
    row = {
        "id": uuid.uuid4().hex,
        "family": family,
        "user": user_id,
        "token_hash": hash_token(token),
        "signed_in_at": signed_in_at,
        "created_at": now,
        "expires_at": now + lifetime,
        "user_agent": user_agent[:MAX_USER_AGENT],
        "address": address,
    }
    Model.insert(row).execute()
    return IssuedSession(token, _session(row))


def _session(row: dict[str, Any]) -> Session:
    return Session(
        id=row["family"],
        user_id=row["user"],
        signed_in_at=row["signed_in_at"],
        last_used_at=row["created_at"],
        expires_at=row["expires_at"],
        user_agent=row["user_agent"],
        address=row["address"],
    )


def _rotate(token: str, now: float, lifetime: float, user_agent: str, address: str) -> IssuedSession | TokenReusedError:
    found = _find(token)
    if found is None or not _lock_user(found.user_id):
        raise TokenInvalidError
    # Read again, now that nobody else can change it.
    row = _find(token)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise TokenInvalidError
    if row.rotated_at is not None:
        revoke_sessions(row.user_id, now, only=row.family)
        return TokenReusedError(row.user_id, row.family)
    Model.update(rotated_at=now).where(Model.id == row.id).execute()
    return _insert(row.family, row.user_id, row.signed_in_at, now, lifetime, user_agent, address)
