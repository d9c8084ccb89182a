"""Recognising publications after everybody has joined again."""

from dataclasses import dataclass

from signaling.client.state import RoomState
from signaling.messages import Publication, Source


@dataclass(frozen=True, slots=True)
class Published:
    """A publication by its person and source, which outlive a restart of the server; its own id doesn't.

    `several`: the person was in the room more than once, so that only the name tells which of them it was.
    """

    person: str
    name: str
    source: Source
    several: bool

    @classmethod
    def find(cls, state: RoomState, publication: str | None) -> "Published | None":
        """That of a publication which is there now, by id; None: there is no such publication."""
        found = state.publications.get(publication or "")
        owner = None if found is None else state.people.get(found.participant)
        if found is None or owner is None:
            return None
        several = sum(each.person == owner.person for each in state.people.values()) > 1
        return cls(owner.person, owner.name, found.source, several)

    def is_same(self, state: RoomState, publication: Publication) -> bool:
        """Whether a publication that is there now is this one again."""
        owner = state.people.get(publication.participant)
        if owner is None or publication.source != self.source:
            return False
        if not owner.person or not self.person:  # a server of before the ids of people
            return owner.name == self.name
        return owner.person == self.person and (owner.name == self.name or not self.several)
