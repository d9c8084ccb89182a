"""All rooms of this server, by code."""

import secrets

from sfu.relay import Relay
from sfu.transport import Transport
from signaling.room import Room

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""No character that is easily taken for another, read or heard."""

CODE_LENGTH = 15
"""15 of 30 characters are 73 bits: no one finds a room by trying."""

MAX_ROOMS = 10_000
UNUSED_SECONDS = 24 * 3600.0
"""How long a room without anyone in it is kept."""


class TooManyRoomsError(Exception):
    """The server holds as many rooms as it may."""


def make_code() -> str:
    """A fresh room code: three groups of five, to be read aloud."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(letters[start : start + 5] for start in range(0, CODE_LENGTH, 5))


def normalise_code(text: str) -> str:
    """A code as typed: capitals, spaces, missing or other dashes are forgiven. What is no code comes back as it is."""
    letters = "".join(character for character in text.lower() if character.isalnum())
    if len(letters) != CODE_LENGTH:
        return text
    return "-".join(letters[start : start + 5] for start in range(0, CODE_LENGTH, 5))


class Registry:
    """Makes rooms, finds them, and forgets those that nobody uses."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.owners: dict[Transport, Room] = {}
        """Which room a transport belongs to."""
        self._rooms: dict[str, Room] = {}
        self._by_id: dict[str, Room] = {}

    @property
    def rooms(self) -> list[Room]:
        """All of them."""
        return list(self._rooms.values())

    def create(self, title: str, now: float) -> Room:
        """Make a room. Raises `TooManyRoomsError`."""
        self.expire(now)
        if len(self._rooms) >= MAX_ROOMS:
            raise TooManyRoomsError
        room = Room(secrets.token_urlsafe(9), make_code(), title, self._relay, self.owners)
        room.empty_since = now
        self._rooms[room.code] = self._by_id[room.id] = room
        return room

    def find(self, code: str) -> Room | None:
        """The room of that code, as typed by people."""
        return self._rooms.get(normalise_code(code))

    def by_id(self, identifier: str) -> Room | None:
        """The room of that id."""
        return self._by_id.get(identifier)

    def expire(self, now: float) -> None:
        """Forget rooms that have been empty for long."""
        for code, room in list(self._rooms.items()):
            if room.empty_since is not None and now - room.empty_since > UNUSED_SECONDS:
                del self._rooms[code], self._by_id[room.id]
