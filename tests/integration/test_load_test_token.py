"""What the token of `milanio loadtest-token` lifts: each limit with it, without it, and with one that isn't good."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from signaling import messages
from signaling.client import Client as ProgramClient
from signaling.client import ClientError, ClientOptions, create_room
from signaling.load_test_header import NAME
from tests.integration.accounts.people import EMAIL, Browser, Client, add_user, services_of, url_of
from tests.integration.running import serving
from web import cli, connections
from web.app import Server
from web.security import load_test_token, secret

pytestmark = pytest.mark.asyncio

TOKENS = {"good": True, "none": False, "wrong": False, "expired": False, "of another server": False}
"""Whether each lifts limits."""


@pytest_asyncio.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(connections, "PER_ADDRESS", 15)
    async with serving(tmp_path, rate_limits=True, guests_per_address=2, devices_per_person=2) as running:
        running.signaling.waiting._per_key = 5
        yield running


@pytest.fixture(params=TOKENS)
def lifted(request: pytest.FixtureRequest) -> bool:
    return TOKENS[request.param]


@pytest.fixture
def headers(request: pytest.FixtureRequest, server: Server) -> dict[str, str]:
    kind = request.node.callspec.params["lifted"]
    return {} if kind == "none" else {NAME: token(server, kind)}


def token(server: Server, kind: str = "good") -> str:
    if kind == "wrong":
        return token(server)[:-3] + "AAA"
    key = secret.derive(bytes(32) if kind == "of another server" else _key(server), load_test_token.PURPOSE)
    return load_test_token.sign(key, 1, time.time() - 2 * 3600 * (kind == "expired"))


def _key(server: Server) -> bytes:
    return (server.settings.data / secret.FILE_NAME).read_bytes()


async def test_limits_by_address(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    async with Client(url_of(server), **headers) as client:
        made = [(await client.post("/api/rooms/create", {})).status for _ in range(63)]
        wrong = {"code": "aaaaa-bbbbb-ccccc", "name": "Eve"}
        guessed = [(await client.post("/api/rooms/join", wrong)).status for _ in range(33)]
    assert made == [201] * 63 if lifted else [201] * 60 + [429] * 3
    assert guessed == [404] * 33 if lifted else [404] * 30 + [429] * 3
    if lifted:
        # Nothing was counted either: others of that address have all that is theirs.
        async with Client(url_of(server)) as other:
            assert [(await other.post("/api/rooms/create", {})).status for _ in range(61)] == [201] * 60 + [429]


async def test_limits_by_account(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    await add_user(server)
    async with Client(url_of(server), **headers) as client:
        tried = [(await client.log_in(EMAIL, "wrong password")).status for _ in range(12)]
    assert tried == [401] * 12 if lifted else [401] * 10 + [429] * 2


async def test_limits_by_room(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    async with Client(url_of(server), **headers) as client:
        room = (await client.post("/api/rooms/create", {})).body
        while services_of(server).limits.hit("join-room", f"127.0.0.1 {room['id']}") is None:
            pass
        status = (await client.post("/api/rooms/join", {"code": room["code"], "name": "Ada"})).status
    assert status == (200 if lifted else 429)


async def test_connections_of_an_address(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    held = services_of(server).connections
    async with AsyncExitStack() as stack:
        for _ in range(25):
            client = await stack.enter_async_context(Client(url_of(server), **headers))
            answer = await client.get("/api/health")
            assert (answer.status, NAME in answer.headers) == (200, lifted)
        assert held.turned_away == (0 if lifted else 10)
        assert len(held) == (25 if lifted else 15)
    async with asyncio.timeout(15):
        while len(held):
            await asyncio.sleep(0)


async def test_sockets_that_have_not_joined(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        for _ in range(10):
            await stack.enter_async_context(http.ws_connect(url_of(server) + "/ws", protocols=(messages.SUBPROTOCOL,)))
        if lifted:
            assert len(server.signaling.sessions) == 10
            assert len(server.signaling.waiting) == 0
        else:
            assert len(server.signaling.waiting) == 5


async def test_guests_of_an_address(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    options = ClientOptions(load_test_token=headers.get(NAME))
    code = await create_room(url_of(server), load_test_token=headers.get(NAME))
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(ProgramClient(url_of(server), code, "bot", options))
        third = ProgramClient(url_of(server), code, "bot", options)
        if not lifted:
            with pytest.raises(ClientError, match="Too many guests from your network"):
                await third.join()
            return
        await stack.enter_async_context(third)
        # And they count for nobody else.
        for _ in range(2):
            await stack.enter_async_context(ProgramClient(url_of(server), code, "guest"))
        with pytest.raises(ClientError, match="Too many guests from your network"):
            await ProgramClient(url_of(server), code, "guest").join()


async def test_devices_of_a_person(server: Server, lifted: bool, headers: dict[str, str]) -> None:
    await add_user(server)
    async with Browser(url_of(server), **headers) as ada, AsyncExitStack() as stack:
        assert (await ada.log_in()).status == 200
        code = (await ada.post("/api/rooms/create", {})).body["code"]
        answers = []
        for number in range(4):
            answers.append(await ada.post("/api/rooms/join", {"code": code, "device": f"{number}" * 32}))
            if answers[-1].status == 200:
                socket = await stack.enter_async_context(ada.http.ws_connect(url_of(server) + "/ws"))
                await socket.send_json({"type": "join", "id": 1, "token": answers[-1].body["token"]})
                assert (await socket.receive_json(timeout=15))["type"] == "ok"
    assert [answer.status for answer in answers] == ([200] * 4 if lifted else [200] * 2 + [409] * 2)


async def test_the_command_prints_a_token_of_this_server(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["loadtest-token", "--hours", "0.5", "--data", str(server.settings.data)]) == 0
    printed = capsys.readouterr().out.strip()
    async with Client(url_of(server), **{NAME: printed}) as client:
        made = [(await client.post("/api/rooms/create", {})).status for _ in range(61)]
    assert made == [201] * 61


@pytest.mark.parametrize("hours", ["0", "-1", "169", "nan", "two", ""])
async def test_a_wrong_time_is_told_in_one_line(server: Server, capsys: pytest.CaptureFixture[str], hours: str) -> None:
    assert cli.main(["loadtest-token", f"--hours={hours}", "--data", str(server.settings.data)]) == 2
    assert capsys.readouterr() == ("", f"milanio: --hours {hours}: it must be a number above 0, and at most 168\n")


async def test_there_is_no_token_of_a_server_that_never_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["loadtest-token", "--data", str(tmp_path / "elsewhere")]) == 2
    assert "there is no key" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()
