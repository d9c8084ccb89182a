"""Personal links: a program lets its own people in on the page, here in a real browser."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from signaling.client import Client, ClientOptions
from tests import times
from tests.browser.conftest import CHEAP
from tests.browser.people import SMALL, Person
from tests.integration.api import Api
from web.app import Server
from web.config import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def portal(server: Server, base: str) -> Api:
    """A program with a key of Ada's."""
    assert server.services is not None
    store = server.services.store
    ada = await store.users.create("ada@example.org", "Ada", "hash", time.time())
    program = Api(base)
    program.access_token = await store.api_keys.create("Portal", ["rooms", "join"], time.time(), ada.id)
    return program


async def link_to(program: Api, room: dict[str, Any], **who: Any) -> str:
    answer = await program.good("POST", "/api/rooms/link", {"code": room["code"], **who})
    return str(answer["link"])


def teacher(program: Api, room: dict[str, Any]) -> Client:
    """A host who is in the call: without any, whoever has been there longest acts as one."""
    options = ClientOptions(access_token=program.access_token, host=True)
    return Client(program.url, str(room["code"]), "Teacher", options)


async def in_call_as(person: Person, name: str) -> bool:
    """Wait until they are in the call, under this name; whether they are a host."""
    await person.in_call()
    state = await person.call("call.getSnapshot()")
    (own,) = [each for each in state["participants"] if each["id"] == state["you"]]
    assert (own["name"], own["guest"]) == (name, True)
    return bool(state["rights"]["moderate"])


async def test_a_guest_joins_by_a_link_of_a_program(
    browser: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Into a room for members only, again after a reload and a restart, until the key is revoked."""
    settings = Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False)
    first = Server(settings, password_cost=CHEAP)
    caplog.set_level(logging.DEBUG)
    await first.start()
    base = f"http://localhost:{first.port}"
    second = Server(settings.model_copy(update={"port": first.port}), password_cost=CHEAP)
    asked: list[str] = []
    try:
        async with await portal(first, base) as program:
            room = await program.good("POST", "/api/rooms/create", {"title": "Lesson", "access": "members"})
            link = await link_to(program, room, name="Tom", person="42")
            secret = link.partition("#link=")[2]
            tom = await Person.open(browser, "Ben", camera=SMALL)
            tom.page.on("request", lambda request: asked.append(f"{request.url} {request.headers}"))
            await tom.page.goto(link)
            await tom.page.get_by_text("You'll join as Tom.").wait_for()
            assert tom.page.url == room["link"]
            async with teacher(program, room):
                await tom.press("Join")
                assert not await in_call_as(tom, "Tom")

                await tom.page.reload()
                await tom.page.get_by_text("You'll join as Tom.").wait_for()
                await tom.press("Join")
                assert not await in_call_as(tom, "Tom")

            await first.stop()
            await tom.page.get_by_text("Reconnecting").wait_for()
            await second.start()
            async with asyncio.timeout(times.seconds(30)):
                await tom.page.get_by_text("Reconnecting").wait_for(state="detached")
            await in_call_as(tom, "Tom")
            assert tom.page.url == room["link"]

            assert second.services is not None
            await second.services.store.api_keys.revoke("Portal")
            tom.forgive("ERR_CONNECTION_REFUSED")
            tom.forgive("WebSocket")
            assert tom.problems == []
            await tom.page.reload()
            await tom.reads("This link doesn't work")
            await tom.press("Join without this link")
            await tom.reads("Log in to join")
    finally:
        await first.stop()
        await second.stop()
    signature, content = secret.rpartition(".")[2], secret.split(".")[1]
    log = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert [line for line in log if "POST /api/rooms/link" in line]
    assert [line for line in asked if "/api/rooms/join" in line]
    for text in (signature, content):
        assert not [line for line in [*asked, *log] if text in line]


async def test_a_link_says_who_somebody_is_also_if_they_are_logged_in(
    server: Server, browser: Browser, base: str
) -> None:
    async with await portal(server, base) as program:
        room = await program.good("POST", "/api/rooms/create", {"title": "Lesson", "access": "members"})
        cleo = await Person.open(browser, "Cleo", camera=SMALL)
        await cleo.make_room(base)
        await cleo.page.goto(await link_to(program, room, name="Ms Grey", host=True))
        await cleo.page.get_by_text("You'll join as Ms Grey.").wait_for()
        async with teacher(program, room):
            await cleo.press("Join")
            assert await in_call_as(cleo, "Ms Grey")
        assert cleo.problems == []
