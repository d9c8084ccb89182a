"""The state of a session: who its WebSocket speaks for, and how it ends.

A session reads one request at a time and answers it before it reads the next, so being busy is a state too. It begins
as NEW: it speaks for nobody. A `join` or `resume` makes it JOINING for as long as the server takes to answer (the room
may have to be loaded), and the answer decides what follows: JOINED, WAITING for a host, or NEW again after a refusal.
An admitted visitor joins over the same socket, so WAITING leads to JOINING again. Every request of a participant leads
from JOINED to SERVING and back. JOINED never goes back to NEW, since leaving a room closes the socket.

Three things end a session. They differ in what the client still gets to read:

- The room ends it (`ended`: the person was removed or signed out, or the call is over). The client gets `bye` as its
  last event, after the reply to the request being served: a busy session goes through ENDING, an idle one straight to
  CLOSING.
- The server closes it (`close`: another socket took over, there were too many messages, the participant left, or the
  server stops). What is already in the outbox is written, then the close frame.
- The socket is gone (`gone`). If the server was closing it, the session is CLOSED. Otherwise it is GONE, and the
  participant may come back with `resume`.

`history` needs the database and is served beside the other requests, so it changes no state.
"""

from enum import Enum
from typing import Literal, get_args

from signaling import messages
from signaling.messages import Request


class State(Enum):
    """Where a session is in its life."""

    NEW = "new"
    """Speaks for nobody yet; has to join or resume in time."""
    JOINING = "joining"
    """Carries out a request of a client that isn't in the room."""
    WAITING = "waiting"
    """Speaks for a visitor whom a host has to admit."""
    JOINED = "joined"
    """Speaks for a participant."""
    SERVING = "serving"
    """Carries out a request of a participant."""
    ENDING = "ending"
    """Ended by the room while carrying out a request; says `bye` after the reply."""
    CLOSING = "closing"
    """Reads nothing more; writes what is in the outbox, then closes the socket."""
    CLOSED = "closed"
    """Over: the server closed the socket."""
    GONE = "gone"
    """Over: the client closed the socket, or the connection was lost."""


Trigger = Literal["request", "refused", "waits", "joined", "ended", "close", "gone"]
"""A request is about to be carried out; it was answered, and the client is not in the room, waits for a host, or is in
the room; the room ends the session; the server closes the socket; the socket is gone."""

TRANSITIONS: dict[State, dict[Trigger, State]] = {
    State.NEW: {"request": State.JOINING, "close": State.CLOSING, "gone": State.GONE},
    State.JOINING: {
        "refused": State.NEW,
        "waits": State.WAITING,
        "joined": State.JOINED,
        "ended": State.ENDING,
        "close": State.CLOSING,
        "gone": State.GONE,
    },
    State.WAITING: {
        "request": State.JOINING,
        "ended": State.CLOSING,
        "close": State.CLOSING,
        "gone": State.GONE,
    },
    State.JOINED: {
        "request": State.SERVING,
        "ended": State.CLOSING,
        "close": State.CLOSING,
        "gone": State.GONE,
    },
    State.SERVING: {
        "joined": State.JOINED,
        "ended": State.ENDING,
        "close": State.CLOSING,
        "gone": State.GONE,
    },
    State.ENDING: {"ended": State.ENDING, "close": State.CLOSING, "gone": State.GONE},
    State.CLOSING: {"ended": State.CLOSING, "close": State.CLOSING, "gone": State.CLOSED},
    State.CLOSED: {},
    State.GONE: {},
}
"""A trigger that a state doesn't list can't happen in it."""

_TO_ENTER = frozenset[type[Request]]({messages.Join, messages.Resume})

PERMITTED: dict[State, frozenset[type[Request]]] = {
    State.NEW: _TO_ENTER,
    State.WAITING: _TO_ENTER | {messages.Ping},
    State.JOINED: frozenset(get_args(messages.ClientMessage)) - _TO_ENTER,
}
"""Requests that are carried out in each state in which requests are read; others are refused as `bad_state`."""


class SessionStateError(Exception):
    """A trigger that can't happen in the present state: a bug in the session."""


class SessionState:
    """The state of one session; starts as NEW."""

    __slots__ = ("current",)

    def __init__(self) -> None:
        self.current = State.NEW

    def apply(self, trigger: Trigger) -> None:
        """Go to the state that follows. Raises `SessionStateError` where the trigger can't happen."""
        following = TRANSITIONS[self.current].get(trigger)
        if following is None:
            raise SessionStateError(f"{trigger!r} can't happen to a session that is {self.current.value}")
        self.current = following

    @property
    def busy(self) -> bool:
        """Whether the reply to a request is still to come and decides the next state."""
        return self.current in (State.JOINING, State.SERVING)

    @property
    def reads(self) -> bool:
        """Whether requests are still read and carried out."""
        return self.current not in (State.CLOSING, State.CLOSED, State.GONE)
