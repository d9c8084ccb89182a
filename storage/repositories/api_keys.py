"""Keys by which programs use the API: made by the operator, stored as hashes, revocable."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from storage.database import Database
from storage.errors import NameTakenError
from storage.models import ApiKey as Model
from storage.models import IntegrityError, row, rows
from storage.records import ApiKey

PREFIX = "milanio_"
"""Of every key, so that people and scanners recognise one that has got somewhere it shouldn't be."""


class ApiKeys:
    """All keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, scopes: Iterable[str], now: float) -> str:
        """Make a key, which is returned here and never again. Raises `NameTakenError` and `InvalidTextError`."""
        token = PREFIX + secrets.token_urlsafe(32)
        values = {
            "id": uuid.uuid4().hex,
            "name": name,
            "token_hash": _hash(token),
            "scopes": " ".join(sorted(scopes)),
            "created_at": now,
        }
        try:
            await self._database.run(lambda: Model.insert(**values).execute())
        except IntegrityError:
            raise NameTakenError from None
        return token

    async def list(self) -> list[ApiKey]:
        """Return all keys, by name."""
        return await self._database.read(lambda: [_key(values) for values in rows(Model.select().order_by(Model.name))])

    async def by_token(self, token: str) -> ApiKey | None:
        """Return the key with this token, if it wasn't revoked."""

        def find() -> ApiKey | None:
            found = row(Model.select().where(Model.token_hash == _hash(token)))
            return None if found is None else _key(found)

        return await self._database.read(find)

    async def touch(self, key_id: str, now: float) -> None:
        """Note that a key is in use."""
        changes = Model.update(last_used_at=now).where(Model.id == key_id)
        await self._database.run(lambda: changes.execute())

    async def revoke(self, name: str) -> bool:
        """Delete a key: it is invalid at once. False: there is none with this name."""
        return await self._database.run(lambda: bool(Model.delete().where(Model.name == name).execute()))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _key(values: dict[str, Any]) -> ApiKey:
    return ApiKey(
        values["id"], values["name"], frozenset(values["scopes"].split()), values["created_at"], values["last_used_at"]
    )
