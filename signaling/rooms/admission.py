"""Who may come into a room, who has to wait, and who is kept out."""

import secrets
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from signaling import messages
from signaling.errors import RoomError
from signaling.limits import DEVICES_PER_PERSON, GUESTS_PER_ADDRESS, MAX_PARTICIPANTS
from signaling.mailbox import Mailbox
from signaling.rooms.participant import Person

MAX_KNOWN = 4 * MAX_PARTICIPANTS
"""People who are remembered as having been in a call: all who can be in it at once, and three times as many who have
left and may come back. Otherwise, guests with ever new cookies would add 100 bytes each to a room that never empties.
"""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many participants of one kind a room takes, waiting visitors included; None: any number."""

    devices_per_person: int | None = DEVICES_PER_PERSON
    guests_per_address: int | None = GUESTS_PER_ADDRESS


class Visitor(Mailbox):
    """Someone waiting to be let in. Has no media, and sees nothing of the room but its title."""

    def __init__(self, person: Person, let_in: Callable[["Visitor"], None]) -> None:
        super().__init__(None)  # visitors can't resume
        self.id = secrets.token_urlsafe(6)
        self.who = person
        self.let_in = let_in
        """Sends the token to join with."""

    def describe(self) -> messages.Waiting:
        """Describe the visitor, as hosts see it."""
        return messages.Waiting(id=self.id, name=self.who.name, guest=self.who.guest)


class Admission:
    """The door of one room. `inside` has the ids of the people who are in it at any time."""

    def __init__(self, banned: Iterable[str], inside: Container[str] = ()) -> None:
        self.banned = set(banned)
        self.visitors: dict[str, Visitor] = {}
        self.caps = Caps()
        self._removed: set[str] = set()
        self._removed_addresses: set[str] = set()
        self._inside = inside
        self._known: dict[str, None] = {}
        """Ids, the oldest first."""

    def check(self, person: Person, room: messages.Room, inside: int, *, host: bool, over_capacity: bool) -> None:
        """Raises `RoomError` for someone who can't come in now, even after waiting."""
        if person.id in self.banned:
            raise RoomError("banned", "You're banned from this room.")
        if person.id in self._removed:
            raise RoomError("removed", "You were removed from this call.")
        if room.locked and not host and person.id not in self._known:
            raise RoomError("room_locked", "The room is locked.")
        if room.capacity is not None and inside >= room.capacity and not over_capacity:
            raise RoomError("room_full", "The room is full.")

    def check_caps(self, person: Person, inside: Iterable[Person]) -> None:
        """Raises `RoomError` if a person or address has reached its cap, not counting the same device."""
        if person.unlimited:
            return
        everyone = [*inside, *(visitor.who for visitor in self.visitors.values())]
        others = [each for each in everyone if not each.unlimited and not each.is_same_device(person)]
        most = self.caps.devices_per_person
        if most is not None and sum(each.id == person.id for each in others) >= most:
            raise RoomError("too_many", "You're in this room on too many devices. Leave it on one of them.")
        most = self.caps.guests_per_address
        if most is None or not person.guest or person.vouched or not person.address:
            return
        if sum(each.guest and not each.vouched and each.address == person.address for each in others) >= most:
            raise RoomError("room_full", "Too many guests from your network are in this room.")

    def has_to_wait(self, person: Person, *, by_setting: bool) -> bool:
        """Whether a host has to let someone in; once per call is enough.

        A guest from the address of one who was removed may be the same person under another name, so a host decides,
        even if the room's setting lets everyone in.
        """
        unknown = person.guest and not person.vouched and not person.shares_address
        suspicious = unknown and person.address in self._removed_addresses
        return (by_setting or suspicious) and person.id not in self._known

    def enter(self, person: Person) -> None:
        """Note that someone came in, or may now. Beyond `MAX_KNOWN`, the oldest is forgotten who isn't inside.

        Somebody forgotten is only a newcomer again: they wait for a host, or can't come into a locked room.
        """
        self._known.pop(person.id, None)
        self._known[person.id] = None
        while len(self._known) > MAX_KNOWN:
            oldest = next(iter(self._known))
            del self._known[oldest]
            if oldest in self._inside:
                self._known[oldest] = None  # ends, since fewer can be inside than are remembered

    def remove(self, person: Person) -> None:
        """Keep someone out of this call, who was removed."""
        self._removed.add(person.id)
        self._known.pop(person.id, None)
        if person.guest and person.address and not person.shares_address:
            self._removed_addresses.add(person.address)

    def ban(self, person: Person) -> None:
        """Keep someone out for good."""
        self.banned.add(person.id)
        self.remove(person)

    def unban(self, person: str) -> None:
        """Allow someone to come in again."""
        self.banned.discard(person)
        self._removed.discard(person)

    def call_over(self) -> None:
        """Everyone has left: start the next call afresh, except for bans and waiting visitors."""
        self._removed.clear()
        self._removed_addresses.clear()
        self._known.clear()
