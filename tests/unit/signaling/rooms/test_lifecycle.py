import re
from pathlib import Path
from typing import get_args

import pytest

from signaling.messages.schema import LIFECYCLE_DOCUMENT
from signaling.rooms.lifecycle import LIVE, TRANSITIONS, LifecycleError, State, Trigger, after

STATES: tuple[State, ...] = get_args(State)
TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)


LIFE: dict[State, dict[Trigger, State | None]] = {
    "created": {
        "asked": "waiting", "joined": "active", "emptied": None, "timed_out": "expired", "deleted": "destroyed",
    },
    "waiting": {
        "asked": "waiting", "joined": "active", "emptied": None, "timed_out": "expired", "deleted": "destroyed",
    },
    "active": {"asked": "active", "joined": None, "emptied": "waiting", "timed_out": None, "deleted": "destroyed"},
    "expired": {"asked": None, "joined": None, "emptied": None, "timed_out": None, "deleted": "destroyed"},
    "destroyed": {"asked": None, "joined": None, "emptied": None, "timed_out": None, "deleted": None},
}  # fmt: skip
"""What each trigger leads to in each state; None: it can't happen."""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_trigger_in_every_state_leads_somewhere_or_is_refused(state: State, trigger: Trigger) -> None:
    expected = LIFE[state][trigger]
    if expected is not None:
        assert after(state, trigger) == expected
    else:
        with pytest.raises(LifecycleError, match=state):
            after(state, trigger)


def test_a_room_s_whole_life() -> None:
    state: State = "created"
    seen = []
    for trigger in ("asked", "joined", "asked", "emptied", "joined", "emptied", "timed_out", "deleted"):
        state = after(state, trigger)
        seen.append(state)
    assert seen == ["waiting", "active", "active", "waiting", "active", "waiting", "expired", "destroyed"]


def test_what_has_ended_stays_so() -> None:
    for state in set(STATES) - LIVE:
        assert {after(state, trigger) for trigger in TRANSITIONS[state]} <= {"destroyed"}


def test_the_document_s_table_is_this_one() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", Path(LIFECYCLE_DOCUMENT).read_text(), re.MULTILINE)
    table = {state: [cell.strip() for cell in cells.split("|")] for state, cells in rows}
    for state in STATES:
        assert table[state] == [TRANSITIONS[state].get(trigger, "–") for trigger in TRIGGERS]
