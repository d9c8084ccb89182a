"""What makes a call pleasant: keys, a window that stays in sight, one's own name, sound that waits for a click."""

from functools import partial

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Meeting
from tests.browser.crowd import Crowd
from tests.browser.hosted import Hosted
from tests.browser.people import SMALL, Person, until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def test_keys_and_the_space_bar_to_talk(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.hears(1)
    page = ada.page
    await page.keyboard.press("m")
    await page.get_by_role("button", name="Unmute microphone").wait_for()
    await ben.hears(0)
    await page.keyboard.down("Space")
    await page.get_by_role("button", name="Mute microphone").wait_for()
    await ben.hears(1)
    await page.keyboard.up("Space")
    await page.get_by_role("button", name="Unmute microphone").wait_for()
    await page.keyboard.press("v")
    await page.get_by_role("button", name="Turn camera on").wait_for()
    await page.keyboard.press("h")
    await ben.told("Ada raised their hand")
    # What is typed is typed, and no letter starts the camera or the microphone.
    await page.keyboard.press("v")
    await ada.told("Press Ctrl + E to turn your camera on.")
    await page.keyboard.press("c")
    field = page.get_by_label("Message", exact=True)
    await expect(field).to_be_focused()
    await page.keyboard.type("much vision, hm?")
    await expect(field).to_have_value("much vision, hm?")
    await expect(page.get_by_role("button", name="Turn camera on")).to_be_visible()
    await page.keyboard.press("Enter")
    await ben.told("Ada: much vision, hm?")
    await page.keyboard.press("Escape")
    await field.wait_for(state="detached")
    for full in (True, False):
        await page.keyboard.press("f")
        await until(partial(page.evaluate, f"(document.fullscreenElement !== null) === {str(full).lower()}"))
    await page.keyboard.press("?")
    await page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    await page.keyboard.press("m")
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog").wait_for(state="detached")
    await expect(page.get_by_role("button", name="Unmute microphone")).to_be_visible()


async def test_who_speaks_alone_is_shown_as_speaking_although_no_sound_is_sent(meeting: Meeting) -> None:
    (ada,) = await meeting.bring("Ada")
    await ada.in_call()
    speaking = ada.page.locator(".tile-speaking")
    await speaking.wait_for()
    assert await ada.call("call.peer.transceivers.microphone.sender.track") is None
    await ada.press("Mute microphone")
    await speaking.wait_for(state="detached")


async def test_who_talks_while_muted_is_told_and_can_be_heard_at_once(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.hears(1)
    await ada.press("Mute microphone")
    await ben.hears(0)
    await ada.told("You're muted. No one can hear you.")
    await ada.press("Unmute")
    await ben.hears(1)
    await ada.page.get_by_role("listitem").filter(has_text="You're muted").wait_for(state="detached")


async def test_reactions_rise_on_every_screen(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ada.sees(ben)
    await ben.press("React")
    await ben.press("Applause")
    await ada.page.locator(".reaction", has_text="Ben").wait_for()
    await ben.page.locator(".reaction", has_text="You").wait_for()
    await ada.page.locator(".reaction").wait_for(state="detached")


async def test_a_small_window_keeps_the_call_in_sight(meeting: Meeting, browser: Browser) -> None:
    ada = await Person.open(browser, "Ada", camera=SMALL)
    meeting.people.append(ada)
    await ada.come(meeting.base, meeting.room.code)
    await ada.join()
    await ada.in_call()
    async with Crowd(meeting.base, meeting.room.code) as crowd:
        await crowd.grow(2)
        await ada.press("More")
        async with ada.page.context.expect_page() as opened:
            await ada.page.get_by_role("menuitem", name="Picture-in-picture").click()
        small = await opened.value
        video = small.locator("video")
        await until(lambda: video.evaluate("(video) => video.videoWidth > 0"))
        # Out of view, the page itself wants nothing, and the small window what it shows.
        await ada.page.evaluate(
            """() => {
              Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
              document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )

        async def one() -> bool:
            slots = await ada.call("Object.values(call.getSnapshot().slots)")
            cameras = [slot for slot in slots if slot["publication"].endswith(".camera")]
            return len([slot for slot in cameras if slot["why"] != "hidden"]) == 1

        await until(one)
        await small.get_by_role("button", name="Mute microphone").click()
        await small.get_by_role("button", name="Unmute microphone").wait_for()
        await small.get_by_role("button", name="Leave call").click()
        await ada.reads("You left the call")


async def test_sound_that_the_browser_holds_back_waits_for_a_click(meeting: Meeting, browser: Browser) -> None:
    ada = await Person.open(browser, "Ada", camera=SMALL)
    meeting.people.append(ada)
    await ada.page.add_init_script(
        """window.allowed = false;
        const play = HTMLAudioElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {
          if (this instanceof HTMLAudioElement && !allowed) {
            return Promise.reject(new DOMException("no", "NotAllowedError"));
          }
          return play.call(this);
        };"""
    )
    await ada.come(meeting.base, meeting.room.code)
    await ada.join()
    button = ada.page.get_by_role("button", name="Click to turn on sound")
    await button.wait_for()
    await ada.page.evaluate("allowed = true")
    await button.click()
    await button.wait_for(state="detached")
    assert await ada.page.evaluate("[...document.querySelectorAll('audio')].every((audio) => !audio.paused)")


async def test_who_is_logged_in_joins_under_the_name_of_the_account(hosted: Hosted) -> None:
    ada = await hosted.begin(title="Seminar")
    await ada.press("Leave call")
    await ada.reads("You left the call")
    # A page that knows of the log-in, as after one by the dialog.
    await ada.page.evaluate("localStorage.setItem('milanio.signed-in', 'yes')")
    await ada.page.goto(f"{hosted.base}/r/{hosted.code}")
    await ada.page.get_by_text("You'll join as Ada.").wait_for()
    await ada.reads("Seminar")
    assert await ada.page.get_by_label("Your name").count() == 0
    await ada.join()
    await ada.in_call()
    await ada.page.get_by_role("group", name="Ada (you)").get_by_label("Host").wait_for()
