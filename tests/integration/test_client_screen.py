"""A program shares a screen beside its camera, as others in the room receive it."""

import asyncio
import signal
from pathlib import Path

import pytest

from signaling import messages
from signaling.client import Client, ClientOptions, Pattern, Slot, create_room
from tests.integration.conftest import until
from tests.integration.process import running
from tests.integration.test_client import SENDING, carrying, packets, room, start
from tests.integration.test_rejoin import port_of
from tests.times import seconds
from web.app import Server

pytestmark = pytest.mark.asyncio

WATCHING = ClientOptions(audio_slots=3, video_slots=3, watch_height=720)
CAMERA = Pattern(width=320, height=180, fps=15, colour=0)
SCREEN = Pattern(width=640, height=400, fps=10, colour=3)
SOURCES = ("camera", "microphone", "screen", "screen_audio")


async def go_on(viewer: Client, sender: Client, *sources: str) -> None:
    """Wait until more comes of each of these, and check that there is nothing else."""
    ids = [f"{sender.you.id}.{source}" for source in sources]
    await until(lambda: all(packets(viewer, each) for each in ids))
    before = {each: packets(viewer, each) for each in ids}
    await until(lambda: all(packets(viewer, each) > before[each] + 10 for each in ids))
    assert {each for each in viewer.publications if each.startswith(f"{sender.you.id}.")} == set(ids)


@pytest.mark.parametrize("simulcast", [False, True])
async def test_one_ends_while_the_other_goes_on(url: str, simulcast: bool) -> None:
    sending = ClientOptions(audio_slots=0, video_slots=0, simulcast=simulcast)
    async with room(url, ("Ada", sending), ("Bo", WATCHING)) as (ada, bo):
        assert [each.source for each in await ada.publish(CAMERA)] == ["camera", "microphone"]
        screen, sound = await ada.publish(SCREEN, screen=True)
        assert [(each.source, each.height) for each in (screen, sound)] == [("screen", 400), ("screen_audio", None)]
        await go_on(bo, ada, *SOURCES)
        slot = carrying(bo, f"{ada.you.id}.camera")
        assert slot is not None
        assert (slot.layer, slot.stats.lost) == ("f" if simulcast else "", 0)

        await ada.unpublish("screen")
        await ada.unpublish("screen_audio")
        await go_on(bo, ada, "camera", "microphone")
        await ada.publish(SCREEN, screen=True)
        await ada.unpublish("camera")
        await go_on(bo, ada, "microphone", "screen", "screen_audio")


async def test_a_source_is_replaced_and_the_viewer_sees_the_new_one(url: str) -> None:
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        await ada.publish(CAMERA)
        await ada.publish(SCREEN, screen=True)
        await go_on(bo, ada, *SOURCES)
        slot: Slot | None = carrying(bo, f"{ada.you.id}.screen")
        assert slot is not None
        keyframes = slot.stats.keyframes
        await ada.publish(Pattern(width=320, height=200, fps=10, audio=False), screen=True)
        await until(lambda: bo.publications[f"{ada.you.id}.screen"].height == 200)
        await until(lambda: slot.stats.keyframes > keyframes)
        await go_on(bo, ada, *SOURCES)
        assert len(ada.players) == 4


async def test_both_are_back_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as before:
        code, port = await create_room(before.url), port_of(before.url)
        async with Client(before.url, code, "Ada", SENDING) as ada, Client(before.url, code, "Bo", WATCHING) as bo:
            await ada.publish(CAMERA)
            await ada.publish(SCREEN, screen=True)
            await go_on(bo, ada, *SOURCES)
            await ada.mute("screen_audio")
            await before.end(signal.SIGKILL)
            async with running(tmp_path, port):
                await until(lambda: ada.rejoin_count == bo.rejoin_count == 1, 10.0)
                await until(lambda: packets(bo, f"{ada.you.id}.camera") and packets(bo, f"{ada.you.id}.screen"))
                await until(lambda: packets(bo, f"{ada.you.id}.microphone"))
                await until(lambda: f"{ada.you.id}.screen_audio" in bo.publications)
                assert bo.publications[f"{ada.you.id}.screen_audio"].muted


async def test_who_was_muted_by_a_host_stays_so_in_another_media_connection(url: str, server: Server) -> None:
    async with room(url, ("Host", SENDING), ("Ada", SENDING)) as (host, ada):
        await ada.publish(Pattern(video=False))
        microphone = f"{ada.you.id}.microphone"
        await until(lambda: microphone in host.publications)
        await host.moderate(messages.MuteAll(source="microphone"))
        await until(lambda: ada.publications[microphone].muted)
        events = host.events()
        for transport in server.media.relay.transports:
            server.media.relay.remove(transport, "for the test")
        server.media.wake()
        async with asyncio.timeout(seconds(10)):
            async for event in events:
                if isinstance(event, messages.PublicationAdded) and event.publication.id == microphone:
                    assert event.publication.muted
                    break


async def test_from_the_terminal(url: str) -> None:
    code = await create_room(url)
    async with Client(url, code, "Bo", WATCHING) as bo:
        process = await start(url, "--room", code, "--name", "Ada", "--publish", "pattern", "--screen", "pattern")
        try:
            await until(lambda: len(bo.publications) == 4)
            await until(lambda: all(packets(bo, each) for each in bo.publications))
            process.send_signal(signal.SIGINT)
            output, problems = await asyncio.wait_for(process.communicate(), seconds(30))
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert (process.returncode, problems) == (0, b"")
    assert b"publishing pattern as camera and microphone" in output
    assert b"publishing pattern as screen and screen audio" in output
