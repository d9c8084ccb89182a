"""A participant who joins, loses the connection, comes back and leaves hundreds of times leaves nothing behind."""

import gc

from signaling.mailbox import Body
from signaling.messages import Publish, SlotWatch
from signaling.rooms.registry import Registry
from signaling.rooms.room import RESUME_SECONDS, Room
from tests.coroutines import at_once
from tests.thorough import choose
from tests.unit.signaling.offers import FULL
from tests.unit.signaling.people import ManualPlane, Someone

HOSTS = ["192.0.2.1"]
PEOPLE = 50
TIMES, WARM_UP = choose((100, 60), (400, 100))


def _ignore(seq: int, body: Body) -> None:
    """A WebSocket that nobody looks at."""


class Visits:
    """A room with people in it, and one person who comes and goes."""

    def __init__(self) -> None:
        self.plane = ManualPlane(100.0)
        self.relay = self.plane.relay
        self.registry = Registry(self.plane)
        self.room = self.registry.create("title", 0.0)
        self.now = 100.0
        self.others = [self._come(f"p{number}") for number in range(PEOPLE)]

    def _come(self, name: str) -> Someone:
        someone = Someone(self.room, name)
        someone.participant.attach(_ignore)
        at_once(self.room.offer(someone.participant, FULL, HOSTS))
        self.room.publish(someone.participant, Publish(id=1, mid="0", source="microphone"))
        self.room.publish(someone.participant, Publish(id=1, mid="1", source="camera"))
        return someone

    def visit(self, number: int) -> None:
        """Come, watch somebody and be watched, lose the WebSocket, resume, get a new connection, and go somehow."""
        someone, other = self._come("visitor"), self.others[number % PEOPLE]
        participant = someone.participant
        for viewer, shown in ((someone, other), (other, someone)):
            wish = SlotWatch(slot="4", publication=f"{shown.id}.camera", height=360)
            self.room.watch(viewer.participant, [wish])
        self._settle()
        seen = participant.last_event
        participant.lose(_ignore, self.now + RESUME_SECONDS)
        self.room.raise_hand(other.participant, raised=not other.participant.hand)
        assert participant.missed(seen)
        participant.attach(_ignore)
        at_once(self.room.offer(participant, FULL.replace("AB:AB", "CD:CD"), HOSTS))
        self._settle()
        if number % 2:
            self.room.leave(participant, "left", self.now)
        else:
            participant.lose(_ignore, self.now)
        self.now += 0.01  # less than 30 s in all, after which connections without checks end
        self._settle()

    def _settle(self) -> None:
        list(self.room.chores(self.now))
        self.plane.pass_time(self.now)

    def sizes(self) -> dict[str, int]:
        """Everything that could grow."""
        room, plane, relay = self.room, self.plane, self.relay
        router = plane.rooms[room.id].router
        return {
            "people": len(room.participants),
            "persons": len(room._by_person),
            "members of the plane": len(plane.rooms[room.id].members),
            "transports of the plane": len(plane._members),
            "transports of the relay": len(relay.transports),
            "addresses": len(relay._by_address),
            "timers": len(relay._timers._current),
            "mailboxes": len(room._backlog.mailboxes),
            "members": len(router._members),
            "publications": len(router._publications),
            "watched": len(router._watchers),
            "looks": len(router._snapshots),
            "due": len(router._due) + len(router._news),
            "ending": len(room._ending),
            "known": len(room.admission._known),
        }


def test_hundreds_of_visits_to_a_room_of_fifty_leave_nothing_behind() -> None:
    visits = Visits()
    for number in range(WARM_UP):
        visits.visit(number)
    before, kept, objects = visits.sizes(), _kept(visits.room), _objects()
    for number in range(TIMES):
        visits.visit(number)
    assert visits.sizes() == before
    assert before["people"] == before["members"] == before["mailboxes"] == before["transports of the relay"] == PEOPLE
    assert before["watched"] <= PEOPLE
    grown = _objects() - objects - (_kept(visits.room) - kept)
    assert grown < TIMES


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def _kept(room: Room) -> int:
    """Events that are kept for resuming: bounded in bytes, and not full yet."""
    return len({id(body) for mailbox in room._backlog.mailboxes for body in mailbox._bodies})
