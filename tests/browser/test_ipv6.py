"""A call over IPv6 alone: page, WebSocket and media."""

import socket
from itertools import permutations
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Meeting
from tests.browser.people import SMALL
from tests.integration.running import serving


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not _has_ipv6(), reason="this machine has no address ::1"),
]


async def test_two_see_and_hear_each_other_where_there_is_only_ipv6(browser: Browser, tmp_path: Path) -> None:
    async with serving(tmp_path, host="::1") as server:
        meeting = Meeting(server, browser, f"http://[::1]:{server.port}")
        meeting.camera = SMALL
        people = await meeting.bring("Ada", "Ben")
        for viewer, other in permutations(people, 2):
            await viewer.keeps_seeing(other)
            await viewer.hears(1)
        addresses = [transport.ice.address for transport in server.media.relay.transports]
        assert len(addresses) == 2
        assert all(address is not None and ":" in address[0] for address in addresses)
