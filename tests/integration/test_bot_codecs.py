"""Programs that send in another codec when somebody comes who can't decode what they sent."""

import logging

import pytest

from signaling.client import Client, ClientOptions, Pattern, publishing
from tests.integration.bot_tracks import ColourTrack, receive_until, shows
from tests.integration.conftest import until
from tests.integration.test_client import room

pytestmark = pytest.mark.asyncio

OPTIONS = ClientOptions(watch_height=360)


class OnlyH264(Client):
    """Somebody who can't decode VP8."""

    codecs = ("H264",)


def sent(client: Client) -> set[str]:
    return {live.stream.codec for live in client.streams} | {player.stream.codec for player in client.players}


async def test_a_track_goes_over_to_a_codec_that_everyone_can_decode_and_back(url: str) -> None:
    async with room(url, ("Ada", ClientOptions(simulcast=False)), ("Bo", OPTIONS)) as (ada, bo):
        camera = await ada.publish(ColourTrack(2))
        await until(lambda: camera.id in bo.publications)
        picture = bo.track(camera.id)
        await receive_until(picture, lambda frame: shows(frame, 2))
        assert sent(ada) == {"VP8"}
        async with OnlyH264(url, ada.room.code, "Cy", OPTIONS) as cy:
            await receive_until(cy.track(camera.id), lambda frame: shows(frame, 2))
            assert sent(ada) == {"H264"}
            await receive_until(picture, lambda frame: shows(frame, 2))
            screen = await ada.publish(ColourTrack(1), screen=True)
            assert sent(ada) == {"H264"}
            await until(lambda: screen.id in cy.publications)
            await receive_until(cy.track(screen.id), lambda frame: shows(frame, 1))
        await until(lambda: sent(ada) == {"VP8"})
        await receive_until(picture, lambda frame: shows(frame, 2))


async def test_media_that_is_encoded_already_stays_as_it_is_and_the_log_says_so_once(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    publishing._say_unsuitable.cache_clear()  # what earlier tests have logged
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as people:
        for client in people:
            await client.publish(Pattern(width=320, height=180, fps=15, audio=False))
        with caplog.at_level(logging.WARNING, "signaling.client.publishing"):
            async with OnlyH264(url, people[0].room.code, "Cy", OPTIONS) as cy:
                await until(lambda: [slot.why for slot in cy.slots.values() if slot.publication] == ["codec"] * 2)
                await until(lambda: caplog.records)
                await people[0].publish(Pattern(width=160, height=90, fps=15, audio=False))
        assert sent(people[0]) == sent(people[1]) == {"VP8"}
    assert [record.getMessage() for record in caplog.records] == [
        "someone can't decode the camera: it is encoded in VP8 already, and can't be sent in H264"
    ]
