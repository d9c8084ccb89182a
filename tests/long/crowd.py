"""People in processes of their own: each has some of the project's clients, and gets commands through a pipe."""

import asyncio
import multiprocessing
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from signaling.client import Client, ClientError, ClientOptions
from tests.bench.media import Camera


@dataclass(frozen=True, slots=True)
class Watched:
    """Counts of all people of a process: video slots with packets, packets, and packets that never came; `cpu`: the
    process's CPU seconds.
    """

    slots: int
    packets: int
    lost: int
    failures: list[str]
    cpu: float


class _People:
    """Runs in the process."""

    def __init__(self) -> None:
        self.clients: list[Client] = []

    async def join(self, url: str, code: str, names: list[str], options: ClientOptions, fps: int) -> list[str]:
        """Join one after the other, each with a camera unless `fps` is 0; returns errors."""
        failures = []
        for name in names:
            client = Client(url, code, name, options)
            try:
                await client.join()
                if fps:
                    await client.publish(Camera(fps))
            except ClientError as error:
                failures.append(f"{name}: {error}")
            self.clients.append(client)
        return failures

    async def burst(self, url: str, codes: list[str], count: int, seconds: float) -> list[str]:
        """Let `count` people join within `seconds`, whether or not earlier ones have joined yet; returns errors."""
        options, failures = ClientOptions(audio_slots=4, video_slots=9, timeout=30.0), []
        started = asyncio.get_running_loop().time()

        async def one(number: int) -> None:
            await asyncio.sleep(started + number * seconds / count - asyncio.get_running_loop().time())
            client = Client(url, codes[number % len(codes)], f"Guest {number}", options)
            self.clients.append(client)
            try:
                await client.join()
            except ClientError as error:
                failures.append(f"Guest {number}: {error}")

        await asyncio.gather(*(one(number) for number in range(count)))
        return failures

    async def come_and_go(self, url: str, code: str, count: int) -> list[str]:
        """Let `count` people join and leave, ten at a time; returns errors."""
        options, failures = ClientOptions(audio_slots=1, video_slots=1, timeout=30.0), []

        async def one(number: int) -> None:
            try:
                async with Client(url, code, f"Guest {number}", options):
                    pass
            except ClientError as error:
                failures.append(f"Guest {number}: {error}")

        for first in range(0, count, 10):
            await asyncio.gather(*(one(number) for number in range(first, min(first + 10, count))))
        return failures

    async def watched(self) -> Watched:
        slots = [
            slot
            for client in self.clients
            for slot in client.slots.values()
            if slot.kind == "video" and slot.publication
        ]
        for slot in slots:
            slot.update()
        failures = [f"{client.name}: {client.failure}" for client in self.clients if client.failure is not None]
        return Watched(
            sum(slot.stats.packets > 0 for slot in slots),
            sum(slot.stats.packets for slot in slots),
            sum(slot.stats.lost for slot in slots),
            failures,
            time.process_time(),
        )

    async def leave(self) -> None:
        await asyncio.gather(*(client.leave() for client in self.clients))
        self.clients.clear()


async def _obey(pipe: Connection) -> None:
    people, loop = _People(), asyncio.get_running_loop()
    commands: asyncio.Queue[tuple[str, tuple[Any, ...]] | None] = asyncio.Queue()

    def readable() -> None:
        try:
            commands.put_nowait(pipe.recv())
        except EOFError:
            loop.remove_reader(pipe.fileno())
            commands.put_nowait(None)

    loop.add_reader(pipe.fileno(), readable)
    while (command := await commands.get()) is not None:
        name, arguments = command
        try:
            pipe.send((True, await getattr(people, name)(*arguments)))
        except Exception:
            pipe.send((False, traceback.format_exc()))
    await people.leave()


def _main(pipe: Connection) -> None:
    asyncio.run(_obey(pipe))


class People:
    """A handle for the process. `tell` starts a command, `result` waits for its end."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def tell(self, name: str, *arguments: Any) -> None:
        self._pipe.send((name, arguments))

    def result(self) -> Any:
        done, result = self._pipe.recv()
        assert done, result
        return result

    def call(self, name: str, *arguments: Any) -> Any:
        self.tell(name, *arguments)
        return self.result()


@contextmanager
def people(processes: int) -> Iterator[list[People]]:
    """Start that number of processes, which end with the block."""
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        found = []
        for _ in range(processes):
            pipe, theirs = context.Pipe()
            process = context.Process(target=_main, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            stack.callback(process.join, 20)
            stack.callback(pipe.close)
            found.append(People(pipe))
        yield found
