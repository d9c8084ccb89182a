"""Several writes in one transaction: facts about rooms come in hundreds, and each transaction has a cost."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from peewee import IntegrityError

from storage.database import Database
from storage.errors import NotFoundError
from storage.repositories.chat import Chat
from storage.repositories.history import History
from storage.repositories.rooms import Rooms

T = TypeVar("T")


class _Collector:
    """Takes the place of the database, and collects the functions to run."""

    def __init__(self) -> None:
        self.functions: list[Callable[[], Any]] = []

    async def run(self, function: Callable[[], T], *, timeout: float | None = None) -> T:
        self.functions.append(function)
        return cast(T, None)


class Batch:
    """Call methods that write, then `commit`: it does all of it or nothing. Ignore what the methods return."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collector = _Collector()
        collector = cast(Database, self._collector)
        self.rooms = Rooms(collector)
        self.chat = Chat(collector)
        self.history = History(collector)

    async def commit(self) -> None:
        """Write it all. Raises what the first failing method raises."""
        functions = self._collector.functions

        def run() -> None:
            for function in functions:
                function()

        try:
            await self._database.run(run)
        except IntegrityError:
            raise NotFoundError from None
