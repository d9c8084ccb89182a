"""Calls over links that are too narrow, or become so: what viewers keep, and how soon they have everything again."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from sfu.wire.stun import Address
from signaling.client import create_room
from tests import times
from tests.browser.conftest import FRONT, Meeting
from tests.browser.people import SMALL, Person, until
from tests.browser.udp_proxy import Access, Bottleneck, Misfortune, UdpProxy
from tests.browser.watching import LONGEST_GAP
from tests.integration.running import serving
from tests.thorough import choose

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(240), pytest.mark.alone]

KBIT, MBIT = 1e3, 1e6
MEDIUM, FULL = (960, 540), 540
"""Size of the camera that is watched, and its lines."""
MOST_FROZEN = choose(0.3, 0.1)
"""Share of the time in which a picture may stand still. On an idle machine it is none at 0.3 Mbit/s; on a busy one, the
browsers' own delays look like a queue.
"""
FALL = 5.0
"""Seconds in which both ends have noticed that a link has become narrow."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person's page has received so far, in all."""

    frozen: float
    """Seconds of freezes."""
    frames: int
    height: int
    """Lines of the largest picture."""
    concealed: int
    samples: int

    @classmethod
    async def by(cls, person: Person) -> "Seen":
        """As its statistics say."""
        entries = [entry for entry in await person.stats() if entry["type"] == "inbound-rtp"]
        video = [entry for entry in entries if entry["kind"] == "video"]
        audio = [entry for entry in entries if entry["kind"] == "audio"]

        def total(of: list[dict[str, Any]], key: str) -> Any:
            return sum(entry.get(key, 0) for entry in of)

        return cls(
            total(video, "totalFreezesDuration"),
            total(video, "framesDecoded"),
            max((entry.get("frameHeight", 0) for entry in video), default=0),
            total(audio, "concealedSamples"),
            total(audio, "totalSamplesReceived"),
        )


async def arrive(meeting: Meeting, name: str, proxy: UdpProxy, *, grain: bool) -> tuple[Person, Address]:
    """Somebody who has joined, and their address; with `grain`, a picture that costs bits."""
    before = proxy.clients
    meeting.grain, meeting.camera = grain, MEDIUM if grain else SMALL
    (person,) = await meeting.bring(name)
    await person.in_call()
    await until(lambda: person.call("call.getSnapshot().mediaConnected"))

    async def new() -> set[Address]:
        return proxy.clients - before

    (address,) = await until(new)
    return person, address


async def grows_to(viewer: Person, height: int, seconds: float) -> None:
    """Wait until the viewer has so many lines."""

    async def large() -> bool:
        return (await Seen.by(viewer)).height >= height

    await until(large, seconds)


async def is_lower(viewer: Person, frames: int = 0) -> bool:
    """Whether the viewer has a smaller picture than there is, after more than so many frames."""
    now = await Seen.by(viewer)
    return 0 < now.height < FULL and now.frames > frames


async def two_with_grain(meeting: Meeting, proxy: UdpProxy) -> tuple[Person, Person, Address, Address]:
    """Ada sends in three layers, and Ben sees her in full size."""
    ada, hers = await arrive(meeting, "Ada", proxy, grain=True)
    ben, his = await arrive(meeting, "Ben", proxy, grain=False)
    await grows_to(ben, FULL, 20)
    return ada, ben, hers, his


async def watch_for(viewer: Person, seconds: float) -> tuple[Seen, Seen]:
    """Before and after so many seconds."""
    before = await Seen.by(viewer)
    await asyncio.sleep(seconds)  # the time that is watched, not a wait for something
    return before, await Seen.by(viewer)


async def test_at_three_hundred_kilobits_there_is_a_picture_and_every_word(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = networked
    _, ben, _, his = await two_with_grain(meeting, proxy)
    proxy.access[his].down.bits_per_second = 300 * KBIT
    await asyncio.sleep(FALL)  # the fall itself is another test
    before, after = await watch_for(ben, 20)
    assert after.frozen - before.frozen <= MOST_FROZEN * 20
    assert after.concealed - before.concealed <= 0.02 * (after.samples - before.samples)
    assert after.frames - before.frames >= 60


async def test_after_a_restart_media_is_back_in_five_seconds_and_fits_a_narrow_link_again(
    tmp_path: Path, browser: Browser
) -> None:
    async with serving(tmp_path, announce=(FRONT,)) as first:
        port, media_port = first.port, first.media.port
        proxy = UdpProxy(("127.0.0.1", media_port), Misfortune())
        await proxy.start(FRONT, media_port)
        meeting = Meeting(first, browser, f"http://localhost:{port}")
        # One that is stored: the server that comes next finds it again.
        meeting.code = await create_room(meeting.base, "Restart")
        ada, ben, _, his = await two_with_grain(meeting, proxy)
        proxy.access[his].down.bits_per_second = 600 * KBIT
        await until(lambda: is_lower(ben), FALL)
        await asyncio.sleep(FALL)
        # Everyone comes back from another port, to the same link. Ben's picture is small enough for Ada's to carry it.
        proxy.access.default_factory = lambda: Access(down=Bottleneck(600 * KBIT))
    try:
        await ben.page.get_by_text("Reconnecting").wait_for()
        async with serving(tmp_path, announce=(FRONT,), port=port, media_port=media_port) as second:
            async with asyncio.timeout(times.seconds(5)):
                await asyncio.gather(ben.keeps_seeing(ada), ada.keeps_seeing(ben))
            await ben.page.evaluate(LONGEST_GAP, "Ada")
            # Nothing is known of the link at first: as after the first fall.
            await until(lambda: is_lower(ben), FALL)
            await asyncio.sleep(FALL)
            before, after = await watch_for(ben, 15)
            assert (await ben.page.evaluate("window.gaps"))["Ada"]["longest"] < 1000 * times.seconds(2)
            assert after.frozen - before.frozen <= MOST_FROZEN * 15
            assert after.frames - before.frames >= 60
            assert after.concealed - before.concealed <= 0.02 * (after.samples - before.samples)
            assert 0 < after.height < FULL
            assert min(each.bandwidth.estimate for each in second.media.relay.transports) < 1000 * KBIT
    finally:
        await proxy.stop()


@pytest.mark.long
async def test_a_link_that_falls_and_recovers_has_all_again_in_five_seconds(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = networked
    _, ben, _, his = await two_with_grain(meeting, proxy)
    link = proxy.access[his].down
    link.bits_per_second = 5 * MBIT
    before, after = await watch_for(ben, 5)
    assert after.frozen == before.frozen
    assert after.height == FULL
    link.bits_per_second = 300 * KBIT
    fallen = await Seen.by(ben)

    await until(lambda: is_lower(ben, fallen.frames + 3), FALL)
    await asyncio.sleep(10)
    link.bits_per_second = 5 * MBIT
    await grows_to(ben, FULL, 5)


@pytest.mark.long
async def test_full_quality_comes_three_seconds_after_joining(networked: tuple[Meeting, UdpProxy]) -> None:
    meeting, proxy = networked
    await arrive(meeting, "Ada", proxy, grain=True)
    meeting.grain, meeting.camera = False, SMALL
    ben = await meeting.arrive("Ben")
    await ben.join()
    await ben.in_call()
    await grows_to(ben, FULL, 3)


@pytest.mark.long
async def test_viewers_keep_a_picture_while_its_sender_has_little(networked: tuple[Meeting, UdpProxy]) -> None:
    meeting, proxy = networked
    _, ben, hers, _ = await two_with_grain(meeting, proxy)
    proxy.access[hers].up.bits_per_second = 400 * KBIT
    await asyncio.sleep(FALL)
    before, after = await watch_for(ben, 10)
    assert after.frozen - before.frozen <= MOST_FROZEN * 10
    assert after.frames - before.frames >= 30
    proxy.access[hers].up.bits_per_second = 0
    await grows_to(ben, FULL, 20)
