"""A member needs no WebSocket: a recorder, or a person using another protocol, can be in a room like anyone else."""

import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.messages import Publish, Rights
from signaling.rooms.participant import Person
from signaling.rooms.registry import Registry
from signaling.rooms.room import RESUME_SECONDS
from tests.coroutines import at_once
from tests.unit.signaling.offers import FULL
from tests.unit.signaling.people import ManualPlane, Someone


def test_one_joins_publishes_is_moderated_and_leaves() -> None:
    plane = ManualPlane()
    room = Registry(plane).create("title", 0.0)
    ada = Someone(room, "ada", host=True)

    camera = room.join(Person("camera", "Camera"), Rights())
    at_once(room.offer(camera, FULL, ["192.0.2.1"]))
    room.publish(camera, Publish(id=0, mid="1", source="camera"))
    plane.settle()
    assert [event["participant"]["name"] for event in ada.told("participant.joined")] == ["Camera"]
    assert [event["publication"]["id"] for event in ada.told("publication.added")] == [f"{camera.id}.camera"]
    assert plane.rooms[room.id].router._own(camera.id, "camera").muted is False

    ada.does(messages.MutePerson(participant=camera.id, source="camera"))
    plane.settle()
    assert plane.rooms[room.id].router._own(camera.id, "camera").muted is True
    assert camera.publications["camera"].muted
    room.mute(camera, "camera", muted=False)
    assert [event["publication"]["muted"] for event in ada.told("publication.updated")] == [True, False]

    # Nobody waits for it to come back, and what it would be told of is bounded.
    list(room.chores(10 * RESUME_SECONDS))
    assert camera.id in room.participants
    ada.does(messages.Remove(participant=camera.id))
    plane.settle()
    assert [event["why"] for event in ada.told("participant.left")] == ["removed"]
    assert plane.relay.transports == []
    with pytest.raises(RoomError, match="removed from this call"):
        room.join(Person("camera", "Camera"), Rights())


def test_one_leaves_by_itself() -> None:
    plane = ManualPlane()
    room = Registry(plane).create("title", 0.0)
    recorder = room.join(Person("recorder", "Recorder"), Rights(publish=False))
    at_once(room.offer(recorder, FULL, ["192.0.2.1"]))
    room.leave(recorder, "left", 5.0)
    plane.settle()
    assert (room.participants, room.empty_since, plane.relay.transports, plane.rooms) == ({}, 5.0, [], {})
