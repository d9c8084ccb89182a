"""From registration to the end of a room, as people would do it: over HTTP, mail, WebSocket and media."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from signaling import messages
from signaling.client import Client, ClientError, ClientOptions, Pattern
from signaling.client.receive import Slot
from tests.integration.api import PASSWORD, Api
from tests.integration.conftest import until
from tests.integration.smtp_server import Handler
from tests.integration.smtp_server import Server as SmtpServer
from web.app import Server
from web.config import Settings
from web.mail import Tls

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[SmtpServer]:
    async with SmtpServer(Handler()) as smtp:
        yield smtp


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def server(request: pytest.FixtureRequest, tmp_path: Path, mailbox: SmtpServer) -> AsyncIterator[Server]:
    settings = Settings(
        port=0,
        media_port=0,
        host="127.0.0.1",
        data=tmp_path / "data",
        database=SecretStr(request.getfixturevalue(f"{request.param}_url")),
        public_url="https://meet.example",
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_tls=Tls.NONE,
        smtp_from="milanio@meet.example",
    )
    running = Server(settings, password_cost=4)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def _token_in_mail(mailbox: SmtpServer, number: int) -> str:
    await until(lambda: len(mailbox.handler.arrived) >= number)
    message = mailbox.handler.arrived[number - 1][2]
    text = message.get_body(("plain",))
    assert text is not None
    found = re.search(r"https://meet\.example/\w+#token=([\w-]+)", text.get_content())
    assert found is not None
    return found[1]


async def _sign_up(person: Api, mailbox: SmtpServer, name: str, number: int) -> None:
    email = f"{name.lower()}@example.org"
    answer = await person.good("POST", "/api/auth/register", {"email": email, "name": name, "password": PASSWORD})
    assert answer == {"verification": "mailed"}
    log_in = {"email": email, "password": PASSWORD}
    assert await person.refused("POST", "/api/auth/login", log_in) == (403, "not_verified")
    token = await _token_in_mail(mailbox, number)
    confirmation = {"token": token, "password": PASSWORD}
    assert (await person.good("POST", "/api/auth/verify", confirmation))["user"]["verified"] is True
    assert await person.refused("POST", "/api/auth/verify", confirmation) == (404, "bad_token")
    await person.sign_in(email)


def _packets(slot: Slot) -> int:
    return slot.stats.packets


async def test_the_whole_story(server: Server, url: str, mailbox: SmtpServer) -> None:
    async with Api(url) as ada, Api(url) as ben:
        await _sign_up(ada, mailbox, "Ada", 1)
        await _sign_up(ben, mailbox, "Ben", 2)
        room = await ada.good("POST", "/api/rooms/create", {"title": "Seminar", "ttl_seconds": 3600})
        path = f"/api/rooms/{room['id']}"
        assert room["link"] == f"https://meet.example/r/{room['code']}"

        def joins(person: Api | None, name: str) -> Client:
            token = None if person is None else person.access_token
            options = ClientOptions(audio_slots=1, video_slots=1, access_token=token)
            return Client(url, room["code"], name, options)

        async with joins(ada, "Ada") as host, joins(ben, "Ben") as member, joins(None, "Cem") as guest:
            assert (host.you.host, member.you.host, guest.you.host) == (True, False, False)
            assert (member.you.guest, guest.you.guest) == (False, True)
            pattern = Pattern(width=160, height=120, fps=15)
            (camera, _) = await member.publish(pattern)
            await until(lambda: camera.id in host.publications)
            slot = await host.watch(camera.id, height=120)
            await until(lambda: _packets(slot) > 10)

            # The relay stops forwarding, whatever the muted one sends.
            await host.moderate(messages.MutePerson(participant=member.you.id, source="camera"))
            await until(lambda: member.publications[camera.id].muted)
            await until(lambda: slot.why == "muted")
            sent, received = member.players[0].stream.packets, _packets(slot)
            await until(lambda: member.players[0].stream.packets > sent + 30)
            assert _packets(slot) == received
            await host.moderate(messages.AskUnmute(participant=member.you.id, source="camera"))
            await member.mute("camera", muted=False)
            await until(lambda: _packets(slot) > received + 10)

            await host.moderate(messages.Lock(locked=True))
            with pytest.raises(ClientError) as locked:
                await joins(None, "Eve").join()
            assert locked.value.code == "room_locked"
            await host.moderate(messages.Lock(locked=False))
            await host.moderate(messages.Remove(participant=guest.you.id))
            await guest.ended()
            assert guest.bye == messages.Bye(why="removed")
            await host.moderate(messages.HandOver(participant=member.you.id))
            await until(lambda: member.rights.moderate and not host.rights.moderate)
            await host.leave()
            await member.moderate(messages.End())
            await member.ended()
            assert member.bye == messages.Bye(why="ended")

        events = (await ada.good("GET", f"{path}/history"))["events"]
        assert [event["name"] for event in events if event["kind"] == "removed"] == ["Cem"]
        assert (await ada.good("GET", path))["state"] == "waiting"

        assert server.services is not None
        await server.services.store.rooms.update(room["id"], ttl_seconds=0.001)
        await server.services.calls.poll()
        assert (await ada.good("GET", path))["state"] == "expired"
        assert await ben.refused("POST", "/api/rooms/join", {"code": room["code"]}) == (410, "room_ended")
