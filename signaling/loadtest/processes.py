"""The processes that play a load test's people: how they are started, and what is known of each."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signaling.loadtest import WORKER
from signaling.loadtest.link import MAX_LINE, Link, LinkError
from signaling.loadtest.share import Person

COMMAND = (
    (sys.executable, WORKER) if getattr(sys, "frozen", False) else (sys.executable, "-m", "signaling.loadtest.worker")
)

_ROOT = str(Path(__file__).resolve().parents[2])
_END_SECONDS = 5.0
"""For a process to end by itself, once it isn't needed any more."""


class Process:
    """A process at the other end of a link; `name` is for people, `close` ends it. `machine`: its number, 0 is ours."""

    def __init__(self, name: str, link: Link, machine: int = 0) -> None:
        self.name = name
        self.machine = machine
        self._link = link

    async def send(self, message: dict[str, Any]) -> None:
        """Send a command. Raises `LinkError`."""
        await self._link.send(message)

    async def receive(self) -> dict[str, Any] | None:
        """What it says next; None when it has ended. Raises `LinkError`."""
        return await self._link.receive()

    def end_input(self) -> None:
        """Say that no command follows: its people leave."""
        self._link.close()

    async def close(self) -> None:
        """Let go of it."""
        await self._link.finish()

    @property
    def last_words(self) -> str:
        """What it said before it ended, in one line; may be empty."""
        return ""


class LocalProcess(Process):
    """A process on this machine."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        super().__init__(name, Link(process.stdout, process.stdin))
        self.process = process
        self._errors: deque[str] = deque(maxlen=20)
        self._reader = asyncio.create_task(self._read_errors())

    @classmethod
    async def start(cls, name: str, command: Sequence[str] = COMMAND) -> "LocalProcess":
        """Start one. Raises `LinkError`."""
        path = os.pathsep.join(each for each in (_ROOT, os.environ.get("PYTHONPATH")) if each)
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                limit=MAX_LINE,
                env={**os.environ, "PYTHONPATH": path},
                # The terminal's Ctrl+C is for the controller, which lets people leave.
                start_new_session=True,
            )
        except OSError as error:
            raise LinkError(f"{name} can't be started: {error.strerror}") from None
        return cls(name, process)

    async def _read_errors(self) -> None:
        """Keep the end of what it logs; nothing of it is for the terminal, but for the last line."""
        assert self.process.stderr is not None
        try:
            async for line in self.process.stderr:
                self._errors.append(line.decode(errors="replace").strip())
        except ValueError:
            pass  # an endless line: it has said enough

    @property
    def last_words(self) -> str:
        """Its last line on standard error, and how it ended."""
        status = self.process.returncode
        how = "" if status is None else f"by signal {-status}" if status < 0 else f"with status {status}"
        said = next((line for line in reversed(self._errors) if line), "")
        return f"{how}: {said[:200]}" if how and said else how or said[:200]

    async def close(self) -> None:
        """End it, by force where it doesn't by itself."""
        await super().close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.process.wait()
        except TimeoutError:
            pass  # it is killed below, as where this is cancelled
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()
            await asyncio.gather(self._reader, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Load:
    """What a process is to play."""

    process: Process
    people: tuple[Person, ...]


def spread(people: Sequence[Person], processes: Sequence[Process]) -> list[Load]:
    """Give each process as many people as the others, whole rooms where there are enough of them.

    The delay between two people is measured best where both are played by one process. Processes without people are
    left out.
    """
    rooms: dict[int, list[Person]] = {}
    for person in people:
        rooms.setdefault(person.room, []).append(person)
    shares: list[list[Person]] = [[] for _ in processes]
    if len(rooms) >= len(processes):
        for room in sorted(rooms.values(), key=len, reverse=True):
            min(shares, key=len).extend(room)
    else:
        for index, person in enumerate(people):
            shares[index % len(shares)].append(person)
    return [
        Load(process, tuple(sorted(share, key=lambda person: person.number)))
        for process, share in zip(processes, shares, strict=True)
        if share
    ]
