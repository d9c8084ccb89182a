"""The programs in docs/bots.md run as printed, against a real server: only port and room code are put in."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import pytest

from signaling.client import Client, create_room
from tests import times
from tests.integration.bot_tracks import ColourTrack, ToneTrack, at, ends, hear_until, receive_until, shows
from tests.integration.conftest import until
from web import page

pytestmark = pytest.mark.timeout(180)

ROOT = Path(page.__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "bots.md").read_text("utf-8")
PROGRAMS: dict[str, str] = dict(re.findall(r"^<!-- (\w+) -->\n```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
LINK = "http://localhost:8080/r/abcde-fghjk-mnpqr"


def test_every_block_is_tried() -> None:
    assert list(PROGRAMS) == ["join", "echo", "overlay", "record", "commands"]
    assert GUIDE.count("```") == 2 * len(PROGRAMS)


class Bot:
    """A running program; `lines` is what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().strip())

    async def done(self) -> str:
        """Wait until it ends by itself; its errors."""
        assert self.process.stderr is not None
        errors = await asyncio.wait_for(self.process.stderr.read(), times.seconds(30))
        await self.process.wait()
        await self._reader
        return errors.decode()


@asynccontextmanager
async def bot(name: str, folder: Path, url: str, code: str, *words: str) -> AsyncIterator[Bot]:
    """A program of the guide. It has to end by itself, without a complaint, once the room is over."""
    text = PROGRAMS[name]
    assert text.count(LINK) == 1
    (folder / "bot.py").write_text(text.replace(LINK, f"{url}/r/{code}"))
    pipe = asyncio.subprocess.PIPE
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "default", "bot.py", *words, cwd=folder, env=environment, stdout=pipe, stderr=pipe
    )
    running = Bot(process)
    try:
        yield running
        assert await running.done() == ""
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def host(url: str, name: str = "Ada") -> AsyncIterator[Client]:
    """The room's owner, who ends the call at the end, so that the bots leave."""
    async with Client(url, await create_room(url, "Bots"), name) as client:
        yield client


async def sees(client: Client, source: str) -> str:
    """Wait until someone else publishes from that source; returns the publication's id."""
    await until(lambda: [each for each in others(client) if each.endswith(source)], 30)
    return next(each for each in others(client) if each.endswith(source))


def others(client: Client) -> list[str]:
    return [each.id for each in client.publications.values() if each.participant != client.you.id]


@pytest.mark.asyncio
async def test_join(url: str, tmp_path: Path) -> None:
    async with host(url) as ada, bot("join", tmp_path, url, ada.code) as hello:
        await until(lambda: [each.text for each in ada.chat_messages] == ["Hello, everybody."], 30)
        await ada.react("👏")
        await until(lambda: "reaction" in hello.lines)
        await ada.end_call()


@pytest.mark.asyncio
async def test_echo(url: str, tmp_path: Path) -> None:
    async with host(url) as ada, bot("echo", tmp_path, url, ada.code):
        await ada.publish(ColourTrack(1))
        await ada.publish(ToneTrack(550.0))
        picture, sound = ada.track(await sees(ada, "camera")), ada.track(await sees(ada, "microphone"))
        await receive_until(picture, lambda frame: shows(frame, 1))
        await hear_until(sound, 550.0)
        await ada.unpublish("camera")
        await ends(picture)
        await ada.end_call()


@pytest.mark.asyncio
async def test_overlay(url: str, tmp_path: Path) -> None:
    async with host(url) as ada, bot("overlay", tmp_path, url, ada.code):
        await ada.publish(ColourTrack(0))
        track = ada.track(await sees(ada, "camera"))
        # Navy with white letters above, the camera's colour below.
        await receive_until(track, lambda frame: shows(frame, 0) and at(frame, 1, 0.9, 0.05) > 160)
        await ada.end_call()


@pytest.mark.asyncio
async def test_record(url: str, tmp_path: Path) -> None:
    async with host(url, "Bo") as bo, bot("record", tmp_path, url, bo.code, "Ada") as recorder:
        await until(lambda: len(bo.participants) == 1, 30)
        await bo.publish(ColourTrack(5, (320, 180)))
        async with Client(url, bo.code, "Ada") as ada:
            await ada.publish(ColourTrack(2, (320, 180)))
            await ada.publish(ToneTrack())
            await until(lambda: recorder.lines == ["recording Ada"], 30)
            await until(lambda: len(ada.streams) == 2)
            sent = [each.stream.packets for each in ada.streams]
            await until(
                lambda: all(each.stream.packets > before + 60 for each, before in zip(ada.streams, sent, strict=True))
            )
        # Ada has left, so it ends by itself.
        assert await recorder.done() == ""
    with av.open(str(tmp_path / "Ada.mp4")) as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= 20
    assert shows(frames[-1], 2)
    with av.open(str(tmp_path / "Ada.mp4")) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 48_000


@pytest.mark.asyncio
async def test_commands(url: str, tmp_path: Path) -> None:
    async with host(url) as ada, bot("commands", tmp_path, url, ada.code):
        await until(lambda: ada.chat_messages, 30)
        (helper,) = ada.participants
        for said, heard in (
            ("/time", r"It is \d\d:\d\d\."),
            ("/people", "Ada"),
            ("/dance", "I know /time, /people and /quiet."),
            ("/quiet", ".*host.*"),
        ):
            await ada.chat(said, to=helper if said == "/people" else None)
            await until(lambda: ada.chat_messages[-1].sender == helper)
            answer = ada.chat_messages[-1]
            assert re.fullmatch(heard, answer.text), answer.text
            assert answer.to == (ada.you.id if said == "/people" else None)
        await ada.end_call()
