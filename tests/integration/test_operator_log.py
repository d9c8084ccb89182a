"""The operator's log of a day: who joined, left, was refused or moderated, and what failed; without names."""

import asyncio
import logging
from typing import Any

import aiohttp
import pytest

from sfu.relay import FAILED
from signaling import diary, messages
from signaling.client import Client, ClientOptions
from tests import times
from tests.integration.api import Api
from tests.integration.conftest import until
from web.app import Server
from web.logs import JsonLines, TextLines

pytestmark = pytest.mark.asyncio
SLOTS = ClientOptions(audio_slots=1, video_slots=1)


def facts_of(caplog: pytest.LogCaptureFixture, message: str) -> list[dict[str, Any]]:
    """The log record with that message."""
    return [vars(record).get("facts", {}) for record in caplog.records if record.getMessage() == message]


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(diary, "_refusals", diary._Refusals())
    return caplog


async def test_joining_moderation_and_leaving(url: str, log: pytest.LogCaptureFixture) -> None:
    async with Api(url) as ada:
        await ada.register("Lovelace")
        room = await ada.good("POST", "/api/rooms/create", {"title": "Secret plans"})
        options = ClientOptions(audio_slots=1, video_slots=1, access_token=ada.access_token)
        async with (
            Client(url, room["code"], "Lovelace", options) as host,
            Client(url, room["code"], "Ben Bitdiddle", SLOTS),
        ):
            await until(lambda: host.participants)
            ben = next(iter(host.participants))
            await host.moderate(messages.Remove(participant=ben))
            await until(lambda: not host.participants)
        await ada.good("POST", f"/api/rooms/{room['id']}/end")
    joined = facts_of(log, "joined")
    assert [(each["room"], each["guest"]) for each in joined] == [(room["id"], False), (room["id"], True)]
    assert facts_of(log, "moderated") == [
        {"room": room["id"], "by": joined[0]["participant"], "do": "remove", "participant": ben}
    ]
    left = [(each["participant"], each["why"]) for each in facts_of(log, "left")]
    assert left[0] == (ben, "removed")
    assert (joined[0]["participant"], "left") in left
    assert {"room": room["id"], "do": "POST /end"} in facts_of(log, "room changed")
    written = [form(people=False).format(record) for record in log.records for form in (TextLines, JsonLines)]
    for secret in ("Lovelace", "lovelace", "Bitdiddle", "Secret", "127.0.0.1", room["code"], str(ada.access_token)):
        assert not [line for line in written if secret in line], secret
    asked = "\n".join(TextLines(people=True).format(record) for record in log.records)
    assert 'name="Ben Bitdiddle"' in asked
    assert "address=127.0.0.1" in asked


async def test_refusals(url: str, log: pytest.LogCaptureFixture) -> None:
    async with Api(url) as eve:
        await eve.call("POST", "/api/rooms/join", {"code": "abcde-fghjk-mnpqr", "name": "Eve"})
        await eve.call("POST", "/api/auth/login", {"email": "ada@example.org", "password": "otter lamp"})
        await eve.call("GET", "/api/users/profile")  # every page asks that first
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}/ws", protocols=("milanio.v1",)) as socket,
    ):
        await socket.send_json({"type": "join", "id": 1, "token": "no token"})
        assert (await socket.receive_json(timeout=times.seconds(5)))["code"] == "bad_token"
    assert facts_of(log, "refused") == [
        {"request": "POST /api/rooms/join", "status": 404, "code": "room_not_found"},
        {"request": "POST /api/auth/login", "status": 401, "code": "bad_credentials"},
        {"request": "join", "code": "bad_token"},
    ]


async def test_media_that_fails(server: Server, url: str, log: pytest.LogCaptureFixture) -> None:
    room = server.signaling.registry.create("", server.media.now())
    async with Client(url, room.code, "Ada", SLOTS):
        (participant,) = room.participants.values()
        await until(lambda: participant.connection == "connected")
        member = server.local_plane.find(room.id, participant.id)
        assert member is not None
        server.media.relay._failed[member.transport] = None
        server.media.wake()
        await until(lambda: facts_of(log, "media failed"))
    (facts,) = facts_of(log, "media failed")
    assert (facts["room"], facts["participant"], facts["why"]) == (room.id, participant.id, FAILED)


async def test_a_client_that_is_lost_and_comes_back(server: Server, url: str, log: pytest.LogCaptureFixture) -> None:
    room = server.signaling.registry.create("", server.media.now())
    async with Client(url, room.code, "Ada", SLOTS):
        await until(lambda: server.signaling.sessions)
        (session,) = server.signaling.sessions
        assert session._outbox._transport is not None
        session._outbox._transport.close()
        await until(lambda: facts_of(log, "came back"))
    await asyncio.sleep(0)
    assert facts_of(log, "lost")[0] == facts_of(log, "came back")[0]
