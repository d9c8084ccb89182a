"""What a join costs the whole server: HTTP, WebSocket, offer and answer, ICE and DTLS."""

import asyncio
import logging
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from signaling.client import Client, ClientOptions, create_room
from tests.bench.peers import cpu_seconds
from web.app import Server
from web.config import Settings

JOINS, PER_ROOM, WARM_UP = 100, 10, 20
OPTIONS = ClientOptions(audio_slots=4, video_slots=9)
"""The client offers two sections to send in besides."""


async def _serve(pipe: Connection, data: Path) -> None:
    server = Server(Settings(host="127.0.0.1", port=0, data=data))
    await server.start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), stopped.set)
    pipe.send(server.port)
    await stopped.wait()
    asyncio.get_running_loop().remove_reader(pipe.fileno())
    await server.stop()


def _main(pipe: Connection, data: Path, core: int | None) -> None:
    logging.disable(logging.INFO)
    if core is not None:
        os.sched_setaffinity(0, {core})
    asyncio.run(_serve(pipe, data))


@contextmanager
def running_server(core: int | None) -> Iterator[tuple[str, int]]:
    """A server in a process of its own: its URL and process id."""
    pipe, theirs = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as data:
        process = multiprocessing.get_context("spawn").Process(target=_main, args=(theirs, Path(data), core))
        process.start()
        try:
            assert process.pid is not None
            yield f"http://127.0.0.1:{pipe.recv()}", process.pid
        finally:
            pipe.send("stop")
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()


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
    """Milliseconds of the server's CPU for each join, ten to a room, one after the other; one figure for each round."""
    with running_server(core) as (url, pid):
        return asyncio.run(_measure(url, pid, rounds))
