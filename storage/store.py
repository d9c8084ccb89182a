"""The whole store in one place."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from peewee import PeeweeException

from storage.batch import Batch
from storage.database import TIMEOUT_SECONDS, Database
from storage.errors import StorageError
from storage.migrations import migrate
from storage.models import current
from storage.repositories.api_keys import ApiKeys
from storage.repositories.chat import Chat
from storage.repositories.history import History
from storage.repositories.mail import Mail
from storage.repositories.rooms import Rooms
from storage.repositories.runs import Runs
from storage.repositories.tokens import Tokens
from storage.repositories.users import Users


class Store:
    """A database and its repositories: `async with Store(url) as store`, then `store.users.by_email(…)`.

    Starting brings the tables up to date, and may raise `StorageUnavailableError` or `SchemaTooNewError`. `close` may
    be called whether or not the store was started. `new_room`: the settings of a new room about which nothing is said.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS, new_room: Mapping[str, Any] | None = None) -> None:
        self.database = Database(url, timeout)
        self.users = Users(self.database)
        self.tokens = Tokens(self.database)
        self.rooms = Rooms(self.database, new_room)
        self.chat = Chat(self.database)
        self.history = History(self.database)
        self.mail = Mail(self.database)
        self.runs = Runs(self.database)
        self.api_keys = ApiKeys(self.database)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> list[str]:
        """Connect and bring the tables up to date; returns the steps that were run. Raises `StorageError`."""
        await self.database.start()
        try:
            return await migrate(self.database)
        except BaseException as error:
            await self.database.close()
            if isinstance(error, PeeweeException):
                # For example, the user may not create tables: something for the operator to fix.
                raise StorageError(str(error).strip().partition("\n")[0]) from error
            raise

    def batch(self) -> Batch:
        """Begin a batch: several writes in one transaction."""
        return Batch(self.database)

    async def answers(self) -> None:
        """Check that the database answers. Raises `StorageUnavailableError`."""
        await self.database.read(lambda: current.execute_sql("SELECT 1").fetchall())

    async def close(self) -> None:
        """Finish what was begun and disconnect."""
        await self.database.close()
