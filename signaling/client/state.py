"""The state of a room, as its events describe it (see `signaling.messages`)."""

from signaling import messages
from signaling.messages import (
    ChatAdded,
    ChatDeleted,
    ChatMessage,
    EventBody,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Publication,
    PublicationAdded,
    PublicationRemoved,
    PublicationsMuted,
    PublicationUpdated,
    Quality,
    RightsUpdated,
    RoomUpdated,
    Speakers,
    WaitingJoined,
    WaitingLeft,
    Welcome,
)


class RoomState:
    """Starts from `welcome` and follows the events."""

    def __init__(self, welcome: Welcome) -> None:
        self.room = welcome.room
        self.rights = welcome.rights
        self.you_id = welcome.you.id
        self.people = {person.id: person for person in (welcome.you, *welcome.participants)}
        """By id, including yourself; their publications are only in `publications`."""
        self.publications: dict[str, Publication] = {
            publication.id: publication for person in self.people.values() for publication in person.publications
        }
        self.chat: list[ChatMessage] = list(welcome.chat)
        self.waiting = {each.id: each for each in welcome.waiting}
        """People waiting to be admitted, by id; only hosts are told."""
        self.speakers: list[str] = []
        self.quality: dict[str, Quality] = {}

    def apply(self, event: EventBody) -> None:
        """Apply an event; passing ones, such as reactions, change nothing."""
        match event:
            case ParticipantJoined():
                self.people[event.participant.id] = event.participant
            case ParticipantUpdated():
                person = self.people.get(event.participant)
                if person is not None:
                    changes = {
                        "name": event.name,
                        "connection": event.connection,
                        "hand": event.hand,
                        "host": event.host,
                    }
                    self.people[person.id] = person.model_copy(update=changes)
            case ParticipantLeft():
                self._leave(event.participant)
            case PublicationAdded() | PublicationUpdated():
                self.publications[event.publication.id] = event.publication
            case PublicationsMuted():
                for each in event.publications:
                    if each in self.publications:
                        self.publications[each] = self.publications[each].model_copy(update={"muted": True})
            case PublicationRemoved():
                self.publications.pop(event.publication, None)
            case Speakers():
                self.speakers = event.participants
            case Quality():
                self.quality[event.participant] = event
            case ChatAdded():
                self.chat.append(event.message)
            case ChatDeleted():
                self.chat = [message for message in self.chat if message.id != event.message]
            case _:
                self._apply_to_room(event)

    def _apply_to_room(self, event: EventBody) -> None:
        match event:
            case RoomUpdated():
                self.room = event.room
            case RightsUpdated():
                self.rights = event.rights
                self.waiting = {each.id: each for each in event.waiting}
            case WaitingJoined():
                self.waiting[event.waiting.id] = event.waiting
            case WaitingLeft():
                self.waiting.pop(event.waiting, None)
            case _:
                pass

    def _leave(self, identifier: str) -> None:
        self.people.pop(identifier, None)
        self.quality.pop(identifier, None)
        for publication in list(self.publications.values()):
            if publication.participant == identifier:
                del self.publications[publication.id]

    def describe(self, identifier: str) -> Participant:
        """A participant with its present publications. Raises `KeyError`."""
        publications = [each for each in self.publications.values() if each.participant == identifier]
        return self.people[identifier].model_copy(update={"publications": publications})

    def source_of(self, identifier: str, source: messages.Source) -> Publication | None:
        """What a participant publishes from that source."""
        return self.publications.get(f"{identifier}.{source}")
