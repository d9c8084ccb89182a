from collections.abc import Iterable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web.security.cors import cors

pytestmark = pytest.mark.asyncio

ALLOWED = "https://intranet.example"


async def ask(
    method: str,
    origin: str | None,
    *,
    allowed: Iterable[str] = (ALLOWED,),
    path: str = "/api/x",
    preflight: bool = False,
) -> tuple[int, dict[str, str]]:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text="x", headers={"Vary": "Accept"})

    app = web.Application(middlewares=[cors(allowed)])
    app.add_routes([web.get("/api/x", handler), web.post("/api/x", handler), web.get("/y", handler)])
    headers = {} if origin is None else {"Origin": origin}
    if preflight:
        headers["Access-Control-Request-Method"] = "PUT"
    async with TestClient(TestServer(app)) as client, client.request(method, path, headers=headers) as response:
        found = {name: value for name, value in response.headers.items() if name.startswith("Access-Control")}
        return response.status, {**found, "Vary": ", ".join(response.headers.getall("Vary", []))}


@pytest.mark.parametrize("origin", [ALLOWED, "https://INTRANET.example:443"])
async def test_an_allowed_page_may_read_the_answer(origin: str) -> None:
    status, headers = await ask("GET", origin)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Vary"] == "Accept, Origin"


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example", "null", "https://intranet.example.evil.example", "*", ""]
)
async def test_nobody_else_may(origin: str | None) -> None:
    status, headers = await ask("GET", origin)
    assert (status, headers) == (200, {"Vary": "Accept, Origin"})


async def test_a_preflight_is_answered_for_the_allowed_only() -> None:
    status, headers = await ask("OPTIONS", ALLOWED, preflight=True)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "PUT" in headers["Access-Control-Allow-Methods"]
    assert "Authorization" in headers["Access-Control-Allow-Headers"]
    assert headers["Access-Control-Max-Age"] == "600"
    assert await ask("OPTIONS", "https://evil.example", preflight=True) == (405, {"Vary": ""})


async def test_it_is_off_by_default_and_for_the_api_alone() -> None:
    assert await ask("GET", ALLOWED, allowed=()) == (200, {"Vary": "Accept"})
    assert await ask("GET", ALLOWED, path="/y") == (200, {"Vary": "Accept"})
    assert (await ask("OPTIONS", ALLOWED, allowed=(), preflight=True))[0] == 405
