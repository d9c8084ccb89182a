"""How many messages a room of hundreds costs each member: while all join, and while much happens at once."""

import json
import random
from collections import Counter, defaultdict
from typing import Any

import pytest

from sfu.plane import QualityChanged, QualityLevel, SlotChanged, SpeakersChanged
from sfu.wire.rtp import Mid
from signaling.mailbox import Body, Deliver
from signaling.messages import MuteAll
from signaling.outgoing import Outgoing
from signaling.rooms import moderation
from signaling.rooms.participant import Participant
from tests.thorough import choose
from tests.unit.signaling.large_room import LargeRoom

PEOPLE = choose(150, 300)
FRAMES_PER_SECOND = 20
"""Most messages that a member gets in any second, but for the replies to its own requests."""
EVENTS_PER_JOIN = 4
"""For each newcomer who has a microphone and a camera: joined, published twice, connected."""
STEP = 0.05
"""Seconds between two looks of the plane, as in `PlaneLoop`."""


class Reader:
    """A client that takes its frames as they are due, and what it has read."""

    def __init__(self, room: "BusyRoom") -> None:
        self.queue = Outgoing()
        self.queue.gather(room.room.participants)
        self.frames: dict[int, int] = defaultdict(int)
        """By the second."""
        self.kinds: Counter[str] = Counter()
        self.next_seq = 1
        self.reads = len(room.readers) % (PEOPLE // 3) == 0
        """Or it only counts frames: that takes far less time."""

    def take(self, now: float) -> None:
        while self.queue and self.queue.due(now) <= now:
            text = self.queue.take(now)
            self.frames[int(now)] += 1
            if self.reads:
                self._read(json.loads(text))

    def _read(self, message: dict[str, Any]) -> None:
        events = message["events"] if message["type"] == "events" else [message["event"]]
        assert message["seq"] == self.next_seq
        self.next_seq += len(events)
        self.kinds.update(event["type"] for event in events)


class BusyRoom(LargeRoom):
    """Its members' frames are counted."""

    def __init__(self) -> None:
        self.readers: dict[str, Reader] = {}
        self.random = random.Random(12)
        super().__init__(0)

    def mailman(self, participant: Participant) -> Deliver:
        reader = self.readers[participant.id] = Reader(self)

        def deliver(seq: int, body: Body) -> None:
            reader.queue.put_event(seq, body, self.now)

        return deliver

    def comes(self) -> None:
        someone = self.come(f"p{len(self.people)}")
        self.people.append(someone)
        transport = self.plane.transport(self.room, someone)
        transport.altered = True
        self.relay.changed.append(transport)

    def pass_time(self) -> None:
        """One step; the plane's ticks and the room's chores come four times a second."""
        self.plane.take_changes()
        self.settle()
        before, self.now = self.now, self.now + STEP
        if int(before * 4) == int(self.now * 4):
            self.plane.hear()
        else:
            list(self.room.chores(self.now))
            self.plane.tick()
        self.settle()
        for reader in self.readers.values():
            reader.take(self.now)

    def speakers_change(self) -> None:
        """At each tick of the plane, which is as often as it looks."""
        self.room.take(SpeakersChanged("id", tuple(each.id for each in self.random.sample(self.people, 5))))

    def qualities_change(self, count: int) -> None:
        levels: list[QualityLevel] = ["good", "poor", "lost"]
        for someone in self.random.sample(self.people, count):
            level = self.random.choice(levels)
            self.room.take(QualityChanged("id", someone.id, someone.media.epoch, level, 0.1, 0.2))

    def layers_change(self) -> None:
        """The estimates of all links move at once."""
        for someone in self.people:
            for slot in range(9):
                layer = self.random.choice("qhf")
                shown = f"{self.people[slot].id}.camera"
                self.room.take(SlotChanged("id", someone.id, someone.media.epoch, Mid(f"v{slot}"), shown, layer, None))

    def some_mute(self, count: int) -> None:
        for someone in self.random.sample(self.people, count):
            self.room.mute(someone, "microphone", muted=not someone.publications["microphone"].muted)

    def most_frames(self) -> int:
        return max(count for reader in self.readers.values() for count in reader.frames.values())


@pytest.fixture(scope="module")
def room() -> BusyRoom:
    """Sixty join in each second."""
    room = BusyRoom()
    while len(room.people) < PEOPLE:
        for _ in range(3):
            room.comes()
        room.pass_time()
    for _ in range(20):
        room.pass_time()
    return room


def test_each_join_costs_the_others_a_few_events_and_a_bounded_number_of_frames(room: BusyRoom) -> None:
    first, *others = list(room.readers.values())
    told = first.kinds.copy()
    assert told.pop("participant.joined") == PEOPLE - 1
    assert told.pop("participant.updated") == PEOPLE  # its own connection too
    assert told.pop("publication.added") == 2 * PEOPLE
    assert first.kinds.total() - told["slot"] <= EVENTS_PER_JOIN * PEOPLE + 5
    assert told["slot"] <= PEOPLE / 2  # four audio slots, whoever comes
    late = [reader.kinds.total() for reader in others if reader.reads]
    assert first.kinds.total() > late[0] > late[1] > 0
    assert room.most_frames() <= FRAMES_PER_SECOND


def test_whatever_happens_each_member_gets_a_bounded_number_of_frames_a_second(room: BusyRoom) -> None:
    """Five seconds in which everything that large rooms know happens far more often than in any call."""
    for reader in room.readers.values():
        reader.frames.clear()
        reader.kinds.clear()
    seconds = 5
    for step in range(int(seconds / STEP)):
        room.qualities_change(10)
        room.some_mute(2)
        if step % 5 == 0:
            room.speakers_change()
            room.layers_change()
        if step % 40 == 0:
            moderation.act(room.room, room.people[0], MuteAll(source="camera"), room.now)
        room.pass_time()
    first = next(iter(room.readers.values()))
    assert first.kinds["publication.updated"] == seconds / STEP * 2
    assert first.kinds["slot"] >= 9 * seconds * 4
    assert first.kinds["publications.muted"] > 0
    assert first.kinds["speakers"] == 4 * seconds
    assert room.most_frames() <= FRAMES_PER_SECOND
    assert 10 * seconds < first.kinds["quality"] <= 21 * seconds  # of 200 changes a second
