"""Browsers send only the encodings that anyone watches."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from sfu.transport import MEDIA_LOST_AFTER
from signaling.client import Client
from signaling.messages import Publication
from tests import times
from tests.browser.conftest import Meeting, behind_proxy, firefox_path
from tests.browser.firefox import Firefox, launch
from tests.browser.people import until
from web.addresses import interface_addresses

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(240)]

Ask = Callable[[str], Awaitable[Any]]
"""Asks a page's call: an expression of `call`."""

_SENT = """call.peer.connection.getStats().then((report) => Object.fromEntries([...report.values()]
  .filter(({ type, kind }) => type === "outbound-rtp" && kind === "video")
  .map(({ mid, rid, packetsSent }) => [`${mid} ${rid ?? ""}`, packetsSent ?? 0])))"""
_ON_THE_WIRE = """call.peer.connection.getStats().then((report) => [...report.values()]
  .filter(({ type, nominated }) => type === "candidate-pair" && nominated)
  .reduce((sum, { bytesSent, packetsSent }) => sum + (bytesSent ?? 0) + 28 * (packetsSent ?? 0), 0))"""
"""Everything that was sent: RTP, RTCP and what ICE counts, with 28 bytes for the headers of IP and UDP."""
_SOUNDS = """call.peer.connection.getStats().then((report) => [...report.values()]
  .filter(({ type, kind }) => type === "outbound-rtp" && kind === "audio")
  .reduce((sum, { packetsSent }) => sum + (packetsSent ?? 0), 0))"""

ALONE = 50_000
"""Bits per second sent at most by somebody who is alone in a room, whose microphone hears a constant tone."""


async def layers_sent(ask: Ask, seconds: float) -> set[str]:
    """The encodings of the camera of which something was sent in that time."""
    before, until_time = await ask(_SENT), time.monotonic() + seconds

    async def over() -> bool:
        return time.monotonic() >= until_time

    await until(over, seconds + 5)
    after = await ask(_SENT)
    return {name.partition(" ")[2] for name, count in after.items() if count > before.get(name, 0)}


async def sends(ask: Ask, rids: set[str], seconds: float) -> float:
    """Wait until just these encodings are sent; the seconds it took, to half a second."""
    began = time.monotonic()

    async def is_so() -> bool:
        return await layers_sent(ask, 0.5) == rids

    await until(is_so, seconds)
    return time.monotonic() - began


async def watch_in_sizes(ask: Ask, bot: Client, camera: Publication) -> None:
    """The upper encodings of a camera stop while it is watched in a small tile, and come back for a large one."""
    slot = await bot.watch(camera.id, height=720)

    async def has_all() -> bool:
        return slot.layer == "f"

    for _ in range(2):
        await bot.watch(camera.id, height=720)
        await sends(ask, {"q", "h", "f"}, 15)
        await until(has_all, 10)
        await bot.watch(camera.id, height=180)
        assert await sends(ask, {"q"}, 10) < times.seconds(3.0)


async def bits_per_second(ask: Ask, seconds: float) -> float:
    before, began = await ask(_ON_THE_WIRE), time.monotonic()
    await layers_sent(ask, seconds)
    return float((await ask(_ON_THE_WIRE) - before) * 8 / (time.monotonic() - began))


async def hears(bot: Client) -> None:
    """Somebody who was alone until now is heard as soon as the newcomer is connected."""

    async def connected() -> bool:
        return bot.media_connected

    async def heard() -> bool:
        return any(slot.kind == "audio" and slot.stats.packets >= 5 for slot in bot.slots.values())

    await until(connected, 10)
    began = time.monotonic()
    await until(heard, 5)
    assert time.monotonic() - began < times.seconds(1.0)


async def is_quiet(ask: Ask) -> None:
    """Wait until no sound is sent."""

    async def is_so() -> bool:
        before = await ask(_SOUNDS)
        await layers_sent(ask, 0.5)
        return bool(before == await ask(_SOUNDS))

    await until(is_so, 10)


async def stays_connected_and_sends_little(ask: Ask) -> None:
    """For longer than the relay takes to call somebody lost from whom no media comes."""
    await is_quiet(ask)
    assert 0 < await bits_per_second(ask, MEDIA_LOST_AFTER + 1) <= ALONE
    (own,) = await ask("call.getSnapshot().participants")
    assert own["connection"] == "connected"


async def test_chromium_sends_what_is_watched_and_next_to_nothing_alone(meeting: Meeting) -> None:
    (ada,) = await meeting.bring("Ada")
    await ada.in_call()
    await until(lambda: ada.call("call.getSnapshot().mediaConnected"))
    await sends(ada.call, set(), 10)
    await stays_connected_and_sends_little(ada.call)
    async with Client(meeting.base, meeting.room.code, "Bot") as bot:
        await hears(bot)
        camera = await anext(bot.each_publication("camera"))
        await watch_in_sizes(ada.call, bot, camera)
    await sends(ada.call, set(), 10)
    await is_quiet(ada.call)


@pytest_asyncio.fixture(loop_scope="session")
async def firefox(tmp_path: Path) -> AsyncIterator[Firefox]:
    async with launch(firefox_path(), tmp_path / "profile") as running:
        yield running


async def test_firefox_sends_what_is_watched_and_no_picture_alone(
    tmp_path: Path, browser: Browser, firefox: Firefox
) -> None:
    async with behind_proxy(tmp_path / "data", browser, interface_addresses()[0]) as (meeting, _):
        await firefox.join(meeting.base, meeting.room.code, "Fox")
        await until(lambda: firefox.call("call.getSnapshot().mediaConnected"))
        await sends(firefox.call, set(), 10)
        await stays_connected_and_sends_little(firefox.call)
        async with Client(meeting.base, meeting.room.code, "Bot") as bot:
            await hears(bot)
            camera = await anext(bot.each_publication("camera"))
            await watch_in_sizes(firefox.call, bot, camera)
        await sends(firefox.call, set(), 10)
        await is_quiet(firefox.call)
