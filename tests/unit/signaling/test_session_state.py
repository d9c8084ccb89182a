from typing import get_args

import pytest

from signaling import messages
from signaling.messages import Request
from signaling.session_state import PERMITTED, SessionState, SessionStateError, State, Trigger

TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)
REQUESTS: tuple[type[Request], ...] = get_args(messages.ClientMessage)

LIFE: dict[State, tuple[State | None, ...]] = {
    # trigger:      request         refused    waits          joined        ended          close          gone
    State.NEW:     (State.JOINING,  None,      None,          None,         None,          State.CLOSING, State.GONE),
    State.JOINING: (None,           State.NEW, State.WAITING, State.JOINED, State.ENDING,  State.CLOSING, State.GONE),
    State.WAITING: (State.JOINING,  None,      None,          None,         State.CLOSING, State.CLOSING, State.GONE),
    State.JOINED:  (State.SERVING,  None,      None,          None,         State.CLOSING, State.CLOSING, State.GONE),
    State.SERVING: (None,           None,      None,          State.JOINED, State.ENDING,  State.CLOSING, State.GONE),
    State.ENDING:  (None,           None,      None,          None,         State.ENDING,  State.CLOSING, State.GONE),
    State.CLOSING: (None,           None,      None,          None,         State.CLOSING, State.CLOSING, State.CLOSED),
    State.CLOSED:  (None,           None,      None,          None,         None,          None,          None),
    State.GONE:    (None,           None,      None,          None,         None,          None,          None),
}  # fmt: skip
"""What each trigger leads to; None: it can't happen in that state."""


def in_state(current: State) -> SessionState:
    state = SessionState()
    state.current = current
    return state


@pytest.mark.parametrize("current", State)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_trigger_in_every_state_leads_somewhere_or_is_refused(current: State, trigger: Trigger) -> None:
    state = in_state(current)
    expected = dict(zip(TRIGGERS, LIFE[current], strict=True))[trigger]
    if expected is not None:
        state.apply(trigger)
        assert state.current is expected
    else:
        with pytest.raises(SessionStateError, match=current.value):
            state.apply(trigger)
        assert state.current is current


@pytest.mark.parametrize("request_type", REQUESTS)
@pytest.mark.parametrize("current", State)
def test_every_request_in_every_state_is_permitted_or_refused(current: State, request_type: type[Request]) -> None:
    to_enter = request_type in (messages.Join, messages.Resume)
    expected = {
        State.NEW: to_enter,
        State.WAITING: to_enter or request_type is messages.Ping,
        State.JOINED: not to_enter,
    }
    assert (request_type in PERMITTED.get(current, ())) == expected.get(current, False)


def test_requests_are_permitted_just_where_one_can_begin() -> None:
    assert set(PERMITTED) == {current for current in State if LIFE[current][0] is not None}


def walked(*triggers: Trigger) -> list[State]:
    state = SessionState()
    states = []
    for trigger in triggers:
        state.apply(trigger)
        states.append(state.current)
    return states


def test_a_visitor_is_admitted_takes_part_and_leaves() -> None:
    assert walked("request", "refused", "request", "waits", "request", "joined", "request", "close", "gone") == [
        State.JOINING, State.NEW, State.JOINING, State.WAITING, State.JOINING, State.JOINED, State.SERVING,
        State.CLOSING, State.CLOSED,
    ]  # fmt: skip


def test_a_busy_session_that_the_room_ends_answers_first() -> None:
    assert walked("request", "joined", "request", "ended")[-1] is State.ENDING
    assert walked("request", "joined", "ended")[-1] is State.CLOSING


def test_who_closed_the_socket_is_known_at_the_end() -> None:
    assert walked("request", "joined", "gone")[-1] is State.GONE
    assert walked("request", "joined", "close", "gone")[-1] is State.CLOSED


@pytest.mark.parametrize("current", State)
def test_what_a_state_means_to_the_session(current: State) -> None:
    state = in_state(current)
    assert state.busy == (current in (State.JOINING, State.SERVING))
    assert state.reads == (current not in (State.CLOSING, State.CLOSED, State.GONE))
