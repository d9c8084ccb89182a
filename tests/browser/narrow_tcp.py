"""A narrow link for connections that carry media: it takes what it passes on, and TCP holds the rest back."""

import asyncio
import contextlib
import socket

QUEUE = 16 << 10
"""Bytes that the link itself holds, in the kernel's buffers and here: a tenth of a second at a megabit."""

PIECE = 1500


class NarrowTcp:
    """Listens on one address, and connects to the server for each client."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.down: dict[int, float] = {}
        """Bits per second towards the client of a connection, by the order in which they came; left out: any."""
        self.connections = 0
        self._to = server
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> None:
        """Begin to carry."""
        self._listener = await asyncio.start_server(self._serve, host, port, limit=QUEUE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.connections = self.connections, self.connections + 1
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, self._to)
        there = await asyncio.open_connection(sock=sock, limit=QUEUE)
        writer.transport.set_write_buffer_limits(high=PIECE)
        for source, target, narrow in ((reader, there[1], False), (there[0], writer, True)):
            task = asyncio.create_task(self._carry(source, target, number if narrow else -1))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, number: int) -> None:
        loop = asyncio.get_running_loop()
        free_at = 0.0
        with contextlib.closing(target), contextlib.suppress(OSError):
            while data := await source.read(PIECE):
                rate = self.down.get(number)
                if rate is not None:
                    free_at = max(free_at, loop.time()) + len(data) * 8 / rate
                    await asyncio.sleep(free_at - loop.time())
                target.write(data)
                await target.drain()

    async def stop(self) -> None:
        """Close everything."""
        if self._listener is not None:
            self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
