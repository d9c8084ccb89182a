"""`milanio loadtest` in a process of its own, as people run it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from signaling.loadtest.report import Report
from web import page

_ROOT = str(Path(page.__file__).resolve().parent.parent)


class LoadTest:
    """A load test that runs. `lines` are what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process, json: Path) -> None:
        self.process = process
        self.lines: list[str] = []
        self.errors = ""
        self._json = json
        self._printed = asyncio.Condition()
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._printed:
                self.lines.append(line.decode().rstrip())
                self._printed.notify_all()

    async def _read_errors(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.errors += line.decode()

    async def printed(self, text: str, count: int = 1) -> None:
        """Wait for so many lines with that text."""
        async with self._printed:
            await self._printed.wait_for(lambda: sum(text in line for line in self.lines) >= count)

    async def done(self, how: signal.Signals | None = None) -> int:
        """The exit status, after a signal where one is given."""
        if how is not None:
            self.process.send_signal(how)
        status = await self.process.wait()
        await asyncio.gather(*self._readers)
        return status

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def report(self) -> Report:
        return Report.from_json(self._json.read_bytes())

    def workers(self) -> list[int]:
        """The ids of its processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(each) for each in children.split()]


@asynccontextmanager
async def load_test(folder: Path, *words: str) -> AsyncIterator[LoadTest]:
    """A load test with a report in `folder`, killed in the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MILANIO_")}
    json = folder / "report.json"
    command = (
        sys.executable,
        "-m",
        "web.cli",
        "loadtest",
        *words,
        *(() if "--worker" in words else ("--json", str(json))),
    )
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, env={**kept, "PYTHONPATH": _ROOT}, stdout=pipe, stderr=pipe
    )
    running = LoadTest(process, json)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.done()
