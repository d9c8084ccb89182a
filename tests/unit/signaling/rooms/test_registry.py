import asyncio

import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.messages import Rights
from signaling.rooms.journal import NullSource, SavedMessage, SavedRoom, SourceUnavailableError
from signaling.rooms.participant import Person
from signaling.rooms.registry import UNUSED_SECONDS, Registry
from tests.unit.signaling.people import ManualPlane, Someone

CODE = "abcde-fghjk-mnpqr"


class Shelf:
    """A source that can be made to wait or to fail."""

    def __init__(self) -> None:
        self.loads = 0
        self.away = False
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def load(self, room_id: str) -> SavedRoom | None:
        self.loads += 1
        await self.go_on.wait()
        if self.away:
            raise SourceUnavailableError
        return SavedRoom(messages.Room(id=room_id, code=CODE, title="")) if room_id == "id" else None

    async def history(self, room_id: str, person: str, before: int | None, limit: int) -> list[SavedMessage]:
        return []


def test_rooms_in_memory_only_are_kept() -> None:
    registry = Registry(ManualPlane())
    room = registry.create("title", 0.0)
    registry.forget_unused(1e9)
    assert registry.by_id(room.id) is registry.find(room.code.upper()) is room


@pytest.mark.asyncio
async def test_many_at_once_load_a_room_once() -> None:
    shelf = Shelf()
    registry = Registry(ManualPlane(), shelf)
    shelf.go_on.clear()
    opening = [asyncio.create_task(registry.open("id", 0.0)) for _ in range(5)]
    await asyncio.sleep(0)
    opening[0].cancel()
    await asyncio.sleep(0)
    shelf.go_on.set()
    rooms = await asyncio.gather(*opening[1:])
    assert opening[0].cancelled()
    assert shelf.loads == 1
    assert all(room is registry.by_id("id") for room in rooms)


@pytest.mark.asyncio
async def test_what_is_not_there_or_can_not_be_looked_up_is_said() -> None:
    shelf = Shelf()
    registry = Registry(ManualPlane(), shelf)
    with pytest.raises(RoomError) as caught:
        await registry.open("other", 0.0)
    assert caught.value.code == "not_found"
    shelf.away = True
    with pytest.raises(RoomError) as caught:
        await registry.open("id", 0.0)
    assert caught.value.code == "unavailable"
    shelf.away = False
    assert await registry.open("id", 0.0) is registry.find(CODE)


@pytest.mark.asyncio
async def test_rooms_that_can_be_loaded_again_are_let_go_of_when_nobody_uses_them() -> None:
    registry = Registry(ManualPlane(), Shelf())
    room = await registry.open("id", 0.0)
    registry.forget_unused(UNUSED_SECONDS)
    assert registry.by_id("id") is room
    ada = Someone(room, "ada")
    registry.forget_unused(1e9)
    assert registry.by_id("id") is room
    ada.leaves()
    visitor = Someone(room, "ben", needs_admission=True)
    registry.forget_unused(1e9)
    assert registry.by_id("id") is room
    assert visitor.visitor is not None
    room.stop_waiting(visitor.visitor)
    registry.forget_unused(1e9)
    assert registry.by_id("id") is registry.find(CODE) is None


@pytest.mark.asyncio
async def test_a_closed_room_is_gone_with_everyone_in_it() -> None:
    registry = Registry(ManualPlane(), Shelf())
    room = await registry.open("id", 0.0)
    ada = Someone(room, "ada")
    registry.close(room, "room_closed", 1.0)
    assert (ada.bye, registry.find(CODE), registry.rooms) == ("room_closed", None, [])


@pytest.mark.asyncio
async def test_without_a_source_there_is_nothing_to_load() -> None:
    source = NullSource()
    assert await source.load("id") is None
    assert await source.history("id", "ada", None, 10) == []
    room = Registry(ManualPlane()).create("", 0.0)
    assert room.join(Person("ada", "Ada"), Rights()).rights.moderate
