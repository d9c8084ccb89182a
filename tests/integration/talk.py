"""Two people in a call with audio and video, watched while something around them fails."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from signaling.client import Client, ClientOptions, Pattern, Slot, create_room
from tests import times
from tests.integration.conftest import until
from tests.integration.running import CHEAP
from web.app import Server
from web.config import Settings

EMAIL, PASSWORD = "ada@example.org", "kanarienvogel gelb"

WATCHING = ClientOptions(audio_slots=2, video_slots=2, watch_height=360)
PATTERN = Pattern(width=320, height=180, fps=15, colour=0)

MAX_GAP = 1.0
"""Longest gap in a slot, seconds."""
AT_ONCE = 2.0
"""Most seconds until a chat message arrives. Waiting for a hanging database would take five."""
JOINED_WITHIN = 4.0
"""Most seconds until a newcomer sees and hears the others."""


@asynccontextmanager
async def serving(data: Path, database: str | None = None) -> AsyncIterator[tuple[Server, str]]:
    """A server, and its URL."""
    settings = Settings(
        port=0,
        media_port=0,
        host="127.0.0.1",
        data=data,
        rate_limits=False,
        database=None if database is None else SecretStr(database),
    )
    server = Server(settings, password_cost=CHEAP)
    await server.start()
    try:
        yield server, f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    code: str
    retry_after: str | None
    access_token: str
    seconds: float


async def post(url: str, path: str, body: dict[str, object]) -> Answer:
    """Send a request to the API, as a new client."""
    before = time.monotonic()
    async with aiohttp.ClientSession() as session, session.post(url + path, json=body) as response:
        answer = await response.json()
        return Answer(
            response.status,
            answer.get("error", {}).get("code", ""),
            response.headers.get("Retry-After"),
            answer.get("access_token", ""),
            time.monotonic() - before,
        )


async def health(url: str) -> tuple[int, int]:
    """The statuses of `/api/health` and `/api/ready`."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(url + "/api/health") as alive,
        session.get(url + "/api/ready") as ready,
    ):
        return alive.status, ready.status


async def until_ready(url: str) -> float:
    """Wait until the server is ready; returns the seconds it took."""
    began = time.monotonic()
    while (await health(url))[1] != 200:
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def register(url: str, email: str = EMAIL) -> None:
    answer = await post(url, "/api/auth/register", {"email": email, "name": email[:3], "password": PASSWORD})
    assert answer.status == 201


async def log_in(url: str, email: str = EMAIL) -> Answer:
    return await post(url, "/api/auth/login", {"email": email, "password": PASSWORD})


async def refused_log_in(url: str) -> Answer:
    """Log in while the database is away."""
    answer = await log_in(url)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.retry_after is not None
    assert int(answer.retry_after) > 0
    return answer


async def until_log_in(url: str) -> float:
    """Wait until logging in works again; returns the seconds it took."""
    before = time.monotonic()
    while (answer := await log_in(url)).status != 200:
        assert answer.status == 503
        await asyncio.sleep(0.05)
    return time.monotonic() - before


def carrying(client: Client) -> list[Slot]:
    """The slots in which packets come."""
    return [slot for slot in client.slots.values() if slot.publication is not None and slot.stats.packets]


class Talk:
    """Ada has logged in, Bo is a guest; both send and receive audio and video."""

    def __init__(self, url: str, code: str, ada: Client, bo: Client) -> None:
        self.url, self.code = url, code
        self.ada, self.bo = ada, bo
        self.said: list[str] = []

    @property
    def room_id(self) -> str:
        return self.ada.room.id

    async def say(self, sender: Client, text: str) -> None:
        """Send a chat message, which the other gets at once."""
        other = self.bo if sender is self.ada else self.ada
        before = time.monotonic()
        await sender.chat(text)
        await until(lambda: any(message.text == text for message in other.chat_messages))
        assert time.monotonic() - before < times.seconds(AT_ONCE)
        self.said.append(text)

    async def guest_joins(self, name: str) -> None:
        """Let a guest join, see and hear both, and leave."""
        before = time.monotonic()
        async with Client(self.url, self.code, name, WATCHING) as guest:
            await until(lambda: len(carrying(guest)) == 4)
            assert time.monotonic() - before < times.seconds(JOINED_WITHIN)

    def watch(self) -> None:
        """Watch the gaps between packets from now on."""
        for slot in self.slots:
            slot.stats.longest_gap = 0.0

    @property
    def slots(self) -> list[Slot]:
        """The slots in which both receive the other's audio and video."""
        slots = [*carrying(self.ada), *carrying(self.bo)]
        assert len(slots) == 4
        return slots

    def longest_gap(self) -> float:
        """The longest gap in any slot, seconds; asserts that nothing was lost and nobody reconnected."""
        now = asyncio.get_running_loop().time()
        for client in (self.ada, self.bo):
            assert (client.resume_count, client.failure, client.bye) == (0, None, None)
        gaps = []
        for slot in self.slots:
            assert not slot.paused
            assert slot.stats.last_packet_at is not None
            gaps += [slot.stats.longest_gap, now - slot.stats.last_packet_at]
        return max(gaps)


@asynccontextmanager
async def talking(url: str) -> AsyncIterator[Talk]:
    """A call in which media flows."""
    await register(url)
    token = (await log_in(url)).access_token
    code = await create_room(url, "Test", token)
    options = ClientOptions(audio_slots=2, video_slots=2, watch_height=360, access_token=token)
    async with Client(url, code, "Ada", options) as ada, Client(url, code, "Bo", WATCHING) as bo:
        for client in (ada, bo):
            await client.publish(PATTERN)
        await until(lambda: all(len(carrying(client)) == 2 for client in (ada, bo)))
        yield Talk(url, code, ada, bo)
