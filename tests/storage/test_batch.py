import pytest

from storage.errors import NotFoundError
from storage.records import Message
from storage.store import Store

pytestmark = pytest.mark.asyncio


def message(room: str, number: int, text: str = "hello") -> Message:
    return Message(room, number, "ada", "Ada", text, None, None, float(number))


async def test_a_batch_is_one_transaction_in_order(store: Store) -> None:
    room = await store.rooms.create("abc", None, 1.0)
    batch = store.batch()
    await batch.rooms.set_state(room.id, "active", 2.0)
    for number in range(1, 101):
        await batch.chat.add(message(room.id, number))
    await batch.chat.delete(room.id, 5, 3.0, "ada")
    await batch.history.add(room.id, "ada", "Ada", "joined", 2.0)
    await batch.rooms.ban(room.id, "eve", "Eve", "ada", 4.0)
    assert await store.chat.page(room.id, None) == []
    await batch.commit()
    found = await store.chat.page(room.id, None, limit=200)
    assert [each.id for each in found] == list(range(1, 101))
    assert [each.id for each in found if each.deleted_at is not None] == [5]
    assert [event.name for event in await store.history.page(room.id)] == ["Ada"]
    assert await store.rooms.states([room.id]) == {room.id: "active"}
    assert [ban.person_id for ban in await store.rooms.bans(room.id)] == ["eve"]


async def test_a_batch_that_fails_changes_nothing(store: Store) -> None:
    room = await store.rooms.create("abc", None, 1.0)
    batch = store.batch()
    await batch.chat.add(message(room.id, 1))
    await batch.chat.add(message("gone", 2))
    with pytest.raises(NotFoundError):
        await batch.commit()
    assert await store.chat.page(room.id, None) == []


async def test_where_messages_may_be_missing(store: Store) -> None:
    rooms = [await store.rooms.create(code, None, 1.0) for code in ("talks", "silent", "empty", "mute")]
    talks, silent, empty, mute = (room.id for room in rooms)
    await store.rooms.update(mute, chat=False)
    for room in (talks, silent, mute):
        await store.rooms.set_state(room, "active", 2.0)
    for number in (10, 20):
        await store.chat.add(message(talks, number))
    await store.chat.add(message(empty, 30))
    assert await store.chat.mark_gaps_of_active(3.0) == 2
    assert await store.chat.mark_gaps_of_active(4.0) == 2
    await store.chat.mark_gap(talks, 10, 5.0)
    found = [await store.chat.gaps(room) for room in (talks, silent, empty, mute)]
    assert found == [[10, 20], [0], [], []]
    assert await store.chat.gaps(talks, limit=1) == [20]
    with pytest.raises(NotFoundError):
        await store.chat.mark_gap("gone", 1, 5.0)
    await store.rooms.delete(talks)
    assert await store.chat.gaps(talks) == []


async def test_a_run_that_never_ended_is_known(store: Store, other: Store) -> None:
    assert not await store.runs.was_cut_off()
    await store.runs.begin(1.0)
    assert not await store.runs.was_cut_off()
    assert await other.runs.was_cut_off()
    await other.runs.begin(2.0)
    assert not await other.runs.was_cut_off()
    await other.runs.end()
    assert not await store.runs.was_cut_off()
