"""Who is a host of a room; no call is left without one."""

from collections.abc import Iterable, Sequence


class Hosts:
    """Standing hosts are hosts whenever they are present. Without one, the person who has been there longest acts as
    host.

    In a room without an owner, an acting host becomes a standing one.
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
        """Revoke a person's host role."""
        self._standing.discard(person)
        if self._acting == person:
            self._acting = None

    def settle(self, present: Sequence[str], exclude: str | None = None) -> None:
        """Make sure that someone present is a host; `present` is in the order of joining.

        `exclude` has just given up the role and is passed over, unless nobody else is present.
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
