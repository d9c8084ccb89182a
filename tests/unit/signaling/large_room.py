"""A room of hundreds, without a network."""

from sfu.publication import Encoding
from sfu.transport import State
from sfu.wire.rtp import Mid, Rid, Ssrc
from signaling import messages
from signaling.mailbox import Body, Deliver
from signaling.messages import MuteAll, Publish, Rights, SlotWatch
from signaling.rooms import moderation
from signaling.rooms.journal import SavedRoom
from signaling.rooms.participant import Participant, Person
from signaling.rooms.room import Room
from signaling.version import FEATURES
from tests.coroutines import at_once
from tests.unit.signaling.offers import FULL
from tests.unit.signaling.people import ManualPlane

HOSTS = ["192.0.2.1"]


class LargeRoom:
    """Everybody publishes sound and a camera in three layers, and watches another's."""

    def __init__(self, count: int) -> None:
        self.now = 100.0
        self.plane = ManualPlane(self.now)
        self.relay = self.plane.relay
        info = messages.Room(id="id", code="code", title="title")
        self.room = Room(SavedRoom(info), self.plane)
        self.plane.events = self.room.take
        self.events = 0
        self.people = [self.come(f"p{number}") for number in range(count)]
        for viewer in self.people[1:]:
            shown = f"{self.people[0].id}.camera"
            self.room.watch(viewer, [SlotWatch(slot="4", publication=shown, height=360)])
        self.plane.settle()

    def come(self, name: str) -> Participant:
        participant = self.room.join(Person(name, name, features=FEATURES), Rights())
        participant.attach(self.mailman(participant))
        at_once(self.room.offer(participant, FULL, HOSTS))
        transport = self.plane.transport(self.room, participant)
        transport.state = State.CONNECTED
        for mid, rids in ((Mid("0"), ("",)), (Mid("1"), ("q", "h", "f"))):
            publication = transport.receiver.publications[mid]
            for rid in rids:
                codec = next(iter(publication.codecs.values()))
                ssrc = Ssrc(len(self.room.participants) * 10 + len(publication.encodings))
                publication.encodings[Rid(rid)] = Encoding(publication, Rid(rid), ssrc, codec, self.now)
        self.room.publish(participant, Publish(id=1, mid="0", source="microphone"))
        self.room.publish(participant, Publish(id=1, mid="1", source="camera"))
        return participant

    def mailman(self, participant: Participant) -> Deliver:
        """What takes the participant's events."""
        return self._take

    def _take(self, seq: int, body: Body) -> None:
        self.events += 1

    def settle(self) -> None:
        """What happens at the end of a turn of the loop."""
        self.plane.settle(self.now)
        if self.room.unfinished:
            self.room.go_on()

    def speaker_changes(self) -> None:
        transport = self.plane.transport(self.room, self.people[7])
        transport.receiver.publications[Mid("0")].loudness = 127.0
        self.now += 0.05
        list(self.room.chores(self.now))
        self.plane.tick()
        self.plane.settle(self.now)

    def sees_a_keyframe(self) -> None:
        """A camera's keyframe, for which everybody has waited."""
        (host, *viewers) = [self.plane.transport(self.room, each) for each in self.people]
        encoding = host.receiver.publications[Mid("1")].encodings[Rid("f")]
        for viewer in viewers:
            forwarder = viewer.sender.slots[Mid("4")].forwarder
            forwarder.current = encoding
            viewer.egress.switched[forwarder.ssrc] = None
            self.relay.changed.append(viewer)
        self.settle()

    def joins(self) -> None:
        self.come("late")
        self.settle()

    def leaves(self) -> None:
        self.room.leave(self.people.pop(), "left", self.now)
        self.settle()

    def is_muted(self) -> None:
        moderation.act(self.room, self.people[0], MuteAll(source="microphone"), self.now)
        self.settle()

    def says(self) -> None:
        self.room.say(self.people[3], messages.Chat(id=0, text="hello " * 100), self.now, self.now)

    def shows_camera(self) -> None:
        transport = self.plane.transport(self.room, self.people[1])
        transport.altered = True
        self.room.publish(self.people[1], Publish(id=1, mid="2", source="screen"))
        self.relay.changed.append(transport)
        self.settle()

    def ends(self) -> None:
        self.room.end("ended", self.now)

    def says_goodbye(self) -> None:
        """The next turn."""
        self.settle()
