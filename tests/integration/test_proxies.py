"""Behind the proxies of docs/self-hosting.md, and behind ones that tell the server nothing: pages, API and WebSocket,
by the address that people type.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling import session
from tests import times
from tests.integration.guide import Front, caddy, free_port, nginx
from tests.integration.smtp_server import make_certificate
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def served(folder: Path, public_url: str | None, **settings: Any) -> AsyncIterator[Server]:
    server = Server(
        Settings(host="127.0.0.1", port=0, media_port=0, data=folder / "data", public_url=public_url, **settings)
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Page:
    """A page as a browser has it open at an address, with cookies; it says its origin, and nothing else of itself."""

    def __init__(self, http: aiohttp.ClientSession, url: str, ca: Path) -> None:
        self._http = http
        self.url = url
        self.origin = "/".join(url.split("/")[:3])
        self._ssl = ssl.create_default_context(cafile=str(ca))

    async def get(self, path: str) -> tuple[int, str]:
        """Of a path on the host."""
        async with self._http.get(self.origin + path, ssl=self._ssl) as response:
            return response.status, await response.text(errors="replace")

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """To the API."""
        headers = {"Origin": self.origin}
        async with self._http.post(self.url + path, json=body, headers=headers, ssl=self._ssl) as response:
            return response.status, await response.json()

    def socket(self, origin: str | None = None) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        """The WebSocket, opened by a page of that origin."""
        return self._http.ws_connect(
            f"{self.url}/ws", protocols=("milanio.v1",), origin=origin or self.origin, ssl=self._ssl, max_msg_size=0
        )


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Page(http, url, folder / "chain.pem")


async def works_whole(page: Page, idle: float = 0) -> None:
    """The page, its files, the API, links and the WebSocket, also after it was idle for so many seconds."""
    status, html = await page.get(page.url.removeprefix(page.origin) + "/")
    assert status == 200
    links = re.findall(r'(?:href|src)="(/[^"]*)"', html)
    assert links
    for link in links:
        assert (await page.get(link))[0] == 200, link
    status, room = await page.post("/api/rooms/create", {})
    assert (status, room["link"]) == (201, f"{page.url}/r/{room['code']}")
    assert (await page.get(room["link"].removeprefix(page.origin)))[0] == 200
    status, grant = await page.post("/api/rooms/join", {"code": room["code"], "name": "Ada"})
    assert status == 200
    async with page.socket() as socket:
        await socket.send_json({"type": "join", "id": 1, "token": grant["token"]})
        answer = await socket.receive_json(timeout=times.seconds(5))
        assert answer["result"]["type"] == "welcome"
        if idle:
            # aiohttp answers pings meanwhile, and gives them to nobody.
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(idle):
                    pytest.fail(f"{await socket.receive()} came")
        await socket.send_json({"type": "ping", "id": 2})
        while (answer := await socket.receive_json(timeout=times.seconds(5))).get("id") != 2:
            pass
        assert answer["type"] == "ok"
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with page.socket("https://evil.example"):
            pass


@pytest.mark.parametrize(
    ("start", "sites", "url"),
    [
        (nginx, Front.nginx, "https://localhost"),
        (nginx, Front.nginx_folder, "http://localhost/meet"),
        (nginx, Front.nginx_least, "https://localhost"),
        (caddy, Front.caddy, "https://localhost"),
        (caddy, Front.caddy_folder, "https://localhost/meet"),
    ],
    ids=["nginx", "nginx in a folder, without HTTPS", "nginx that tells nothing", "Caddy", "Caddy with its folder"],
)
async def test_everything_works_at_the_public_url(
    tmp_path: Path,
    start: Callable[[Front, str], AbstractAsyncContextManager[None]],
    sites: Callable[[Front], str],
    url: str,
) -> None:
    make_certificate(tmp_path)
    port = free_port()
    public_url = url.replace("localhost", f"localhost:{port}")
    async with served(tmp_path, public_url, trusted_proxies=("127.0.0.1",)) as server:
        front = Front(tmp_path, port, server.port)
        async with start(front, sites(front)), opened(public_url, tmp_path) as page:
            await works_whole(page)


async def test_an_idle_websocket_is_kept_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies close what is idle for 60 s, here for two heartbeats."""
    assert session.HEARTBEAT_SECONDS * 3 < 60
    beat = times.seconds(1)
    monkeypatch.setattr(session, "HEARTBEAT_SECONDS", beat)
    make_certificate(tmp_path)
    port = free_port()
    async with served(tmp_path, f"https://localhost:{port}") as server:
        front = Front(tmp_path, port, server.port)
        async with (
            nginx(front, front.nginx_least(), idle=int(2 * beat)),
            opened(f"https://localhost:{port}", tmp_path) as page,
        ):
            await works_whole(page, idle=3 * beat)


async def test_without_public_url_a_proxy_that_passes_the_name_on_is_enough(tmp_path: Path) -> None:
    """Whether or not it is trusted to say that people come by HTTPS."""
    make_certificate(tmp_path)
    port = free_port()
    async with served(tmp_path, None) as server:
        front = Front(tmp_path, port, server.port)
        async with nginx(front, front.nginx()), opened(f"https://localhost:{port}", tmp_path) as page:
            status, _ = await page.post("/api/rooms/create", {})
            assert status == 201
            async with page.socket():
                pass


async def test_a_refused_page_is_told_why_and_so_is_the_operator(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_certificate(tmp_path)
    port = free_port()
    async with served(tmp_path, None) as server:
        front = Front(tmp_path, port, server.port)
        async with nginx(front, front.nginx_least()), opened(f"https://localhost:{port}", tmp_path) as page:
            for _ in range(2):
                with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                    async with page.socket():
                        pass
            assert await page.get(f"/api/connection?origin={page.origin}") == (200, '{"origin_accepted":false}')
    (line,) = [message for message in caplog.messages if "public_url" in message]
    assert f"https://localhost:{port}" in line


async def test_a_proxy_without_websockets_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_certificate(tmp_path)
    port = free_port()
    async with served(tmp_path, f"https://localhost:{port}") as server:
        front = Front(tmp_path, port, server.port)
        sites = front.nginx_least(websockets=False)
        async with nginx(front, sites), opened(f"https://localhost:{port}", tmp_path) as page:
            with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
                async with page.socket():
                    pass
            assert await page.get(f"/api/connection?origin={page.origin}") == (200, '{"origin_accepted":true}')
    assert [message for message in caplog.messages if "Upgrade and Connection" in message]
