"""A network in front of the server's HTTP port that can forget connections, as it does when an address is gone."""

import asyncio
from contextlib import suppress


class TcpProxy:
    """Carries connections. Forgotten ones stay open and carry nothing more; new ones work."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.delay = 0.0
        """Seconds that everything takes one way."""
        self._to = port
        self._server: asyncio.Server | None = None
        self._carrying = asyncio.Event()
        self._carrying.set()
        self._pairs: set[asyncio.Task[None]] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Begin to carry; `port` is where."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Carry nothing, of old connections and of new ones."""
        self._carrying.clear()

    def mend(self) -> None:
        """Carry again."""
        self._carrying.set()

    def forget(self) -> None:
        """Carry nothing more of the connections that there are."""
        self._forgotten |= self._writers

    def reset(self) -> None:
        """End the connections that there are, as a computer does with its own when its address changes."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._carrying.wait()
        try:
            there = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, there[1]}
        for source, target in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._pump(source, target))
            self._pairs.add(task)
            task.add_done_callback(self._pairs.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while data := await source.read(65536):
                await self._carrying.wait()
                if target in self._forgotten:
                    return
                if self.delay:
                    loop.call_later(self.delay, target.write, data)
                else:
                    target.write(data)
                    await target.drain()
        if target not in self._forgotten:
            self._writers.discard(target)
            target.close()

    async def stop(self) -> None:
        """Close everything."""
        for task in list(self._pairs):
            task.cancel()
        for writer in self._writers:
            writer.close()
        if self._server is not None:
            self._server.close()
