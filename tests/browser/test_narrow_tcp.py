"""Calls over TCP on links that are too narrow: what waits must not make everything late."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sfu.net.streams import VIDEO_BYTES
from tests.browser.conftest import FRONT, Meeting
from tests.browser.narrow_tcp import NarrowTcp
from tests.browser.people import SMALL, until
from tests.browser.test_shaped_links import FALL, FULL, KBIT, MEDIUM, grows_to, watch_for
from tests.integration.guide import free_port
from tests.integration.running import serving

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(240), pytest.mark.alone, pytest.mark.long]


async def test_on_a_narrow_link_sound_goes_on_and_pictures_fit(tmp_path: Path, browser: Browser) -> None:
    port = free_port()
    async with serving(tmp_path, announce=(FRONT,), media_tcp_port=port) as server:
        link = NarrowTcp(("127.0.0.1", server.port))
        await link.start(FRONT, port)
        try:
            meeting = Meeting(server, browser, f"http://localhost:{server.port}")
            meeting.grain, meeting.camera = True, MEDIUM
            await meeting.bring("Ada")
            await until(lambda: meeting.people[0].call("call.getSnapshot().mediaConnected"))
            his = link.connections
            meeting.grain, meeting.camera = False, SMALL
            (ben,) = await meeting.bring("Ben")
            await grows_to(ben, FULL, 30)
            link.down[his] = 500 * KBIT
            await asyncio.sleep(FALL)
            before, after = await watch_for(ben, 15)
            assert after.concealed - before.concealed <= 0.03 * (after.samples - before.samples)
            assert after.frames - before.frames >= 30
            assert server.media.streams.waiting < VIDEO_BYTES
            # The estimate has noticed that what is sent comes late, although nothing is lost.
            assert min(each.bandwidth.estimate for each in server.media.relay.transports) < 700 * KBIT
        finally:
            await link.stop()
