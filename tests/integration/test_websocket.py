"""What clients may do to the WebSocket, and what becomes of it."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from signaling import join_token, messages, session
from signaling.join_token import JoinToken
from signaling.message_budget import MESSAGE_BURST, SHARED_BURST
from signaling.messages import MAX_MESSAGE_BYTES, SUBPROTOCOL, Reaction, Rights
from signaling.rooms.participant import Participant, Person
from signaling.turn import TurnServers
from signaling.version import FEATURES
from tests import times
from tests.integration.conftest import until
from web.app import Server

pytestmark = pytest.mark.asyncio


async def _token(http: aiohttp.ClientSession, url: str, code: str, name: str = "Ada") -> str:
    async with http.post(f"{url}/api/rooms/join", json={"code": code, "name": name}) as response:
        assert response.status == 200
        return str((await response.json())["token"])


@asynccontextmanager
async def _socket(url: str, **options: Any) -> AsyncIterator[ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,), **options) as ws:
        yield ws


async def _ask(ws: ClientWebSocketResponse, **message: Any) -> dict[str, Any]:
    """Send a request; its reply, past events."""
    await ws.send_json(message)
    while True:
        reply: dict[str, Any] = await ws.receive_json(timeout=times.seconds(5))
        if reply["type"] != "event":
            return reply


def _room(server: Server) -> str:
    assert server.signaling is not None
    return server.signaling.registry.create("", server.media.now()).code


async def _joined(url: str, server: Server, ws: ClientWebSocketResponse, code: str | None = None) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http:
        token = await _token(http, url, code or _room(server))
    return await _ask(ws, type="join", id=1, token=token)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nonsense", "bad_message"),
        ("[]", "bad_message"),
        ('{"type": "dance", "id": 4}', "bad_message"),
        ('{"type": "join", "id": 4}', "bad_message"),
        ('{"type": "join", "id": 4, "token": "x"}', "bad_token"),
        ('{"type": "resume", "id": 4, "token": "x", "last_event": 0}', "cannot_resume"),
        ('{"type": "chat", "id": 4, "text": "hello"}', "bad_state"),
        ('{"type": "ping", "id": 4, "extra": true}', "bad_message"),
    ],
)
async def test_what_cannot_be_served_is_refused_and_the_connection_kept(
    url: str, server: Server, message: str, code: str
) -> None:
    async with _socket(url) as ws:
        await ws.send_str(message)
        reply = await ws.receive_json(timeout=times.seconds(5))
        assert (reply["type"], reply["code"]) == ("error", code)
        assert reply["message"]
        assert (await _joined(url, server, ws))["type"] == "ok"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"type": "offer", "sdp": "v=0\r\n"}, "bad_offer"),
        ({"type": "offer", "sdp": "hello"}, "bad_offer"),
        ({"type": "publish", "mid": "0", "source": "camera"}, "bad_state"),
        ({"type": "mute", "source": "camera", "muted": True}, "bad_state"),
        ({"type": "watch", "slots": [{"slot": "7"}]}, "bad_state"),
        ({"type": "chat", "text": "hello", "to": "nobody"}, "not_found"),
        ({"type": "chat", "text": "   "}, "bad_message"),
        ({"type": "join", "token": "x"}, "bad_state"),
    ],
)
async def test_a_request_that_makes_no_sense_says_why(
    url: str, server: Server, request_: dict[str, Any], code: str
) -> None:
    async with _socket(url) as ws:
        await _joined(url, server, ws)
        reply = await _ask(ws, id=9, **request_)
        assert (reply["type"], reply["id"], reply["code"]) == ("error", 9, code)
        assert len(reply["message"]) > 10
        assert (await _ask(ws, type="ping", id=10))["type"] == "ok"


async def test_a_welcome_says_what_the_server_is(url: str, server: Server) -> None:
    async with _socket(url) as ws, aiohttp.ClientSession() as http:
        told = (await _joined(url, server, ws))["result"]["server"]
        async with http.get(f"{url}/api/config") as response:
            assert told["version"] == (await response.json())["version"]
        assert told["features"] == list(FEATURES)


async def test_passwords_of_turn_servers_are_renewed_before_they_end(url: str, server: Server) -> None:
    server.signaling.turn = TurnServers(["turn:turn.example"], "north", lifetime=4.0)
    async with _socket(url) as ws:
        (given,) = (await _joined(url, server, ws))["result"]["ice_servers"]
        end = int(given["username"].split(":")[0])
        async with asyncio.timeout(times.seconds(20)):
            while (message := await ws.receive_json()).get("event", {}).get("type") != "ice_servers":
                pass
        assert time.time() < end + 1
        (fresh,) = message["event"]["ice_servers"]
        assert int(fresh["username"].split(":")[0]) > end
        assert fresh["credential"] != given["credential"]


async def test_a_token_is_good_for_one_participant(url: str, server: Server) -> None:
    code = _room(server)
    async with aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        token = await _token(http, url, code)
        sockets = [await stack.enter_async_context(_socket(url)) for _ in range(4)]
        first, second, third, fourth = sockets
        one = (await _ask(first, type="join", id=1, token=token))["result"]
        # Its answer may have been lost: on another socket it is the same participant, and the first one is closed.
        two = (await _ask(second, type="join", id=1, token=token))["result"]
        assert two["you"]["id"] == one["you"]["id"]
        assert two["participants"] == []
        assert (await first.receive(timeout=5)).type is WSMsgType.CLOSE
        assert (await _ask(second, type="ping", id=2))["type"] == "ok"
        reply = await _ask(third, type="join", id=1, token=token)
        assert (reply["type"], reply["code"]) == ("error", "bad_token")
        # Nobody is thrown out by that, and another token is good for another.
        assert (await _ask(second, type="ping", id=3))["type"] == "ok"
        reply = await _ask(third, type="join", id=2, token=await _token(http, url, code, "Ben"))
        assert len(reply["result"]["participants"]) == 1
        await _ask(second, type="leave", id=4)
        reply = await _ask(fourth, type="join", id=1, token=token)
        assert (reply["type"], reply["code"]) == ("error", "bad_token")


async def test_a_token_shown_on_many_sockets_at_once_lets_in_one(url: str, server: Server) -> None:
    code = _room(server)
    async with aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        token = await _token(http, url, code)
        sockets = [await stack.enter_async_context(_socket(url)) for _ in range(10)]
        for socket_ in sockets:
            await socket_.send_json({"type": "join", "id": 1, "token": token})
        assert server.signaling is not None
        room = server.signaling.registry.find(code)
        assert room is not None
        await until(lambda: len(room.participants) == 1 and len(server.signaling.sessions) == 1)


async def test_a_refused_token_can_be_shown_again(url: str, server: Server) -> None:
    code = _room(server)
    assert server.signaling is not None
    room = server.signaling.registry.find(code)
    assert room is not None
    async with aiohttp.ClientSession() as http, _socket(url) as ada, _socket(url) as ben:
        await _joined(url, server, ada, code)
        token = await _token(http, url, code, "Ben")
        room.lock(locked=True)
        assert (await _ask(ben, type="join", id=1, token=token))["code"] == "room_locked"
        room.lock(locked=False)
        assert (await _ask(ben, type="join", id=2, token=token))["type"] == "ok"


async def test_the_same_device_of_a_browser_is_in_the_room_once(url: str, server: Server) -> None:
    code = _room(server)
    jar = aiohttp.CookieJar(unsafe=True)
    headers = {"Origin": url}
    async with (
        aiohttp.ClientSession(cookie_jar=jar, headers=headers) as browser,
        _socket(url) as first,
        _socket(url) as second,
    ):
        ids = []
        for tab, device in ((first, "a" * 32), (second, "a" * 32)):
            body = {"code": code, "name": "Ada", "device": device}
            async with browser.post(f"{url}/api/rooms/join", json=body) as response:
                token = (await response.json())["token"]
            welcome = (await _ask(tab, type="join", id=1, token=token))["result"]
            assert welcome["participants"] == []
            ids.append(welcome["you"]["id"])
        assert ids[0] != ids[1]
        while (event := await first.receive_json(timeout=5))["event"]["type"] != "bye":
            pass
        assert event["event"]["why"] == "replaced"


@pytest.mark.parametrize("device", ["x", "a" * 31, "A" * 32, "a" * 33, 5])
async def test_a_device_that_is_none_is_refused(url: str, server: Server, device: object) -> None:
    body = {"code": _room(server), "name": "Ada", "device": device}
    async with aiohttp.ClientSession() as http, http.post(f"{url}/api/rooms/join", json=body) as response:
        assert response.status == 422
        assert "device" in (await response.json())["error"]["fields"]


async def test_a_page_from_elsewhere_may_not_connect(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(f"{url}/ws", headers={"Origin": "https://evil.example"})
        assert caught.value.status == 403


async def test_a_message_too_large_closes_the_connection_with_a_reason(url: str, server: Server) -> None:
    async with _socket(url) as ws:
        await _joined(url, server, ws)
        await ws.send_str("x" * (MAX_MESSAGE_BYTES + 1))
        message = await ws.receive(timeout=times.seconds(5))
        assert message.type is WSMsgType.CLOSE
        assert message.data == 1009


async def test_a_flood_closes_the_connection_with_a_reason(url: str, server: Server) -> None:
    async with _socket(url) as ws:
        await _joined(url, server, ws)
        for number in range(2 * MESSAGE_BURST):
            await ws.send_json({"type": "ping", "id": number})
        replies = 0
        while (message := await ws.receive(timeout=times.seconds(5))).type is WSMsgType.TEXT:
            replies += 1
        assert message.type is WSMsgType.CLOSE
        assert (message.data, message.extra) == (1008, "too many messages")
        assert replies <= MESSAGE_BURST + 20


async def test_unreadable_messages_close_the_connection_in_the_end(url: str) -> None:
    async with _socket(url) as ws:
        for _ in range(session.MAX_ERRORS):
            await ws.send_str("{")
        errors = 0
        while (message := await ws.receive(timeout=times.seconds(5))).type is WSMsgType.TEXT:
            errors += json.loads(message.data)["code"] == "bad_message"
        assert errors == session.MAX_ERRORS
        assert (message.data, message.extra) == (1008, "too many unreadable messages")


async def test_binary_messages_are_refused(url: str) -> None:
    async with _socket(url) as ws:
        await ws.send_bytes(b"\x00\x01")
        reply = await ws.receive_json(timeout=times.seconds(5))
        assert reply["code"] == "bad_message"


async def test_who_says_nothing_is_closed(url: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FIRST_MESSAGE_SECONDS", 0.05)
    assert server.signaling is not None
    async with _socket(url) as ws:
        message = await ws.receive(timeout=times.seconds(5))
        assert (message.data, message.extra) == (1008, "no join in time")
    await until(lambda: len(server.signaling.waiting) == 0)


async def test_a_socket_that_does_not_join_is_closed_whatever_it_says(
    url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FIRST_MESSAGE_SECONDS", 0.3)
    async with _socket(url) as ws:
        for number in range(1, 4):
            await ws.send_json({"type": "ping", "id": number})
            assert (await ws.receive_json(timeout=5))["code"] == "bad_state"
        assert len(server.signaling.waiting) == 1
        message = await ws.receive(timeout=5)
        assert (message.data, message.extra) == (1008, "no join in time")
    await until(lambda: len(server.signaling.waiting) == 0)


async def test_who_never_reads_is_cut_off_and_others_go_on(url: str, server: Server) -> None:
    assert server.signaling is not None
    code = _room(server)
    room = server.signaling.registry.find(code)
    assert room is not None
    async with _socket(url) as reader, aiohttp.ClientSession() as http:
        await _joined(url, server, reader, code)
        deaf = await asyncio.to_thread(_deaf_socket, server.port, await _token(http, url, code, "Deaf"))
        await until(lambda: len(room.participants) == 2)
        other = next(each for each in room.participants.values() if each.name == "Deaf")
        await until(lambda: other.attached)
        said = 0
        while other.attached and said < 20_000:
            said += 1
            room.say(other, messages.Chat(id=0, text=f"{said} " + "x" * 3900), 60.0 * said, 0.0)
            while True:  # the one who reads keeps up
                event = (await reader.receive_json(timeout=times.seconds(5)))["event"]
                if event["type"] == "chat" and event["message"]["text"].startswith(f"{said} "):
                    break
            await asyncio.sleep(0)
        assert not other.attached
        assert said < 20_000
        assert other.resume_until is not None
        assert (await _ask(reader, type="ping", id=5))["type"] == "ok"
        deaf.close()


def _deaf_socket(port: int, token: str) -> socket.socket:
    """A client that joins and never reads again; with a small window, so that little is enough."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    sock.sendall(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
    )
    while b"\r\n\r\n" not in sock.recv(4096, socket.MSG_PEEK):
        pass
    body = json.dumps({"type": "join", "id": 1, "token": token}).encode()
    mask = b"\x00\x00\x00\x00"
    sock.sendall(bytes((0x81, 0x80 | 126)) + len(body).to_bytes(2) + mask + body)
    return sock


async def test_a_resumed_session_gets_what_it_missed_and_its_old_socket_is_closed(url: str, server: Server) -> None:
    code = _room(server)
    async with _socket(url) as first, _socket(url) as second, _socket(url) as talker:
        welcome = (await _joined(url, server, first, code))["result"]
        await _joined(url, server, talker, code)
        joined = await first.receive_json(timeout=times.seconds(5))
        assert joined["event"]["type"] == "participant.joined"
        for number in range(3):
            await _ask(talker, type="chat", id=10 + number, text=f"line {number}")
        reply = await _ask(second, type="resume", id=1, token=welcome["resume_token"], last_event=joined["seq"])
        assert reply["result"] == {"type": "resumed", "missed": 3, "negotiated": False}
        texts = [(await second.receive_json(timeout=times.seconds(5)))["event"]["message"]["text"] for _ in range(3)]
        assert texts == ["line 0", "line 1", "line 2"]
        while (message := await first.receive(timeout=times.seconds(5))).type is WSMsgType.TEXT:
            pass
        assert (message.data, message.extra) == (1008, "resumed elsewhere")
        await _ask(talker, type="chat", id=20, text="after")
        assert (await second.receive_json(timeout=times.seconds(5)))["event"]["message"]["text"] == "after"


async def test_a_visitor_who_resumes_waits_no_longer(url: str, server: Server) -> None:
    signaling = server.signaling
    assert signaling is not None
    room = signaling.registry.create("", server.media.now())
    guest = JoinToken(room.id, Person("guest", "Ben"), Rights(), needs_admission=True)
    async with _socket(url) as first, _socket(url) as second:
        welcome = (await _joined(url, server, first, room.code))["result"]
        waits = await _ask(second, type="join", id=1, token=join_token.sign(guest, signaling.key, time.time()))
        assert waits["result"]["type"] == "waits"
        assert room.admission.visitors
        assert (await _ask(second, type="chat", id=2, text="Hello"))["code"] == "bad_state"
        assert (await _ask(second, type="ping", id=3))["type"] == "ok"
        reply = await _ask(second, type="resume", id=4, token=welcome["resume_token"], last_event=0)
        assert reply["result"]["type"] == "resumed"
        assert not room.admission.visitors
        assert (await _ask(second, type="chat", id=5, text="Hello"))["type"] == "ok"


async def test_unknown_rooms_and_bad_names_are_refused_by_the_api(url: str, server: Server) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/api/rooms/join", json={"code": "nope", "name": "Ada"}) as response:
            assert response.status == 404
            assert (await response.json())["error"]["code"] == "room_not_found"
        for name in ("", "   ", "x" * 65, "\u200b\u3164", "\u202e\n", None, 7):
            async with http.post(f"{url}/api/rooms/join", json={"code": _room(server), "name": name}) as response:
                assert response.status == 422, name
                assert "name" in (await response.json())["error"]["fields"]
        async with http.post(f"{url}/api/rooms/create", data=b"\xff{") as response:
            assert response.status == 422
        async with http.post(f"{url}/api/rooms/create", data=b"x" * 100_000) as response:
            assert response.status == 413
        async with http.get(f"{url}/api/nothing") as response:
            assert response.status == 404
            assert (await response.json())["error"]["code"] == "not_found"


async def test_a_code_may_be_typed_without_dashes_or_pasted_as_a_link(url: str, server: Server) -> None:
    code = _room(server)
    async with aiohttp.ClientSession() as http:
        await _token(http, url, f"Room: {url}/r/{code.upper()}.")
        await _token(http, url, code.replace("-", ""))


def _frames(*requests: dict[str, Any]) -> bytes:
    """Masked text frames of requests (RFC 6455, section 5.2), to be written at once."""
    out = bytearray()
    for request in requests:
        body = json.dumps(request).encode()
        length = bytes((0x80 | len(body),)) if len(body) < 126 else bytes((0x80 | 126,)) + len(body).to_bytes(2)
        out += b"\x81" + length + bytes(4) + body
    return bytes(out)


def _write(ws: ClientWebSocketResponse, data: bytes) -> None:
    connection = ws._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.write(data)


async def test_one_burst_is_served_in_many_turns_of_the_loop(
    url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, served = 0, list[int]()

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    serve = session.Session._serve

    async def noted(self: session.Session, request: Any) -> None:
        served.append(turns)
        await serve(self, request)

    monkeypatch.setattr(session.Session, "_serve", noted)
    async with _socket(url) as ws:
        await _joined(url, server, ws)
        served.clear()
        turn()
        _write(ws, _frames(*({"type": "ping", "id": number} for number in range(150))))
        await until(lambda: len(served) == 150)
        assert len(set(served)) == 150


async def test_a_person_with_many_sockets_has_the_budget_of_one_and_cuts_nobody_off(url: str, server: Server) -> None:
    code = _room(server)
    room = server.signaling.registry.find(code)
    assert room is not None
    jar = aiohttp.CookieJar(unsafe=True)  # it has no cookies for addresses otherwise
    async with _socket(url) as bystander, aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": url}) as http:
        await _joined(url, server, bystander, code)
        sockets = [await http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,)) for _ in range(4)]
        for ws in sockets:  # the same cookie, so the same person
            await _ask(ws, type="join", id=1, token=await _token(http, url, code, "Bo"))
        for ws in sockets:
            _write(ws, _frames(*({"type": "react", "id": number, "emoji": "x"} for number in range(195))))
        replies = {"ok": 0, "error": 0}
        for ws in sockets:
            while (message := await ws.receive(timeout=10)).type is WSMsgType.TEXT:
                reply = json.loads(message.data)
                if reply["type"] != "event":
                    replies[reply["type"]] += 1
                if reply.get("id") == 194:
                    break
        assert replies["ok"] < SHARED_BURST + 30
        assert replies["ok"] + replies["error"] < MESSAGE_BURST + 150
        assert (await _ask(bystander, type="ping", id=9))["type"] == "ok"
        for ws in sockets:
            await ws.close()


async def test_who_missed_more_than_is_kept_is_refused_and_who_missed_thousands_of_events_is_not(
    url: str, server: Server
) -> None:
    code = _room(server)
    room = server.signaling.registry.find(code)
    assert room is not None
    async with aiohttp.ClientSession() as http:
        for emoji, count, resumed in (("x", 3000, True), ("x" * 4000, 600, False)):
            ws = await http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,))
            welcome = (await _ask(ws, type="join", id=1, token=await _token(http, url, code)))["result"]
            participant = room.participants[welcome["you"]["id"]]
            _cut(ws)
            await _lost(participant)
            for _ in range(count):
                participant.tell(Reaction(participant="x", emoji=emoji))
            again = await http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,))
            await again.send_json(
                {"type": "resume", "id": 1, "token": welcome["resume_token"], "last_event": welcome["last_event"]}
            )
            reply = await again.receive_json(timeout=5)
            if resumed:
                assert reply["result"]["missed"] == count
                events = [await again.receive_json(timeout=5) for _ in range(count)]
                assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + count))
                assert (await _ask(again, type="ping", id=2))["type"] == "ok"
            else:
                assert (reply["type"], reply["code"]) == ("error", "cannot_resume")
                assert participant.id not in room.participants
            await again.close()


async def _lost(participant: Participant) -> None:
    await until(lambda: not participant.attached)


def _cut(ws: ClientWebSocketResponse) -> None:
    connection = ws._response.connection
    assert connection is not None
    assert isinstance(connection.transport, asyncio.Transport)
    connection.transport.abort()


async def test_a_room_whose_chat_is_full_of_the_longest_messages_can_be_joined(url: str, server: Server) -> None:
    code = _room(server)
    room = server.signaling.registry.find(code)
    assert room is not None
    async with _socket(url) as writer, _socket(url, max_msg_size=0) as newcomer:
        await _joined(url, server, writer, code)
        participant = next(iter(room.participants.values()))
        for number in range(300):
            room.say(participant, messages.Chat(id=1, text="\N{GRINNING FACE}" * 4000), 60.0 * number, 0.0)
            await asyncio.sleep(0)
        reply = await _joined(url, server, newcomer, code)
        assert 10 < len(reply["result"]["chat"]) < 20
        for text in ("\x01" * 4000, "a\ud800b"):
            await newcomer.send_str(json.dumps({"type": "chat", "id": 5, "text": text}))
            while (refused := await newcomer.receive_json(timeout=5))["type"] == "event":
                pass
            assert refused["code"] == "bad_message"


async def test_who_reconnects_and_rejoins_over_and_over_leaves_no_session_task_or_token(
    url: str, server: Server
) -> None:
    code = _room(server)
    signaling = server.signaling
    room = signaling.registry.find(code)
    assert room is not None

    def left() -> tuple[int, ...]:
        return (
            len(room.participants),
            len(signaling.sessions),
            len(signaling._by_resume_token),
            len(room._backlog.mailboxes),
        )

    async with aiohttp.ClientSession() as http:
        tasks = len(asyncio.all_tasks())
        for number in range(60):
            ws = await http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,))
            welcome = (await _ask(ws, type="join", id=1, token=await _token(http, url, code)))["result"]
            _cut(ws)
            again = await http.ws_connect(f"{url}/ws", protocols=(SUBPROTOCOL,))
            reply = await _ask(
                again, type="resume", id=1, token=welcome["resume_token"], last_event=welcome["last_event"]
            )
            assert reply["type"] == "ok"
            if number % 2:
                await _ask(again, type="leave", id=2)
            else:
                room.participants[welcome["you"]["id"]].end("removed")
                room.leave(room.participants[welcome["you"]["id"]], "removed", server.media.now())
            await again.close()
            await ws.close()
        await until(lambda: left() == (0, 0, 0, 0))
        await until(lambda: len(asyncio.all_tasks()) <= tasks)


async def test_a_crowd_that_joins_at_once_comes_in_in_order_and_costs_each_a_few_events(
    url: str, server: Server
) -> None:
    code = _room(server)
    count = 60
    async with aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        tokens = [await _token(http, url, code, f"p{number}") for number in range(count)]
        sockets = [await stack.enter_async_context(_socket(url)) for _ in range(count)]
        for ws, token in zip(sockets, tokens, strict=True):
            await ws.send_json({"type": "join", "id": 1, "token": token})
        for number, ws in enumerate(sockets):
            # Everyone finds those who came before, in that order, and is told of the others, in that order.
            welcome = (await ws.receive_json(timeout=times.seconds(5)))["result"]
            inside = [each["name"] for each in welcome["participants"]]
            events = [(await ws.receive_json(timeout=times.seconds(5)))["event"] for _ in range(count - 1 - number)]
            assert {event["type"] for event in events} <= {"participant.joined"}
            inside += [welcome["you"]["name"], *(event["participant"]["name"] for event in events)]
            assert inside == [f"p{each}" for each in range(count)]
