"""The page as it is served: its addresses, headers and compression."""

import aiohttp
import pytest
from yarl import URL

from web import page

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    "path", ["/", "/r/abcde-fghjk-mnpqr", "/R/ABCDE-FGHJK-MNPQR./", "/profile", "/verify", "/reset"]
)
async def test_every_address_of_the_page_is_the_page(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(url + path) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert await response.text() == (page.STATIC / "index.html").read_text()
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
