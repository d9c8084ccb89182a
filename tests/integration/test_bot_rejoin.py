"""Bots after a restart of the server, and after one that never comes back: tracks go on, or end with a reason."""

import asyncio
import logging
import signal
from pathlib import Path

import av
import pytest

from signaling.client import Client, ClientError, ClientOptions, create_room
from tests import times
from tests.integration.bot_tracks import ColourTrack, ToneTrack, ends, hear_until, in_time, receive_until, shows
from tests.integration.conftest import until
from tests.integration.process import running
from tests.integration.test_rejoin import port_of

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

SMALL = (320, 180)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_tracks_go_on_over_a_restart(tmp_path: Path, how: signal.Signals) -> None:
    async with running(tmp_path) as before:
        code, port = await create_room(before.url, "Bots"), port_of(before.url)
        # Two of one name: it is by their ids that they are told apart.
        async with (
            Client(before.url, code, "Twin") as red,
            Client(before.url, code, "Twin") as blue,
            Client(before.url, code, "Bo") as bo,
        ):
            colours = {await publish(red, 0): 0, await publish(blue, 2): 2}
            sound = await blue.publish(ToneTrack(440.0))
            await until(lambda: {*colours, sound.id} <= set(bo.publications))
            pictures = {bo.track(camera): colour for camera, colour in colours.items()}
            tone = bo.track(sound)
            for track, colour in pictures.items():
                await receive_until(track, lambda frame: shows(frame, colour))  # noqa: B023
            told: list[str] = []

            async def note() -> None:
                async for publication in bo.each_publication():
                    told.append(publication.id)

            noting = asyncio.create_task(note())
            await before.end(how)
            async with running(tmp_path, port):
                await until(lambda: all(client.rejoin_count == 1 for client in (red, blue, bo)), 20)
                assert red.you.id != next(iter(colours)).partition(".")[0]
                for track, colour in pictures.items():
                    await receive_until(track, lambda frame: shows(frame, colour), 20)  # noqa: B023
                    for _ in range(10):
                        frame = await asyncio.wait_for(track.recv(), times.seconds(10))
                        assert isinstance(frame, av.VideoFrame)
                        assert shows(frame, colour)
                await hear_until(tone, 440.0)
                assert bo.track(f"{red.you.id}.camera") is next(iter(pictures))
                assert [each.source for each in blue.you.publications] == ["camera", "microphone"]
                await red.unpublish("camera")
                await ends(next(iter(pictures)))
            noting.cancel()
            assert told == []


async def publish(client: Client, colour: int) -> str:
    """Publish a colour; its id."""
    return (await client.publish(ColourTrack(colour, SMALL))).id


async def test_a_track_ends_whose_sender_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.client.client.LOST_SECONDS", 1.0)
    gone = ClientOptions(rejoin=0)
    async with running(tmp_path) as before:
        code, port = await create_room(before.url, "Bots"), port_of(before.url)
        async with Client(before.url, code, "Ada", gone) as ada, Client(before.url, code, "Bo") as bo:
            camera = await publish(ada, 0)
            await until(lambda: camera in bo.publications)
            track = bo.track(camera)
            await receive_until(track, lambda frame: shows(frame, 0))
            await before.end(signal.SIGTERM)
            async with running(tmp_path, port):
                await until(lambda: bo.rejoin_count == 1, 20)
                await ends(track)


async def test_a_server_that_stays_away_ends_tracks_and_requests_without_noise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    brief = ClientOptions(rejoin=1.0, timeout=2.0)
    async with running(tmp_path) as server:
        code = await create_room(server.url, "Bots")
        async with Client(server.url, code, "Ada", brief) as ada, Client(server.url, code, "Bo", brief) as bo:
            source = ColourTrack(0, SMALL)
            camera = await ada.publish(source)
            await until(lambda: camera.id in bo.publications)
            track = bo.track(camera)
            await receive_until(track, lambda frame: shows(frame, 0))
            await server.end(signal.SIGKILL)
            publishing = asyncio.create_task(ada.publish(ToneTrack()))
            await in_time(asyncio.gather(ada.ended(), bo.ended()), 60)
            with pytest.raises(ClientError):
                await publishing
            await ends(track)
            assert source.readyState == "ended"
            for client in (ada, bo):
                assert client.failure is not None
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
