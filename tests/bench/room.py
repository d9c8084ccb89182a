"""The server's cost of events in a large room: total CPU, and CPU at a stretch, in which no media moves.

A whole server in a process of its own, and the project's own clients over real sockets: HTTP, WebSocket and media.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from signaling import messages
from signaling.client import Client, ClientOptions, create_room
from tests import times
from tests.bench.join import running_server
from tests.bench.media import Camera, Microphone
from tests.bench.relay_process import ROOT, ServerProcess
from tests.bench.results import Results

SIZES = (25, 100, 300)
SPEAKERS = 5
"""One more than there are slots for sound."""
AT_ONCE = 10
_SETTLING = 0.3
_PATIENCE = 60.0
_OPTIONS = ClientOptions(audio_slots=SPEAKERS - 1, video_slots=9, simulcast=True, watch_height=180, timeout=_PATIENCE)

Figures = dict[str, float]
Action = Callable[[], Awaitable[Any]]


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(times.seconds(_PATIENCE)):
        while not condition():
            await asyncio.sleep(0.02)


async def _host_token(url: str) -> str:
    body = {"email": "host@example.org", "name": "Host", "password": "kanarienvogel gelb"}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/api/auth/register", json=body) as response:
            assert response.status == 201, await response.text()
        del body["name"]
        async with session.post(f"{url}/api/auth/login", json=body) as response:
            return str((await response.json())["access_token"])


class Room:
    """A full room, everyone with a silent microphone, and the events in it."""

    def __init__(self, server: ServerProcess, code: str, token: str) -> None:
        self.server = server
        self._code = code
        self.host = Client(server.url, code, "Host", replace(_OPTIONS, access_token=token))
        self.guests: list[Client] = []
        self.newcomer: Client | None = None
        self.figures: Figures = {}

    def _client(self, name: str) -> Client:
        return Client(self.server.url, self._code, name, _OPTIONS)

    async def fill(self, size: int) -> None:
        """Let everyone join, ten at a time."""
        await self.host.join()
        for first in range(1, size, AT_ONCE):
            some = [self._client(f"Guest {number}") for number in range(first, min(first + AT_ONCE, size))]
            await asyncio.gather(*(client.join() for client in some))
            for number, client in enumerate(some, first):
                level = 20 + number if number <= SPEAKERS else None
                await client.publish(Microphone(pause=5.0) if level is None else Microphone(level))
            self.guests += some

    async def empty(self) -> None:
        """Let everyone leave."""
        everyone = [self.host, *self.guests, *([self.newcomer] if self.newcomer else [])]
        await asyncio.gather(*(client.close() for client in everyone))

    def _everyone(self) -> list[Client]:
        return [self.host, *self.guests]

    async def _measure(self, name: str, act: Action, done: Callable[[], object] = lambda: True) -> None:
        await asyncio.sleep(_SETTLING)
        self.server.call("begin_turns")
        await act()
        await _until(done)
        await asyncio.sleep(_SETTLING)
        turns = self.server.call("turns")
        self.figures[f"{name}_ms"] = turns["cpu"] * 1e3
        self.figures[f"{name}_longest_ms"] = turns["longest_cpu"] * 1e3

    async def measure(self) -> None:
        """Do everything once."""
        await self._measure("join", self._join)
        await self._measure("leave", self._leave, lambda: all(len(c.participants) == self.others for c in self.guests))
        await self._measure("chat", lambda: self.guests[0].chat("hello all"), self._all_read)
        await self._measure("camera", lambda: self.guests[0].publish(Camera()), self._all_see)
        await _until(lambda: len(self._heard()) == SPEAKERS - 1)
        heard = self._heard()
        speaker = next(guest for guest in self.guests if f"{guest.you.id}.microphone" in heard)
        await self._measure("speaker", lambda: speaker.mute("microphone"), lambda: self._heard() not in (heard, set()))
        everything = messages.MuteAll(source="microphone")
        await self._measure("mute_all", lambda: self.host.moderate(everything), self._all_muted)

    @property
    def others(self) -> int:
        """How many others each participant sees."""
        return len(self.guests)

    async def _join(self) -> None:
        self.newcomer = self._client("Newcomer")
        await self.newcomer.join()

    async def _leave(self) -> None:
        assert self.newcomer is not None
        await self.newcomer.leave()

    def _all_read(self) -> bool:
        return all(any(message.text == "hello all" for message in c.chat_messages) for c in self._everyone())

    def _all_see(self) -> bool:
        wanted = f"{self.guests[0].you.id}.camera"
        viewers = [client for client in self._everyone() if client is not self.guests[0]]
        return all(
            any(slot.publication == wanted and slot.stats.packets for slot in client.slots.values())
            for client in viewers
        )

    def _heard(self) -> set[str]:
        """The people whom the last guest hears, if all of that guest's slots carry somebody."""
        slots = [slot for slot in self.guests[-1].slots.values() if slot.kind == "audio"]
        found = {slot.publication for slot in slots if slot.publication is not None and not slot.paused}
        return found if len(found) == len(slots) else set()

    def _all_muted(self) -> bool:
        def muted(client: Client) -> bool:
            sounds = [each for each in client.publications.values() if each.source == "microphone"]
            return all(each.muted for each in sounds)

        return all(muted(client) for client in self._everyone())


async def _run(server: ServerProcess, size: int) -> Figures:
    token = await _host_token(server.url)
    code = await create_room(server.url, "Measured", token)
    room = Room(server, code, token)
    try:
        await room.fill(size)
        await room.measure()
    finally:
        await room.empty()
    return room.figures


def figures(core: int | None, size: int, root: Path = ROOT) -> Figures:
    """Milliseconds of CPU of each event, measured once."""
    with running_server(core, root) as server:
        return asyncio.run(_run(server, size))


TITLES = {
    "join": "somebody joins",
    "leave": "somebody leaves",
    "chat": "a chat message",
    "camera": "a camera starts",
    "speaker": "another speaker",
    "mute_all": "mute all",
}


def _name(results: Results, size: int, figure: str) -> str:
    """The name of a figure in the results; adds its title."""
    name = f"room_{size}_{figure}"
    action, longest = figure.removesuffix("_ms").removesuffix("_longest"), figure.endswith("_longest_ms")
    title = "  at a stretch" if longest else f"CPU in a room of {size}: {TITLES[action]}"
    results.titles[name] = (title, "ms", "")
    return name


def measure(results: Results, core: int | None, size: int) -> None:
    """One run of a room of that size."""
    for figure, value in figures(core, size).items():
        results.add(_name(results, size, figure), value)


def compare(results: Results, core: int | None, size: int, base: Path, pairs: int = 3) -> None:
    """The same for this version and another one, in turns."""
    for _ in range(pairs):
        this, other = figures(core, size), figures(core, size, base)
        for figure in this:
            results.add_pair(_name(results, size, figure), this[figure], other[figure])
        results.write()
