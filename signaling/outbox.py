"""The queue of messages to a WebSocket: bounded, so that a client that never reads affects nobody else."""

import asyncio
from collections import deque

from aiohttp import web

from signaling.limits import LIVE_BYTES, MESSAGE_OVERHEAD, OUTBOX_BYTES, SERVER_OUTBOX_BYTES, size_of
from signaling.turns import Turns


class Outboxes:
    """What is queued in all outboxes of a server, in bytes."""

    def __init__(self, limit: int = SERVER_OUTBOX_BYTES) -> None:
        self.limit = limit
        self.bytes = 0


class Outbox:
    """Messages in order. When it is full, it closes the connection; `resume` replays the events."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        turns: Turns,
        server: Outboxes | None = None,
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._turns = turns
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._server = Outboxes() if server is None else server
        self._wake = asyncio.Event()
        self._finished = False

    def put(self, text: str) -> None:
        """Send a message as soon as the ones before it are sent."""
        if self._finished:
            return
        self._waiting.append(text)
        self._grew(size_of(text) + MESSAGE_OVERHEAD)
        crowded = self._server.bytes > self._server.limit and self._bytes > LIVE_BYTES
        if self._bytes > OUTBOX_BYTES or crowded:
            self.abort()
        self._wake.set()

    def _grew(self, count: int) -> None:
        self._bytes += count
        self._server.bytes += count

    def abort(self) -> None:
        """Cut the connection: the client doesn't read, and a close frame would be stuck behind what it hasn't read."""
        self.finish()
        self._drop()
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    @property
    def finished(self) -> bool:
        """Whether no more messages are accepted."""
        return self._finished

    def finish(self) -> None:
        """Accept no more messages; `run` returns once the queued ones are sent."""
        self._finished = True
        self._wake.set()

    async def run(self) -> None:
        """Write messages until finished, or until the connection is gone."""
        try:
            while True:
                while self._waiting:
                    await self._turns.mine()
                    if not self._waiting:
                        break
                    text = self._waiting.popleft()
                    self._grew(-size_of(text) - MESSAGE_OVERHEAD)
                    await self._socket.send_str(text)
                if self._finished:
                    return
                self._wake.clear()
                await self._wake.wait()
        except (ConnectionError, RuntimeError):
            self._finished = True
        finally:
            self._drop()

    def _drop(self) -> None:
        self._waiting.clear()
        self._grew(-self._bytes)
