"""What goes wrong on the way: devices that go, permissions withdrawn, connections that break, servers that restart."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests import times
from tests.browser.conftest import CHEAP
from tests.browser.crowd import Crowd
from tests.browser.hosted import Hosted
from tests.browser.people import Person, until
from web.app import Server
from web.config import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def test_devices_that_go_and_permission_that_is_withdrawn(hosted: Hosted) -> None:
    ada = await hosted.begin()
    (ben,) = await hosted.bring("Ben")
    await ada.sees(ben)
    # Unplugged, and there is another one.
    await ben.lose_device("video")
    await ben.told("The camera was disconnected")
    await ada.keeps_seeing(ben)
    await ben.lose_device("audio")
    await ben.told("The microphone was disconnected")
    await ada.hears(1)
    # Forbidden in the middle of the call.
    await ben.lose_device("audio", "NotAllowedError")
    await ben.told("The microphone is blocked")
    await ben.page.get_by_role("button", name="Unmute microphone").wait_for()
    await ada.page.get_by_role("group", name="Ben", exact=True).get_by_label("Microphone muted").wait_for()
    await ben.lose_device("video", "NotFoundError")
    await ben.told("No camera found")
    await ben.page.get_by_role("button", name="Turn camera on").wait_for()

    async def dark() -> bool:
        return await ada.picture(ben) is None

    await until(dark)
    # Allowed again: it is the person who turns it on.
    await ben.page.evaluate("fakeDevices.refusal = null")
    await ben.press("Turn camera on")
    await ben.press("Unmute microphone")
    await ada.keeps_seeing(ben)
    await ada.hears(1)


async def test_before_the_call_it_is_said_what_stands_in_the_way(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben = await Person.open(hosted.browser, "Ben")
    hosted.people.append(ben)
    await ben.page.add_init_script("fakeDevices.refusal = 'NotAllowedError'")
    await ben.come(hosted.base, hosted.code)
    await ben.page.get_by_text("Camera and microphone are blocked").wait_for()
    await ben.page.evaluate("fakeDevices.refusal = null")
    await ben.press("Try again")
    await ben.page.get_by_role("button", name="Turn camera off").wait_for()
    await ben.page.get_by_text("Camera and microphone are blocked").wait_for(state="detached")
    await ben.press("Test speaker")
    await ben.page.get_by_text("You should hear two notes now").wait_for()
    await ben.press("Mute microphone")
    await ben.join()
    await ada.sees(ben)
    await ben.page.get_by_role("button", name="Unmute microphone").wait_for()
    await ada.hears(0)


_OLD = """() => {
  delete Intl.Segmenter;
  const gone = [
    [HTMLVideoElement.prototype, "requestVideoFrameCallback", "requestPictureInPicture"],
    [Navigator.prototype, "wakeLock", "locks", "clipboard", "share", "connection"],
    [window, "documentPictureInPicture"],
    [Document.prototype, "pictureInPictureEnabled", "fullscreenEnabled"],
  ];
  for (const [owner, ...names] of gone) for (const name of names) delete owner[name];
}"""
"""Takes away what is newer than the oldest browsers that the page runs in, or is in only some of them."""

_BREAK = """() => {
  const whole = Date.prototype.toISOString;
  Date.prototype.toISOString = () => { throw new Error("stumbled over a date"); };
  window.mend = () => { Date.prototype.toISOString = whole; };
}"""
"""Messages can't be shown, until `mend()`."""


async def test_an_older_browser_and_a_part_that_fails_end_no_call(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben = await Person.open(hosted.browser, "Ben")
    hosted.people.append(ben)
    await ben.page.add_init_script(f"({_OLD})()")
    await ben.come(hosted.base, hosted.code)
    await ben.join()
    await asyncio.gather(ada.sees(ben), ben.sees(ada))
    await ben.open_chat()
    await ada.open_chat()
    await ben.page.evaluate(_BREAK)
    await ada.say("breaks the page")
    failed = ben.page.get_by_role("log").get_by_text("Something went wrong here")
    await failed.wait_for()
    await ben.keeps_seeing(ada)
    # What was written is sent although it can't be shown.
    await ben.say("still here")
    await ada.said("still here").wait_for()
    await ben.page.evaluate("mend()")
    retry = ben.page.get_by_role("log").get_by_role("button", name="Try again")
    await retry.first.click()
    await ben.said("breaks the page").wait_for()
    ben.forgive("stumbled")


class Cutter:
    """Cuts a page's WebSocket the first time that it says any of these, before the server hears it."""

    def __init__(self, *types: str) -> None:
        self._left = list(types)

    @property
    def done(self) -> bool:
        """Whether all were cut."""
        return not self._left

    async def install(self, person: Person) -> None:
        """Stand between this page and the server from now on."""
        await person.page.route_web_socket("**/ws", self._route)

    def _route(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        cut = False

        async def carry(message: str | bytes) -> None:
            nonlocal cut
            kind = json.loads(message)["type"]
            if cut:
                return
            if kind in self._left:
                self._left.remove(kind)
                cut = True
                await server.close()
                await page.close(code=1011)
            else:
                server.send(message)

        page.on_message(carry)


async def test_a_websocket_that_dies_at_every_step(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben = await hosted.arrive("Ben")
    cutter = Cutter("join", "offer", "publish", "watch", "resume", "hand", "chat")
    await cutter.install(ben)
    await ben.join()
    await ben.page.get_by_role("alert").wait_for()  # not in yet: so it is said, and can be tried again
    await ben.join()
    await ben.in_call()
    await ada.keeps_seeing(ben)
    await ben.keeps_seeing(ada)
    await ben.press("Raise hand")
    await ben.told("You're not connected at the moment")
    await until(lambda: ben.call("call.getSnapshot().phase === 'connected'"))
    await ben.press("Raise hand")
    await ada.told("Ben raised their hand")
    await ben.open_chat()
    await ben.say("was cut off")
    await until(lambda: ben.call("call.getSnapshot().phase === 'connected'"))
    # It is sent again by itself, and arrives once.
    await ada.open_chat()
    await ada.said("was cut off").wait_for()
    await expect(ada.said("was cut off")).to_have_count(1)
    assert cutter.done
    assert await ada.call("call.getSnapshot().participants.length") == 2
    await ada.keeps_seeing(ben)


class Line:
    """Stands between a page and the server; what it carries can be lost silently."""

    def __init__(self) -> None:
        self.there = self.back = True
        """Whether what the page says gets to the server, and what the server says to the page."""
        self._page: WebSocketRoute | None = None

    async def install(self, person: Person) -> None:
        """Carry what this page says and hears from now on."""
        await person.page.route_web_socket("**/ws", self._route)

    def _route(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        self._page = page
        page.on_message(lambda message: server.send(message) if self.there else None)
        server.on_message(lambda message: page.send(message) if self.back else None)

    async def mend(self) -> None:
        """The page notices, and finds another line that is whole."""
        self.there = self.back = True
        assert self._page is not None
        await self._page.close(code=1011)


async def test_what_is_written_into_a_dead_line_arrives_once_and_in_order(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben = await hosted.arrive("Ben")
    line = Line()
    await line.install(ben)
    await ben.join()
    await ben.in_call()
    await ada.open_chat()
    await ben.open_chat()
    outgoing = ben.page.locator("[data-outgoing]")
    # Nothing gets through.
    line.there = line.back = False
    for text in ("one", "two"):
        await ben.say(text)
    await expect(outgoing).to_have_text(["oneSending…", "twoSending…"])
    await line.mend()
    await expect(outgoing).to_have_count(0)
    # What is written arrives, and the answer is lost.
    line.back = False
    await ben.say("three")
    await ada.said("three").wait_for()
    await expect(outgoing).to_have_text(["threeSending…"])
    await line.mend()
    await expect(outgoing).to_have_count(0)
    for person in (ada, ben):
        await expect(person.page.get_by_role("log").locator(".chat-text")).to_have_text(["one", "two", "three"])
    # What is refused stays, until its writer decides.
    await ben.page.evaluate("milanio.call.sendChat('to nobody', 'nobody')")
    await outgoing.get_by_text("That person has left the call.").wait_for()
    await ben.press("Delete")
    await expect(outgoing).to_have_count(0)


async def test_a_restarted_server_finds_everyone_in_the_call_again(browser: Browser, tmp_path: Path) -> None:
    settings = Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False)
    first = Server(settings, password_cost=CHEAP)
    await first.start()
    hosted = Hosted(browser, f"http://localhost:{first.port}")
    second = Server(settings.model_copy(update={"port": first.port}), password_cost=CHEAP)
    try:
        ada = await hosted.begin()
        (ben,) = await hosted.bring("Ben")
        await ada.sees(ben)
        await ben.press("Raise hand")
        await ada.told("Ben raised their hand")
        await first.stop()
        await ada.page.get_by_text("Reconnecting").wait_for()
        await second.start()
        async with asyncio.timeout(times.seconds(5)):
            await asyncio.gather(ada.keeps_seeing(ben), ben.keeps_seeing(ada))
        for one in (ada, ben):
            await one.page.get_by_text("Reconnecting").wait_for(state="detached")
        await ada.page.get_by_role("group", name="Ben", exact=True).get_by_label("Hand raised").wait_for()
        assert await ada.call("call.getSnapshot().rights.moderate") is True
        assert await ada.call("call.getSnapshot().participants.length") == 2
    finally:
        await first.stop()
        await second.stop()


_HOSTILE = (
    "<img src=x onerror=hurt()>",
    "<script>hurt()</script>",
    '"><svg onload=hurt()>',
    "'-hurt()-'",
    "javascript:hurt()",
    "<iframe srcdoc='<script>parent.hurt()</script>'>",
    "{{constructor.constructor('hurt()')()}}",
    "${hurt()}",
    "<style>*{display:none}</style>",
    "&lt;img src=x onerror=hurt()&gt;",
    "$t(call:bar.leave) {{count}}",
)


async def test_hostile_names_titles_and_messages_are_only_texts(hosted: Hosted) -> None:
    ada = await hosted.begin(title=_HOSTILE[0])
    await ada.page.evaluate("() => { window.hurts = 0; window.hurt = () => void window.hurts++; }")
    await expect(ada.page).to_have_title(f"{_HOSTILE[0]} · Milanio")
    async with Crowd(hosted.base, hosted.code) as crowd:
        for text in _HOSTILE:
            (guest,) = await crowd.grow(1, None, name=text)
            await guest.chat(text)
            await guest.chat(f"see https://example.org/{text}")
        await ada.open_chat()
        for text in _HOSTILE:
            await ada.said(text).wait_for()
        await ada.open_people()
        for text in _HOSTILE:
            # Some differ in punctuation alone, and are told apart by a number.
            name = re.compile(rf"^{re.escape(text)}( \(\d\))?$")
            await ada.page.get_by_role("complementary").get_by_text(name).wait_for()
        await crowd.clients[0].raise_hand()
        await ada.told(f"{_HOSTILE[0]} raised their hand")
    assert await ada.page.evaluate("hurts") == 0
    links = await ada.page.evaluate("[...document.querySelectorAll('a')].map((a) => a.protocol)")
    assert set(links) <= {"http:", "https:"}
    made = "[...document.querySelectorAll('img[src=x], iframe, [onerror]')].map((one) => one.outerHTML)"
    assert await ada.page.evaluate(made) == []
