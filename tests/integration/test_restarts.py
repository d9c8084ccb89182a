"""The server stopped or killed and started again on the same data, and commands that end what a running one serves."""

import asyncio
import signal
import sqlite3
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling import messages
from signaling.client import Client, ClientError, ClientOptions, create_room
from storage.store import Store
from tests import times
from tests.integration import talk
from tests.integration.conftest import until
from tests.integration.process import milanio, running
from tests.integration.talk import serving

pytestmark = pytest.mark.asyncio

NO_MEDIA = ClientOptions(audio_slots=0, video_slots=0)
NOTICED_WITHIN = 5.0
"""Seconds after which a server has noticed what another process has done."""


async def api(url: str, method: str, path: str, token: str, body: dict[str, object] | None = None) -> Any:
    """The API's answer to a user who has logged in."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url + path, json=body, headers=headers) as response,
    ):
        assert response.status < 300, await response.text()
        return await response.json()


async def state_of(url: str, code: str) -> str:
    """A room's state, as its preview shows it."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/rooms/by-code/{code}") as response:
        answer = await response.json()
        return str(answer["state"] if response.status == 200 else answer["error"]["code"])


class Before:
    """What was done before the server stopped."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tokens: dict[str, str] = {}
        self.people: dict[str, Client] = {}
        self.codes: dict[str, str] = {}
        self.room = ""

    async def make_accounts(self, *names: str) -> None:
        for name in names:
            await talk.register(self.url, f"{name}@example.org")
            self.tokens[name] = (await talk.log_in(self.url, f"{name}@example.org")).access_token

    def client(self, name: str, room: str, url: str | None = None) -> Client:
        options = ClientOptions(audio_slots=0, video_slots=0, access_token=self.tokens.get(name))
        return Client(url or self.url, self.codes[room], name, options)

    async def fill(self, stack: AsyncExitStack) -> None:
        """Three rooms, one of them with people who talk."""
        await self.make_accounts("Ada", "Cy", "Eve")
        for room in ("new", "left", "busy"):
            self.codes[room] = await create_room(self.url, room, self.tokens["Ada"])
        async with self.client("Bob", "left"):
            pass
        for name in ("Ada", "Bob", "Cy", "Eve"):
            self.people[name] = await stack.enter_async_context(self.client(name, "busy"))
        ada, bob, cy, eve = self.people.values()
        self.room = ada.room.id
        await ada.chat("to all")
        await bob.chat("to Ada alone", ada.you.id)
        await eve.chat("deleted")
        await until(lambda: len(ada.chat_messages) == 3)
        await ada.moderate(messages.DeleteChat(message=ada.chat_messages[2].id))
        await ada.moderate(messages.Ban(participant=eve.you.id))
        await ada.moderate(messages.MakeHost(participant=cy.you.id))
        await api(self.url, "PUT", f"/api/rooms/{self.room}", self.tokens["Ada"], {"locked": True})
        await until(lambda: cy.rights.moderate and eve.bye is not None)

    async def is_stored(self, data: Path) -> None:
        """Wait until all of it is in the database."""
        async with Store(f"sqlite:///{data / 'milanio.db'}") as store:
            # What was done last is stored last.
            async with asyncio.timeout(times.seconds(10)):
                while len(await store.rooms.members(self.room)) < 2:
                    await asyncio.sleep(0.02)

    async def check(self, url: str) -> None:
        """On the next server: everything is as it was, but that nobody is in any room."""
        states = {room: await state_of(url, code) for room, code in self.codes.items()}
        assert states == {"new": "created", "left": "waiting", "busy": "waiting"}
        # Whoever was logged in still is.
        busy = await api(url, "GET", f"/api/rooms/{self.room}", self.tokens["Ada"])
        assert (busy["locked"], busy["participants"], busy["role"]) == (True, 0, "owner")
        for name, code in (("Eve", "banned"), ("Bob", "room_locked")):
            with pytest.raises(ClientError) as refused:
                await self.client(name, "busy", url).join()
            assert refused.value.code == code
        async with self.client("Cy", "busy", url) as cy, self.client("Ada", "busy", url) as ada:
            assert cy.rights.moderate
            assert [(each.sender_name, each.text) for each in cy.chat_messages] == [("Ada", "to all")]
            assert [each.text for each in ada.chat_messages] == ["to all", "to Ada alone"]
            await ada.chat("back")
            assert await state_of(url, self.codes["busy"]) == "active"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_rooms_outlive_the_server(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    async with AsyncExitStack() as stack:
        async with running(data) as first:
            before = Before(first.url)
            await before.fill(stack)
            if how is signal.SIGKILL:
                await before.is_stored(data)
                # A command beside it that comes and goes takes nothing away from it.
                assert before.codes["busy"] in await milanio(data, "room", "list")
                code = await create_room(first.url, "", before.tokens["Ada"])
            status = await first.end(how)
            assert status == (0 if how is signal.SIGTERM else -signal.SIGKILL), first.log
        if how is signal.SIGTERM:
            await until(lambda: all(client.bye for client in before.people.values()))
            assert {client.bye.why for client in before.people.values() if client.bye} == {"server_stopping", "banned"}
        for client in before.people.values():
            await client.close()
        async with running(data) as second:
            if how is signal.SIGKILL:
                assert await state_of(second.url, code) == "created"
            await before.check(second.url)
            assert await second.end(signal.SIGTERM) == 0, second.log


async def test_rooms_whose_time_passed_while_the_server_was_down(tmp_path: Path) -> None:
    data = tmp_path / "data"
    codes: dict[str, str] = {}
    async with serving(data) as (server, url):
        for room, ttl in (("new", 3600), ("left", 3600), ("busy", 3600), ("longer", 9000), ("endless", None)):
            codes[room] = await create_room(url, room, ttl_seconds=ttl)
        file = server.settings.default_database
        for room in ("left", "busy"):
            client = Client(url, codes[room], "Ada", NO_MEDIA)
            await client.join()
            await (client.leave() if room == "left" else client.close())
        # Of those who left and those who are still there.
        await until(lambda: [room.state for room in server.signaling.registry.rooms] == ["waiting", "active"])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE rooms SET last_active_at = last_active_at - 7200, expires_at = expires_at - 7200")
    async with serving(data) as (server, url):
        # Somebody was in one of them when the server ended: nobody knows for how long nobody would have been.
        expected = {
            "new": "room_ended",
            "left": "room_ended",
            "busy": "waiting",
            "longer": "created",
            "endless": "created",
        }
        assert {room: await state_of(url, code) for room, code in codes.items()} == expected
        with pytest.raises(ClientError) as refused:
            await Client(url, codes["new"], "Ada").join()
        assert refused.value.code == "room_ended"


async def ended(client: Client, why: str) -> float:
    """Seconds until a client's call was ended for that reason."""
    before = time.monotonic()
    await until(lambda: client.bye is not None)
    assert client.bye is not None
    assert client.bye.why == why
    return time.monotonic() - before


async def test_commands_end_calls_of_a_running_server(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as (server, url), AsyncExitStack() as stack:
        await talk.register(url)
        token = (await talk.log_in(url)).access_token
        with_account = ClientOptions(audio_slots=0, video_slots=0, access_token=token)
        codes = [await create_room(url), await create_room(url)]
        people = [
            Client(url, codes[room], name, options)
            for room, name, options in (
                (0, "Ada", with_account),
                (0, "Bo", NO_MEDIA),
                (1, "Cy", NO_MEDIA),
                (1, "Ada", with_account),
            )
        ]
        ada, bo, cy, ada_elsewhere = [await stack.enter_async_context(person) for person in people]

        assert "disabled" in await milanio(server.settings.data, "user", "disable", talk.EMAIL)
        seconds = max([await ended(each, "signed_out") for each in (ada, ada_elsewhere)])
        assert seconds < times.seconds(NOTICED_WITHIN)
        assert (await talk.log_in(url)).status == 401
        with pytest.raises(ClientError):
            await Client(url, codes[0], "Ada", with_account).join()
        # Of those who were with her nobody is.
        await until(lambda: not bo.participants and not cy.participants)

        assert "ended" in await milanio(server.settings.data, "room", "end", f"<{url}/r/{codes[0].upper()}>.")
        assert await ended(bo, "room_closed") < times.seconds(NOTICED_WITHIN)
        assert (await state_of(url, codes[0]), cy.bye) == ("room_ended", None)
        await cy.chat("still here")
