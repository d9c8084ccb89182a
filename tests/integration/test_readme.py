"""What the README shows works as it stands there: its Python program, and the command line beside it."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import pytest

from signaling.client import Client, ClientOptions, create_room
from tests import times
from tests.integration.conftest import until
from web import page

pytestmark = pytest.mark.asyncio

ROOT = Path(page.__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
URL = "http://localhost:8080"

WATCHING = ClientOptions(audio_slots=1, video_slots=1, watch_height=360)


async def start(*command: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    environment = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PATH": ""}
    return await asyncio.create_subprocess_exec(sys.executable, *command, stdout=pipe, stderr=pipe, env=environment)


async def is_seen_and_heard(url: str, code: str, others: int) -> None:
    async with Client(url, code, "watcher", WATCHING) as watcher:
        await until(lambda: len(watcher.participants) == others)
        await until(lambda: sum(slot.stats.packets > 0 for slot in watcher.slots.values()) == 2)


async def test_the_program(url: str, tmp_path: Path) -> None:
    (text,) = re.findall(r"```python\n(import asyncio\n.*?)```", README, re.DOTALL)
    assert URL in text
    # The room's code is the program's own: it is asked to say it.
    told = text.replace(URL, url).replace('"Bots")\n', '"Bots")\n    print("CODE", code)\n', 1)
    (tmp_path / "bot.py").write_text(told)
    process = await start(str(tmp_path / "bot.py"))
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), times.seconds(20))
        await is_seen_and_heard(url, line.decode().split()[1], 1)
        while b"participant.left" not in await asyncio.wait_for(process.stdout.readline(), times.seconds(10)):
            pass  # it prints every event; that the watcher left is the last of them
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


async def test_the_command(url: str, tmp_path: Path) -> None:
    (line,) = re.findall(r"^milanio (join .*?)\s*$", README, re.MULTILINE)
    words = line.split()
    assert words[:2] == ["join", URL]
    assert words[-2:] == ["--publish", "clip.mp4"]
    code = await create_room(url, "Bots")
    given = [url if word == URL else word for word in words[:-1]]
    given[given.index("--room") + 1] = code
    process = await start("-m", "web.cli", *given, "pattern")
    try:
        await is_seen_and_heard(url, code, 1)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        output, _ = await process.communicate()
    assert output.decode().splitlines()[-1] == "left"
    assert process.returncode == 0
