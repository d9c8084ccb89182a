"""A server whose `public_url` has a path: behind a proxy that cuts the path off, and behind one that leaves it on."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from signaling.client import Client, create_room
from tests.integration.conftest import until
from web import page
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio
PUBLIC = "https://example.org/team/meet"


@pytest_asyncio.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    server = Server(Settings(host="127.0.0.1", port=0, media_port=0, data=tmp_path, public_url=f"{PUBLIC}/"))
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


@pytest.mark.parametrize("folder", ["", "/team/meet"])
async def test_each_address_works_with_and_without_the_path(url: str, folder: str) -> None:
    async with aiohttp.ClientSession() as http:
        for path in ("/", "/r/abcde-fghjk-mnpqr", "/nothing"):
            async with http.get(f"{url}{folder}{path}", headers={"Accept": "text/html"}) as response:
                assert response.status == (404 if path == "/nothing" else 200)
                assert response.headers["Cache-Control"] == "no-cache"
                html = await response.text()
            assert '<meta name="milanio-base" content="/team/meet" />' in html
            links = re.findall(r'(?:href|src)="(/[^"]*)"', html)
            assert len(links) > 3
            fixed = {f"/team/meet/{name}" for name in page.FIXED_FILES}
            assert all(link.startswith("/team/meet/assets/") or link in fixed for link in links)
            assert f'<meta property="og:image" content="{PUBLIC}/preview.png" />' in html
        async with http.get(f"{url}{folder}/favicon.ico") as response:
            assert (response.status, response.content_type) == (200, "image/x-icon")
        asset = f"{url}{folder}{links[0].removeprefix('/team/meet')}"
        async with http.get(asset) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
        async with http.get(f"{url}{folder}/api/nothing") as response:
            assert (response.status, response.content_type) == (404, "application/json")
            assert response.headers["Cache-Control"] == "no-store"
        async with http.post(f"{url}{folder}/api/rooms/create", json={}) as response:
            room = await response.json()
            assert room["link"] == f"{PUBLIC}/r/{room['code']}"
        async with http.get(f"{url}{folder}/api/openapi.json") as response:
            assert (await response.json())["servers"] == [{"url": "/team/meet"}]
        async with http.get(f"{url}{folder}/api/docs") as response:
            text = await response.text()
            assert 'href="docs.css"' in text
            assert 'href="openapi.json"' in text


async def test_the_folder_itself_is_the_page(url: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/team/meet") as response:
        assert (response.status, response.content_type) == (200, "text/html")


async def test_programs_call_there(url: str) -> None:
    code = await create_room(f"{url}/team/meet", "Below")
    async with (
        Client(f"{url}/team/meet", room=code, name="one") as one,
        Client(f"{url}/team/meet/", room=code, name="two"),
    ):
        await until(lambda: one.participants)


async def test_at_the_root_the_document_is_as_it_was_built(url: str) -> None:
    assert '<meta name="milanio-base" content="" />' in (page.STATIC / "index.html").read_text()
