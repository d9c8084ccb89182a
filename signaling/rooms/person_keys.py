"""Keys by which people in a room recognise a person without learning who it is."""

import hashlib
import hmac
import secrets


class PersonKeys:
    """One room's keys: a person has the same key whenever they join, and different keys in other rooms."""

    def __init__(self, room: str, secret: bytes | None = None) -> None:
        """The keys last as long as the `secret`; without one, as long as this object."""
        secret = secrets.token_bytes(32) if secret is None else secret
        self._key = hmac.digest(secret, room.encode(), "sha256")

    def of(self, person: str) -> str:
        """Return a person's key: 128 bits in hexadecimal, from which the person's id can't be found."""
        return hashlib.blake2b(person.encode(), key=self._key, digest_size=16).hexdigest()
