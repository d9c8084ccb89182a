"""The page as it is served: its addresses, headers and compression."""

import io
import json
import re

import aiohttp
import pytest
from PIL import Image
from yarl import URL

from web import page

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    "path", ["/", "/r/abcde-fghjk-mnpqr", "/R/ABCDE-FGHJK-MNPQR./", "/profile", "/verify", "/reset"]
)
async def test_every_address_of_the_page_is_the_page(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(url + path) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert '<div id="root">' in await response.text()
        headers = response.headers
    assert headers["Cache-Control"] == "no-cache"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/nothing", "/r/", "/r/a/b", "/profile/", "/index.html", "/%2e%2e/secret.key"])
async def test_another_address_is_the_page_with_404_for_people(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(url + path, headers={"Accept": "text/html,*/*"}) as response:
            assert (response.status, response.content_type) == (404, "text/html")
            assert '<div id="root">' in await response.text()
        async with http.get(url + path) as response:
            assert (response.status, response.content_type) == (404, "text/plain")


MISSING = [
    "/api/nothing",
    "/api/rooms/by-code/x",
    "/assets/nothing.js",
    "/assets/",
    "/assets/.hidden",
    "/assets/%2e%2e",
    "/assets/..%2findex.html",
    "/assets/a%00b.js",
    f"/assets/{'x' * 5000}.js",
    f"/assets/{'/x' * 2500}.js",
]


@pytest.mark.parametrize("path", MISSING, ids=range(len(MISSING)))
async def test_what_is_missing_of_the_api_and_the_assets_is_no_page(url: str, path: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(URL(url + path, encoded=True), headers={"Accept": "text/html"}) as response,
    ):
        assert response.status == 404
        assert response.content_type != "text/html"


async def test_assets_are_kept_for_ever(url: str) -> None:
    asset = next((page.STATIC / "assets").glob("*.js"))
    async with aiohttp.ClientSession() as http, http.get(f"{url}/assets/{asset.name}") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_the_document_is_sent_once(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            etag = response.headers["ETag"]
        async with http.get(url, headers={"If-None-Match": etag}) as response:
            assert (response.status, await response.read(), response.headers["ETag"]) == (304, b"", etag)
        async with http.get(f"{url}/nothing", headers={"If-None-Match": etag, "Accept": "text/html"}) as response:
            assert response.status == 404


@pytest.mark.parametrize("name", page.FIXED_FILES)
async def test_icons_have_the_names_that_are_asked_for(url: str, name: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/{name}") as response:
        assert (response.status, response.content_type) == (200, page.FIXED_FILES[name])
        assert response.headers["Cache-Control"] == "public, max-age=86400"
        content = await response.read()
    if name.endswith(".webmanifest"):
        assert {icon["src"] for icon in json.loads(content)["icons"]} <= set(page.FIXED_FILES)
    else:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            size = re.search(r"-(\d+)\.", name)
            assert size is None or picture.size == (int(size[1]), int(size[1]))


async def test_links_are_previewed_by_what_everybody_may_know(url: str) -> None:
    texts = []
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/api/rooms/create", json={"title": "Takeover of Initech"}) as response:
            room = await response.json()
        for code in (room["code"], "abcde-fghjk-mnpqr"):
            async with http.get(f"{url}/r/{code}") as response:
                texts.append(await response.text())
        # A made-up name of this server gets into no link.
        async with http.get(url, headers={"Host": "evil.example"}) as response:
            assert "evil.example" not in await response.text()
    assert texts[0] == texts[1]
    assert "Initech" not in texts[0]
    assert '<meta property="og:title" content="Join the video call" />' in texts[0]
    assert f'<meta property="og:image" content="{url}/preview.png" />' in texts[0]
    assert '<link rel="manifest" href="/manifest.webmanifest" />' in texts[0]
