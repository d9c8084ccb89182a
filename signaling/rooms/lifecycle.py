"""The life of a room: which state follows on what happens to it.

`docs/rooms.md` has the table, made from this one by `python -m signaling.messages.schema`.
"""

from typing import Literal

State = Literal["created", "waiting", "active", "expired", "destroyed"]
"""Made, and nobody has asked to come in yet; empty; somebody is in it; its time is over; deleted."""

Trigger = Literal["asked", "joined", "emptied", "timed_out", "deleted"]
"""Somebody asked to come in; the first one is in; the last one has left; nobody used it for its time to live; its owner
(or the operator) deleted it."""

TRANSITIONS: dict[State, dict[Trigger, State]] = {
    "created": {"asked": "waiting", "joined": "active", "timed_out": "expired", "deleted": "destroyed"},
    "waiting": {"asked": "waiting", "joined": "active", "timed_out": "expired", "deleted": "destroyed"},
    "active": {"asked": "active", "emptied": "waiting", "deleted": "destroyed"},
    "expired": {"deleted": "destroyed"},
    "destroyed": {},
}
"""What isn't in here can't happen: nobody joins a room that has ended, and one in use doesn't expire."""

LIVE: frozenset[State] = frozenset({"created", "waiting", "active"})
"""The states in which a room can be joined."""


class LifecycleError(Exception):
    """Something that can't happen to a room in its state."""


def after(state: State, trigger: Trigger) -> State:
    """The state that follows. Raises `LifecycleError` where that can't happen."""
    following = TRANSITIONS[state].get(trigger)
    if following is None:
        raise LifecycleError(f"a room that is {state} can't be {trigger}")
    return following
