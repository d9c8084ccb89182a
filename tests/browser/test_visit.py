"""One whole visit, by clicks and keys only: register, mail, room, two guests, a call in which everything happens, and
the way out. On a phone, a tablet and a desktop, each step pictured in build/screenshots.
"""

import asyncio
import base64
import re
import socket
from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import CHEAP
from tests.browser.people import SMALL, Person, until
from tests.browser.visitor import SCREENSHOTS, SIZES, STILL
from tests.browser.watching import PASSWORD
from tests.integration.smtp_server import Handler
from tests.integration.smtp_server import Server as SmtpServer
from web.app import Server
from web.config import Settings
from web.mail import Tls

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

# Notes what live regions are given to say: a screen reader reads it out, whether or not it stays.
_LISTEN = """() => {
  window.announced = [];
  const live = "[role=status], [role=alert], [role=log], [aria-live=polite], [aria-live=assertive]";
  const note = (node) => {
    const element = node instanceof Element ? node : node.parentElement;
    if (element?.closest(live) && !element.closest("[aria-live=off]")) announced.push(node.textContent);
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "characterData") note(target);
      else addedNodes.forEach(note);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}"""

SCREENS = [("phone", "dark"), ("tablet", "light"), ("desktop", "dark")]


@pytest_asyncio.fixture(loop_scope="session")
async def mailbox() -> AsyncIterator[SmtpServer]:
    async with SmtpServer(Handler()) as smtp:
        yield smtp


async def mailed_link(mailbox: SmtpServer) -> str:
    """Wait for a mail; the link in it."""
    mails = mailbox.handler.arrived

    async def arrived() -> bool:
        return bool(mails)

    await until(arrived)
    text = mails.pop()[2].get_body(("plain",))
    assert text is not None
    found = re.search(r"http://\S+", text.get_content())
    assert found is not None
    return found[0]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path, mailbox: SmtpServer) -> AsyncIterator[Server]:
    # The links in mails need an address that is known before the server starts.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = Settings(
        port=port,
        media_port=0,
        host="127.0.0.1",
        data=tmp_path / "data",
        public_url=f"http://localhost:{port}",
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_tls=Tls.NONE,
        smtp_from="milanio@example.org",
    )
    running = Server(settings, password_cost=CHEAP)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


class Guest:
    """A person with a screen of some size; controls that don't fit are under More."""

    def __init__(self, person: Person, size: str) -> None:
        self.person = person
        self.page = person.page
        self.has_touch = size == "phone"
        self._size = size
        self._pictures = 0

    @classmethod
    async def open(cls, browser: Browser, name: str, size: str, theme: Any) -> "Guest":
        width, height = SIZES[size]
        hand = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
        window = {"viewport": {"width": width, "height": height}, "color_scheme": theme, **hand}
        person = await Person.open(browser, name, camera=SMALL, **window)
        await person.page.add_init_script(f"({_LISTEN})()")
        return cls(person, size)

    async def look(self, what: str) -> None:
        """Keep a picture of what is to be seen now."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self._pictures += 1
        await self.page.get_by_role("heading").first.wait_for()
        await self.page.evaluate(STILL)
        session = await self.page.context.new_cdp_session(self.page)
        shot = await session.send("Page.captureScreenshot", {"optimizeForSpeed": True})
        await session.detach()
        name = f"visit-{self._size}-{self._pictures:02}-{what}.png"
        (SCREENSHOTS / name).write_bytes(base64.b64decode(shot["data"]))

    def dialog_button(self, name: str) -> Locator:
        """A button of the dialog that is open."""
        return self.page.get_by_role("dialog").get_by_role("button", name=name, exact=True)

    async def use(self, button: str, item: str | None = None) -> None:
        """Press a button of the bar, or what stands for it under More."""
        found = self.page.get_by_role("toolbar").get_by_role("button", name=re.compile(f"^{button}"))
        if await found.count() > 0:
            await found.first.click()
            return
        await self.page.get_by_role("button", name=re.compile("^More")).first.click()
        await self.page.get_by_role("menuitem", name=re.compile(f"^{item or button}")).click()

    async def close_panel(self) -> None:
        """Back to the pictures, which a panel covers on a phone."""
        await self.page.get_by_role("complementary").get_by_role("button", name="Close").click()


@pytest.mark.parametrize(("size", "theme"), SCREENS, ids=[size for size, _ in SCREENS])
async def test_from_registration_to_the_way_out(
    browser: Browser, base: str, mailbox: SmtpServer, size: str, theme: str
) -> None:
    ada, ben, cleo = await asyncio.gather(*(Guest.open(browser, name, size, theme) for name in ("Ada", "Ben", "Cleo")))
    await register(ada, base, mailbox)
    link = await make_a_room(ada)
    await come_in(ada, ben, cleo, base, link)
    await talk_and_share(ada, ben, cleo)
    await write(ada, ben, cleo)
    await moderate(ada, ben, cleo)
    await go(ada, ben, cleo)
    for guest in (ada, ben, cleo):
        assert guest.person.problems == []


async def register(ada: Guest, base: str, mailbox: SmtpServer) -> None:
    page = ada.page
    await page.goto(base)
    await ada.look("landing")
    await page.get_by_role("button", name=re.compile("^sign up", re.IGNORECASE)).first.click()
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("Email address").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await ada.look("register")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Check your inbox").wait_for()
    await page.goto(await mailed_link(mailbox))
    await ada.look("verify")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await ada.person.press("Confirm email")
    await ada.person.reads("Email confirmed")
    await page.get_by_role("main").get_by_role("link").first.click()
    await ada.person.reads("Hello, Ada")


async def make_a_room(ada: Guest) -> str:
    page = ada.page
    await ada.person.press("Create room")
    await page.get_by_label("Title").fill("Seminar")
    await ada.dialog_button("Create room").click()
    await ada.person.reads("Your room is ready")
    link = await page.get_by_role("dialog").get_by_role("textbox", name="Link").input_value()
    await ada.look("room")
    await page.get_by_role("dialog").get_by_role("link", name="Join now").click()
    await page.get_by_text("You'll join as Ada.").wait_for()
    await ada.look("door")
    await ada.person.join()
    await ada.person.reads("You're the only one here")
    return link


async def come_in(ada: Guest, ben: Guest, cleo: Guest, base: str, link: str) -> None:
    # One has the link, the other was told the code.
    await ben.page.goto(link)
    await cleo.page.goto(base)
    await cleo.page.get_by_label("Room code or link").fill(link.rsplit("/", 1)[1].upper())
    await cleo.person.press("Join room")
    for guest in (ben, cleo):
        await guest.page.get_by_label("Your name").fill(guest.person.name)
        await guest.page.keyboard.press("Enter")
        await guest.person.in_call()
        await announced(ada, f"{guest.person.name} joined")
    pairs = permutations((ada.person, ben.person, cleo.person), 2)
    await asyncio.gather(*(one.keeps_seeing(other) for one, other in pairs))


async def talk_and_share(ada: Guest, ben: Guest, cleo: Guest) -> None:
    await asyncio.gather(*(guest.person.hears(2) for guest in (ada, ben, cleo)))
    await ada.look("call")
    await ben.use("Share screen")
    for guest in (ada, cleo):
        await guest.person.sees(ben.person, "screen")
    await announced(ada, "Ben is sharing their screen")
    await ada.look("screen")
    await ben.use("Stop sharing")
    await ada.page.locator('video[data-source="screen"]').wait_for(state="detached")


async def write(ada: Guest, ben: Guest, cleo: Guest) -> None:
    await ben.person.open_chat()
    await ben.person.say("Shall we begin?")
    await announced(ada, "Ben: Shall we begin?")
    await ada.page.get_by_role("button", name="Chat, 1 unread message").wait_for()
    await ada.person.open_chat()
    await ada.person.said("Shall we begin?").wait_for()
    await ada.person.say("Yes: https://example.org/agenda")
    await cleo.person.open_chat()
    await cleo.page.get_by_role("link", name="https://example.org/agenda").wait_for()
    await ada.look("chat")
    for guest in (ada, ben, cleo):
        await guest.close_panel()


async def moderate(ada: Guest, ben: Guest, cleo: Guest) -> None:
    await cleo.use("Raise hand")
    await announced(ada, "Cleo raised their hand")
    await ada.page.get_by_role("group", name="Cleo", exact=True).get_by_label("Hand raised").wait_for()
    await ada.use("People")
    await ada.look("people")
    await ada.person.choose("Cleo", "Lower hand")
    await ada.person.choose("Ben", "Mute")
    await ben.person.told("A host muted you")
    await ben.page.get_by_role("button", name="Unmute microphone").wait_for()
    await cleo.person.hears(1)
    await ada.person.choose("Ben", "Remove from call")
    await ada.look("remove")
    await ada.dialog_button("Remove").click()
    await ben.person.reads("You were removed from the call")
    await ben.look("removed")
    await announced(cleo, "Ben was removed")
    await ada.close_panel()


async def go(ada: Guest, ben: Guest, cleo: Guest) -> None:
    await cleo.person.press("Leave call")
    await cleo.person.reads("You left the call")
    await cleo.look("left")
    await announced(ada, "Cleo left")
    await ada.person.press("Leave call")
    await ada.page.get_by_role("link", name="Home", exact=True).click()
    card = ada.page.get_by_role("article", name="Seminar")
    await card.get_by_text("Empty").wait_for()
    await ada.look("lobby")
    await ada.person.press("Your account")
    await ada.page.get_by_role("menuitem", name="Log out").click()
    await expect(ada.page.get_by_role("button", name="Log in", exact=True)).to_be_visible()


async def announced(guest: Guest, text: str) -> None:
    """Wait until this text is visible, and was announced to screen readers."""
    await guest.person.told(text)
    said = "(text) => announced.some((one) => one.includes(text))"
    await until(lambda: guest.page.evaluate(said, text))
