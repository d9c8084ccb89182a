"""Runs of the server: whether the last one ended properly, or lost what it had yet to store."""

import uuid

from storage.database import Database
from storage.models import Run as Model


class Runs:
    """The server's run on this database, from `begin` to `end`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._id = uuid.uuid4().hex

    async def was_cut_off(self) -> bool:
        """Whether an earlier run never ended properly."""
        return await self._database.read(lambda: bool(Model.select().where(Model.id != self._id).exists()))

    async def begin(self, now: float) -> None:
        """Note that a run begins, and forget earlier runs."""

        def begin() -> None:
            Model.delete().execute()
            Model.insert(id=self._id, started_at=now).execute()

        await self._database.run(begin)

    async def end(self) -> None:
        """Note that everything is stored."""
        await self._database.run(lambda: Model.delete().where(Model.id == self._id).execute())
