"""Who is a host of a room, so that a call never lacks one."""

from collections.abc import Iterable, Sequence


class Hosts:
    """Some persons are hosts whenever they are there. While none is, whoever has been there longest acts as one.

    In a room that belongs to nobody, who acts as a host is one from then on.
    """

    def __init__(self, owner: str | None, standing: Iterable[str]) -> None:
        self.owner = owner
        self._standing = set(standing)
        self._acting: str | None = None

    def __contains__(self, person: str) -> bool:
        return person in self._standing or person == self._acting

    def is_standing(self, person: str) -> bool:
        """Whether this person is a host in their own right."""
        return person in self._standing

    def add(self, person: str) -> None:
        """Make a person a host."""
        self._standing.add(person)

    def remove(self, person: str) -> None:
        """Let a person be a host no more."""
        self._standing.discard(person)
        if self._acting == person:
            self._acting = None

    def settle(self, present: Sequence[str], exclude: str | None = None) -> None:
        """See to it that one of those who are there, in the order in which they came, is a host.

        `exclude` has just given it up and is passed over, unless nobody else is there.
        """
        if not present or any(person in self._standing for person in present):
            self._acting = None
            return
        if self._acting in present:
            return
        chosen = next((person for person in present if person != exclude), present[0])
        if self.owner is None:
            self._standing.add(chosen)
        else:
            self._acting = chosen
