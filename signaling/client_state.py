"""A room as its events tell it to a program (see `signaling.messages`)."""

from signaling import messages
from signaling.messages import (
    ChatAdded,
    ChatMessage,
    EventBody,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Publication,
    PublicationAdded,
    PublicationRemoved,
    PublicationUpdated,
    Quality,
    Speakers,
    Welcome,
)


class RoomState:
    """Begins with `welcome`, and follows the events."""

    def __init__(self, welcome: Welcome) -> None:
        self.room = welcome.room
        self.rights = welcome.rights
        self.you_id = welcome.you.id
        self.people = {person.id: person for person in (welcome.you, *welcome.participants)}
        """By id, oneself too; their publications are in `publications` alone."""
        self.publications: dict[str, Publication] = {
            publication.id: publication for person in self.people.values() for publication in person.publications
        }
        self.chat: list[ChatMessage] = list(welcome.chat)
        self.speakers: list[str] = []
        self.quality: dict[str, Quality] = {}

    def apply(self, event: EventBody) -> None:
        """Take an event; those that say nothing lasting change nothing."""
        match event:
            case ParticipantJoined():
                self.people[event.participant.id] = event.participant
            case ParticipantUpdated():
                person = self.people.get(event.participant)
                if person is not None:
                    changes = {"name": event.name, "connection": event.connection, "hand": event.hand}
                    self.people[person.id] = person.model_copy(update=changes)
            case ParticipantLeft():
                self._leave(event.participant)
            case PublicationAdded() | PublicationUpdated():
                self.publications[event.publication.id] = event.publication
            case PublicationRemoved():
                self.publications.pop(event.publication, None)
            case Speakers():
                self.speakers = event.participants
            case Quality():
                self.quality[event.participant] = event
            case ChatAdded():
                self.chat.append(event.message)
            case _:
                pass

    def _leave(self, identifier: str) -> None:
        self.people.pop(identifier, None)
        self.quality.pop(identifier, None)
        for publication in list(self.publications.values()):
            if publication.participant == identifier:
                del self.publications[publication.id]

    def describe(self, identifier: str) -> Participant:
        """A participant with what it publishes now. Raises `KeyError`."""
        publications = [each for each in self.publications.values() if each.participant == identifier]
        return self.people[identifier].model_copy(update={"publications": publications})

    def source_of(self, identifier: str, source: messages.Source) -> Publication | None:
        """What a participant publishes from that source."""
        return self.publications.get(f"{identifier}.{source}")
