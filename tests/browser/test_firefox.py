"""Firefox in a call with Chromium."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from signaling.client import Client
from tests.browser.conftest import Meeting, behind_proxy, firefox_path
from tests.browser.firefox import Firefox, launch
from tests.browser.people import SMALL, Person, until
from tests.browser.udp_proxy import UdpProxy
from tests.integration.bot_tracks import ColourTrack, ToneTrack, receive_until
from web.addresses import interface_addresses

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


@pytest_asyncio.fixture(loop_scope="session")
async def firefox(tmp_path: Path) -> AsyncIterator[Firefox]:
    async with launch(firefox_path(), tmp_path / "profile") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def networked(tmp_path: Path, browser: Browser) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    """Firefox reaches no relay at a loopback address: it has no candidate that could."""
    async with behind_proxy(tmp_path / "data", browser, interface_addresses()[0]) as made:
        yield made


async def more_frames(firefox: Firefox, seconds: float) -> float:
    """Wait until pictures of others go on; the seconds it took."""
    before, since = await firefox.frames(), time.monotonic()

    async def moved() -> bool:
        return await firefox.frames() > before + 5

    await until(moved, seconds)
    return time.monotonic() - since


async def shown_in(ada: Person, name: str) -> int:
    """How many frames of a person Chromium has shown."""
    video = f"document.querySelector('video[data-participant={name}][data-source=camera]')"
    return int(await ada.page.evaluate(f"{video}?.getVideoPlaybackQuality().totalVideoFrames ?? 0"))


async def ada_sees_more(ada: Person, name: str, seconds: float) -> None:
    before = await shown_in(ada, name)

    async def moved() -> bool:
        return await shown_in(ada, name) > before + 5

    await until(moved, seconds)


async def test_firefox_is_back_after_its_nat_has_given_it_another_port(
    networked: tuple[Meeting, UdpProxy], firefox: Firefox
) -> None:
    meeting, proxy = networked
    meeting.camera = SMALL
    (ada,) = await meeting.bring("Ada")
    await ada.in_call()
    await until(lambda: ada.call("call.getSnapshot().mediaConnected"))
    others = proxy.clients
    await firefox.join(meeting.base, meeting.room.code, "Fox")
    await more_frames(firefox, 20)
    await ada_sees_more(ada, "Fox", 20)
    await until(lambda: firefox.call("call.getSnapshot().mediaConnected"))
    offers = "call.peer.connection.localDescription.sdp.match(/a=ice-ufrag:.*/)[0]"
    first = await firefox.call(offers)
    # The relay alone, by Firefox's checks, of which none nominates: the page's own watch over media is stopped.
    await firefox.call("call.flow.stop()")
    await proxy.rebind(proxy.clients - others)
    await more_frames(firefox, 7)
    await ada_sees_more(ada, "Fox", 3)
    assert await firefox.call(offers) == first
    # With the page's watch: whichever of the two is first, the call goes on.
    await firefox.call("call.flow.restart()")
    await until(lambda: firefox.call("call.flow.flowing"))
    await proxy.rebind(proxy.clients - others)
    await more_frames(firefox, 7)
    await ada_sees_more(ada, "Fox", 3)
    assert await ada.call("call.getSnapshot().participants.length") == 2


async def test_firefox_and_a_bot_see_each_other(networked: tuple[Meeting, UdpProxy], firefox: Firefox) -> None:
    meeting, _ = networked
    async with Client(meeting.base, meeting.room.code, "Bot") as bot:
        await bot.publish(ColourTrack(1, (640, 360)))
        await bot.publish(ToneTrack())
        publications = bot.each_publication("camera")
        await firefox.join(meeting.base, meeting.room.code, "Fox")
        await more_frames(firefox, 20)
        track = bot.track(await anext(publications))
        for _ in range(10):
            await receive_until(track, lambda frame: frame.height > 0)
