"""What people type goes where they mean it to go: into the field, to the person that they chose, and nowhere else."""

import asyncio
from functools import partial

import pytest
from playwright.async_api import Dialog, expect

from tests.browser.conftest import Meeting
from tests.browser.people import SMALL, Person, until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def private_to(writer: Person, name: str, text: str) -> None:
    """Begin a message to one person, from the list of people."""
    await writer.open_people()
    await writer.choose(name, "Message privately")
    field = writer.page.get_by_label("Message", exact=True)
    await expect(field).to_be_focused()
    await writer.page.keyboard.type(text)
    await expect(field).to_have_value(text)


async def test_a_private_draft_stays_with_the_person_through_reloads_and_goes_to_nobody_without_them(
    meeting: Meeting,
) -> None:
    meeting.camera = SMALL
    ada, ben, cleo = await meeting.bring("Ada", "Ben", "Cleo")
    for person in (ada, ben, cleo):
        await person.in_call()
    await cleo.open_chat()
    await private_to(ada, "Ben", "between us")
    field, to = ada.page.get_by_label("Message", exact=True), ada.page.get_by_label("Send to")
    before = await ben.call("call.getSnapshot().you")
    await ben.come(meeting.base, meeting.room.code)
    gone = ada.page.get_by_role("alert").filter(has_text="Ben isn't in the call")
    await gone.wait_for()
    await expect(to.locator("option:checked")).to_have_text("Only to Ben (not in the call)")
    await field.press("Enter")
    await expect(field).to_have_value("between us")
    await ben.join()
    await gone.wait_for(state="detached")
    assert await ben.call("call.getSnapshot().you") != before
    await expect(to.locator("option:checked")).to_have_text("Only to Ben")
    await field.press("Enter")
    await ben.told("Ada (private): between us")
    # For good this time: the writer says who gets it instead.
    await ben.press("Leave call")
    await gone.wait_for()
    await field.fill("for Ben again")
    await field.press("Enter")
    await expect(field).to_have_value("for Ben again")
    await to.select_option("To everyone")
    await expect(field).to_be_focused()
    await field.press("Enter")
    await cleo.said("for Ben again").wait_for()
    assert await cleo.said("between us").count() == 0


async def test_a_private_draft_outlives_the_writer_s_own_session(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.in_call()
    await private_to(ada, "Ben", "still for Ben")
    before = await ada.call("call.getSnapshot().you")
    for person in (ada, ben):
        await person.call("call.rejoin()")
    await until(lambda: ada.call(f"call.getSnapshot().phase === 'connected' && call.getSnapshot().you !== '{before}'"))
    to = ada.page.get_by_label("Send to")
    await expect(to.locator("option:checked")).to_have_text("Only to Ben")
    await ada.page.get_by_label("Message", exact=True).press("Enter")
    await ben.told("Ada (private): still for Ben")


async def test_what_is_typed_after_opening_the_chat_is_in_the_field_and_starts_nothing(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ben, ada = await meeting.bring("Ben", "Ada")
    await ben.in_call()
    await ada.press("Mute microphone")
    await ada.press("Turn camera off")
    field = ada.page.get_by_label("Message", exact=True)
    await ada.open_chat()
    await ada.page.keyboard.type("move it")
    await expect(field).to_have_value("move it")
    # Elsewhere in the chat, too.
    await ada.page.get_by_role("log").focus()
    await ada.page.keyboard.type(", and close")
    await expect(field).to_have_value("move it, and close")
    # A host turns the chat off in the middle of a sentence.
    settings = meeting.room.info
    meeting.room.change(settings.model_copy(update={"chat": False}))
    await field.wait_for(state="detached")
    await ada.page.keyboard.type(" my video")
    # Outside of the chat the letters are commands, but none turns anything on.
    await ada.page.keyboard.press("Escape")
    await ada.page.mouse.click(300, 100)
    for letter, hint in (
        ("m", "Press Ctrl + D to unmute."),
        ("v", "Press Ctrl + E to turn your camera on."),
        ("s", "Use the button to share your screen."),
    ):
        await ada.page.keyboard.type(letter)
        await ada.told(hint)
    (sender,) = (each for each in meeting.room.participants.values() if each.name == "Ada")
    assert all(publication.muted for publication in sender.publications.values())
    await expect(ada.page.get_by_role("button", name="Unmute microphone")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Turn camera on")).to_be_visible()
    # The draft is there again with the chat.
    meeting.room.change(settings)
    await ada.open_chat()
    await expect(field).to_have_value("move it, and close")
    # With the combinations that others have, from the field, on a keyboard of another script.
    session = await ada.page.context.new_cdp_session(ada.page)
    for key, code in (("в", "KeyD"), ("у", "KeyE")):
        for kind in ("rawKeyDown", "keyUp"):
            await session.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "modifiers": 2})
    await ada.page.get_by_role("button", name="Mute microphone").wait_for()
    await ada.page.get_by_role("button", name="Turn camera off").wait_for()


async def test_back_closes_what_is_open_and_asks_before_it_leaves(meeting: Meeting) -> None:
    meeting.camera = SMALL
    (ada,) = await meeting.bring("Ada")
    ben = await meeting.arrive("Ben")
    page = ben.page
    await page.goto(meeting.base)
    await ben.come(meeting.base, meeting.room.code)
    await ben.join()
    await ben.in_call()
    you = await ben.call("call.getSnapshot().you")
    asked: list[str] = []

    async def refuse(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    await ben.open_chat()
    await page.get_by_label("Message", exact=True).fill("half a sentence")
    await ben.press("More")
    menu = page.get_by_role("menu")
    await menu.wait_for()
    await page.go_back()
    await menu.wait_for(state="detached")
    await page.go_back()
    await page.get_by_role("log").wait_for(state="detached")
    # Nothing is open any more: it asks, and Back once more is the answer that one stays.
    question = page.get_by_role("dialog", name="Leave the call?")
    for answer in (page.go_back, partial(question.get_by_role("button", name="Cancel").click)):
        await page.go_back()
        await question.wait_for()
        await answer()
        await question.wait_for(state="detached")
    # So does the browser, where the tab is closed.
    page.on("dialog", refuse)
    await page.close(run_before_unload=True)
    await until(lambda: asyncio.sleep(0, asked))
    assert asked == ["beforeunload"]
    page.remove_listener("dialog", refuse)
    assert await ben.call("call.getSnapshot().you") == you
    await ben.open_chat()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("half a sentence")
    await page.go_back()
    await page.get_by_role("log").wait_for(state="detached")
    await page.go_back()
    await question.get_by_role("button", name="Leave", exact=True).click()
    await ben.reads("You left the call")
    await ada.told("Ben left")
    # The call has left nothing in the history that a Back would be lost on.
    await page.go_back()
    await page.wait_for_url(f"{meeting.base}/")
