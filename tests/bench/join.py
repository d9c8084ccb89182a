"""The cost of a join for the whole server: HTTP, WebSocket, offer and answer, ICE and DTLS."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signaling.client import Client, ClientOptions, create_room
from tests.bench.peers import cpu_seconds
from tests.bench.relay_process import ROOT, ServerProcess

JOINS, PER_ROOM, WARM_UP = 100, 10, 20
OPTIONS = ClientOptions(audio_slots=4, video_slots=9)
"""The client also offers two sections for sending."""


@contextmanager
def running_server(core: int | None, root: Path = ROOT) -> Iterator[ServerProcess]:
    """Run a server in a process of its own."""
    with tempfile.TemporaryDirectory() as data:
        server = ServerProcess(core, Path(data), root)
        try:
            yield server
        finally:
            server.stop()


async def _join(url: str, count: int) -> list[Client]:
    clients: list[Client] = []
    for number in range(count):
        if number % PER_ROOM == 0:
            code = await create_room(url)
        client = Client(url, code, f"guest {number}", OPTIONS)
        await client.join()
        clients.append(client)
    return clients


async def _measure(url: str, pid: int, rounds: int) -> list[float]:
    results = []
    clients = await _join(url, WARM_UP)
    for _ in range(rounds):
        before = cpu_seconds(pid)
        joined = await _join(url, JOINS)
        results.append((cpu_seconds(pid) - before) / JOINS * 1e3)
        for client in [*clients, *joined]:
            await client.leave()
        clients = []
    return results


def cpu_ms_per_join(core: int | None, rounds: int) -> list[float]:
    """Milliseconds of the server's CPU per join, ten to a room, one after the other; one figure for each round."""
    with running_server(core) as server:
        return asyncio.run(_measure(server.url, server.pid, rounds))
