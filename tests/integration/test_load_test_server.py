"""What a load test finds out of its server before it begins, and while it goes on."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from signaling.loadtest.server import ServerError, TestedServer
from signaling.loadtest.server_metrics import ServerMetrics
from signaling.loadtest.stats import ServerSecond
from tests import times
from tests.integration.accounts.people import EMAIL, PASSWORD, Client, add_user, services_of, url_of
from tests.integration.running import serving
from web.app import Server
from web.security import load_test_token

pytestmark = pytest.mark.asyncio


def good_token(server: Server) -> str:
    return load_test_token.sign(services_of(server).load_test_key, 1, time.time())


async def test_rooms_are_made_and_expire_by_themselves(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, rate_limits=True) as server,
        TestedServer(url_of(server) + "/", good_token(server)) as tested,
    ):
        await tested.check()
        rooms = await tested.create_rooms(70)
        assert len({room.code for room in rooms}) == 70
        kept = await services_of(server).store.rooms.by_id(rooms[0].id)
        assert kept is not None
        assert kept.expires_at == pytest.approx(time.time() + 600, abs=30)
        assert await tested.end_rooms(rooms) == 70


async def test_without_a_token_the_limits_hold_and_say_what_lifts_them(tmp_path: Path) -> None:
    async with serving(tmp_path, rate_limits=True) as server, TestedServer(url_of(server)) as tested:
        await tested.check()
        with pytest.raises(ServerError, match=r"doesn't create the 61 rooms: Too many attempts.*--token"):
            await tested.create_rooms(61)


async def test_a_token_that_is_not_good_is_told_at_once(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, rate_limits=True) as server,
        TestedServer(url_of(server), good_token(server)[:-2] + "AA") as tested,
    ):
        with pytest.raises(ServerError, match="doesn't accept the token: it is expired, or another server's"):
            await tested.check()


async def test_where_guests_have_no_rooms_an_account_makes_and_ends_them(tmp_path: Path) -> None:
    async with serving(tmp_path, rate_limits=True, guest_rooms=False) as server:
        async with TestedServer(url_of(server)) as tested:
            with pytest.raises(ServerError, match=r"lets only people with an account create rooms; .*--access-token"):
                await tested.check()
        await add_user(server)
        async with Client(url_of(server)) as client:
            access = (await client.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD})).body["access_token"]
        async with TestedServer(url_of(server), access_token=access) as tested:
            await tested.check()
            rooms = await tested.create_rooms(3)
            assert await tested.end_rooms(rooms) == 0
        for room in rooms:
            kept = await services_of(server).store.rooms.by_id(room.id)
            assert kept is None or kept.state == "destroyed"


@pytest.mark.parametrize(
    "url", ["", "localhost:8080", "ftp://a", "http://", "http://a:99999", "http://u:p@a", "http://a?b"]
)
async def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ServerError, match="isn't the address of a server, only one such as http://localhost:8080"):
        TestedServer(url)


async def other_site(*, body: Any, status: int = 200) -> web.AppRunner:
    async def answer(request: web.Request) -> web.Response:
        if isinstance(body, str):
            return web.Response(text=body, status=status, content_type="text/html")
        return web.json_response(body, status=status)

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


@pytest.mark.parametrize(
    ("body", "status"), [({"status": "ok"}, 200), ("<html>", 200), ([], 200), ("", 404), ("[" * 9999, 200), (None, 500)]
)
async def test_what_is_no_milanio_is_refused(body: Any, status: int) -> None:
    runner = await other_site(body=body, status=status)
    try:
        async with TestedServer(f"http://127.0.0.1:{runner.addresses[0][1]}") as tested:
            with pytest.raises(ServerError, match="isn't a Milanio server; only one can be tested"):
                await tested.check()
    finally:
        await runner.cleanup()
    async with TestedServer(f"http://127.0.0.1:{tested.url.rpartition(':')[2]}") as tested:
        with pytest.raises(ServerError, match="can't be reached: Connect"):
            await tested.check()


async def test_a_redirect_is_told_with_where_it_leads() -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(f"https://meet.example{request.path}")

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", elsewhere)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with TestedServer(f"http://127.0.0.1:{runner.addresses[0][1]}") as tested:
            with pytest.raises(ServerError, match=r"leads elsewhere \(https://meet\.example\); give that address"):
                await tested.check()
    finally:
        await runner.cleanup()


async def first(metrics: ServerMetrics, seconds: list[ServerSecond]) -> None:
    metrics.start()
    async with asyncio.timeout(times.seconds(20)):
        while not seconds and metrics.problem is None:
            await asyncio.sleep(0.01)
    await metrics.stop()


async def test_the_server_tells_of_itself_while_it_is_asked(tmp_path: Path) -> None:
    seconds: list[ServerSecond] = []
    async with serving(tmp_path, rate_limits=True) as server:
        await first(metrics := ServerMetrics(url_of(server), seconds.append, lambda: 5.0), seconds)
    assert metrics.problem is None
    assert seconds[0].at == 5.0
    assert 0.9 < seconds[0].seconds < times.seconds(10)
    assert seconds[0].memory > 10_000_000
    assert seconds[0].lag.count >= 1


async def test_far_from_the_server_there_are_metrics_by_token_only(tmp_path: Path) -> None:
    token = "0123456789abcdef"
    async with serving(tmp_path, rate_limits=True, metrics_token=token) as server:
        for given, problem in [(token, None), (token[::-1], "the server's own figures are missing: /metrics is for ")]:
            seconds: list[ServerSecond] = []
            await first(metrics := ServerMetrics(url_of(server), seconds.append, lambda: 5.0, given), seconds)
            assert (metrics.problem or "").startswith(problem or "")
            assert bool(seconds) == (problem is None)
    seconds = []
    await first(metrics := ServerMetrics(url_of(server), seconds.append, lambda: 5.0), seconds)
    assert metrics.problem is not None
    assert "can't be reached" in metrics.problem
    assert seconds == []
