"""The local plane's edge: work between the packets, in turns of the loop of its own, and at regular times."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sfu.net.plane_loop import PlaneLoop
from sfu.net.server import MediaServer
from sfu.plane import ConnectionClosed, MediaOffer, PlaneEvent, PublicationPlan, QualityChanged, SlotChanged, SlotWish
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from tests import times
from tests.unit.sfu.test_local_plane import OFFER, PICTURE, SLOT

pytestmark = pytest.mark.asyncio

CERTIFICATE = Certificate()


class Running:
    """A plane that runs, and what it tells."""

    def __init__(self) -> None:
        self.media = MediaServer(Relay(CERTIFICATE))
        self.loop = PlaneLoop(self.media)
        self.plane = self.loop.plane
        self.plane.events = self._take
        self.events: list[PlaneEvent] = []
        self._told = asyncio.Event()

    def _take(self, event: PlaneEvent) -> None:
        self.events.append(event)
        self._told.set()

    async def next(self, kind: type[PlaneEvent]) -> PlaneEvent:
        """The next event of a kind."""
        async with asyncio.timeout(times.seconds(5)):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        self.events.remove(event)
                        return event
                self._told.clear()
                await self._told.wait()

    async def shows(self, offer: MediaOffer = OFFER) -> None:
        for member in ("a", "b"):
            await self.plane.connect("r", member, 1, offer)
        self.plane.publish("r", "a", 1, PublicationPlan(PICTURE, "camera", muted=False))
        self.plane.watch("r", "b", 1, (SlotWish(SLOT, "a.camera", 360),))


@pytest_asyncio.fixture
async def running() -> AsyncIterator[Running]:
    made = Running()
    made.media.start("127.0.0.1", 0)
    made.loop.start()
    yield made
    made.loop.stop()
    made.media.close()


async def test_events_come_in_a_turn_of_their_own(running: Running) -> None:
    await running.shows()
    assert running.events == []
    assert await running.next(SlotChanged) == SlotChanged("r", "b", 1, SLOT, "a.camera", None, "waiting")
    assert not running.plane.due


async def test_what_the_relay_notices_is_told(running: Running) -> None:
    await running.shows()
    member = running.plane.find("r", "a")
    assert member is not None
    running.media.relay._failed[member.transport] = None
    running.media.wake()
    closed = await running.next(ConnectionClosed)
    assert isinstance(closed, ConnectionClosed)
    assert (closed.member, closed.why, closed.ufrag) == ("a", "failed", member.transport.ice.local.ufrag)


async def test_time_brings_what_only_time_brings(running: Running) -> None:
    await running.shows()
    member = running.plane.find("r", "b")
    assert member is not None
    member.transport.sender.loss = 0.5
    assert await running.next(QualityChanged) == QualityChanged("r", "b", 1, "poor", 0.5, None)


async def test_what_does_not_fit_into_a_turn_goes_on_in_the_next(running: Running) -> None:
    running.plane._slice = 0.0
    for room in ("r", "s", "t"):
        for member in ("a", "b"):
            await running.plane.connect(room, member, 1, OFFER)
        running.plane.publish(room, "a", 1, PublicationPlan(PICTURE, "camera", muted=False))
        running.plane.watch(room, "b", 1, (SlotWish(SLOT, "a.camera", 360),))
    turns = []
    for _ in range(3):
        await asyncio.sleep(0)
        turns.append(len(running.events))
    assert turns == [1, 2, 3]


async def test_after_its_stop_nothing_is_told_any_more(running: Running) -> None:
    await running.shows()
    running.loop.stop()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert running.events == []
    assert running.plane.due
