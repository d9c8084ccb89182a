"""Moderation: admitting, muting, removing people, and ending the call."""

import functools
import time

import pytest
from playwright.async_api import expect

from signaling import messages
from signaling.rate_limit import RateLimit
from tests.browser.hosted import Hosted
from tests.browser.people import Person, until
from web.app import Server

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def test_hosts_let_people_in_one_by_one_or_all_or_not(hosted: Hosted) -> None:
    ada = await hosted.begin(access="waiting")
    ben = await hosted.knock("Ben")
    await ben.reads("Waiting to be let in")
    await ada.told("Ben wants to join")
    await ada.page.get_by_role("button", name="Admit").first.click()
    await ben.in_call()
    await ada.sees(ben)
    cleo = await hosted.knock("Cleo")
    await ada.open_people()
    await ada.press("Decline Cleo")
    await cleo.reads("You weren't let in")
    dan = await hosted.knock("Dan")
    await dan.reads("Waiting to be let in")
    await cleo.press("Try again")
    await cleo.join()
    await ada.press("Admit all")
    for person in (cleo, dan):
        await person.in_call()
        await ada.sees(person)


async def test_who_waits_may_go_and_a_host_sees_that(hosted: Hosted) -> None:
    ada = await hosted.begin(access="waiting")
    ben = await hosted.knock("Ben")
    await ada.open_people()
    await ada.page.get_by_role("button", name="Admit Ben").wait_for()
    await ben.press("Leave")
    await ben.reads("You left the call")
    await ada.page.get_by_role("button", name="Admit Ben").wait_for(state="detached")


async def test_muted_by_a_host_and_asked_but_never_made_to_unmute(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben, cleo = await hosted.bring("Ben", "Cleo")
    await cleo.hears(2)
    await ada.open_people()
    await ada.choose("Ben", "Mute")
    await ben.told("A host muted you")
    await ben.page.get_by_role("button", name="Unmute microphone").wait_for()
    await cleo.hears(1)
    await ada.choose("Ben", "Ask to unmute")
    await ben.told("Ada asks you to unmute")
    await expect(ben.page.get_by_role("button", name="Unmute microphone")).to_be_visible()
    asked = ben.page.get_by_role("listitem").filter(has_text="Ada asks you to unmute")
    await asked.get_by_role("button", name="Unmute", exact=True).click()
    await cleo.hears(2)
    await ada.press("Mute everyone")
    for person in (ben, cleo):
        await person.page.get_by_role("button", name="Unmute microphone").wait_for()
    await ben.hears(1)  # hosts stay as they are
    await ada.choose("Cleo", "Turn camera off")
    await cleo.told("A host turned off your camera")
    await cleo.page.get_by_role("button", name="Turn camera on").wait_for()


async def test_a_screen_is_stopped_by_a_host(hosted: Hosted) -> None:
    ada = await hosted.begin()
    (ben,) = await hosted.bring("Ben")
    await ben.press("Share screen")
    await ada.sees(ben, "screen")
    await ada.open_people()
    await ada.choose("Ben", "Stop screen share")
    await ben.told("A host stopped your screen share")
    await ben.page.get_by_role("button", name="Share screen", exact=True).wait_for()
    await ada.page.locator('video[data-source="screen"]').wait_for(state="detached")


async def test_who_is_removed_is_out_and_stays_out(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben, cleo = await hosted.bring("Ben", "Cleo")
    await ada.sees(ben)
    await ada.open_people()
    await ada.choose("Ben", "Remove from call")
    await ada.press("Remove")
    await ben.reads("You were removed from the call")
    await cleo.page.locator('video[data-participant="Ben"]').wait_for(state="detached")
    await ben.come(hosted.base, hosted.code)
    await ben.join()
    await ben.reads("You were removed from the call")
    await ada.choose("Cleo", "Ban from room")
    await ada.press("Ban")
    await cleo.reads("You can't join this room")
    for person in (ben, cleo):
        person.forgive("status of 403")


async def test_a_locked_room_takes_nobody_until_it_is_open_again(hosted: Hosted) -> None:
    ada = await hosted.begin()
    await ada.open_people()
    lock = ada.page.get_by_role("switch", name="Lock room")
    await lock.click()
    await expect(lock).to_be_checked()
    await ada.told("The room is now locked")
    ben = await hosted.knock("Ben")
    await ben.reads("The room is locked")
    await lock.click()
    await expect(lock).not_to_be_checked()
    await ben.press("Try again")
    await ben.join()
    await ada.sees(ben)
    ben.forgive("status of 403")


async def test_the_host_role_is_shared_and_handed_on(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben, cleo = await hosted.bring("Ben", "Cleo")
    await ada.open_people()
    await ada.choose("Ben", "Make host")
    await ben.told("You're a host now")
    await ada.choose("Cleo", "Transfer host role")
    await ada.press("Transfer")
    await cleo.told("You're a host now")
    await ada.told("You're no longer a host")
    await ada.page.get_by_role("button", name="Mute everyone").wait_for(state="detached")
    await cleo.open_people()
    await cleo.choose("Ada", "Mute")
    await ada.told("A host muted you")


async def test_hands_are_numbered_and_lowered_by_a_host(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben, cleo = await hosted.bring("Ben", "Cleo")
    await cleo.press("Raise hand")
    await ada.told("Cleo raised their hand")
    await ben.press("Raise hand")
    stage = ada.page.get_by_role("main")
    await stage.get_by_role("group", name="Cleo").get_by_label("Hand raised, number 1").wait_for()
    await stage.get_by_role("group", name="Ben").get_by_label("Hand raised, number 2").wait_for()
    await ada.open_people()
    people = ada.page.get_by_role("complementary").get_by_role("list", name="People").get_by_role("listitem")
    assert [text.split("\n")[1] for text in await people.all_inner_texts()] == ["Ada (you)", "Cleo", "Ben"]
    await ada.choose("Cleo", "Lower hand")
    await cleo.page.get_by_role("button", name="Raise hand").wait_for()
    await stage.get_by_role("group", name="Ben").get_by_label("Hand raised, number 1").wait_for()


async def test_the_call_is_ended_for_everyone(hosted: Hosted) -> None:
    ada = await hosted.begin()
    ben, cleo = await hosted.bring("Ben", "Cleo")
    await ada.press("Leave options")
    await ada.page.get_by_role("menuitem", name="End call for everyone").click()
    await ada.press("End call")
    for person in (ada, ben, cleo):
        await person.reads("The call has ended")
    await ben.press("Rejoin")
    await ben.join()
    await ben.in_call()


async def test_a_room_that_wants_newcomers_quiet(hosted: Hosted) -> None:
    ada = await hosted.begin(start_muted=True, start_camera_off=True)
    (ben,) = await hosted.bring("Ben")
    for name in ("Unmute microphone", "Turn camera on"):
        await ben.page.get_by_role("button", name=name).wait_for()
    await ada.page.get_by_role("button", name="Mute microphone").wait_for()
    await ben.hears(1)
    await ben.press("Turn camera on")
    await ada.sees(ben)


async def test_the_chat_goes_back_in_time_and_a_host_takes_messages_away(hosted: Hosted, server: Server) -> None:
    ada = await hosted.begin()
    (ben,) = await hosted.bring("Ben")
    assert server.signaling is not None
    (room,) = (room for room in server.signaling.registry.rooms if room.code == hosted.code)
    writer = next(each for each in room.participants.values() if each.name == "Ben")
    for number in range(230):
        writer.chat_limit = RateLimit(1, 1)  # a day's talk, in a moment
        room.say(writer, messages.Chat(id=0, text=f"line {number}"), server.media.now(), time.time())
    await ada.open_chat()
    await ada.said("line 229").wait_for()
    (cleo,) = await hosted.bring("Cleo")
    await cleo.open_chat()
    await cleo.said("line 229").wait_for()
    assert await cleo.said("line 0").count() == 0

    async def scrolled_back() -> bool:
        await cleo.page.get_by_label("Messages").first.evaluate("(list) => { list.scrollTop = 0; }")
        return await cleo.said("line 0").count() == 1

    await until(scrolled_back)
    lines = await cleo.page.get_by_role("log").locator(".chat-text").all_inner_texts()
    assert lines == [f"line {number}" for number in range(230)]
    await ada.said("line 229").hover()
    await ada.page.get_by_role("button", name="Delete message from Ben").last.click()
    for person in (ada, ben, cleo):
        await until(functools.partial(gone, person, "line 229"))
    await ben.page.reload()
    await ben.join()
    await ben.open_chat()
    await ben.said("line 228").wait_for()
    assert await ben.said("line 229").count() == 0
    assert await ben.page.get_by_role("log").get_by_text("You", exact=True).count() >= 1


async def gone(person: Person, text: str) -> bool:
    """Whether a message is in nobody's sight any more."""
    return await person.said(text).count() == 0
