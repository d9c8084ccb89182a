"""What strangers can do to a server's door: hold connections, send odd frames, guess codes, keep log-ins waiting."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from signaling import session
from tests.integration.accounts.people import EMAIL, PASSWORD, Browser, Client, add_user, services_of, url_of
from tests.integration.conftest import until
from tests.integration.process import running
from tests.integration.running import serving
from tests.unit.signaling.test_frames import frame
from web import connections
from web.app import Server
from web.calls import Calls

pytestmark = pytest.mark.asyncio

HELLO = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: milanio.v1\r\n\r\n"
)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """With limits, unlike most tests' servers."""
    async with serving(tmp_path, rate_limits=True) as running:
        yield running


class Raw:
    """A bare TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @property
    def open(self) -> bool:
        return not self.reader.at_eof()

    async def rest(self) -> bytes:
        """What comes until the server closes."""
        came = b""
        async with asyncio.timeout(15):
            # What the server didn't read any more makes its end of the connection a reset.
            with contextlib.suppress(ConnectionResetError):
                while data := await self.reader.read(65536):
                    came += data
        return came


@pytest_asyncio.fixture
async def raw() -> AsyncIterator[Any]:
    """Opens connections, and closes them in the end."""
    opened: list[Raw] = []

    async def connect(server: Server, sends: bytes = b"", source: str = "127.0.0.1") -> Raw:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(source, 0))
        writer.write(sends)
        opened.append(Raw(reader, writer))
        return opened[-1]

    yield connect
    for each in opened:
        each.writer.transport.abort()


async def upgraded(connection: Raw) -> None:
    async with asyncio.timeout(15):
        assert b"101" in await connection.reader.readuntil(b"\r\n\r\n")


async def join(http: aiohttp.ClientSession, server: Server, code: str) -> None:
    """Come into a room by WebSocket."""
    async with http.post(url_of(server) + "/api/rooms/join", json={"code": code, "name": "Ada"}) as answer:
        assert answer.status == 200
        token = (await answer.json())["token"]
    async with http.ws_connect(url_of(server) + "/ws", protocols=("milanio.v1",)) as socket:
        await socket.send_json({"type": "join", "token": token, "id": 1})
        assert (await socket.receive_json(timeout=15))["type"] == "ok"


async def make_room(http: aiohttp.ClientSession, server: Server) -> str:
    async with http.post(url_of(server) + "/api/rooms/create", json={}) as answer:
        return str((await answer.json())["code"])


async def test_silent_sockets_give_way_to_people_who_join(
    server: Server, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.signaling.waiting, "_per_key", 20)
    async with aiohttp.ClientSession() as http:
        code = await make_room(http, server)
        silent = [await raw(server, HELLO) for _ in range(40)]
        for each in silent:
            await upgraded(each)
        assert len(server.signaling.waiting) == 20
        # From the same address, and from another.
        await join(http, server, code)
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with aiohttp.ClientSession(connector=connector) as other:
            await join(other, server, code)
        told = await silent[0].rest()
        assert told[:4] == b"\x88" + bytes([len(told) - 2]) + (1013).to_bytes(2, "big")


async def test_sockets_of_one_address_do_not_crowd_out_those_of_others(server: Server, raw: Any) -> None:
    waiting = server.signaling.waiting
    waiting._total = 10
    lone = await raw(server, HELLO, "127.0.0.2")
    await upgraded(lone)
    for _ in range(30):
        await upgraded(await raw(server, HELLO))
    assert len(waiting) == 10
    assert lone.open


async def test_connections_have_places_of_their_own(tmp_path: Path, raw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PER_ADDRESS", 15)
    monkeypatch.setattr(connections, "MOST", 25)
    async with serving(tmp_path, rate_limits=True) as server, aiohttp.ClientSession() as http:
        held = services_of(server).connections
        code = await make_room(http, server)
        idle = [await raw(server, b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(40)]
        await until(lambda: held.turned_away >= 25)
        assert len(held) <= 15
        await join(http, server, code)
        for source in ("127.0.0.2", "127.0.0.3"):
            idle += [await raw(server, b"", source) for _ in range(15)]
        await until(lambda: held.turned_away >= 40)
        assert len(held) <= 25
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.4", 0))
        async with aiohttp.ClientSession(connector=connector) as other:
            await join(other, server, code)
    assert len(held) == 0


async def test_descriptors_do_not_run_out(tmp_path: Path) -> None:
    connector = aiohttp.TCPConnector(force_close=True)
    async with running(tmp_path, descriptors=256) as process, aiohttp.ClientSession(connector=connector) as http:
        port = int(process.url.rpartition(":")[2])
        async with http.post(process.url + "/api/rooms/create", json={}) as answer:
            code = (await answer.json())["code"]
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(600)]
        try:
            async with http.post(process.url + "/api/rooms/join", json={"code": code, "name": "Ada"}) as answer:
                assert answer.status == 200
        finally:
            for each in held:
                each.close()
        await process.end(signal.SIGTERM)
    assert "Too many open files" not in process.log
    assert "Traceback" not in process.log


async def test_without_limits_an_address_may_have_any_number(
    tmp_path: Path, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PER_ADDRESS", 15)
    monkeypatch.setattr(session, "MAX_WAITING_PER_ADDRESS", 15)
    async with serving(tmp_path) as server:
        many = [await raw(server, HELLO) for _ in range(40)]
        for each in many:
            await upgraded(each)
        assert len(server.signaling.waiting) == 40
        assert services_of(server).connections.turned_away == 0


async def test_behind_a_trusted_proxy_connections_are_not_one_address(
    tmp_path: Path, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PER_ADDRESS", 5)
    async with serving(tmp_path, rate_limits=True, trusted_proxies=("127.0.0.1",)) as server:
        server.signaling.waiting._per_key = 5
        forwarded = HELLO.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 192.0.2.%d\r\n\r\n")
        for number in range(20):
            await upgraded(await raw(server, forwarded % number))
        assert len(server.signaling.waiting) == 20
        for _ in range(20):
            await upgraded(await raw(server, forwarded % 1))
        assert len(server.signaling.waiting) == 24
        assert services_of(server).connections.turned_away == 0


@pytest.mark.parametrize("sends", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"G"])
async def test_a_header_has_to_come_in_time(
    server: Server, raw: Any, monkeypatch: pytest.MonkeyPatch, sends: bytes
) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.2)
    connection = await raw(server, sends)
    assert (await connection.rest()).startswith(b"HTTP/1.1 408 ")
    assert services_of(server).connections.too_slow == 1


async def test_a_header_that_trickles_has_no_more_time(
    server: Server, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    connection = await raw(server, b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(15):
        assert b" 200 " in await connection.reader.readuntil(b"}")
        # A connection that is kept: another request on it, a byte at a time.
        connection.writer.write(b"GET / HTTP/1.1\r\nX-A: ")
        while not services_of(server).connections.too_slow:
            connection.writer.write(b"b")
            await asyncio.sleep(0.02)
    assert b" 408 " in await connection.rest()


async def test_a_request_that_takes_long_to_answer_is_not_cut(
    server: Server, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.1)
    passwords, go_on = services_of(server).passwords, asyncio.Event()

    async def slow(*_: object) -> bool:
        await go_on.wait()
        return False

    monkeypatch.setattr(passwords, "verify", slow)
    body = b'{"email": "ada@example.org", "password": "correct horse"}'
    header = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection = await raw(server, header + body)
    await asyncio.sleep(0.4)
    assert connection.open
    go_on.set()
    async with asyncio.timeout(15):
        assert b" 401 " in await connection.reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    "bad",
    [
        frame(b'{"type":"ping","id":1}', masked=False),
        frame(b"", opcode=8, masked=False),
        frame(b"", opcode=9, masked=False),
        frame(b"x" * 70_000, masked=False),
        frame(b"x" * 126, opcode=9),
        frame(b"", opcode=9, fin=False),
        frame(b"", opcode=3),
        frame(b"", opcode=11),
        frame(b"", opcode=0),
        b"\xc1" + frame(b"x")[1:],
        frame(b"", opcode=9) * 201,
        frame(b"", fin=False) + frame(b"", opcode=0, fin=False) * 201,
    ],
)
async def test_frames_that_break_the_protocol_close_the_socket(server: Server, raw: Any, bad: bytes) -> None:
    connection = await raw(server, HELLO)
    await upgraded(connection)
    connection.writer.write(frame(b'{"type":"ping","id":7}'))
    async with asyncio.timeout(15):
        await connection.reader.readuntil(b"}")
    connection.writer.write(bad)
    said = await connection.rest()
    assert said.endswith(b"\x88\x02" + (1002).to_bytes(2, "big"))
    assert b"bad_state" not in said


async def test_wrong_codes_lock_nobody_out(server: Server) -> None:
    async with Client(url_of(server)) as client:
        code = (await client.post("/api/rooms/create", {})).body["code"]
        statuses = [
            (await client.post("/api/rooms/join", {"code": f"{number:05}-aaaaa-bbbbb", "name": "Eve"})).status
            for number in range(40)
        ]
        assert statuses == [404] * 30 + [429] * 10
        assert (await client.post("/api/rooms/join", {"code": code, "name": "Ada"})).status == 200
        assert (await client.get(f"/api/rooms/by-code/{code}")).status == 200
        # Nor where the room has to be looked for in the store.
        services = services_of(server)
        room = services.signaling.registry.find(code)
        assert room is not None
        services.signaling.registry.close(room, "room_closed", services.signaling.now())
        assert services.signaling.registry.find(code) is None
        assert (await client.get(f"/api/rooms/by-code/{code}")).status == 200


async def test_a_known_browser_logs_in_whatever_strangers_try(server: Server) -> None:
    await add_user(server)
    await add_user(server, "ben@example.org")
    async with Browser(url_of(server)) as ada, Browser(url_of(server)) as eve:
        assert (await ada.log_in()).status == 200
        assert (await ada.post("/api/auth/logout")).status == 204
        # From the same address: with her address, with others, until nothing goes any more.
        for number in range(70):
            await eve.log_in(EMAIL if number < 11 else f"{number}@example.org", "wrong password")
        assert (await eve.log_in()).code == "too_many"
        assert (await eve.log_in("ben@example.org")).code == "too_many"
        assert (await ada.log_in()).status == 200
        # For another account it is as unknown as any.
        assert (await ada.log_in("ben@example.org")).code == "too_many"
        # And it is no way to guess faster.
        await ada.post("/api/auth/logout")
        statuses = [(await ada.log_in(password="wrong password")).status for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2


@pytest.mark.parametrize("made_up", ["", "x", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.", "a.b.c", "é" * 3000])
async def test_a_made_up_cookie_makes_no_browser_known(server: Server, made_up: str) -> None:
    user = await add_user(server)
    services = services_of(server)
    async with Client(url_of(server)) as client:
        for _ in range(11):
            await client.log_in(password="wrong password")
        headers = {"Cookie": f"milanio-device={made_up}", "Origin": url_of(server)}
        body = {"email": EMAIL, "password": PASSWORD}
        assert (await client.post("/api/auth/login", body, headers=headers)).status == 429
        # Of another kind of token, signed by this server.
        token = services.access_tokens.sign(user.id, "session", services.clock())
        headers["Cookie"] = f"milanio-device={token}"
        assert (await client.post("/api/auth/login", body, headers=headers)).status == 429


async def test_passwords_of_few_addresses_keep_nobody_else_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, rate_limits=True, trusted_proxies=("127.0.0.1",)) as server, AsyncExitStack() as stack:
        await add_user(server)
        passwords = services_of(server).passwords
        eve = await stack.enter_async_context(Client(url_of(server)))
        ada = await stack.enter_async_context(Client(url_of(server)))
        known = await stack.enter_async_context(Browser(url_of(server)))
        assert (await known.log_in()).status == 200
        passwords._free = 0  # every thread is at a hash that takes its time
        trying = [
            asyncio.create_task(
                eve.post(
                    "/api/auth/login",
                    {"email": f"{number}-{address}@example.org", "password": "wrong password"},
                    headers={"X-Forwarded-For": f"192.0.2.{address}"},
                )
            )
            for number in range(40)
            for address in range(4)
        ]
        await until(lambda: len(passwords._waiting) == 80 and sum(task.done() for task in trying) == 80)
        from_elsewhere = {"X-Forwarded-For": "198.51.100.1"}
        body = {"email": EMAIL, "password": PASSWORD}
        honest = [
            asyncio.create_task(known.log_in()),
            asyncio.create_task(ada.post("/api/auth/login", body, headers=from_elsewhere)),
        ]
        await until(lambda: sum(task.done() for task in trying) == 82)
        right: list[bool] = []
        end = passwords._end

        def ended(job: Any, running: Future[Any]) -> None:
            right.append(running.result())
            end(job, running)

        monkeypatch.setattr(passwords, "_end", ended)
        passwords._free = 1
        following = passwords._waiting.get()
        assert following is not None
        passwords._begin(following)
        answers = await asyncio.gather(*honest)
        assert [answer.status for answer in answers] == [200, 200]
        # Not the answers' order, in which the database has a say.
        assert [number for number, one in enumerate(right) if one][1] < 30
        assert {task.result().status for task in await _all(trying)} == {401, 503}


async def _all(tasks: list["asyncio.Task[Any]"]) -> list["asyncio.Task[Any]"]:
    await asyncio.wait(tasks, timeout=30)
    return tasks


async def test_metrics_are_for_this_machine(server: Server) -> None:
    async with Client(url_of(server)) as client:
        answer = await client.get("/metrics")
        assert answer.status == 200
        for name in (
            "milanio_rooms", "milanio_loop_lag_seconds_count", "milanio_largest_room_participants",
            "milanio_socket_receive_overflows_total", "milanio_connections", "milanio_journal_waiting",
        ):  # fmt: skip
            assert f"\n{name} ".encode() in b"\n" + answer.body, name
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            assert (await client.get("/metrics", headers={header: "127.0.0.1"})).status == 403
    loop = asyncio.get_running_loop()

    def as_nginx_asks() -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(b"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(65536)

    assert b" 403 " in await loop.run_in_executor(None, as_nginx_asks)


async def test_metrics_by_token_and_through_a_proxy(tmp_path: Path) -> None:
    token = "0123456789abcdef"
    async with (
        serving(tmp_path, rate_limits=True, metrics_token=token, trusted_proxies=("127.0.0.1",)) as server,
        Client(url_of(server)) as client,
    ):
        outside = {"X-Forwarded-For": "192.0.2.1"}
        answer = await client.get("/metrics", headers=outside)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        for wrong in ("Bearer wrong", "Bearer ", f"Basic {token}", f"Bearer {token}x", token):
            assert (await client.get("/metrics", headers={**outside, "Authorization": wrong})).status == 401
        good = {**outside, "Authorization": f"Bearer {token}"}
        assert (await client.get("/metrics", headers=good)).status == 200
        assert (await client.get("/metrics")).status == 200


async def test_a_server_lives_on_and_is_not_ready_while_its_database_is_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Client(url_of(server)) as client:
        for path in ("/api/ready", "/api/health/ready"):
            answer = await client.get(path)
            assert (answer.status, answer.body) == (200, {"status": "ready"})
        # Patched in the class: the instance resets its own flag every two seconds.
        monkeypatch.setattr(Calls, "away", True)
        answer = await client.get("/api/ready")
        assert (answer.status, answer.body) == (503, {"status": "not_ready", "reason": "database"})
        for path in ("/api/health", "/api/health/live"):
            assert (await client.get(path)).body == {"status": "ok"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example@127.0.0.1", 'evil.example"><b>', "127.0.0.1:99999"])
async def test_no_link_has_a_host_that_is_not_ours(server: Server, host: str, caplog: pytest.LogCaptureFixture) -> None:
    await add_user(server)
    async with Client(url_of(server)) as client:
        room = await client.post("/api/rooms/create", {}, headers={"Host": host})
        assert room.body["link"].startswith(f"{url_of(server)}/r/")
        assert (await client.post("/api/auth/forgot", {"email": EMAIL}, headers={"Host": host})).status == 202
        await until(lambda: "/reset#token=" in caplog.text)
    assert f"{url_of(server)}/reset#token=" in caplog.text
    assert "evil" not in caplog.text


ODD = b"\xff\xfe"


@pytest.mark.parametrize(
    "request_bytes",
    [
        HELLO.replace(b"Upgrade: websocket", b"Upgrade: web" + ODD),
        HELLO.replace(b"milanio.v1", b"milanio" + ODD),
        HELLO.replace(b"dGhlIHNhbXBsZSBub25jZQ==", ODD),
        HELLO.replace(b"Host: 127.0.0.1", b"Host: " + ODD),
        HELLO.replace(b"Host:", b"Origin: http://" + ODD + b"\r\nHost:"),
        b"GET /r/" + ODD + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/rooms/" + ODD + b" HTTP/1.1\r\nHost: x\r\nCookie: " + ODD + b"\r\n\r\n",
        b"GET /api/users/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ODD + b"\r\n\r\n",
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + ODD + b"\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: " + ODD + b"\r\nContent-Length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + ODD + b"\r\nAccept-Language: " + ODD + b"\r\n\r\n",
    ],
)
async def test_bytes_that_are_not_text_raise_nothing(
    server: Server, raw: Any, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    connection = await raw(server, request_bytes)
    async with asyncio.timeout(15):
        status = int((await connection.reader.readline()).split()[1])
    assert status < 500
    assert not [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info]
