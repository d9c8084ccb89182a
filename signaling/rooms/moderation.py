"""Moderation: one function per action."""

from collections.abc import Callable
from typing import Any

from signaling import diary, messages
from signaling.errors import RoomError
from signaling.rooms.muting import mute_all
from signaling.rooms.participant import Participant
from signaling.rooms.room import Room

RoomAction = messages.Lock | messages.DeleteChat | messages.End
"""Actions on a room as a whole, which hosts can do without being in the call too: see `act_on_room`."""


def act(room: Room, host: Participant, action: messages.Action, now: float) -> None:
    """Carry out an action of a participant. Raises `RoomError`."""
    if isinstance(action, RoomAction):
        act_on_room(room, host.person, action, now, moderates=host.rights.moderate)
    else:
        _check(host.rights.moderate)
        _ON_PEOPLE[type(action)](room, host, action, now)
    diary.moderated(room.id, host, action)


def act_on_room(room: Room, person: str, action: RoomAction, now: float, *, moderates: bool) -> None:
    """Carry out an action, over the WebSocket or over HTTP; `moderates`: whether the person is a host there.

    Raises `RoomError`.
    """
    _check(moderates)
    match action:
        case messages.Lock():
            room.lock(locked=action.locked)
        case messages.DeleteChat():
            room.delete_chat(action.message, person)
        case messages.End():
            room.end("ended", now)


def _check(moderates: bool) -> None:
    if not moderates:
        raise RoomError("not_allowed", "Only hosts can do that.")


def _find(room: Room, participant: str) -> Participant:
    found = room.participants.get(participant)
    if found is None:
        raise RoomError("not_found", "That person isn't in the room.")
    return found


def _other(room: Room, host: Participant, participant: str) -> Participant:
    """Find a participant who can be removed. Raises `RoomError`."""
    found = _find(room, participant)
    if found.person == host.person:
        raise RoomError("not_allowed", "You can't do that to yourself.")
    if found.person == room.hosts.owner:
        raise RoomError("not_allowed", "The room's owner can't be removed.")
    return found


def _mute(room: Room, host: Participant, action: messages.MutePerson, now: float) -> None:
    room.mute(_find(room, action.participant), action.source, muted=True, by=host)


def _mute_all(room: Room, host: Participant, action: messages.MuteAll, now: float) -> None:
    mute_all(room, action.source, host)


def _ask_unmute(room: Room, host: Participant, action: messages.AskUnmute, now: float) -> None:
    asked = _find(room, action.participant)
    asked.published(action.source)
    asked.tell(messages.UnmuteAsked(source=action.source, by=host.name))


def _lower_hand(room: Room, host: Participant, action: messages.LowerHand, now: float) -> None:
    room.raise_hand(_find(room, action.participant), raised=False)


def _remove(room: Room, host: Participant, action: messages.Remove, now: float) -> None:
    removed = _other(room, host, action.participant)
    room.admission.remove(removed.who)
    if room.hosts.is_standing(removed.person):
        room.make_host(removed.person, host=False, keep=False)
    for participant in room.of_person(removed.person):
        room.disconnect(participant, "removed", now, "removed")


def _ban(room: Room, host: Participant, action: messages.Ban, now: float) -> None:
    banned = _other(room, host, action.participant)
    if not room.hosts.is_standing(host.person):
        raise RoomError(
            "not_allowed", "You're standing in for the room's hosts, and only they can ban. Remove the person instead."
        )
    if room.hosts.is_standing(banned.person):
        room.make_host(banned.person, host=False)
    room.ban(banned.who, host)
    for participant in room.of_person(banned.person):
        room.disconnect(participant, "banned", now, "removed")


def _admit(room: Room, host: Participant, action: messages.Admit, now: float) -> None:
    visitors = room.admission.visitors
    if action.waiting is None:
        room.admit(visitors.values())
    elif action.waiting in visitors:
        room.admit([visitors[action.waiting]])
    else:
        raise RoomError("not_found", "That person is no longer waiting.")


def _deny(room: Room, host: Participant, action: messages.Deny, now: float) -> None:
    visitor = room.admission.visitors.get(action.waiting)
    if visitor is None:
        raise RoomError("not_found", "That person is no longer waiting.")
    visitor.end("denied")
    room.stop_waiting(visitor)


def _make_host(room: Room, host: Participant, action: messages.MakeHost, now: float) -> None:
    # An acting host can't make others hosts for good.
    room.make_host(_find(room, action.participant).person, host=True, keep=room.hosts.is_standing(host.person))


def _hand_over(room: Room, host: Participant, action: messages.HandOver, now: float) -> None:
    other = _find(room, action.participant)
    if other.person == host.person:
        raise RoomError("not_allowed", "You're already the host.")
    standing = room.hosts.is_standing(host.person)
    room.make_host(other.person, host=True, keep=standing)
    # An owner gives up the role for this call only.
    room.make_host(host.person, host=False, keep=standing and host.person != room.hosts.owner)


_ON_PEOPLE: dict[type, Callable[[Room, Participant, Any, float], None]] = {
    messages.MutePerson: _mute,
    messages.MuteAll: _mute_all,
    messages.AskUnmute: _ask_unmute,
    messages.LowerHand: _lower_hand,
    messages.Remove: _remove,
    messages.Ban: _ban,
    messages.Admit: _admit,
    messages.Deny: _deny,
    messages.MakeHost: _make_host,
    messages.HandOver: _hand_over,
}
