"""Programs that send no sound while nobody speaks (discontinuous transmission)."""

import asyncio
import contextlib

import av
import pytest
from aiortc.mediastreams import MediaStreamError

from sfu.transport import LOST_AFTER
from signaling import messages
from signaling.client import Client, ClientOptions, Reconnecting
from tests.integration.bot_tracks import ToneTrack, frequency_of
from tests.integration.conftest import until
from tests.integration.test_client import room

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

OPTIONS = ClientOptions()
FRAMES = 50
"""Packets of sound a second."""
TONE = 440.0


class Speech(ToneTrack):
    """Words of one second; between them nothing comes of it."""

    def __init__(self, pause: float) -> None:
        super().__init__(TONE)
        self.pause = pause
        self.given = 0
        self.over = asyncio.Event()
        """Set when everything was heard."""

    async def recv(self) -> av.AudioFrame:
        if self.given and self.given % FRAMES == 0:
            self._samples += round(self.pause * 48_000)
        if self.given == 2 * FRAMES:
            await self.over.wait()
            self.stop()
            raise MediaStreamError
        frame = await super().recv()
        self.given += 1
        return frame


async def listen(client: Client, publication: str, heard: list[tuple[float, float]]) -> None:
    """Note when each frame of a track is due, by the track's clock, and its tone."""
    track = client.track(publication)
    with contextlib.suppress(MediaStreamError):
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.AudioFrame)
            heard.append((frame.time or 0.0, frequency_of(frame)))


async def events_of(client: Client, found: list[object]) -> None:
    async for event in client.events():
        found.append(event)


async def test_a_pause_is_no_loss_of_connection_and_the_next_word_is_heard_from_its_beginning(url: str) -> None:
    pause = LOST_AFTER + 2.0
    async with room(url, ("Ada", OPTIONS), ("Bo", OPTIONS)) as (ada, bo), asyncio.TaskGroup() as tasks:
        events: list[object] = []
        watching = [tasks.create_task(events_of(client, events)) for client in (ada, bo)]
        speech = Speech(pause)
        microphone = await ada.publish(speech)
        await until(lambda: microphone.id in bo.publications)
        heard: list[tuple[float, float]] = []
        watching.append(tasks.create_task(listen(bo, microphone.id, heard)))
        await until(lambda: ada.streams)
        (stream,) = ada.streams
        await until(lambda: sum(due > pause / 2 for due, _ in heard) >= FRAMES, pause + 15)
        speech.over.set()
        await until(lambda: microphone.id not in bo.publications)
        for each in watching:
            each.cancel()
        (slot,) = [each for each in bo.slots.values() if each.kind == "audio" and each.stats.packets]
    assert stream.stream.packets == 2 * FRAMES
    assert slot.stats.longest_gap > LOST_AFTER
    assert slot.stats.lost == 0
    told = [event for event in events if isinstance(event, Reconnecting | messages.ParticipantUpdated)]
    # That somebody's first connection has come about may be told after they have begun to listen.
    assert [event for event in told if isinstance(event, Reconnecting) or event.connection != "connected"] == []
    before, after = [[due for due, _ in heard if (due > pause / 2) is later] for later in (False, True)]
    assert len(after) == FRAMES
    assert after[0] - before[-1] == pytest.approx(pause + 1 / FRAMES, abs=0.05)
    assert all(abs(tone - TONE) < 0.05 * TONE for _, tone in heard)
