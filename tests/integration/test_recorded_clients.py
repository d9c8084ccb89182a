"""Clients of released versions in calls with today's server: the recorded requests are made again, in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from signaling.messages import SUBPROTOCOL
from tests.integration.running import CHEAP
from tests.recordings import RECORDINGS, Step, missing, read
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio

OWNER = {"email": "ada@example.org", "name": "Ada", "password": "kanarienvogel gelb"}

BY_MEDIA = ("slot", "speakers", "quality")
"""Events that depend on packets, of which none flow here."""

FIXED = (
    "type",
    "source",
    "kind",
    "why",
    "name",
    "text",
    "muted",
    "hand",
    "host",
    "moderate",
    "emoji",
    "locked",
)
"""Fields whose values must be the recorded ones; others name things of the day, such as ids and times."""

SECONDS = 10.0


@pytest_asyncio.fixture
async def url(tmp_path: Any) -> AsyncIterator[str]:
    settings = Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False)
    server = Server(settings, password_cost=CHEAP)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


class Names:
    """What ids, tokens and codes of the recording are called today, learnt by comparing answers."""

    def __init__(self) -> None:
        self._today: dict[str | int, Any] = {}

    def learn(self, recorded: Any, today: Any) -> None:
        if isinstance(recorded, dict) and isinstance(today, dict):
            for key in recorded.keys() & today.keys():
                self.learn(recorded[key], today[key])
        elif isinstance(recorded, list) and isinstance(today, list):
            for pair in zip(recorded, today, strict=False):
                self.learn(*pair)
        elif isinstance(recorded, str) or (isinstance(recorded, int) and recorded > 1_000_000_000):
            self._today[recorded] = today

    def translate(self, recorded: Any) -> Any:
        if isinstance(recorded, dict):
            return {key: self.translate(value) for key, value in recorded.items()}
        if isinstance(recorded, list):
            return [self.translate(item) for item in recorded]
        return self._today.get(recorded, recorded) if isinstance(recorded, str | int) else recorded


def fixed(message: Any) -> Any:
    """A message with nothing but the fields that are the same each time."""
    if isinstance(message, dict):
        return {key: fixed(value) for key, value in message.items() if key in FIXED or isinstance(value, dict | list)}
    return [fixed(item) for item in message] if isinstance(message, list) else message


def is_by_media(event: dict[str, Any]) -> bool:
    return event["type"] in BY_MEDIA or (event["type"] == "participant.updated" and event["connection"] != "joining")


class Replayed:
    """One of the recorded clients."""

    def __init__(self, url: str, names: Names) -> None:
        self._url = url
        self._names = names
        # A browser sends its cookies with the WebSocket too, and says where it comes from.
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": url})
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._replies: dict[int, dict[str, Any]] = {}
        self._events: deque[dict[str, Any]] = deque()
        self._expected: deque[dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self._last_event = 0

    async def close(self) -> None:
        await self._disconnect()
        await self._http.close()

    async def api(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(self._url + path, json=body) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status < 400, answer
            return answer

    async def take(self, step: Step) -> None:
        """Do a step again. Messages of the server are waited for before the client's next step.

        Not at once: in a recording the clients' steps may be a little out of order with each other.
        """
        if "receive" in step:
            self._expected.append(step["receive"])
            return
        await self.catch_up()
        if "post" in step:
            self._compare(step["answer"], await self.api(step["post"], self._names.translate(step["body"])))
        elif "connect" in step:
            self._socket = await self._http.ws_connect(f"{self._url}/ws", protocols=(SUBPROTOCOL,))
            self._reader = asyncio.create_task(self._read(self._socket))
        elif "send" in step:
            assert self._socket is not None
            request = {**self._names.translate(step["send"]), "id": step["send"]["id"]}
            if request["type"] == "resume":
                request["last_event"] = self._last_event
            await self._socket.send_json(request)
        else:
            await self._disconnect()

    async def catch_up(self) -> None:
        """Wait for everything that had come by now; it must be as it was, as far as it is the same each time."""
        while self._expected:
            await self._expect(self._expected.popleft())

    async def _disconnect(self) -> None:
        if self._socket is not None and self._reader is not None:
            await self._socket.close()
            await self._reader

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            message = frame.json()
            if message["type"] == "event":
                self._last_event = message["seq"]
                self._events.append(message["event"])
            else:
                self._replies[message["id"]] = message
            self._news.set()

    async def _expect(self, recorded: dict[str, Any]) -> None:
        if recorded["type"] != "event":
            reply = await self._wait(lambda: self._replies.pop(recorded["id"], None), recorded)
            self._compare(recorded, reply)
        elif not is_by_media(recorded["event"]):
            event = await self._wait(lambda: self._event_like(recorded["event"]), recorded)
            self._compare(recorded["event"], event)

    def _event_like(self, recorded: dict[str, Any]) -> dict[str, Any] | None:
        """The next event of a kind; those before it are of media, or of a kind that the client doesn't know."""
        for event in self._events:
            if event["type"] == recorded["type"] and (recorded["type"] in BY_MEDIA or not is_by_media(event)):
                self._events.remove(event)
                return event
        return None

    async def _wait(self, find: Any, recorded: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(SECONDS):
                while (found := find()) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pytest.fail(f"this doesn't come any more: {recorded}")
        return dict(found)

    def _compare(self, recorded: dict[str, Any], today: dict[str, Any]) -> None:
        assert missing(recorded, today) == []
        kept = fixed(recorded)
        assert missing(kept, fixed(today)) == []
        assert _at(kept, today) == kept
        self._names.learn(recorded, today)


def _at(recorded: Any, today: Any) -> Any:
    """As much of today's message as the recorded one has."""
    if isinstance(recorded, dict):
        return {key: _at(value, today[key]) for key, value in recorded.items()}
    if isinstance(recorded, list):
        return [_at(*pair) for pair in zip(recorded, today, strict=True)]
    return today


@pytest.mark.parametrize("name", RECORDINGS)
async def test_a_client_of_before_the_upgrade_keeps_working(url: str, name: str) -> None:
    names = Names()
    async with AsyncExitStack() as stack:
        people: dict[str, Replayed] = {}
        for step in read(name):
            who = step["who"]
            if who not in people:
                people[who] = Replayed(url, names)
                stack.push_async_callback(people[who].close)
                if len(people) == 1:
                    names.learn(step["body"]["code"], await _make_room(people[who], name))
            await people[who].take(step)
        for person in people.values():
            await person.catch_up()


async def _make_room(owner: Replayed, name: str) -> str:
    if name.startswith("python"):
        room = await owner.api("/api/rooms/create", {"title": "Bots"})
    else:
        await owner.api("/api/auth/register", OWNER)
        await owner.api("/api/auth/login", {"email": OWNER["email"], "password": OWNER["password"]})
        room = await owner.api("/api/rooms/create", {"title": "Seminar", "access": "waiting"})
    return str(room["code"])
