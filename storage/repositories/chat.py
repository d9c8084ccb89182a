"""Chat messages."""

from dataclasses import asdict
from typing import Any

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import JOIN, Gap, IntegrityError, Room, fn, row, rows, tuples
from storage.models import Message as Model
from storage.records import Message, SentMessage

MAX_PAGE = 200
MAX_GAPS = 100
"""Most gaps that are reported."""


class Chat:
    """The messages of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, message: Message) -> bool:
        """Store a message. Returns False if it is already stored, under its id or its sender's `client_id`.

        A caller who isn't sure whether it was stored can try again. Raises `NotFoundError` for an unknown room, and
        `InvalidTextError`.
        """
        same = Model.id == message.id
        if message.client_id is not None:
            same |= (Model.sender_id == message.sender_id) & (Model.client_id == message.client_id)

        def is_kept() -> bool:
            return row(Model.select(Model.id).where(Model.room == message.room_id, same)) is not None

        def add() -> bool:
            if is_kept():
                return False
            values = asdict(message)
            Model.insert(room=values.pop("room_id"), **values).execute()
            return True

        try:
            return await self._database.run(add)
        except IntegrityError:
            # Another process stored it at the same moment, or there is no such room.
            if await self._database.run(is_kept):
                return False
            raise NotFoundError from None

    async def page(
        self, room_id: str, viewer_id: str | None, before: int | None = None, limit: int = 50
    ) -> list[Message]:
        """Return the last `limit` messages (200 at most) with an id less than `before`, oldest first.

        Private messages are included only if the viewer wrote or received them. Deleted ones are included, without
        their text. For the page before this one, pass the id of its first message. With None as the viewer, all
        messages are returned: for the code that keeps the room in memory and decides itself who reads what.
        """

        def page() -> list[Message]:
            conditions = [Model.room == room_id]
            if viewer_id is not None:
                conditions.append(_readable_by(viewer_id))
            if before is not None:
                conditions.append(Model.id < before)
            query = Model.select().where(*conditions).order_by(Model.id.desc()).limit(max(0, min(limit, MAX_PAGE)))
            return [_message(values) for values in rows(query)][::-1]

        return await self._database.read(page)

    async def sent(self, room_id: str, limit: int) -> list[SentMessage]:
        """Return the latest messages with a `client_id`, oldest first, to recognise messages sent again."""

        def sent() -> list[SentMessage]:
            fields = (Model.id, Model.sender_id, Model.client_id)
            query = Model.select(*fields).where(Model.room == room_id, Model.client_id.is_null(False))
            return [SentMessage(*found) for found in tuples(query.order_by(Model.id.desc()).limit(limit))][::-1]

        return await self._database.read(sent)

    async def mark_gap(self, room_id: str, after_id: int, now: float) -> None:
        """Note that messages may be missing after this one. Raises `NotFoundError` for an unknown room."""
        try:
            await self._database.run(lambda: _mark_gap(room_id, after_id, now))
        except IntegrityError:
            raise NotFoundError from None

    async def gaps(self, room_id: str, limit: int = MAX_GAPS) -> list[int]:
        """Return the ids after which messages may be missing: the last `limit`, in order; 0: before the first."""

        def gaps() -> list[int]:
            query = Gap.select(Gap.after_id).where(Gap.room == room_id)
            found = tuples(query.order_by(Gap.after_id.desc()).limit(limit))
            return [int(after_id) for (after_id,) in found][::-1]

        return await self._database.read(gaps)

    async def mark_gaps_of_active(self, now: float) -> int:
        """After a crash: note that the last messages of rooms that were in use may be missing.

        Returns the number of rooms. Call it before `Rooms.all_left`.
        """

        def mark() -> int:
            last = fn.COALESCE(fn.MAX(Model.id), 0)
            query = Room.select(Room.id, last).join(Model, JOIN.LEFT_OUTER, on=(Model.room == Room.id))
            active = tuples(query.where(Room.state == "active", Room.chat).group_by(Room.id))
            for room_id, after_id in active:
                _mark_gap(room_id, int(after_id), now)
            return len(active)

        return await self._database.run(mark)

    async def by_id(self, room_id: str, message_id: int) -> Message | None:
        """One message of a room, private ones too: for deciding who may delete it."""

        def find() -> Message | None:
            found = row(Model.select().where(Model.room == room_id, Model.id == message_id))
            return None if found is None else _message(found)

        return await self._database.read(find)

    async def delete(self, room_id: str, message_id: int, now: float, by: str) -> bool:
        """Delete a message's text, but not its row, if this person may read it.

        Returns False if there is no such message, or it was deleted before.
        """
        which = (Model.room == room_id, Model.id == message_id, Model.deleted_at.is_null(), _readable_by(by))
        return await self._database.run(lambda: bool(Model.update(text="", deleted_at=now).where(*which).execute()))


def _readable_by(person: str) -> Any:
    """Messages to all, and those that this person wrote or got."""
    return Model.recipient_id.is_null() | (Model.sender_id == person) | (Model.recipient_id == person)


def _mark_gap(room_id: str, after_id: int, now: float) -> None:
    Gap.insert(room=room_id, after_id=after_id, at=now).on_conflict_ignore().execute()


def _message(row: dict[str, Any]) -> Message:
    values = dict(row)
    return Message(room_id=values.pop("room"), **values)
