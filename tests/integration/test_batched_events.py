"""Events that come in batches, to clients that know them, and one by one to others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse

from signaling import messages, outgoing
from signaling.client import Client
from signaling.messages import SUBPROTOCOL
from signaling.rooms.room import Room
from tests import times
from tests.integration.conftest import until
from web.app import Server

pytestmark = pytest.mark.asyncio

LONG = 600.0
"""Seconds of an interval that no test waits for."""


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people make a large room."""
    monkeypatch.setattr(outgoing, "SECONDS_PER_PERSON", outgoing.LONGEST_INTERVAL)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gathered isn't sent before something else makes it go."""
    monkeypatch.setattr(outgoing, "SECONDS_PER_PERSON", LONG)
    monkeypatch.setattr(outgoing, "LONGEST_INTERVAL", LONG)


class Reader:
    """A participant's client: what it has read, over all its sockets."""

    def __init__(self, url: str, features: list[str]) -> None:
        self.url = url
        self.features = features
        self.events: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        """Events of each frame that had any."""
        self.last_event = 0
        self.resume_token = ""

    async def join(self, http: aiohttp.ClientSession, code: str) -> ClientWebSocketResponse:
        body = {"code": code, "name": "Ada", "features": self.features}
        async with http.post(f"{self.url}/api/rooms/join", json=body) as response:
            token = (await response.json())["token"]
        socket = await http.ws_connect(f"{self.url}/ws", protocols=(SUBPROTOCOL,))
        welcome = (await self.ask(socket, type="join", id=1, token=token))["result"]
        self.resume_token = welcome["resume_token"]
        return socket

    async def resume(self, http: aiohttp.ClientSession) -> ClientWebSocketResponse:
        socket = await http.ws_connect(f"{self.url}/ws", protocols=(SUBPROTOCOL,))
        reply = await self.ask(socket, type="resume", id=2, token=self.resume_token, last_event=self.last_event)
        assert reply["result"]["type"] == "resumed"
        return socket

    async def ask(self, socket: ClientWebSocketResponse, **message: Any) -> dict[str, Any]:
        await socket.send_json(message)
        while True:
            reply = await socket.receive_json(timeout=times.seconds(5))
            if reply["type"] in ("ok", "error"):
                return dict(reply)
            self.take(reply)

    async def read(self, socket: ClientWebSocketResponse) -> None:
        """Read until the socket is cut or closed."""
        async for frame in socket:
            self.take(frame.json())

    def take(self, message: dict[str, Any]) -> None:
        events = message["events"] if message["type"] == "events" else [message["event"]]
        assert message["seq"] == self.last_event + 1
        self.last_event += len(events)
        self.events += events
        self.sizes.append(len(events))


@asynccontextmanager
async def people(url: str, server: Server, *readers: Reader) -> AsyncIterator[Room]:
    """A room with these people, whose frames are read."""
    assert server.signaling is not None
    room = server.signaling.registry.create("", server.media.now())
    async with aiohttp.ClientSession() as http:
        reading = [asyncio.create_task(each.read(await each.join(http, room.code))) for each in readers]
        yield room
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def tell(room: Room, numbers: range) -> None:
    """Tell everyone something again and again, in as many turns of the loop."""
    for number in numbers:
        room.tell_all(messages.ChatDeleted(message=number))
        await asyncio.sleep(0)


def told(reader: Reader) -> list[int]:
    return [event["message"] for event in reader.events if event["type"] == "chat.deleted"]


@pytest.mark.usefixtures("crowded")
async def test_over_cuts_and_resumes_each_client_gets_each_event_once_and_in_order(url: str, server: Server) -> None:
    old, new = Reader(url, []), Reader(url, ["events"])
    assert server.signaling is not None
    async with people(url, server, old, new) as room, aiohttp.ClientSession() as http:
        for part in range(3):
            await tell(room, range(part * 400 + 1, part * 400 + 301))
            # In the middle of it: the newest events are gathered, or still in the outbox.
            for session in list(server.signaling.sessions):
                session.abort()
            await tell(room, range(part * 400 + 301, part * 400 + 401))
            await until(lambda: not server.signaling.sessions)
            reading = [asyncio.create_task(each.read(await each.resume(http))) for each in (old, new)]
        await until(lambda: told(old)[-1] == told(new)[-1] == 1200)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    assert told(old) == told(new) == list(range(1, 1201))
    assert set(old.sizes) == {1}
    assert len(new.sizes) < len(old.sizes) / 5


@pytest.mark.usefixtures("slow")
async def test_an_event_after_a_quiet_time_and_what_a_reply_follows_go_at_once(url: str, server: Server) -> None:
    reader = Reader(url, ["events"])
    async with aiohttp.ClientSession() as http:
        assert server.signaling is not None
        room = server.signaling.registry.create("", server.media.now())
        socket = await reader.join(http, room.code)
        await tell(room, range(1, 2))
        reader.take(await socket.receive_json(timeout=times.seconds(5)))
        await tell(room, range(2, 6))
        assert told(reader) == [1]
        assert (await reader.ask(socket, type="ping", id=3))["type"] == "ok"
        assert (told(reader), reader.sizes) == ([1, 2, 3, 4, 5], [1, 4])


@pytest.mark.usefixtures("slow")
async def test_what_is_gathered_comes_before_the_goodbye(url: str, server: Server) -> None:
    reader = Reader(url, ["events"])
    async with people(url, server, reader) as room:
        await tell(room, range(1, 2))
        await until(lambda: told(reader))
        await tell(room, range(2, 4))
        room.end("ended", server.media.now())
        await until(lambda: reader.events[-1] == {"type": "bye", "why": "ended"})
    assert told(reader) == [1, 2, 3]


@pytest.mark.usefixtures("crowded")
async def test_a_program_takes_batches_over_a_cut(url: str, server: Server) -> None:
    assert server.signaling is not None
    room = server.signaling.registry.create("", server.media.now())
    async with Client(url, room=room.code, name="bot") as bot:
        found: list[int] = []

        async def read() -> None:
            async for event in bot.events():
                if isinstance(event, messages.ChatDeleted):
                    found.append(event.message)

        reading = asyncio.create_task(read())
        await tell(room, range(1, 201))
        for session in list(server.signaling.sessions):
            session.abort()
        await tell(room, range(201, 401))
        await until(lambda: bot.resume_count == 1 and found[-1:] == [400])
        await tell(room, range(401, 501))
        await until(lambda: found[-1] == 500)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert found == list(range(1, 501))
