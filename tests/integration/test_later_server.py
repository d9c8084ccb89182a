"""The Python client at a server some versions ahead, whose messages all have new fields and values, and at one of the
first release.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from signaling.client import Client, ClientError, ClientOptions, Pattern, create_room
from signaling.messages import SUBPROTOCOL
from tests.integration.conftest import until
from tests.integration.stand_in import answering
from web.app import Server

pytestmark = pytest.mark.asyncio

OPEN_VALUES = {"connection": "teleporting", "quality": "splendid", "why": "eclipse", "access": "sesame"}
"""Fields whose values may become more, with one that isn't known yet."""


def later(node: Any) -> Any:
    """A message with a new field in each of its objects, and new values where there may be some."""
    if isinstance(node, list):
        return [later(item) for item in node]
    if not isinstance(node, dict):
        return node
    known = {key: OPEN_VALUES.get(key, later(value)) if value is not None else None for key, value in node.items()}
    return {**known, "not_known_yet": {"to": ["anyone"]}}


class _Relayed:
    """One WebSocket through the later server: an event of a new kind goes before each event, and counts."""

    def __init__(self, downstream: web.WebSocketResponse) -> None:
        self._downstream = downstream
        self._added = 0

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            self._added += 1
            number = message["seq"] + self._added
            await self._downstream.send_json({"type": "event", "seq": number - 1, "event": {"type": "moon.rises"}})
            message = {**message, "seq": number}
        elif message["type"] == "events":
            first = message["seq"] + self._added
            self._added += len(message["events"])
            both = [each for event in message["events"] for each in ({"type": "moon.rises"}, event)]
            message = {**message, "seq": first, "events": both}
        await self._downstream.send_json({"type": "notice", "text": "A kind of message that is new."})
        await self._downstream.send_json(later(message))


class _Earlier:
    """The same through a server of the first release, which doesn't say what it is."""

    def __init__(self, downstream: web.WebSocketResponse) -> None:
        self._downstream = downstream

    async def send(self, message: dict[str, Any]) -> None:
        (message.get("result") or {}).pop("server", None)
        await self._downstream.send_json(message)


@asynccontextmanager
async def another_server(
    url: str, relays: type[_Relayed] | type[_Earlier] = _Relayed, said: list[dict[str, Any]] | None = None
) -> AsyncIterator[str]:
    """A server of another version, made of the one at `url`; its own address. `said` gets what clients say."""
    async with aiohttp.ClientSession() as http:

        async def ask(request: web.Request) -> web.Response:
            async with http.post(f"{url}{request.path}", json=await request.json()) as response:
                return web.json_response(later(await response.json()), status=response.status)

        async def relay(request: web.Request) -> web.WebSocketResponse:
            downstream = web.WebSocketResponse(protocols=(SUBPROTOCOL,))
            await downstream.prepare(request)
            async with http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,)) as upstream:

                async def up() -> None:
                    async for frame in downstream:
                        if said is not None:
                            said.append(frame.json())
                        await upstream.send_str(frame.data)

                sending = asyncio.create_task(up())
                relayed = relays(downstream)
                async for frame in upstream:
                    await relayed.send(frame.json())
                sending.cancel()
            return downstream

        async with answering(ask, relay) as ahead:
            yield ahead


async def test_a_call(url: str, server: Server) -> None:
    assert server.signaling is not None
    code = await create_room(url, "Later")
    options = ClientOptions(watch_height=180)
    async with another_server(url) as ahead, Client(ahead, code, "Ada", options) as ada:
        events = ada.events()
        async with Client(url, code, "Bo") as bo:
            await bo.publish(Pattern(width=320, height=180, fps=15))
            await until(lambda: sum(slot.stats.packets > 0 for slot in ada.slots.values()) == 2)
            await ada.chat("hello")
            await bo.chat("hello yourself")
            await bo.raise_hand()
            await until(lambda: [message.text for message in ada.chat_messages] == ["hello", "hello yourself"])
            await until(lambda: ada.participants[bo.you.id].hand)
            assert (await ada.chat_before()).messages[0].text == "hello"
            with pytest.raises(ClientError) as refused:
                await ada.unpublish("camera")
            assert refused.value.code == "bad_state"
        await until(lambda: not ada.participants)
        server.signaling.registry.rooms[0].end("ended", server.media.now())
        await asyncio.wait_for(ada.ended(), 5)
        assert ada.failure is None
        assert ada.bye is not None
        assert ada.bye.why == "eclipse"  # type: ignore[comparison-overlap]
        assert "moon.rises" not in {event.type async for event in events}


async def test_a_server_of_the_first_release_gets_no_field_that_it_does_not_know(url: str) -> None:
    said: list[dict[str, Any]] = []
    code = await create_room(url, "Earlier")
    async with another_server(url, _Earlier, said) as behind, Client(behind, code, "Ada") as ada:
        await ada.chat("hello")
        await until(lambda: [message.text for message in ada.chat_messages] == ["hello"])
    (chat,) = [message for message in said if message["type"] == "chat"]
    assert set(chat) == {"id", "type", "text"}
