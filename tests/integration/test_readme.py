"""What the README shows works as it stands there, over a host name: every command, and the Python program.

Only three things are changed: the number of the port, the code of the room, and `milanio` is the one of this clone.
`make` commands install and run for minutes: that their targets exist and can be planned is all that is looked at here.
"""

import asyncio
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from signaling.client import Client, ClientOptions, create_room
from tests import times
from tests.integration.clips import make_clip
from tests.integration.conftest import until
from web import page

ROOT = Path(page.__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
COMMANDS = [
    line.partition("#")[0].strip() for language, text in BLOCKS if not language for line in text.splitlines() if line
]
CODE = "abcde-fghjk-mnpqr"
PASSWORD = "kanarienvogel gelb"

WATCHING = ClientOptions(audio_slots=1, video_slots=1, watch_height=360)


def test_every_block_is_tried() -> None:
    """A block or a command that is new in the README needs a test here, too."""
    assert [language for language, _ in BLOCKS] == ["", "", "python"]
    assert [" ".join(command.split()[:3]) for command in COMMANDS] == [
        "make run",
        "make test",
        "milanio serve --host",
        "milanio join http://localhost:8080",
        "milanio user add",
        "milanio room end",
        "milanio backup milanio.backup",
        "milanio loadtest http://localhost:8080",
        "milanio migrate",
        "milanio config",
        "milanio doctor",
    ]


def test_make_knows_what_the_readme_says() -> None:
    said = {*re.findall(r"`make ([\w-]+)", README), *(c.split()[1] for c in COMMANDS if c.startswith("make "))}
    assert {"run", "test", "test-long", "check", "format", "bench"} <= said
    for target in sorted(said):
        planned = subprocess.run(("make", "--dry-run", target), cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr


def command(start: str) -> str:
    return next(each for each in COMMANDS if each.startswith(start))


class Terminal:
    """A folder in which an operator types commands from the README, with a server at `url` once it serves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        script = bin_folder / "milanio"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m web.cli "$@"\n')
        script.chmod(0o755)
        self._environment = {
            "PATH": f"{bin_folder}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "MILANIO_RATE_LIMITS": "false",
        }

    def adapted(self, text: str) -> str:
        return text.replace("8080", str(self.port))

    async def start(self, line: str, code: str = CODE) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            "exec " + self.adapted(line).replace(CODE, code),
            cwd=self.folder,
            env=self._environment,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )

    async def done(self, line: str, code: str = CODE, given: str = "") -> str:
        """The output of a command that succeeds."""
        process = await self.start(line, code)
        output, errors = await asyncio.wait_for(process.communicate(given.encode()), times.seconds(60))
        assert (process.returncode, errors.decode()) == (0, "")
        return output.decode()

    async def end(self, process: asyncio.subprocess.Process) -> tuple[str, str]:
        """Interrupt it as Ctrl-C does; what it has said."""
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        output, errors = await asyncio.wait_for(process.communicate(), times.seconds(30))
        return output.decode(), errors.decode()


@pytest_asyncio.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    """With `milanio serve` as printed."""
    operator = Terminal(tmp_path)
    process = await operator.start(command("milanio serve"))
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), times.seconds(30))).decode()
        assert f":{operator.port}" in line
        async with aiohttp.ClientSession() as http, http.get(f"{operator.url}/api/health") as answer:
            assert answer.status == 200
        yield operator
    finally:
        await operator.end(process)
        assert process.returncode == 0


@pytest.mark.asyncio
async def test_a_load_test_as_printed(terminal: Terminal) -> None:
    said = await terminal.done(command("milanio loadtest"))
    assert re.search(r"joins succeeded / tried +10 / 10\n", said), said
    assert "10 people in 2 rooms of 5, 10 s measured" in said


async def room_code(terminal: Terminal) -> str:
    """The code of the only room."""
    async with asyncio.timeout(times.seconds(20)):
        while not (rooms := json.loads(await terminal.done("milanio room list --json"))):
            await asyncio.sleep(0.1)
    (found,) = rooms
    return str(found["code"])


@asynccontextmanager
async def watching(url: str, code: str) -> AsyncIterator[Client]:
    """A client that sees and hears the participant who is there."""
    async with Client(url, code, "watcher", WATCHING) as watcher:
        await until(lambda: len(watcher.participants) == 1)
        await until(lambda: sum(slot.stats.packets > 0 for slot in watcher.slots.values()) == 2)
        yield watcher


@pytest.mark.asyncio
async def test_the_program(terminal: Terminal) -> None:
    (text,) = (text for language, text in BLOCKS if language == "python")
    assert "http://localhost:8080" in text
    (terminal.folder / "bot.py").write_text(terminal.adapted(text))
    process = await terminal.start(f"{sys.executable} bot.py")
    try:
        assert process.stdout is not None
        async with watching(terminal.url, await room_code(terminal)):
            pass
        while b"participant.left" not in await asyncio.wait_for(process.stdout.readline(), times.seconds(10)):
            pass  # it prints every event; that the watcher left is the last of them
    finally:
        await terminal.end(process)


@pytest.mark.asyncio
async def test_the_commands(terminal: Terminal) -> None:
    make_clip(terminal.folder / "clip.mp4", "libx264", "aac")
    await terminal.done(command("milanio migrate"))
    assert str(terminal.port) not in await terminal.done(command("milanio config"))
    assert "database" in await terminal.done(command("milanio doctor"))
    await terminal.done(command("milanio user add"), given=f"{PASSWORD}\n")
    assert "1 account" in await terminal.done(command("milanio backup"))
    code = await create_room(terminal.url, "Bots")
    process = await terminal.start(command("milanio join"), code)
    try:
        async with watching(terminal.url, code) as watcher:
            assert watcher.code == code
            await terminal.done(command("milanio room end"), code)
            await asyncio.wait_for(process.wait(), times.seconds(20))
    finally:
        output, errors = await terminal.end(process)
    assert (process.returncode, errors) == (0, "")
    assert "publishing clip.mp4 as camera and microphone" in output
    assert output.splitlines()[-1] == "the server ended the session: room closed"
