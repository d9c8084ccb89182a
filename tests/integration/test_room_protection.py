"""What keeps rooms from those who shouldn't be in them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from signaling import messages
from signaling.client import Client, ClientOptions
from tests import times
from tests.integration.api import Api
from tests.integration.conftest import until
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    settings = Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", trusted_proxies=("127.0.0.1",))
    running = Server(settings, password_cost=4)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def host_client(url: str, code: str, person: Api) -> Client:
    return Client(url, code, "Host", ClientOptions(audio_slots=1, video_slots=1, access_token=person.access_token))


async def test_guessing_codes_is_slowed_down_by_address_and_by_account(url: str) -> None:
    async with Api(url) as eve, Api(url) as other:
        await eve.register("Eve")
        wrong = {"code": "abcde-fghjk-mnpqr", "name": "Eve"}
        right = {"code": (await other.good("POST", "/api/rooms/create", {}))["code"], "name": "Eve"}
        eve.headers["X-Forwarded-For"] = "192.0.2.1"
        statuses = [(await eve.call("POST", "/api/rooms/join", wrong))[0] for _ in range(32)]
        assert statuses == [404] * 30 + [429] * 2
        # Right codes go on working: others may share the address. To the account another address is no help.
        assert (await eve.call("POST", "/api/rooms/join", right))[0] == 200
        assert (await eve.call("GET", f"/api/rooms/by-code/{right['code']}"))[0] == 200
        eve.headers["X-Forwarded-For"] = "192.0.2.2"
        assert (await eve.call("POST", "/api/rooms/join", wrong))[0] == 429
        assert (await other.call("POST", "/api/rooms/join", right))[0] == 200


async def test_a_removed_guest_is_known_by_the_cookie_and_suspected_by_the_address(url: str) -> None:
    async with (
        Api(url) as ada,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as neighbour,
        aiohttp.ClientSession() as private_window,
    ):
        await ada.register("Ada")
        room = await ada.good("POST", "/api/rooms/create", {})

        async def asks(session: aiohttp.ClientSession, address: str = "192.0.2.7") -> tuple[int, Any]:
            headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address}
            body = {"code": room["code"], "name": "Ben"}
            async with session.post(f"{url}/api/rooms/join", json=body, headers=headers) as response:
                return response.status, await response.json()

        async with host_client(url, room["code"], ada) as host:
            status, ticket = await asks(browser)
            assert (status, ticket["waits"]) == (200, False)
            async with browser.ws_connect(f"{url}/ws", protocols=("milanio.v1",), origin=url) as socket:
                await socket.send_json({"type": "join", "id": 1, "token": ticket["token"]})
                await until(lambda: host.participants)
                await host.moderate(messages.Remove(participant=next(iter(host.participants))))
                message: dict[str, Any] = {}
                while message.get("event", {}).get("type") != "bye":
                    message = await socket.receive_json(timeout=times.seconds(5))
                assert message["event"]["why"] == "removed"
            status, answer = await asks(browser)
            assert (status, answer["error"]["code"]) == (403, "removed")
            # The token from before is good for nothing either.
            async with browser.ws_connect(f"{url}/ws", protocols=("milanio.v1",), origin=url) as socket:
                await socket.send_json({"type": "join", "id": 1, "token": ticket["token"]})
                assert (await socket.receive_json(timeout=times.seconds(5)))["code"] == "bad_token"
            assert (await asks(private_window))[1]["waits"] is True
            assert (await asks(neighbour))[1]["waits"] is True
            assert (await asks(private_window, "192.0.2.8"))[1]["waits"] is False


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"Origin": "{url}"}, 101),
        ({"Origin": "{url}", "Cookie": "a=b"}, 101),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example", "Cookie": "a=b"}, 403),
        ({"Origin": "null"}, 403),
        # A program that keeps cookies: browsers say where a WebSocket comes from.
        ({"Cookie": "a=b"}, 101),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "none"}, 403),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "same-origin"}, 101),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "cross-site", "Origin": "{url}"}, 403),
    ],
)
async def test_websockets_of_other_sites_are_refused(url: str, headers: dict[str, str], status: int) -> None:
    sent = {name: value.format(url=url) for name, value in headers.items()}
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(f"{url}/ws", protocols=("milanio.v1",), headers=sent):
                found = 101
        except aiohttp.WSServerHandshakeError as error:
            found = error.status
    assert found == status


async def test_an_allowed_site_may_connect(tmp_path: Path) -> None:
    settings = Settings(
        port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", allowed_origins=("https://intranet.example",)
    )
    server = Server(settings, password_cost=4)
    await server.start()
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(
                f"http://127.0.0.1:{server.port}/ws", protocols=("milanio.v1",), origin="https://intranet.example"
            ) as socket,
        ):
            await socket.send_json({"type": "ping", "id": 1})
            assert (await socket.receive_json(timeout=times.seconds(5)))["code"] == "bad_state"
    finally:
        await server.stop()


async def test_what_changed_since_the_token_was_made_counts(url: str) -> None:
    """Locked, banned, deleted: the door is watched again when the WebSocket comes."""
    async with Api(url) as ada, Api(url) as guest:
        await ada.register("Ada")
        for what, expected in (("lock", "room_locked"), ("delete", "not_found")):
            room = await ada.good("POST", "/api/rooms/create", {})
            ticket = await guest.good("POST", "/api/rooms/join", {"code": room["code"], "name": "Ben"})
            path = f"/api/rooms/{room['id']}"
            if what == "lock":
                await ada.good("PUT", path, {"locked": True})
            else:
                await ada.good("DELETE", path)
            async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/ws") as socket:
                await socket.send_json({"type": "join", "id": 1, "token": ticket["token"]})
                assert (await socket.receive_json(timeout=times.seconds(5)))["code"] == expected


async def test_a_crowd_at_once_makes_one_room(server: Server, url: str) -> None:
    async with Api(url) as ada:
        room = await ada.good("POST", "/api/rooms/create", {})
        assert server.signaling.registry.by_id(room["id"]) is None
        join = {"code": room["code"], "name": "Ben"}
        await asyncio.gather(*(ada.good("POST", "/api/rooms/join", join) for _ in range(20)))
        assert len(server.signaling.registry.rooms) == 1
