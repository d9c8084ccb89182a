"""Keys by which programs use the API: stored as hashes, revocable."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from storage.database import Database
from storage.errors import NameTakenError, NotFoundError
from storage.models import ApiKey as Model
from storage.models import IntegrityError, User, lock_row, row, rows
from storage.records import ApiKey
from storage.repositories.users import find_user

PREFIX = "milanio_"
"""Of every key, so that people and scanners recognise one that has got somewhere it shouldn't be."""


class ApiKeys:
    """All keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        name: str,
        scopes: Iterable[str],
        now: float,
        owner_id: str | None = None,
        expires_at: float | None = None,
    ) -> str:
        """Make a key, which is returned here and never again.

        Raises `NameTakenError`, `NotFoundError` for an unknown owner, and `InvalidTextError`.
        """
        token = PREFIX + secrets.token_urlsafe(32)
        values = {
            "id": uuid.uuid4().hex,
            "name": name,
            "token_hash": _hash(token),
            "scopes": " ".join(sorted(scopes)),
            "created_at": now,
            "owner": owner_id,
            "expires_at": expires_at,
        }

        def create() -> None:
            if owner_id is not None and lock_row(User.select(User.id).where(User.id == owner_id)) is None:
                raise NotFoundError
            Model.insert(**values).execute()

        try:
            await self._database.run(create)
        except IntegrityError:
            raise NameTakenError from None
        return token

    async def list(self) -> list[ApiKey]:
        """Return all keys, by name."""
        return await self._database.read(lambda: [_key(values) for values in rows(Model.select().order_by(Model.name))])

    async def by_token(self, token: str, now: float) -> ApiKey | None:
        """Return the key with this token, if it wasn't revoked, hasn't expired, and its owner isn't disabled."""
        return await self._live(Model.token_hash == _hash(token), now)

    async def by_id(self, key_id: str, now: float) -> ApiKey | None:
        """Return the key with this id, under the conditions of `by_token`."""
        return await self._live(Model.id == key_id, now)

    async def _live(self, condition: Any, now: float) -> ApiKey | None:
        def find() -> ApiKey | None:
            found = row(Model.select().where(condition))
            key = None if found is None else _key(found)
            if key is None or (key.expires_at is not None and key.expires_at <= now):
                return None
            return None if key.owner is not None and key.owner.disabled_at is not None else key

        return await self._database.read(find)

    async def touch(self, key_id: str, now: float) -> None:
        """Note that a key is in use."""
        changes = Model.update(last_used_at=now).where(Model.id == key_id)
        await self._database.run(lambda: changes.execute())

    async def revoke(self, name: str) -> bool:
        """Delete a key: it is invalid at once. False: there is none with this name."""
        return await self._delete(Model.name == name)

    async def revoke_id(self, key_id: str) -> bool:
        """Delete the key with this id, as `revoke` does."""
        return await self._delete(Model.id == key_id)

    async def _delete(self, condition: Any) -> bool:
        return await self._database.run(lambda: bool(Model.delete().where(condition).execute()))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _key(values: dict[str, Any]) -> ApiKey:
    owner = values["owner"]
    return ApiKey(
        values["id"],
        values["name"],
        frozenset(values["scopes"].split()),
        values["created_at"],
        values["last_used_at"],
        None if owner is None else find_user(owner),
        values["expires_at"],
    )
