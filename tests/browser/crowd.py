"""Many people without browsers: each publishes a pattern that was encoded once."""

import asyncio
from types import TracebackType
from typing import Self

from signaling.client import Client, ClientOptions, Pattern

NOTHING = ClientOptions(audio_slots=0, video_slots=0)
PICTURE = Pattern(width=320, height=180, fps=5)


class Crowd:
    """Bots in one room, numbered from 1: `Guest 1` and so on."""

    def __init__(self, base: str, code: str) -> None:
        self._base = base.replace("localhost", "127.0.0.1")  # one way for programs, one for pages
        self._code = code
        self.clients: list[Client] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.leave() for client in self.clients))

    async def grow(self, count: int, picture: Pattern | None = PICTURE, name: str | None = None) -> list[Client]:
        """So many more come, one after the other; without a picture they publish nothing."""
        grown = []
        for _ in range(count):
            client = Client(self._base, self._code, name or f"Guest {len(self.clients) + 1}", NOTHING)
            await client.join()
            self.clients.append(client)
            grown.append(client)
            if picture is not None:
                await client.publish(picture)
        return grown
