"""The keys by which people in a room know a person again, without learning who it is."""

import hashlib
import hmac
import secrets


class PersonKeys:
    """One room's keys: the same for a person whenever they join, and a different one in every other room."""

    def __init__(self, room: str, secret: bytes | None = None) -> None:
        """With a `secret` that outlives the process the keys do so too; else they last as long as this object."""
        secret = secrets.token_bytes(32) if secret is None else secret
        self._key = hmac.digest(secret, room.encode(), "sha256")

    def of(self, person: str) -> str:
        """128 bits in hexadecimal for a person's id, which can't be found from them."""
        return hashlib.blake2b(person.encode(), key=self._key, digest_size=16).hexdigest()
