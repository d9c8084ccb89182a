"""People in a room without a network: the messages to each are kept."""

import json
from typing import Any

from sfu.local_plane import LocalPlane
from sfu.plane import Candidate
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from sfu.transport import Transport
from signaling import messages
from signaling.mailbox import Body
from signaling.messages import Rights
from signaling.rooms import moderation
from signaling.rooms.admission import Visitor
from signaling.rooms.journal import Fact, SavedRoom
from signaling.rooms.participant import Participant, Person
from signaling.rooms.room import NeedsToWaitError, Room

CERTIFICATE = Certificate()
PORT = 3478


class ManualPlane(LocalPlane):
    """A media plane under a clock that the test sets."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.relay = Relay(CERTIFICATE)
        super().__init__(self.relay, lambda: self.now, lambda: (Candidate("udp", PORT),))

    def settle(self, now: float | None = None) -> None:
        """Do the work of the end of a turn of the loop."""
        if now is not None:
            self.now = now
        self.take_changes()
        while self.work():
            pass

    def pass_time(self, now: float) -> None:
        """Run the relay's timers, and the plane's periodic work."""
        self.now = now
        self.relay.poll(now)
        self.relay.flush(now, lambda *_: None)
        self.take_changes()
        self.tick()
        self.settle()

    def transport(self, room: Room, participant: Participant) -> Transport:
        """A participant's transport in the relay."""
        member = self.find(room.id, participant.id)
        assert member is not None
        return member.transport


def plane_of(room: Room) -> ManualPlane:
    """The plane of a room that `make_room` made."""
    assert isinstance(room.plane, ManualPlane)
    return room.plane


class Notebook:
    """A journal that tests can read."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def record(self, fact: Fact) -> None:
        self.facts.append(fact)


def make_room(journal: Notebook | None = None, *, owner: str | None = None, **settings: Any) -> Room:
    info = messages.Room(**{"id": "id", "code": "code", "title": "title", **settings})
    hosts = frozenset() if owner is None else frozenset({owner})
    plane = ManualPlane()
    room = Room(SavedRoom(info, owner=owner, hosts=hosts), plane, journal=journal)
    plane.events = room.take
    return room


class Someone:
    """A person in the room; `visitor` instead of `participant` if they must wait for admission."""

    def __init__(
        self,
        room: Room,
        name: str,
        *,
        guest: bool = True,
        host: bool = False,
        needs_admission: bool = False,
        address: str = "",
        device: str = "",
        features: tuple[str, ...] = (),
    ) -> None:
        self.room = room
        self.events: list[dict[str, Any]] = []
        self.bye: str | None = None
        self.visitor: Visitor | None = None
        self.admitted = False
        person = Person(
            name,
            name.title(),
            guest=guest,
            address=address,
            session=None if guest else f"log-in of {name}",
            device=device,
            features=features,
        )
        try:
            self.participant: Participant = room.join(person, Rights(moderate=host), needs_admission=needs_admission)
        except NeedsToWaitError:
            self.visitor = Visitor(person, self._let_in)
            room.wait(self.visitor)
            self.visitor.attach(self._take, self._close)
        else:
            self.participant.attach(self._take, self._close)

    def _take(self, seq: int, body: Body) -> None:
        self.events.append(json.loads(body.text))

    def _close(self, why: str) -> None:
        self.bye = why

    def _let_in(self, visitor: Visitor) -> None:
        self.admitted = True

    @property
    def id(self) -> str:
        return self.participant.id

    @property
    def is_host(self) -> bool:
        return self.participant.rights.moderate

    @property
    def inside(self) -> bool:
        return self.participant.id in self.room.participants

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    def does(self, action: messages.Action, now: float = 1.0) -> None:
        moderation.act(self.room, self.participant, action, now)

    def leaves(self) -> None:
        self.room.leave(self.participant, "left", 1.0)
