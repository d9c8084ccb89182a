"""A whole server in this process: in the test's own loop, or on a thread for clients that block."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from tests import times
from web.app import Server
from web.config import Settings

CHEAP = 4
"""Cost of password hashes in tests: the lowest that bcrypt knows."""


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Server]:
    """A server on free ports of this machine, without limits, with its data in the folder and these settings."""
    fixed = {"port": 0, "media_port": 0, "host": "127.0.0.1", "data": folder / "data", "rate_limits": False}
    server = Server(Settings.model_validate({**fixed, **settings}), password_cost=CHEAP)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class ServerThread:
    """`with ServerThread(settings) as running`; it serves at `url`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="server")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.server = Server(settings, password_cost=CHEAP)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(times.seconds(30))
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(times.seconds(30))
        assert not self._thread.is_alive()

    def run(self, work: Callable[[Server], Awaitable[Any]]) -> Any:
        """Run a coroutine on the server's loop, and wait for it."""
        assert self._loop is not None

        async def inside() -> Any:
            return await work(self.server)

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(times.seconds(30))

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            await self.server.start()
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._started.set()
        await self._stop.wait()
        await self.server.stop()
