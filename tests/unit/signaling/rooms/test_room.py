import json
from typing import Any

import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.limits import MAX_PARTICIPANTS
from signaling.messages import Publish, Rights, SlotWatch
from signaling.rooms.chat import MAX_CHAT
from signaling.rooms.participant import Participant, Person
from signaling.rooms.room import Room
from tests.coroutines import at_once
from tests.unit.signaling.offers import FINGERPRINT, FULL, audio, offer, video
from tests.unit.signaling.people import make_room, plane_of

HOSTS = ["192.0.2.1"]


class Someone:
    def __init__(self, room: Room, name: str, rights: Rights | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.participant: Participant = room.join(Person(name, name), rights or Rights())
        self.participant.attach(lambda _, body: self.events.append(json.loads(body.text)))

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]


def make() -> Room:
    return make_room()


def test_everyone_is_told_who_comes_and_goes() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    room.leave(b.participant, "left", 5.0)
    room.leave(b.participant, "left", 5.0)
    assert a.kinds() == ["participant.joined", "participant.left"]
    assert b.events == []
    assert (a.participant.rights.moderate, b.participant.rights.moderate) == (True, False)
    assert room.empty_since is None
    room.leave(a.participant, "left", 6.0)
    assert room.empty_since == 6.0


def test_a_full_room_takes_nobody_more() -> None:
    room = make()
    for number in range(MAX_PARTICIPANTS):
        room.participants[str(number)] = Participant(Person("p", "n"), Rights())
    with pytest.raises(RoomError) as caught:
        room.join(Person("p", "n"), Rights())
    assert caught.value.code == "room_full"


def test_what_is_published_is_told_once_and_updates_after_that() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    at_once(room.offer(a.participant, FULL, HOSTS))
    for muted in (False, False, True):
        room.publish(a.participant, Publish(id=1, mid="1", source="camera", muted=muted))
    room.unpublish(a.participant, "camera")
    assert b.kinds() == ["publication.added", "publication.updated", "publication.removed"]
    assert a.participant.publications == {}


@pytest.mark.parametrize(
    ("mid", "source"), [("0", "camera"), ("1", "microphone"), ("9", "camera"), ("4", "camera"), ("1", "screen_audio")]
)
def test_a_section_that_does_not_fit_is_not_published(mid: str, source: messages.Source) -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    at_once(room.offer(a.participant, FULL, HOSTS))
    with pytest.raises(RoomError) as caught:
        room.publish(a.participant, Publish(id=1, mid=mid, source=source))
    assert caught.value.code == "bad_state"
    assert (a.participant.publications, b.events) == ({}, [])
    room.publish(a.participant, Publish(id=1, mid="1", source="camera"))


def test_without_rights_nothing_is_published_or_said() -> None:
    room = make()
    a = Someone(room, "a", Rights(publish=False, chat=False))
    at_once(room.offer(a.participant, FULL, HOSTS))
    with pytest.raises(RoomError) as caught:
        room.publish(a.participant, Publish(id=1, mid="1", source="camera"))
    assert caught.value.code == "not_allowed"
    with pytest.raises(RoomError) as caught:
        room.say(a.participant, messages.Chat(id=0, text="hi"), 0.0, 0.0)
    assert caught.value.code == "not_allowed"


@pytest.mark.parametrize("text", ["", "v=0", "x" * 300_000, FULL.replace("actpass", "passive"), offer(audio("x" * 40))])
def test_a_bad_offer_is_refused_and_makes_nothing(text: str) -> None:
    room = make()
    a = Someone(room, "a")
    with pytest.raises(RoomError) as caught:
        at_once(room.offer(a.participant, text, HOSTS))
    assert caught.value.code == "bad_offer"
    assert not a.participant.media.exists
    assert plane_of(room).relay.transports == []


def test_another_certificate_is_another_connection_and_withdraws_what_was_published() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    at_once(room.offer(a.participant, FULL, HOSTS))
    first = plane_of(room).transport(room, a.participant)
    room.publish(a.participant, Publish(id=1, mid="1", source="camera"))
    at_once(room.offer(a.participant, FULL, HOSTS))
    assert plane_of(room).transport(room, a.participant) is first
    at_once(room.offer(a.participant, FULL.replace(FINGERPRINT, FINGERPRINT.replace("AB", "CD")), HOSTS))
    assert plane_of(room).transport(room, a.participant) is not first
    assert first.close_reason == "replaced by another connection"
    assert b.kinds() == ["publication.added", "publication.removed"]


def test_what_was_published_in_a_section_that_an_offer_stops_is_withdrawn() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    at_once(room.offer(a.participant, offer(audio("0"), video("1")), HOSTS))
    for mid, source in (("0", "microphone"), ("1", "camera")):
        room.publish(a.participant, Publish.model_validate({"id": 1, "mid": mid, "source": source}))
    stopped = video("1").replace("m=video 9", "m=video 0")
    at_once(room.offer(a.participant, offer(audio("0"), stopped, bundle="0"), HOSTS))
    assert b.events[-1] == {"type": "publication.removed", "publication": f"{a.participant.id}.camera"}
    assert list(a.participant.publications) == ["microphone"]
    # The line is used again, for another camera.
    at_once(room.offer(a.participant, offer(audio("0"), video("2")), HOSTS))
    room.publish(a.participant, Publish(id=1, mid="2", source="camera"))
    assert b.kinds()[-1] == "publication.added"


def test_an_inactive_section_stays_published_and_a_slot_that_is_stopped_can_not_be_watched() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    at_once(room.offer(a.participant, offer(audio("0"), video("1"), video("2", "recvonly")), HOSTS))
    room.publish(a.participant, Publish(id=1, mid="1", source="camera"))
    room.watch(a.participant, [SlotWatch(slot="2", publication="x.camera", height=90)])
    stopped = video("2", "recvonly").replace("m=video 9", "m=video 0")
    at_once(room.offer(a.participant, offer(audio("0"), video("1", "inactive"), stopped, bundle="0 1"), HOSTS))
    plane_of(room).settle()
    assert b.kinds() == ["publication.added"]
    with pytest.raises(RoomError, match="no section 2"):
        room.watch(a.participant, [SlotWatch(slot="2", publication="x.camera", height=90)])


def test_new_ice_credentials_restart_ice_on_the_same_connection() -> None:
    room = make()
    a = Someone(room, "a")
    before = at_once(room.offer(a.participant, FULL, HOSTS))
    transport = plane_of(room).transport(room, a.participant)
    after = at_once(room.offer(a.participant, FULL.replace("a=ice-ufrag:abcd", "a=ice-ufrag:efgh"), HOSTS))
    assert plane_of(room).transport(room, a.participant) is transport
    assert before.split("a=ice-ufrag:")[1][:12] != after.split("a=ice-ufrag:")[1][:12]


def test_a_hostile_mid_never_reaches_others_through_events() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    for mid in ("x" * 17, "ü", "\x00"):
        with pytest.raises(RoomError):
            at_once(room.offer(b.participant, offer(audio(mid, "recvonly")), HOSTS))
    at_once(room.offer(a.participant, FULL, HOSTS))
    room.publish(a.participant, Publish(id=1, mid="0", source="microphone"))
    list(room.chores(1.0))
    plane_of(room).pass_time(1.0)


def test_slots_are_told_to_their_viewer_alone() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    at_once(room.offer(a.participant, FULL, HOSTS))
    at_once(room.offer(b.participant, offer(video("7", "recvonly")), HOSTS))
    room.publish(a.participant, Publish(id=1, mid="1", source="camera"))
    room.watch(b.participant, [SlotWatch(slot="7", publication=f"{a.participant.id}.camera", height=360)])
    assert plane_of(room).due
    plane_of(room).settle()
    assert not plane_of(room).due
    assert b.events[-1]["type"] == "slot"
    assert (b.events[-1]["slot"], b.events[-1]["why"]) == ("7", "waiting")
    assert "slot" not in a.kinds()
    with pytest.raises(RoomError):
        room.watch(b.participant, [SlotWatch(slot="8")])


def test_chat_reaches_all_or_one_and_newcomers_see_what_was_said_to_all() -> None:
    room = make()
    a, b, c = Someone(room, "a"), Someone(room, "b"), Someone(room, "c")
    room.say(a.participant, messages.Chat(id=0, text="to all"), 0.0, 1.0)
    room.say(a.participant, messages.Chat(id=0, text="to b", to=b.participant.id), 0.0, 2.0)
    room.say(a.participant, messages.Chat(id=0, text="to me", to=a.participant.id), 0.0, 3.0)
    said = [[event["message"]["text"] for event in who.events if event["type"] == "chat"] for who in (a, b, c)]
    assert said == [["to all", "to b", "to me"], ["to all", "to b"], ["to all"]]
    newcomers = [Someone(room, name).participant for name in ("b", "d")]
    shown = [[message.text for message in room.shown_chat(newcomer)] for newcomer in newcomers]
    assert shown == [["to all", "to b"], ["to all"]]
    for text, to, code in (("  ", None, "bad_message"), ("a\0b", None, "bad_message"), ("hi", "nobody", "not_found")):
        with pytest.raises(RoomError) as caught:
            room.say(a.participant, messages.Chat(id=0, text=text, to=to), 0.0, 4.0)
        assert caught.value.code == code
    for number in range(MAX_CHAT + 5):
        room.say(a.participant, messages.Chat(id=0, text=str(number)), 10.0 * number, 5.0)
    assert len(room.shown_chat(b.participant)) == MAX_CHAT
    ids = [message.id for message in room.shown_chat(b.participant)]
    assert ids == sorted(set(ids))


def test_a_hand_is_told_when_it_changes() -> None:
    room = make()
    a = Someone(room, "a")
    for raised in (True, True, False):
        room.raise_hand(a.participant, raised=raised)
    assert [event["hand"] for event in a.events] == [True, False]


def test_who_does_not_come_back_in_time_has_left() -> None:
    room = make()
    a, b = Someone(room, "a"), Someone(room, "b")
    b.participant.resume_until = 10.0
    list(room.chores(9.9))
    assert len(room.participants) == 2
    list(room.chores(10.0))
    assert [(event["type"], event["why"]) for event in a.events[1:]] == [("participant.left", "lost")]


def test_a_room_that_was_left_keeps_no_transport() -> None:
    room = make()
    for number in range(20):
        a = Someone(room, f"a{number}")
        at_once(room.offer(a.participant, FULL, HOSTS))
        room.leave(a.participant, "left", 0.0)
    plane = plane_of(room)
    plane.settle()
    assert (plane.rooms, plane._members, plane.relay.transports) == ({}, {}, [])
