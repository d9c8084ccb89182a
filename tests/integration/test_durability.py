"""Chat survives a kill of the server, and the history says where messages may be missing."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling.client import ClientError, create_room
from storage.store import Store
from tests.integration.process import ServerProcess, running

pytestmark = pytest.mark.asyncio

SETTLED = 1.0
"""Seconds after which an acknowledged message is kept."""
SENDERS = 8


class Talkers:
    """People who talk until the server is gone."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, float] = {}
        """When each text was."""

    async def talk(self, url: str, code: str, number: int) -> None:
        async with _joined(url, code) as (socket, _):
            for count in range(10_000):
                text = f"{number}-{count}"
                try:
                    await _ask(socket, {"type": "chat", "text": text, "id": count + 2})
                except (OSError, GoneError):
                    return
                self.acknowledged[text] = time.monotonic()
                # As fast as anybody may, and then as fast as they may go on.
                await asyncio.sleep(0.005 if count < 12 else 0.7)

    async def until_killed(self, server: ServerProcess, code: str, seconds: float) -> float:
        """Talk for that long; when the server was killed."""
        tasks = [asyncio.create_task(self.talk(server.url, code, number)) for number in range(SENDERS)]
        # Something else to write as well.
        tasks += [asyncio.create_task(_make_rooms(server.url)) for _ in range(2)]
        async with asyncio.timeout(30):
            while len(self.acknowledged) < SENDERS * 10:
                await asyncio.sleep(0.01)
        await asyncio.sleep(seconds)
        killed = time.monotonic()
        await server.end(signal.SIGKILL)
        # All of them notice by themselves.
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
        return killed


class GoneError(Exception):
    """The server is."""


async def _make_rooms(url: str) -> None:
    with contextlib.suppress(ClientError):
        while True:
            await create_room(url, "another")


async def _ask(socket: aiohttp.ClientWebSocketResponse, request: dict[str, Any]) -> dict[str, Any]:
    """The result of a request, which must be a success."""
    await socket.send_json(request)
    while True:
        message = await socket.receive(timeout=15)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise GoneError
        reply = json.loads(message.data)
        if reply.get("id") == request["id"]:
            assert reply["type"] == "ok", reply
            return dict(reply.get("result") or {})


@asynccontextmanager
async def _joined(url: str, code: str) -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]]:
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/api/rooms/join", json={"code": code, "name": "Ada"}) as answer:
            token = (await answer.json())["token"]
        async with http.ws_connect(f"{url}/ws", protocols=("milanio.v1",)) as socket:
            yield socket, await _ask(socket, {"type": "join", "token": token, "id": 1})


async def _welcome(url: str, code: str) -> dict[str, Any]:
    async with _joined(url, code) as (_, welcome):
        return welcome


@pytest.mark.parametrize("seconds", [0.0, 0.6, 1.7])
async def test_what_was_acknowledged_a_second_before_a_kill_is_kept(tmp_path: Path, seconds: float) -> None:
    talkers = Talkers()
    async with running(tmp_path) as server:
        code = await create_room(server.url, "Talk")
        killed = await talkers.until_killed(server, code, seconds)
    async with Store(f"sqlite:///{tmp_path / 'milanio.db'}") as store:
        room = await store.rooms.by_code(code)
        assert room is not None
        kept: set[str] = set()
        before: int | None = None
        while page := await store.chat.page(room.id, None, before, 200):
            kept |= {message.text for message in page}
            before = page[0].id
    settled = {text for text, at in talkers.acknowledged.items() if at < killed - SETTLED}
    assert settled or seconds < SETTLED
    assert settled <= kept
    # Newcomers are told where messages may be missing.
    async with running(tmp_path) as server:
        welcome = await _welcome(server.url, code)
        assert len(welcome["chat_gaps"]) == 1
        assert welcome["chat_gaps"][0] >= max((message["id"] for message in welcome["chat"]), default=0)
        assert {message["text"] for message in welcome["chat"]} <= kept
        await server.end(signal.SIGTERM)
    # Not again after an end in order.
    async with running(tmp_path) as server:
        assert (await _welcome(server.url, code))["chat_gaps"] == welcome["chat_gaps"]


async def test_after_an_end_in_order_nothing_is_said_to_be_missing(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        code = await create_room(server.url, "Talk")
        async with _joined(server.url, code) as (socket, _):
            for number in range(15):
                await _ask(socket, {"type": "chat", "text": str(number), "id": number + 2})
            await server.end(signal.SIGTERM)
    async with running(tmp_path) as server:
        welcome = await _welcome(server.url, code)
        assert [message["text"] for message in welcome["chat"]] == [str(number) for number in range(15)]
        assert welcome["chat_gaps"] == []
