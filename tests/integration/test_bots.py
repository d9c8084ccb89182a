"""Bots with aiortc: tracks that are published and received over a real server, with pictures and sounds looked into."""

import asyncio
import itertools
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
import pytest_asyncio
from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaBlackhole, MediaPlayer, MediaRecorder, MediaRelay
from aiortc.mediastreams import MediaStreamError

from signaling import messages
from signaling.client import Client, ClientError, ClientOptions, MediaError, TrackEnded, create_room
from signaling.client.live import FIRST_FRAME_SECONDS
from tests import times
from tests.integration.bot_tracks import (
    ColourTrack,
    ToneTrack,
    ends,
    hear_until,
    in_time,
    number_of,
    receive_until,
    shows,
)
from tests.integration.clips import make_clip
from tests.integration.conftest import until
from tests.integration.test_client import abort_connection, room
from web.app import Server

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

SMALL = (320, 180)
OPTIONS = ClientOptions()


@pytest_asyncio.fixture(autouse=True)
async def nothing_is_left(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """No task and no thread of a track outlives its client, and no traceback is logged."""
    caplog.set_level(logging.WARNING)
    before = asyncio.all_tasks()
    yield
    await until(lambda: not asyncio.all_tasks() - before - {asyncio.current_task()})
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "media-player"])
    assert [record.getMessage() for record in caplog.records if record.exc_info or record.name == "asyncio"] == []


async def seen(client: Client, publication: str) -> str:
    """Wait until a client knows of a publication; its id."""
    await until(lambda: publication in client.publications)
    return publication


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_pictures_and_sound_arrive_as_they_were_sent(any_plane_url: str, codec: str) -> None:
    options = ClientOptions(codec="H264" if codec == "H264" else "VP8")
    async with room(any_plane_url, ("Ada", options), ("Bo", OPTIONS)) as (ada, bo):
        camera = await ada.publish(ColourTrack(2))
        microphone = await ada.publish(ToneTrack(440.0))
        assert (camera.source, camera.width, camera.height) == ("camera", 640, 360)
        assert (microphone.source, microphone.muted) == ("microphone", False)
        picture, sound = bo.track(await seen(bo, camera.id)), bo.track(await seen(bo, microphone.id))
        assert (picture.kind, sound.kind) == ("video", "audio")
        await receive_until(picture, lambda frame: shows(frame, 2))
        await hear_until(sound, 440.0)
        numbers, moments = [], []
        for _ in range(20):
            frame = await picture.recv()
            assert isinstance(frame, av.VideoFrame)
            assert shows(frame, 2)
            numbers.append(number_of(frame))
            moments.append(frame.time)
        steps = [(after - before) % 256 for before, after in itertools.pairwise(numbers)]
        assert all(1 <= step <= 10 for step in steps), numbers
        assert moments == sorted(moments)
        assert bo.track(camera) is picture
        codecs = {slot.kind: slot for slot in bo.slots.values() if slot.publication == camera.id}
        assert codecs["video"].stats.lost == 0
        assert {live.stream.codec for live in ada.streams} == {codec, "opus"}


async def test_a_large_picture_is_sent_in_three_sizes_and_each_can_be_had(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        camera = await ada.publish(ColourTrack(1, (640, 360)))
        track = bo.track(await seen(bo, camera.id))
        for height in (360, 90, 180, 360):
            await bo.watch(camera.id, height=height)
            await receive_until(track, lambda frame: frame.height == height and shows(frame, 1))  # noqa: B023
        await until(lambda: len(ada.streams) == 3)


@pytest.mark.parametrize(
    ("options", "size", "screen", "streams"),
    [
        (OPTIONS, SMALL, False, 1),
        (ClientOptions(simulcast=False), (640, 360), False, 1),
        (OPTIONS, (640, 360), True, 1),
    ],
    ids=["small", "without simulcast", "screen"],
)
async def test_others_are_sent_in_one_size(
    url: str, options: ClientOptions, size: tuple[int, int], screen: bool, streams: int
) -> None:
    async with room(url, ("Ada", options), ("Bo", OPTIONS)) as (ada, bo):
        publication = await ada.publish(ColourTrack(3, size), screen=screen)
        assert publication.source == ("screen" if screen else "camera")
        track = bo.track(await seen(bo, publication.id))
        await receive_until(track, lambda frame: (frame.width, frame.height) == size and shows(frame, 3))
        assert len(ada.streams) == streams


async def test_a_picture_may_change_its_size(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        source = ColourTrack(4, SMALL)
        camera = await ada.publish(source)
        track = bo.track(await seen(bo, camera.id), height=720)
        await receive_until(track, lambda frame: frame.height == 180)
        source.size = (640, 360)
        await receive_until(track, lambda frame: frame.height == 360 and shows(frame, 4))
        await until(lambda: bo.publications[camera.id].height == 360)
        assert len(ada.streams) == 3


async def test_a_newcomer_sees_the_picture_at_once(url: str) -> None:
    async with room(url, ("Ada", OPTIONS)) as (ada,):
        camera = await ada.publish(ColourTrack(5))
        for number in range(3):
            async with Client(url, ada.room.code, f"Bo {number}") as bo:
                await receive_until(bo.track(await seen(bo, camera.id)), lambda frame: shows(frame, 5), 5)


async def test_mute_stops_the_frames_and_unmute_brings_them_back(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        source = ColourTrack(0, SMALL)
        camera = await ada.publish(source)
        track = bo.track(await seen(bo, camera.id))
        await receive_until(track, lambda frame: shows(frame, 0))
        await ada.mute("camera")
        await until(lambda: bo.publications[camera.id].muted)
        sent = sum(each.stream.packets for each in ada.streams)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(times.seconds(1)):
                while True:
                    await track.recv()  # what was on its way, then nothing
        assert sum(each.stream.packets for each in ada.streams) <= sent + 3
        assert track.readyState == "live"
        source.colour = 1
        await ada.unmute("camera")
        await receive_until(track, lambda frame: shows(frame, 1))


async def test_a_track_ends_with_its_publication(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        source = ColourTrack(0, SMALL)
        camera = await ada.publish(source)
        microphone = await ada.publish(ToneTrack())
        picture, sound = bo.track(await seen(bo, camera.id)), bo.track(await seen(bo, microphone.id))
        ended: list[str] = []
        picture.on("ended", lambda: ended.append("picture"))
        await receive_until(picture, lambda frame: shows(frame, 0))
        await ada.unpublish("camera")
        await ends(picture)
        assert (picture.readyState, source.readyState, ended) == ("ended", "ended", ["picture"])
        with pytest.raises(ClientError) as caught:
            bo.track(camera.id)
        assert caught.value.code == "not_found"
        await hear_until(sound, 440.0)
        await ada.leave()
        await ends(sound)


async def test_a_published_track_that_ends_is_withdrawn(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        events = ada.events()
        source = ColourTrack(0, SMALL, pictures=20)
        camera = await ada.publish(source)
        await seen(bo, camera.id)
        async with asyncio.timeout(times.seconds(15)):
            async for event in events:
                if isinstance(event, TrackEnded):
                    assert (event.source, event.track, event.error) == ("camera", source, None)
                    break
        await until(lambda: camera.id not in bo.publications)
        assert camera.id not in ada.publications
        again = await ada.publish(ColourTrack(1, SMALL))
        await receive_until(bo.track(await seen(bo, again.id)), lambda frame: shows(frame, 1))


class Failing(ColourTrack):
    async def recv(self) -> av.VideoFrame:
        if self.number >= 10:
            raise RuntimeError("the camera was unplugged")
        return await super().recv()


async def test_a_track_that_fails_is_withdrawn_and_says_why(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with room(url, ("Ada", OPTIONS)) as (ada,):
        events = ada.events()
        await ada.publish(Failing(0, SMALL))
        async with asyncio.timeout(times.seconds(15)):
            async for event in events:
                if isinstance(event, TrackEnded):
                    break
        assert isinstance(event, TrackEnded)
        assert str(event.error) == "The track failed: RuntimeError: the camera was unplugged"
        await until(lambda: not ada.you.publications)
    # The one traceback that is wanted: of a fault in the author's own code.
    assert [record.exc_info is not None for record in caplog.records] == [True]
    caplog.clear()


class Wrong(MediaStreamTrack):
    kind = "video"

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(0)
        return av.AudioFrame("s16", "mono", 960)


async def test_what_cannot_be_published_is_refused_in_a_sentence(url: str) -> None:
    async with room(url, ("Ada", OPTIONS)) as (ada,):
        twice = ColourTrack(0, SMALL)
        await ada.publish(twice)
        ended = ToneTrack()
        ended.stop()
        odd = ColourTrack(0, SMALL)
        odd.kind = "application"
        for track, sentence in (
            (twice, "already published as camera"),
            (ended, "The track has ended"),
            (ColourTrack(0, SMALL, pictures=0), "ended before it gave a frame"),
            (odd, "audio or video, not application"),
            (Wrong(), "is of kind video, but gave a AudioFrame"),
        ):
            with pytest.raises(MediaError, match=sentence):
                await ada.publish(track)
        with pytest.raises(MediaError, match="A str can't be published"):
            await ada.publish("clip.mp4")  # type: ignore[call-overload]
        assert [each.source for each in ada.you.publications] == ["camera"]
        assert twice.readyState == "live"
        with pytest.raises(ClientError) as caught:
            ada.track(f"{ada.you.id}.camera")
        assert caught.value.code == "not_found"
    with pytest.raises(ClientError) as caught:
        await ada.publish(ToneTrack())
    assert caught.value.code == "bad_state"
    assert isinstance(MediaError("It is one of them."), ClientError)


async def test_there_is_a_slot_for_each_track_or_a_refusal(url: str) -> None:
    narrow = ClientOptions(audio_slots=0, video_slots=1)
    async with room(url, ("Ada", OPTIONS), ("Bo", narrow)) as (ada, bo):
        camera, screen = await ada.publish(ColourTrack(0, SMALL)), await ada.publish(ColourTrack(1, SMALL), screen=True)
        microphone = await ada.publish(ToneTrack())
        track = bo.track(await seen(bo, camera.id))
        for other in (screen, microphone):
            await seen(bo, other.id)
            with pytest.raises(ClientError) as caught:
                bo.track(other)
            assert caught.value.code == "too_many"
        await receive_until(track, lambda frame: shows(frame, 0))
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.recv()
        await until(lambda: all(slot.publication is None for slot in bo.slots.values()))
        await receive_until(bo.track(screen), lambda frame: shows(frame, 1))


class Never(MediaStreamTrack):
    kind = "video"

    async def recv(self) -> av.VideoFrame:
        await asyncio.Event().wait()
        raise AssertionError


async def test_cancelling_leaves_nothing_behind(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        track = Never()
        publishing = asyncio.create_task(ada.publish(track))
        await asyncio.sleep(0)
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
        assert track.readyState == "ended"
        # While the server is being asked: what it took is withdrawn again.
        request, asked = ada._publishing._request, asyncio.Event()

        async def slow(*args: Any, **fields: Any) -> Any:
            result = await request(*args, **fields)
            if not asked.is_set():
                asked.set()
                await asyncio.Event().wait()
            return result

        ada._publishing._request = slow
        asking = asyncio.create_task(ada.publish(ToneTrack()))
        await in_time(asked.wait())
        assert [each.source for each in ada.you.publications] == ["microphone"]
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await bo.chat("after that")
        await until(lambda: ada.chat_messages)
        assert (ada.you.publications, bo.publications, ada.streams) == ([], {}, [])


@pytest.mark.parametrize("turns", [0, 1, 5, 20, 80, 320])
async def test_a_join_that_is_cancelled_anywhere_leaves_nothing_behind(url: str, server: Server, turns: int) -> None:
    client = Client(url, await create_room(url, "Bots"), "Cleo")
    joining = asyncio.create_task(client.join())
    for _ in range(turns):
        await asyncio.sleep(0)  # a turn of the loop, in which it gets a step further
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    await client.leave()
    assert client._session is None or client._session.closed
    assert client._tasks == set()
    await until(lambda: not server.media.relay.transports)


async def test_a_track_that_stands_still_is_published_without_a_size_and_gets_it_later(url: str) -> None:
    class Late(ColourTrack):
        opened = asyncio.Event()

        async def recv(self) -> av.VideoFrame:
            await self.opened.wait()
            return await super().recv()

    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        source = Late(2)
        async with asyncio.timeout(times.seconds(FIRST_FRAME_SECONDS + 5)):
            camera = await ada.publish(source)
        assert camera.height is None
        track = bo.track(await seen(bo, camera.id))
        source.opened.set()
        await receive_until(track, lambda frame: shows(frame, 2))
        await until(lambda: bo.publications[camera.id].height == 360)


async def test_players_relays_recorders_and_black_holes_work_unchanged(url: str, tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4", "libx264", "aac")
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        player = MediaPlayer(str(tmp_path / "clip.mp4"), loop=True)
        assert player.video is not None
        assert player.audio is not None
        camera, microphone = await ada.publish(player.video), await ada.publish(player.audio)
        relay, hole = MediaRelay(), MediaBlackhole()
        picture, sound = bo.track(await seen(bo, camera.id)), bo.track(await seen(bo, microphone.id))
        recorder = MediaRecorder(str(tmp_path / "call.mp4"))
        recorder.addTrack(relay.subscribe(picture))
        recorder.addTrack(relay.subscribe(sound))
        looking = relay.subscribe(picture)
        hole.addTrack(relay.subscribe(sound))
        await recorder.start()
        await hole.start()
        for _ in range(60):
            await asyncio.wait_for(looking.recv(), times.seconds(10))
        await recorder.stop()
        await hole.stop()
        looking.stop()
    with av.open(str(tmp_path / "call.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 40
    with av.open(str(tmp_path / "call.mp4")) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 48_000


async def test_what_a_track_has_encoded_itself_is_passed_on(url: str, tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.webm", "libvpx", "libopus")
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        player = MediaPlayer(str(tmp_path / "clip.webm"), loop=True, decode=False)
        assert player.video is not None
        camera = await ada.publish(player.video)
        track = bo.track(await seen(bo, camera.id))
        await receive_until(track, lambda frame: frame.height > 0, 30)


async def test_a_cut_websocket_interrupts_no_frames(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        camera = await ada.publish(ColourTrack(0, SMALL))
        track = bo.track(await seen(bo, camera.id))
        await receive_until(track, lambda frame: shows(frame, 0))
        for client in (ada, bo):
            abort_connection(client)
            for _ in range(20):
                await asyncio.wait_for(track.recv(), times.seconds(5))
            await until(lambda: client.resume_count == 1)  # noqa: B023
        microphone = await ada.publish(ToneTrack(550.0))
        await hear_until(bo.track(await seen(bo, microphone.id)), 550.0)


async def test_speakers_are_told(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        await ada.publish(ToneTrack())
        await until(lambda: bo.speakers == [ada.you.id])


async def test_hosts_moderate_by_methods(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        microphone = await bo.publish(ToneTrack())
        assert ada.rights.moderate
        await seen(ada, microphone.id)
        await ada.mute_participant(bo.you.id, "microphone")
        await until(lambda: bo.publications[microphone.id].muted)
        await bo.unmute("microphone")
        await ada.mute_all("microphone")
        await until(lambda: bo.publications[microphone.id].muted)
        events = bo.events()
        await ada.ask_to_unmute(bo.you.id, "microphone")
        async with asyncio.timeout(times.seconds(10)):
            async for event in events:
                if isinstance(event, messages.UnmuteAsked):
                    break
        await ada.lock()
        await until(lambda: bo.room.locked)
        await ada.lock(locked=False)
        await bo.chat("delete me")
        await until(lambda: ada.chat_messages)
        await ada.delete_message(ada.chat_messages[0].id)
        await until(lambda: not bo.chat_messages)
        with pytest.raises(ClientError) as caught:
            await bo.remove(ada.you.id)
        assert caught.value.code == "not_allowed"
        await ada.remove(bo.you.id)
        await asyncio.wait_for(bo.ended(), times.seconds(10))


async def test_each_publication_is_told_once(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        await ada.publish(ColourTrack(0, SMALL))
        await bo.publish(ColourTrack(0, SMALL))
        found: list[str] = []

        async def watch() -> None:
            async for publication in bo.each_publication("camera", "screen"):
                found.append(publication.source)

        watching = asyncio.create_task(watch())
        await until(lambda: found == ["camera"])
        await ada.publish(ToneTrack())
        await ada.publish(ColourTrack(1, SMALL), screen=True)
        await until(lambda: found == ["camera", "screen"])
        await ada.unpublish("screen")
        await ada.publish(ColourTrack(1, SMALL), screen=True)
        await until(lambda: found == ["camera", "screen", "screen"])
        await bo.leave()
        await asyncio.wait_for(watching, times.seconds(5))


async def test_being_removed_ends_what_one_received_and_sent(url: str) -> None:
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo):
        camera, source = await ada.publish(ColourTrack(0, SMALL)), ToneTrack()
        await bo.publish(source)
        track = bo.track(await seen(bo, camera.id))
        await receive_until(track, lambda frame: shows(frame, 0))
        await ada.remove(bo.you.id)
        await in_time(bo.ended())
        await ends(track)
        assert source.readyState == "ended"
