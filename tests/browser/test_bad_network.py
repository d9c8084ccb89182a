"""Calls over a network that loses and delays."""

import asyncio
from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests import times
from tests.browser.conftest import Meeting
from tests.browser.udp_proxy import Misfortune, UdpProxy
from web.app import Server
from web.config import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

_FRONT = "127.0.0.2"
"""Where the proxy listens, on the relay's port number: the address is all that an operator announces."""

_LONGEST_GAP = """(name) => {
  const video = document.querySelector(`video[data-participant="${name}"][data-source="camera"]`);
  window.gaps ??= {};
  const entry = (window.gaps[name] = { last: performance.now(), longest: 0, frames: 0 });
  const seen = (now) => {
    entry.longest = Math.max(entry.longest, now - entry.last);
    entry.last = now;
    entry.frames += 1;
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def lossy(tmp_path: Path, browser: Browser) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    server = Server(Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", announce=(_FRONT,)))
    await server.start()
    proxy = UdpProxy(("127.0.0.1", server.media.port), Misfortune(loss=0.1, jitter=0.05))
    await proxy.start(_FRONT, server.media.port)
    meeting = Meeting(server, browser, f"http://localhost:{server.port}")
    try:
        yield meeting, proxy
    finally:
        await proxy.stop()
        await server.stop()


async def test_with_loss_and_jitter_three_people_go_on_seeing_and_hearing_one_another(
    lossy: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = lossy
    people = await meeting.bring("Ada", "Ben", "Cleo")
    for viewer, other in permutations(people, 2):
        await viewer.keeps_seeing(other)
        await viewer.page.evaluate(_LONGEST_GAP, other.name)
    await asyncio.sleep(20)  # the time that is watched, not a wait for something
    for viewer in people:
        await viewer.hears(2)
        gaps = await viewer.page.evaluate("window.gaps")
        for name, gap in gaps.items():
            assert gap["frames"] > 100 / times.seconds(1), (viewer.name, name, gap)
            assert gap["longest"] < 1000 * times.seconds(2), (viewer.name, name, gap)
    assert proxy.lost > 0.05 * (proxy.carried + proxy.lost)
