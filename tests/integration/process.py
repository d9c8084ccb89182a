"""A server in a process of its own, as an operator runs it; tests can kill it and keep it from writing to the disk."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from web import page

ROOT = str(Path(page.__file__).resolve().parent.parent)
_COMMAND = (sys.executable, "-m", "web.cli")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MILANIO_")}
    return {**kept, "PYTHONPATH": ROOT, "MILANIO_RATE_LIMITS": "false", "MILANIO_MEDIA_PORT": "0"}


async def milanio(data: Path, *words: str) -> str:
    """Run a command that must succeed; returns its output."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, *words, "--data", str(data), env=_environment(), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


class ServerProcess:
    """`milanio serve`, at `url`; `log` is its output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.url = ""
        self.log = ""
        self._reader = asyncio.create_task(self._read())

    async def started(self) -> bool:
        """Wait until it serves. False: it has ended."""
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        self.url = line.split()[3].rstrip(",") if line else ""
        return bool(line)

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.log += line.decode()

    def disk_full(self, *, full: bool) -> None:
        """Make all writes to files fail, or succeed again."""
        # The hard limit stays, so that this can be undone. Writes fail as on a full disk.
        limit = (0 if full else resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limit)

    async def end(self, how: signal.Signals) -> int:
        """Stop or kill it; returns its exit status."""
        if self._process.returncode is None:
            self._process.send_signal(how)
        status = await self._process.wait()
        await self._reader
        return status


@asynccontextmanager
async def running(data: Path, port: int = 0, descriptors: int | None = None) -> AsyncIterator[ServerProcess]:
    """Run a server with that data folder, port (0: any free one), and limit of open files."""
    pipe = asyncio.subprocess.PIPE
    words = ("serve", "--host", "127.0.0.1", "--port", str(port), "--data", str(data))
    limited = () if descriptors is None else ("sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh")
    started = await asyncio.create_subprocess_exec(
        *limited, *_COMMAND, *words, env=_environment(), stdout=pipe, stderr=pipe
    )
    process = ServerProcess(started)
    try:
        assert await process.started(), process.log
        yield process
    finally:
        await process.end(signal.SIGKILL)
