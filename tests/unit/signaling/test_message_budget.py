import pytest

from signaling import handlers, messages
from signaling.errors import RoomError
from signaling.handlers import Context
from signaling.message_budget import (
    OFFER_BURST,
    OFFERS_PER_SECOND,
    SHARED_BURST,
    SHARED_PER_SECOND,
    WATCH_BURST,
    WATCHES_PER_SECOND,
    MessageBudget,
)
from signaling.rooms.participant import Participant
from tests.coroutines import at_once
from tests.unit.signaling.people import Someone, make_room

OFFER = messages.Offer(type="offer", id=1, sdp="v=0")
WATCH = messages.Watch(type="watch", id=1, slots=[])
SHARED: list[messages.Request] = [
    messages.Hand(type="hand", id=1, raised=True),
    messages.React(type="react", id=1, emoji="x"),
    messages.Mute(type="mute", id=1, source="camera", muted=False),
    messages.Publish(type="publish", id=1, mid="1", source="camera"),
    messages.Unpublish(type="unpublish", id=1, source="camera"),
    messages.Moderate(type="moderate", id=1, action=messages.MuteAll(do="mute_all", source="camera")),
]


@pytest.mark.parametrize(
    ("request_", "burst", "per_second"),
    [
        (OFFER, OFFER_BURST, OFFERS_PER_SECOND),
        (WATCH, WATCH_BURST, WATCHES_PER_SECOND),
        *((each, SHARED_BURST, SHARED_PER_SECOND) for each in SHARED),
    ],
)
def test_what_costs_much_is_served_so_often(request_: messages.Request, burst: int, per_second: float) -> None:
    budget = MessageBudget()
    assert sum(budget.allow(request_, 100.0) for _ in range(500)) == burst
    assert sum(budget.allow(request_, 100.0 + step / 100) for step in range(1, 1001)) == pytest.approx(
        10 * per_second, abs=1
    )


def test_what_everyone_is_told_of_has_one_budget_and_others_their_own() -> None:
    budget = MessageBudget()
    assert sum(budget.allow(SHARED[number % len(SHARED)], 1.0) for number in range(500)) == SHARED_BURST
    assert budget.allow(OFFER, 1.0)
    assert budget.allow(WATCH, 1.0)
    assert all(budget.allow(messages.Ping(type="ping", id=1), 1.0) for _ in range(1000))


def test_a_new_connection_brings_no_new_budget_and_nobody_else_pays() -> None:
    room = make_room()
    busy, other = Someone(room, "a").participant, Someone(room, "b").participant

    def ask(who: Participant) -> str:
        try:
            at_once(handlers.handle(Context(room, who, [], 1.0, 1.0), SHARED[0]))
        except RoomError as error:
            return error.code
        return "ok"

    assert [ask(busy) for _ in range(SHARED_BURST)] == ["ok"] * SHARED_BURST
    busy.attach(lambda seq, body: None)
    assert ask(busy) == "too_many"
    assert ask(other) == "ok"


def test_nobody_is_ever_kept_from_muting_themselves() -> None:
    budget = MessageBudget()
    mute = messages.Mute(id=1, source="microphone", muted=True)
    while budget.allow(messages.Mute(id=1, source="microphone", muted=False), 1.0):
        pass
    assert budget.allow(mute, 1.0)


def test_all_participants_of_a_person_have_one_budget() -> None:
    room = make_room()
    first, second, other = Someone(room, "ada"), Someone(room, "ada"), Someone(room, "bo")
    assert first.participant.budget is second.participant.budget is not other.participant.budget
    assert first.participant.chat_limit is second.participant.chat_limit
    first.leaves()
    assert Someone(room, "ada").participant.budget is second.participant.budget
