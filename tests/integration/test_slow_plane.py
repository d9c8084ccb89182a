"""A media plane that takes its time to answer an offer: what the others may do, and what comes too late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse

from sfu.plane import MediaAnswer, MediaOffer
from signaling import handlers
from signaling.client import Client, ClientOptions, Pattern, create_room
from signaling.messages import SUBPROTOCOL
from signaling.rooms.room import Room
from tests import times
from tests.integration.conftest import until
from tests.unit.signaling.offers import FULL
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio


class SlowServer:
    """A server whose media plane holds back the answers to offers until it is `let_go`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked = asyncio.Event()
        self._go = asyncio.Event()
        plane = server.local_plane
        connect = plane.connect

        async def later(room: str, member: str, epoch: int, offer: MediaOffer) -> MediaAnswer:
            answer = await connect(room, member, epoch, offer)
            self.asked.set()
            await self._go.wait()
            return answer

        plane.connect = later  # type: ignore[method-assign]

    def let_go(self) -> None:
        self._go.set()

    @property
    def room(self) -> Room:
        (room,) = self.server.signaling.registry.rooms
        return room

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def transports(self) -> int:
        return len(self.server.media.relay.transports)


@pytest_asyncio.fixture
async def slow(tmp_path: Path) -> AsyncIterator[SlowServer]:
    server = Server(Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False))
    await server.start()
    yield SlowServer(server)
    await server.stop()


@asynccontextmanager
async def joined(url: str, name: str, code: str) -> AsyncIterator[ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/api/rooms/join", json={"code": code, "name": name}) as response:
            token = (await response.json())["token"]
        async with http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,)) as socket:
            await socket.send_json({"type": "join", "id": 0, "token": token})
            assert (await replies(socket, 1))[0]["result"]["type"] == "welcome"
            yield socket


async def replies(socket: ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    """The next replies, past events."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = await socket.receive_json(timeout=times.seconds(5))
        if message["type"] != "event":
            found.append(message)
    return found


async def test_other_requests_of_that_socket_wait_and_nobody_else_does(slow: SlowServer) -> None:
    code = slow.server.signaling.registry.create("", 0.0).code
    async with joined(slow.url, "Ada", code) as ada, joined(slow.url, "Ben", code) as ben:
        await ada.send_json({"type": "offer", "id": 1, "sdp": FULL})
        await slow.asked.wait()
        await ada.send_json({"type": "publish", "id": 2, "mid": "1", "source": "camera"})
        await ada.send_json({"type": "hand", "id": 3, "raised": True})
        await ben.send_json({"type": "hand", "id": 4, "raised": True})
        assert [reply["id"] for reply in await replies(ben, 1)] == [4]
        assert [each.hand for each in slow.room.participants.values()] == [False, True]
        slow.let_go()
        found = await replies(ada, 3)
        assert [(reply["type"], reply["id"]) for reply in found] == [("ok", 1), ("ok", 2), ("ok", 3)]


async def test_without_an_answer_in_time_there_is_no_connection_and_the_next_offer_makes_one(
    slow: SlowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "ANSWER_SECONDS", 0.05)
    code = slow.server.signaling.registry.create("", 0.0).code
    async with joined(slow.url, "Ada", code) as ada:
        await ada.send_json({"type": "offer", "id": 1, "sdp": FULL})
        (reply,) = await replies(ada, 1)
        assert (reply["type"], reply["code"]) == ("error", "unavailable")
        assert slow.transports == 0
        slow.let_go()
        await ada.send_json({"type": "offer", "id": 2, "sdp": FULL})
        await ada.send_json({"type": "publish", "id": 3, "mid": "1", "source": "camera"})
        assert [reply["type"] for reply in await replies(ada, 2)] == ["ok", "ok"]
        assert slow.transports == 1


async def test_who_leaves_meanwhile_leaves_no_connection_behind(slow: SlowServer) -> None:
    code = slow.server.signaling.registry.create("", 0.0).code
    async with joined(slow.url, "Ada", code) as ada, joined(slow.url, "Ben", code):
        await ada.send_json({"type": "offer", "id": 1, "sdp": FULL})
        await slow.asked.wait()
        room = slow.room
        assert slow.transports == 1
        participant = next(each for each in room.participants.values() if each.name == "Ada")
        room.disconnect(participant, "removed", 0.0, "removed")
        assert slow.transports == 0
        slow.let_go()
        (reply,) = await replies(ada, 1)
        assert (reply["type"], reply["code"]) == ("error", "bad_state")
    await until(lambda: not slow.server.signaling.sessions)
    assert slow.transports == 0
    assert slow.server.local_plane.rooms == {}


async def test_the_answer_comes_before_the_first_slot_event(any_plane_url: str) -> None:
    code = await create_room(any_plane_url, "Test")
    async with Client(any_plane_url, code, "Ada", ClientOptions(audio_slots=0, video_slots=0)) as ada:
        (camera,) = await ada.publish(Pattern(width=320, height=180, fps=15, audio=False))
        for number in range(5):
            async with joined(any_plane_url, f"Ben {number}", code) as ben:
                wish = {"slot": "4", "publication": camera.id, "height": 180}
                await ben.send_json({"type": "offer", "id": 1, "sdp": FULL})
                await ben.send_json({"type": "watch", "id": 2, "slots": [wish]})
                seen: list[object] = []
                while "slot" not in seen:
                    message = await ben.receive_json(timeout=times.seconds(5))
                    seen.append(message["event"]["type"] if message["type"] == "event" else message["id"])
                assert [each for each in seen if each in (1, 2, "slot")] == [1, 2, "slot"]
