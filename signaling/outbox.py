"""The queue of messages to a WebSocket: bounded, so that a client that never reads affects nobody else."""

import asyncio
import time
from collections.abc import Sized

from aiohttp import web

from signaling.limits import LIVE_BYTES, OUTBOX_BYTES, SERVER_OUTBOX_BYTES
from signaling.mailbox import Body
from signaling.outgoing import Outgoing
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
        self._waiting = Outgoing()
        self._counted = 0
        """What the server's count includes of it, in bytes."""
        self._server = Outboxes() if server is None else server
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        """Set while nothing waits but events that are being gathered."""
        self._finished = False

    def gather(self, people: Sized) -> None:
        """Send the events of these people in batches from now on: see `Outgoing`."""
        self._waiting.gather(people)

    def put(self, text: str) -> None:
        """Send a reply as soon as what is before it is sent."""
        if not self._finished:
            self._waiting.put(text)
            self._added()

    def put_event(self, seq: int, body: Body) -> None:
        """Send an event, at once or with the next ones."""
        if not self._finished:
            self._waiting.put_event(seq, body, time.monotonic())
            self._added()

    def _added(self) -> None:
        self._count()
        size = self._waiting.bytes
        if size > OUTBOX_BYTES or (self._server.bytes > self._server.limit and size > LIVE_BYTES):
            self.abort()
        if self._timer is None or self._waiting.hurried:
            self._wake.set()

    def _count(self) -> None:
        self._server.bytes += self._waiting.bytes - self._counted
        self._counted = self._waiting.bytes

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
                await self._write()
                if self._finished and not self._waiting:
                    return
                await self._wake.wait()
                self._wake.clear()
        except (ConnectionError, RuntimeError):
            self._finished = True
        finally:
            self._drop()

    async def _write(self) -> None:
        """Write what is due, and set the timer for the rest."""
        self._stop_timer()
        while self._waiting:
            now = time.monotonic()
            due = self._waiting.due(now)
            if due > now and not self._finished:
                self._timer = asyncio.get_running_loop().call_later(due - now, self._wake.set)
                return
            await self._turns.mine()
            if self._waiting:
                text = self._waiting.take(time.monotonic())
                self._count()
                await self._socket.send_str(text)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop(self) -> None:
        self._stop_timer()
        self._waiting.clear()
        self._count()
