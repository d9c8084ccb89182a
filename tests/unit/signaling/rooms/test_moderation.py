from typing import Any, get_args

import pytest

from sfu.transport import State
from signaling import messages
from signaling.errors import RoomError
from signaling.messages import Publish
from signaling.rooms import moderation
from signaling.rooms.journal import Banned, MessageDeleted, PresenceChanged
from signaling.rooms.room import Room
from tests.coroutines import at_once
from tests.unit.signaling.offers import FULL
from tests.unit.signaling.people import Notebook, Someone, make_room, plane_of

HOSTS = ["192.0.2.1"]


def publish(room: Room, someone: Someone, source: messages.Source = "camera", *, muted: bool = False) -> None:
    if not someone.participant.media.exists:
        at_once(room.offer(someone.participant, FULL, HOSTS))
    mid = "1" if source == "camera" else "0"
    room.publish(someone.participant, Publish(id=1, mid=mid, source=source, muted=muted))


def is_muted(room: Room, someone: Someone, source: str) -> bool:
    """Whether the relay doesn't forward it."""
    return plane_of(room).rooms[room.id].router._own(someone.id, source).muted


def trio(room: Room) -> tuple[Someone, Someone, Someone]:
    return Someone(room, "ada", guest=False, host=True), Someone(room, "ben"), Someone(room, "cem")


def test_there_is_something_to_be_done_for_every_action() -> None:
    on_rooms = set(get_args(moderation.RoomAction))
    assert set(get_args(get_args(messages.Action)[0])) == set(moderation._ON_PEOPLE) | on_rooms


@pytest.mark.parametrize(
    "action",
    [
        messages.MutePerson(participant="x", source="camera"),
        messages.MuteAll(source="microphone"),
        messages.AskUnmute(participant="x", source="camera"),
        messages.LowerHand(participant="x"),
        messages.Remove(participant="x"),
        messages.Ban(participant="x"),
        messages.Admit(),
        messages.Deny(waiting="x"),
        messages.Lock(locked=True),
        messages.MakeHost(participant="x"),
        messages.HandOver(participant="x"),
        messages.DeleteChat(message=1),
        messages.End(),
    ],
)
def test_only_hosts_moderate(action: messages.Action) -> None:
    room = make_room(owner="ada")
    ada, ben, _ = trio(room)
    with pytest.raises(RoomError) as caught:
        ben.does(action)
    assert caught.value.code == "not_allowed"
    assert (len(room.participants), room.info.locked, ada.bye) == (3, False, None)


def test_muting_stops_forwarding_and_the_muted_unmute_themselves() -> None:
    room = make_room(owner="ada")
    ada, ben, cem = trio(room)
    publish(room, ben)
    ada.does(messages.MutePerson(participant=ben.id, source="camera"))
    assert [(event["publication"]["muted"], event["by"]) for event in ben.told("publication.updated")] == [
        (True, ada.id)
    ]
    assert cem.told("publication.updated") == ben.told("publication.updated")
    assert is_muted(room, ben, "camera")
    ada.does(messages.AskUnmute(participant=ben.id, source="camera"))
    assert ben.told("unmute.asked") == [{"type": "unmute.asked", "source": "camera", "by": "Ada"}]
    assert is_muted(room, ben, "camera")
    room.mute(ben.participant, "camera", muted=False)
    assert not is_muted(room, ben, "camera")
    assert [event["by"] for event in ben.told("publication.updated")] == [ada.id, None]


def test_what_is_not_published_can_t_be_muted_or_asked_for() -> None:
    room = make_room(owner="ada")
    ada, ben, _ = trio(room)
    for action in (
        messages.MutePerson(participant=ben.id, source="camera"),
        messages.AskUnmute(participant=ben.id, source="camera"),
    ):
        with pytest.raises(RoomError) as caught:
            ada.does(action)
        assert caught.value.code == "bad_state"
    assert ben.told("unmute.asked") == []


def test_muting_all_spares_hosts() -> None:
    room = make_room(owner="ada")
    for each in (people := trio(room)):
        publish(room, each, "microphone")
    people[0].does(messages.MuteAll(source="microphone"))
    assert [each.participant.publications["microphone"].muted for each in people] == [False, True, True]


@pytest.mark.parametrize(("setting", "source"), [("start_muted", "microphone"), ("start_camera_off", "camera")])
def test_the_room_s_settings_decide_how_sources_begin(setting: str, source: messages.Source) -> None:
    settings: dict[str, Any] = {setting: True}
    room = make_room(owner="ada", **settings)
    ada, ben, _ = trio(room)
    for each in (ada, ben):
        publish(room, each, "microphone")
        publish(room, each, "camera")
    muted = {"microphone": source == "microphone", "camera": source == "camera"}
    for name, publication in ben.participant.publications.items():
        assert publication.muted is muted[name]
        assert is_muted(room, ben, name) is muted[name]
    assert not any(publication.muted for publication in ada.participant.publications.values())
    room.mute(ben.participant, source, muted=False)
    publish(room, ben, source)
    assert not ben.participant.publications[source].muted


def test_a_hand_is_lowered() -> None:
    room = make_room(owner="ada")
    ada, ben, _ = trio(room)
    room.raise_hand(ben.participant, raised=True)
    ada.does(messages.LowerHand(participant=ben.id))
    assert [event["hand"] for event in ben.told("participant.updated")] == [True, False]


def test_who_is_removed_is_told_and_everyone_else_too() -> None:
    notebook = Notebook()
    room = make_room(notebook, owner="ada")
    ada, ben, cem = trio(room)
    second_device = Someone(room, "ben")
    publish(room, ben)
    transport = plane_of(room).transport(room, ben.participant)
    ada.does(messages.Remove(participant=ben.id))
    assert (transport.state, transport.close_reason) == (State.CLOSED, "removed")
    for each in (ben, second_device):
        assert (each.bye, each.inside) == ("removed", False)
    left = [(event["participant"], event["why"]) for event in cem.told("participant.left")]
    assert left == [(ben.id, "removed"), (second_device.id, "removed")]
    assert notebook.facts[-1] == PresenceChanged("id", "ben", "Ben", "removed")


def test_a_ban_is_kept() -> None:
    notebook = Notebook()
    room = make_room(notebook, owner="ada")
    ada, ben, _ = trio(room)
    ada.does(messages.Ban(participant=ben.id))
    assert (ben.bye, ben.inside) == ("banned", False)
    assert Banned("id", "ben", "Ben", "ada") in notebook.facts


def test_nobody_takes_out_the_owner_or_themselves() -> None:
    room = make_room(owner="ada")
    ada, ben, _ = trio(room)
    ada.does(messages.MakeHost(participant=ben.id))
    for action in (messages.Remove, messages.Ban):
        for host, other in ((ben, ada), (ben, ben)):
            with pytest.raises(RoomError) as caught:
                host.does(action(participant=other.id))
            assert caught.value.code == "not_allowed"
    assert ada.inside


def test_a_removed_host_is_host_no_more() -> None:
    room = make_room(owner="ada")
    ada, ben, _ = trio(room)
    ada.does(messages.MakeHost(participant=ben.id))
    ada.does(messages.Remove(participant=ben.id))
    assert not room.hosts.is_standing("ben")


def test_who_stands_in_for_the_hosts_can_t_ban() -> None:
    room = make_room(owner="ada")
    ben, cem = Someone(room, "ben"), Someone(room, "cem")
    with pytest.raises(RoomError) as caught:
        ben.does(messages.Ban(participant=cem.id))
    assert caught.value.code == "not_allowed"
    ben.does(messages.Remove(participant=cem.id))
    assert not cem.inside


def test_a_deleted_message_is_gone_for_newcomers_and_told_to_all() -> None:
    notebook = Notebook()
    room = make_room(notebook, owner="ada")
    ada, ben, _ = trio(room)
    room.say(ben.participant, messages.Chat(id=0, text="oops"), 1.0, 1.0)
    message = ben.told("chat")[0]["message"]["id"]
    ada.does(messages.DeleteChat(message=message))
    assert ben.told("chat.deleted") == [{"type": "chat.deleted", "message": message}]
    assert room.shown_chat(ada.participant) == []
    assert MessageDeleted("id", message, "ada") in notebook.facts


def test_nobody_writes_where_chat_is_off_or_too_fast() -> None:
    room = make_room()
    ada = Someone(room, "ada")
    with pytest.raises(RoomError) as caught:
        for _ in range(100):
            room.say(ada.participant, messages.Chat(id=0, text="spam"), 5.0, 1.0)
    assert caught.value.code == "too_many"
    room.say(ada.participant, messages.Chat(id=0, text="later"), 60.0, 1.0)
    room.change(room.info.model_copy(update={"chat": False}))
    with pytest.raises(RoomError) as caught:
        room.say(ada.participant, messages.Chat(id=0, text="hello"), 120.0, 1.0)
    assert caught.value.code == "not_allowed"


def test_who_is_not_there_can_t_be_moderated() -> None:
    room = make_room(owner="ada")
    ada = Someone(room, "ada", guest=False, host=True)
    for action in (
        messages.MutePerson(participant="x", source="camera"),
        messages.LowerHand(participant="x"),
        messages.Remove(participant="x"),
        messages.Ban(participant="x"),
        messages.MakeHost(participant="x"),
        messages.HandOver(participant="x"),
        messages.Admit(waiting="x"),
        messages.Deny(waiting="x"),
    ):
        with pytest.raises(RoomError) as caught:
            ada.does(action)
        assert caught.value.code == "not_found"
    with pytest.raises(RoomError):
        ada.does(messages.HandOver(participant=ada.id))
