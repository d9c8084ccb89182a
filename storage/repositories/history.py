"""Events in rooms: who joined, who left, who was removed."""

from typing import Any

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import Event as Model
from storage.models import IntegrityError, rows
from storage.records import Event, EventKind

MAX_PAGE = 500


class History:
    """The events of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, room_id: str, person_id: str, name: str, kind: EventKind, now: float) -> Event:
        """Store an event. Raises `NotFoundError` for an unknown room, and `InvalidTextError`."""

        def add() -> Event:
            row = {"room": room_id, "person_id": person_id, "name": name, "kind": kind, "at": now}
            return Event(int(Model.insert(row).execute()), room_id, person_id, name, kind, now)

        try:
            return await self._database.run(add)
        except IntegrityError:
            raise NotFoundError from None

    async def page(self, room_id: str, before: int | None = None, limit: int = 100) -> list[Event]:
        """Return the last `limit` events (500 at most) with an id less than `before`, oldest first."""

        def page() -> list[Event]:
            conditions = [Model.room == room_id]
            if before is not None:
                conditions.append(Model.id < before)
            query = Model.select().where(*conditions).order_by(Model.id.desc()).limit(max(0, min(limit, MAX_PAGE)))
            return [_event(row) for row in rows(query)][::-1]

        return await self._database.read(page)

    async def purge(self, before: float) -> int:
        """Delete the events before this time; returns how many."""
        return await self._database.run(lambda: int(Model.delete().where(Model.at < before).execute()))


def _event(row: dict[str, Any]) -> Event:
    values = dict(row)
    return Event(room_id=values.pop("room"), **values)
