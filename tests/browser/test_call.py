"""People in one room, in real browsers, through the relay."""

import time
from itertools import permutations

import pytest

from tests.browser.conftest import Meeting
from tests.browser.people import SMALL, until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


async def test_three_people_see_and_hear_one_another_and_each_uploads_once(meeting: Meeting) -> None:
    people = await meeting.bring("Ada", "Ben", "Cleo")
    for viewer, other in permutations(people, 2):
        await viewer.keeps_seeing(other)
    for person in people:
        await person.hears(2)
    for person in people:
        await until(person.uploads_once)
        transport = next(entry for entry in await person.stats() if entry["type"] == "transport")
        assert transport["srtpCipher"] == "SRTP_AEAD_AES_128_GCM"


async def test_someone_who_comes_late_sees_everyone_and_is_seen(meeting: Meeting) -> None:
    (ada,) = await meeting.bring("Ada")
    meeting.camera = SMALL  # one who sends three layers costs the machine enough
    ben, cleo = await meeting.bring("Ben", "Cleo")
    await ada.sees(cleo)
    (dan,) = await meeting.bring("Dan")
    for other in (ada, ben, cleo):
        await dan.keeps_seeing(other)
        await other.keeps_seeing(dan)


async def test_who_leaves_is_gone_from_every_screen(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben, cleo = await meeting.bring("Ada", "Ben", "Cleo")
    await ada.sees(ben)
    await cleo.sees(ben)
    await ben.press("Leave call")
    for person in (ada, cleo):
        await person.page.locator('video[data-participant="Ben"]').wait_for(state="detached")
    await ada.keeps_seeing(cleo)
    await ada.hears(1)


async def test_a_muted_microphone_is_silent_at_the_relay_and_marked_everywhere(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.hears(1)
    await ada.press("Mute microphone")
    await ben.page.get_by_label("Microphone muted").first.wait_for()
    await ben.hears(0)
    await ada.press("Unmute microphone")
    await ben.hears(1)


async def test_a_camera_turned_off_and_on_again(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.sees(ada)
    await ada.press("Turn camera off")

    async def gone() -> bool:
        return await ben.picture(ada) is None

    await until(gone)
    await ada.press("Turn camera on")
    await ben.keeps_seeing(ada)


async def test_a_shared_screen_is_shown_and_ends_with_the_browsers_own_button(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ada.press("Share screen")
    picture = await ben.sees(ada, "screen")
    assert picture.height == 800
    await ben.keeps_seeing(ada, source="screen")
    # The browser's bar ends the track, which then tells so.
    await ada.page.evaluate("() => { sharedScreen.stop(); sharedScreen.dispatchEvent(new Event('ended')); }")
    await ben.page.locator('video[data-source="screen"]').wait_for(state="detached")
    await ada.page.get_by_role("button", name="Share screen", exact=True).wait_for()


async def test_a_slot_is_given_to_another_publication_without_a_wrong_picture(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben, cleo = await meeting.bring("Ada", "Ben", "Cleo")
    await ada.sees(ben)
    await ada.sees(cleo)
    room = meeting.room
    viewer = next(each for each in room.participants.values() if each.name == "Ada")
    member = meeting.server.local_plane.find(room.id, viewer.id)
    assert member is not None
    slots = [slot for slot in member.transport.sender.slots.values() if slot.publication and slot.kind == "video"]
    first = slots[0]
    ssrc = first.forwarder.ssrc
    await ben.press("Leave call")
    (dan,) = await meeting.bring("Dan")
    picture = await ada.sees(dan)
    assert picture.frames > 0
    assert first.forwarder.ssrc == ssrc
    await ada.keeps_seeing(cleo)


async def test_a_larger_tile_gets_a_larger_layer(meeting: Meeting) -> None:
    ada, ben = await meeting.bring("Ada", "Ben")
    await ada.sees(ben)

    async def shows_the_largest() -> bool:
        # A browser on a busy machine leaves the largest layer out for a while: then it is the next.
        sent = await ben.sent_heights()
        picture = await ada.picture(ben)
        return len(sent) > 1 and picture is not None and picture.height == max(sent)

    async def shows_the_smallest() -> bool:
        picture = await ada.picture(ben)
        return picture is not None and picture.height == 180

    await ada.page.set_viewport_size({"width": 1600, "height": 1000})
    await until(shows_the_largest, 60)
    await ada.page.set_viewport_size({"width": 360, "height": 240})
    await until(shows_the_smallest)


async def test_a_cut_websocket_resumes_without_a_lost_event_and_without_touching_media(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ada.sees(ben)
    await ada.call("call.signaling.socket.addEventListener('close', () => { window.cut = true })")
    assert meeting.server.signaling is not None
    await ada.page.context.set_offline(True)
    for session in list(meeting.server.signaling.sessions):
        if session.participant is not None and session.participant.name == "Ada":
            session.abort()
    await until(lambda: ada.page.evaluate("window.cut === true"))
    before = await ada.picture(ben)
    assert before is not None
    await ben.open_chat()
    for number in range(5):
        await ben.say(f"said while away {number}")
    await ada.keeps_seeing(ben, frames=15)  # media never stopped
    await ada.page.context.set_offline(False)
    await ada.open_chat()
    for number in range(5):
        await ada.said(f"said while away {number}").wait_for()
    assert await ada.said("said while away 0").count() == 1
    assert len(meeting.room.participants) == 2
    ada.problems.clear()  # the browser reports connections that fail while it is offline


async def test_an_upload_stays_one_upload_as_viewers_grow(meeting: Meeting) -> None:
    (ada,) = await meeting.bring("Ada")
    meeting.camera = SMALL  # of the viewers
    (ben,) = await meeting.bring("Ben")
    await ben.keeps_seeing(ada)
    await until(ada.uploads_once)
    people = await meeting.bring("Cleo", "Dan")
    for person in people:
        await person.keeps_seeing(ada)
    assert await ada.uploads_once()
    assert len(ada.connections(await ada.stats())) == 1
    limit = 2.35e6 / 8 + 40e3 / 8  # the three layers and the microphone, bytes/s
    start, before = time.monotonic(), await ada.sent_bytes()
    await ben.keeps_seeing(ada, frames=60)
    assert (await ada.sent_bytes() - before) / (time.monotonic() - start) < 1.2 * limit


async def test_chat_reaches_everyone_or_one_person_and_is_never_html(meeting: Meeting) -> None:
    meeting.camera = SMALL
    ada, ben, cleo = await meeting.bring("Ada", "Ben", "Cleo")
    await ada.sees(cleo)
    for person in (ada, ben, cleo):
        await person.open_chat()
    text = '<img src=x onerror="window.hurt=1"> see https://example.org/a?b=1'
    await ada.say(text)
    for person in (ben, cleo):
        await person.page.get_by_role("log").get_by_text('<img src=x onerror="window.hurt=1"> see').wait_for()
        assert await person.page.evaluate("window.hurt") is None
        link = person.page.get_by_role("link", name="https://example.org/a?b=1")
        assert "noopener" in (await link.get_attribute("rel") or "")
    await ada.page.get_by_label("Send to").select_option(label="Only to Ben")
    await ada.say("for your eyes")
    await ben.said("for your eyes").wait_for()
    await ada.page.get_by_label("Send to").select_option(index=0)
    await ada.say("for all")
    await cleo.said("for all").wait_for()
    assert await cleo.page.get_by_text("for your eyes").count() == 0
