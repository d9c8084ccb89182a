"""A visit as people make it: they paste what they were sent, type without looking where, go back, reload, and walk out
of the wireless network. On a phone, a tablet and a desktop, each step pictured in build/screenshots.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.people import Person
from tests.browser.tcp_proxy import TcpProxy
from tests.browser.test_visit import SCREENS, Guest
from web.app import Server

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

LONG = "🧑‍🚀 " * 1100


@pytest_asyncio.fixture(loop_scope="session")
async def network(server: Server) -> AsyncIterator[TcpProxy]:
    """What is between one of them and the server."""
    proxy = TcpProxy(server.port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


async def paste(page: Page, text: str) -> None:
    """As from another program, into whatever has the focus."""
    await page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    await page.keyboard.press("ControlOrMeta+V")


async def type_and_send(page: Page, text: str) -> None:
    """Into whatever has the focus."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def sends(person: Person) -> list[Any]:
    """The devices that are open, and whether anything of them is sent."""
    read = "fakeDevices.opened.map((track) => [track.kind, track.readyState, track.enabled])"
    found: list[Any] = await person.page.evaluate(read)
    return found


async def cursor_in(guest: Guest, label: str) -> None:
    """The field is ready to be typed in. Where a keyboard would come up on the screen, it has to be tapped first."""
    field = guest.page.get_by_label(label, exact=True)
    if guest.has_touch:
        await field.click()
    await expect(field).to_be_focused()


@pytest.mark.parametrize(("size", "theme"), SCREENS, ids=[size for size, _ in SCREENS])
async def test_a_visit_by_hand(
    browser: Browser, server: Server, base: str, network: TcpProxy, size: str, theme: str
) -> None:
    assert server.signaling is not None
    code = server.signaling.registry.create("", server.media.now()).code
    ada, ben = await asyncio.gather(*(Guest.open(browser, name, size, theme) for name in ("Ada", "Ben")))
    away = f"http://localhost:{network.port}"
    await come_in(ada, away, f"Ada, we meet at 3: <{away.upper()}/r/{code}>.")
    await come_in(ben, base, f"Room code: “{code.upper()}”")
    await asyncio.gather(ada.person.keeps_seeing(ben.person), ben.person.keeps_seeing(ada.person))
    await type_without_looking(ada, ben)
    await paste_too_much(ada)
    await walk_out_of_the_network(ada, ben, network)
    await reload(ada, ben)
    await go_back(ada, ben)
    for guest in (ada, ben):
        guest.person.forgive("ERR_")
        assert guest.person.problems == []


async def come_in(guest: Guest, base: str, sent: str) -> None:
    page = guest.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
    await page.goto(base)
    await page.get_by_label("Room code or link").click()
    await paste(page, sent)
    await page.keyboard.press("Enter")
    await cursor_in(guest, "Your name")
    await guest.look("door")
    await type_and_send(page, guest.person.name)
    await guest.person.in_call()


async def type_without_looking(ada: Guest, ben: Guest) -> None:
    before = await sends(ada.person)
    await ada.use("Chat")
    await cursor_in(ada, "Message")
    await type_and_send(ada.page, "move it, David: screens, mics & cameras?")
    await ben.use("Chat")
    await ben.person.said("move it, David: screens, mics & cameras?").wait_for()
    assert await sends(ada.person) == before
    await ada.look("typed")


async def paste_too_much(ada: Guest) -> None:
    await paste(ada.page, LONG)
    await ada.page.get_by_text("characters too many").wait_for()
    await ada.page.keyboard.press("Enter")
    field = ada.page.get_by_label("Message", exact=True)
    await expect(field).to_have_value(LONG)
    await ada.look("too-long")
    await ada.page.keyboard.press("ControlOrMeta+A")
    await ada.page.keyboard.press("Delete")


async def walk_out_of_the_network(ada: Guest, ben: Guest, network: TcpProxy) -> None:
    network.cut()
    await type_and_send(ada.page, "Can you hear me?")
    await type_and_send(ada.page, "Now?")
    await ada.page.get_by_text("Sending…").first.wait_for()
    await ada.look("sending")
    network.reset()
    network.mend()
    await ben.person.said("Now?").wait_for()
    said = await ben.page.get_by_role("log").get_by_role("paragraph").all_inner_texts()
    assert [text for text in said if text in ("Can you hear me?", "Now?")] == ["Can you hear me?", "Now?"]
    await expect(ada.page.get_by_text("Sending…")).to_have_count(0)


async def reload(ada: Guest, ben: Guest) -> None:
    # The browser asks first.
    ada.page.once("dialog", lambda dialog: dialog.accept())
    await ada.page.reload()
    await ada.look("reloaded")
    # The name is remembered, and so Enter joins.
    await expect(ada.page.get_by_role("button", name="Join", exact=True)).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await ada.person.in_call()
    await ben.close_panel()
    await ben.person.keeps_seeing(ada.person)


async def go_back(ada: Guest, ben: Guest) -> None:
    await ada.use("People")
    await ada.page.go_back()
    await ada.page.get_by_role("complementary").wait_for(state="detached")
    await ada.page.go_back()
    await ada.person.reads("Leave the call?")
    await ada.look("back")
    await ada.page.keyboard.press("Escape")
    await ada.person.keeps_seeing(ben.person)
    await ada.page.go_back()
    await ada.dialog_button("Leave").click()
    await ben.page.get_by_role("group", name="Ada", exact=True).wait_for(state="detached")
