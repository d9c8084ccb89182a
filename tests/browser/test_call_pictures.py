"""How the call looks on a phone, a tablet and a desktop, light and dark: pictured, and checked for accessibility."""

import pytest
from playwright.async_api import Browser

from signaling.client import Pattern
from tests.browser.crowd import Crowd
from tests.browser.hosted import Hosted
from tests.browser.people import until
from tests.browser.visitor import Visitor, visitor

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


async def test_pictures_of_the_way_in(hosted: Hosted, browser: Browser, base: str) -> None:
    await hosted.begin(title="Weekly planning", access="waiting")
    async with visitor(browser, base, reduced_motion=True) as guest:
        await guest.open(f"/r/{hosted.code}?name=Grace%20Hopper")
        await guest.sees("Weekly planning")
        await guest.sees("1 person is in the call")
        await guest.picture("call-door")
        await guest.is_reached_by_keyboard("call-door")
        await guest.press("Join")
        await guest.sees("Waiting to be let in")
        await guest.picture("call-waiting")
        await guest.press("Leave")
        await guest.sees("You left the call")
        await guest.picture("call-left")


async def test_pictures_of_the_call(hosted: Hosted) -> None:
    ada = await hosted.begin(title="Weekly planning")
    looks = Visitor(ada.page, await ada.page.context.new_cdp_session(ada.page), hosted.base)
    await ada.page.emulate_media(reduced_motion="reduce")
    await looks.sees("You're the only one here")
    await looks.picture("call-alone")
    async with Crowd(hosted.base, hosted.code) as crowd:
        await crowd.grow(6)
        await crowd.grow(2, None)
        await until(lambda: everyone_shown(looks, 9))
        await looks.picture("call-grid")
        for client in crowd.clients[2:4]:
            await client.raise_hand()
        await crowd.clients[6].publish(Pattern(width=640, height=400, fps=5), screen=True)
        await ada.page.get_by_role("group", name="Guest 7's screen").wait_for()
        await crowd.clients[1].react("👏")
        await looks.picture("call-screen")
        you = await ada.call("call.getSnapshot().you")
        await crowd.clients[0].chat("Good morning!\nThe agenda: https://example.org/agenda")
        await crowd.clients[1].chat("Between us: who takes notes?", to=you)
        await ada.open_chat()
        await ada.say("Thank you, I will read it. 👍")
        await ada.said("Thank you, I will read it. 👍").wait_for()
        await looks.picture("call-chat")
        await looks.is_reached_by_keyboard("call-chat")
        await ada.open_people()
        await looks.picture("call-people")
        await looks.is_reached_by_keyboard("call-people")
        await ada.page.get_by_role("complementary").get_by_role("button", name="Options for Guest 2").click()
        await looks.is_accessible("menu of a person")
        await ada.page.keyboard.press("Escape")
        await ada.page.get_by_role("menu").wait_for(state="detached")
        await ada.page.keyboard.press("Control+Alt+i")
        await ada.page.get_by_text("Bitrate").first.wait_for()
        await looks.picture("call-details")
        await ada.page.keyboard.press("Control+Alt+i")
        await ada.page.keyboard.press(",")
        for tab in ("Video", "Bandwidth", "General", "Audio"):
            await ada.page.get_by_role("tab", name=tab).click()
            await looks.is_accessible(f"settings, {tab}")
        await looks.picture("call-settings")
        await looks.is_reached_by_keyboard("call-settings")
        await looks.close_dialog()
        await ada.page.keyboard.press("?")
        await looks.is_accessible("shortcuts")
        await looks.close_dialog()
    assert not looks.problems, "\n".join(looks.problems)


async def everyone_shown(looks: Visitor, count: int) -> bool:
    """Whether so many tiles are on the stage."""
    return await looks.page.locator(".tile").count() == count
