"""The store imports nothing of signaling, so it names the states of a room itself: the same, and they follow alike."""

from typing import get_args

import pytest

from signaling.rooms.lifecycle import LIVE, TRANSITIONS, State
from storage.records import RoomState
from storage.store import Store

STATES: tuple[State, ...] = get_args(State)


def test_the_store_knows_the_same_states() -> None:
    assert get_args(RoomState) == STATES


@pytest.mark.asyncio
@pytest.mark.parametrize("state", STATES)
async def test_the_store_takes_what_can_follow_and_lets_nothing_come_back(store: Store, state: State) -> None:
    for number, following in enumerate(STATES):
        room = (await store.rooms.create(f"code{number}", None, 1.0)).id
        if state != "created":
            assert await store.rooms.set_state(room, state, 2.0)
        can_follow = following in TRANSITIONS[state].values()
        # States of a room in use come late, and may skip some.
        taken = await store.rooms.set_state(room, following, 3.0)
        assert taken is (can_follow or state in LIVE)
        found = await store.rooms.by_id(room)
        assert found is not None
        assert found.state == (following if taken else state)
        assert (found.ended_at is not None) is (found.state not in LIVE)
