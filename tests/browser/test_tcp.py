"""Calls where UDP is blocked: media goes over TCP, on the page's port."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests import times
from tests.browser.conftest import CHEAP, FRONT, Meeting
from tests.browser.people import SMALL, Person, until
from tests.browser.udp_proxy import Misfortune, UdpProxy
from tests.browser.watching import LONGEST_GAP
from web.app import Server
from web.config import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


@pytest_asyncio.fixture(loop_scope="session")
async def blocked(tmp_path: Path, browser: Browser) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    """A room of a server that announces an address where only TCP gets through: datagrams are lost in a proxy."""
    settings = Settings(
        port=0, media_port=0, media_host="127.0.0.1", announce=(FRONT,), data=tmp_path / "data", rate_limits=False
    )
    server = Server(settings, password_cost=CHEAP)
    await server.start()
    proxy = UdpProxy(("127.0.0.1", server.media.port), Misfortune())
    proxy.only = set()
    await proxy.start(FRONT, server.media.port)
    try:
        yield Meeting(server, browser, f"http://localhost:{server.port}"), proxy
    finally:
        await proxy.stop()
        await server.stop()


async def protocols(person: Person) -> list[str]:
    """What the connection in use goes over."""
    stats = {each["id"]: each for each in await person.stats()}
    pairs = [stats[each["selectedCandidatePairId"]] for each in stats.values() if each.get("selectedCandidatePairId")]
    return [stats[pair["localCandidateId"]]["protocol"] for pair in pairs]


async def connected_after(person: Person) -> float:
    """Seconds from pressing Join until media flows."""
    began = time.monotonic()
    await person.join()
    await until(lambda: person.call("call.getSnapshot().mediaConnected"))
    return time.monotonic() - began


async def test_without_udp_people_see_and_hear_each_other_over_tcp_as_soon_as_over_udp(
    blocked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = blocked
    meeting.camera = SMALL
    proxy.only = None
    cleo = await meeting.arrive("Cleo")
    over_udp = await connected_after(cleo)
    assert await protocols(cleo) == ["udp"]
    await cleo.leave_window()
    proxy.only = set()
    ada, ben = [await meeting.arrive(name) for name in ("Ada", "Ben")]
    for person in (ada, ben):
        assert await connected_after(person) < over_udp + times.seconds(1)
    for viewer, other in ((ada, ben), (ben, ada)):
        await viewer.sees(other)
        await viewer.keeps_seeing(other)
        await viewer.hears(1)
        assert await protocols(viewer) == ["tcp"]


async def test_once_udp_works_media_moves_to_it_without_a_gap(blocked: tuple[Meeting, UdpProxy]) -> None:
    meeting, proxy = blocked
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    for viewer, other in ((ada, ben), (ben, ada)):
        await viewer.keeps_seeing(other)
        await viewer.page.evaluate(LONGEST_GAP, other.name)
    # UDP is still blocked: nothing comes of another attempt.
    await ben.call("call.udpRetry.look()")
    await ben.keeps_seeing(ada, 30)
    assert await protocols(ben) == ["tcp"]
    proxy.only = None
    await ben.call("call.udpRetry.look()")  # as each minute

    async def over_udp() -> bool:
        return await protocols(ben) == ["udp"]

    await until(over_udp)
    await ben.keeps_seeing(ada, 30)
    await ada.keeps_seeing(ben, 30)
    assert proxy.carried > 100
    for viewer, other in ((ada, ben), (ben, ada)):
        gap = (await viewer.page.evaluate("window.gaps"))[other.name]
        assert gap["longest"] < 1000 * times.seconds(1), (viewer.name, gap)
