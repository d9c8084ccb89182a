"""A bot with aiortc and real browsers in one call: each sees and hears the other."""

import pytest

from signaling.client import Client, ClientOptions
from tests.browser.conftest import Meeting
from tests.browser.people import COLOURS, PICTURE, Picture, until
from tests.integration.bot_tracks import ColourTrack, ToneTrack, at, hear_until, receive_until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

_SHOWN = (255, 0, 0), (0, 255, 0), (0, 0, 255)
"""What browsers make of the first of `signaling.client.pattern.COLOURS`."""


def _yuv(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """Limited range, BT.601."""
    red, green, blue = (each / 255 for each in colour)
    luma = 16 + 65.5 * red + 128.6 * green + 25.0 * blue
    return luma, 128 - 37.8 * red - 74.2 * green + 112 * blue, 128 + 112 * red - 93.8 * green - 18.2 * blue


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_bot_and_chromium_see_and_hear_each_other(meeting: Meeting, codec: str) -> None:
    (ada,) = await meeting.bring("Ada")
    await ada.in_call()
    options = ClientOptions(codec="H264" if codec == "H264" else "VP8")
    async with Client(meeting.base, meeting.room.code, "Bot", options) as bot:
        source = ColourTrack(2, (640, 360))
        await bot.publish(source)
        await bot.publish(ToneTrack(600.0))

        async def shown() -> Picture | None:
            found = await ada.page.evaluate(PICTURE, ["Bot", "camera"])
            picture = None if found is None else Picture(tuple(found["colour"]), found["height"], found["frames"])
            return picture if picture is not None and picture.is_of(_SHOWN[source.colour]) else None

        first = await until(shown)
        source.colour = 1
        second = await until(shown)
        assert second.frames > first.frames
        await ada.hears(1)

        (person,) = bot.participants.values()
        camera, microphone = bot.track(f"{person.id}.camera"), bot.track(f"{person.id}.microphone")
        wanted = _yuv(COLOURS["Ada"])
        await receive_until(
            camera,
            lambda frame: all(abs(at(frame, plane, 0.5, 0.75) - wanted[plane]) < 30 for plane in range(3)),
            30,
        )
        await hear_until(microphone, 300.0, 30)
