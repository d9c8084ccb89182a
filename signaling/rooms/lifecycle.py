"""The life of a room: its states and the transitions between them.

The table in `docs/rooms.md` is generated from this one by `python -m signaling.messages.schema`.
"""

from typing import Literal

State = Literal["created", "waiting", "active", "expired", "destroyed"]
"""Created, and nobody has asked to come in yet; empty; someone is in it; its time is over; deleted."""

Trigger = Literal["asked", "joined", "emptied", "timed_out", "deleted"]
"""Someone asked to come in; the first person joined; the last one left; nobody used it for its time to live; its owner
(or the operator) deleted it."""

TRANSITIONS: dict[State, dict[Trigger, State]] = {
    "created": {"asked": "waiting", "joined": "active", "timed_out": "expired", "deleted": "destroyed"},
    "waiting": {"asked": "waiting", "joined": "active", "timed_out": "expired", "deleted": "destroyed"},
    "active": {"asked": "active", "emptied": "waiting", "deleted": "destroyed"},
    "expired": {"deleted": "destroyed"},
    "destroyed": {},
}
"""Other transitions can't happen: nobody joins a room that has ended, and a room in use doesn't expire."""

LIVE: frozenset[State] = frozenset({"created", "waiting", "active"})
"""The states in which a room can be joined."""


class LifecycleError(Exception):
    """A trigger that can't happen to a room in its state."""


def after(state: State, trigger: Trigger) -> State:
    """Return the state that follows. Raises `LifecycleError` if the trigger can't happen."""
    following = TRANSITIONS[state].get(trigger)
    if following is None:
        raise LifecycleError(f"a room that is {state} can't be {trigger}")
    return following
