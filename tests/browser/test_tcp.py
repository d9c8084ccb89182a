"""Calls where UDP is blocked: media goes over TCP, on the page's port."""

import asyncio
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from pydantic import SecretStr

from sfu.wire.stun import StreamAddress
from tests import times
from tests.browser.conftest import FRONT, Meeting, firefox_path
from tests.browser.firefox import launch
from tests.browser.narrow_tcp import NarrowTcp
from tests.browser.people import SMALL, Person, until
from tests.browser.udp_proxy import Misfortune, UdpProxy
from tests.browser.visitor import SCREENSHOTS
from tests.browser.watching import LONGEST_GAP
from tests.integration.guide import Front, blocks, free_port, nginx, replaced
from tests.integration.running import serving
from tests.integration.smtp_server import make_certificate
from web.addresses import interface_addresses

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(360)]


@asynccontextmanager
async def without_udp(
    folder: Path, browser: Browser, front: str, **settings: Any
) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    """A room of a server that announces that address, where only TCP gets through: datagrams are lost in a proxy."""
    async with serving(folder, host="", media_host="127.0.0.1", announce=(front,), **settings) as server:
        proxy = UdpProxy(("127.0.0.1", server.media.port), Misfortune())
        proxy.only = set()
        await proxy.start(front, server.media.port)
        try:
            yield Meeting(server, browser, f"http://localhost:{server.port}"), proxy
        finally:
            await proxy.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def blocked(tmp_path: Path, browser: Browser) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    async with without_udp(tmp_path, browser, FRONT) as made:
        yield made


async def protocols(person: Person) -> list[str]:
    """What the connection in use goes over."""
    stats = {each["id"]: each for each in await person.stats()}
    pairs = [stats[each["selectedCandidatePairId"]] for each in stats.values() if each.get("selectedCandidatePairId")]
    return [stats[pair["localCandidateId"]]["protocol"] for pair in pairs]


async def see_and_hear_over_tcp(ada: Person, ben: Person) -> None:
    """Wait until each of two people sees and hears the other, over TCP."""
    for viewer, other in ((ada, ben), (ben, ada)):
        await viewer.keeps_seeing(other)
        await viewer.hears(1)
        assert await protocols(viewer) == ["tcp"]


async def connected_after(person: Person) -> float:
    """Seconds from pressing Join until media flows."""
    began = time.monotonic()
    await person.join()
    await until(lambda: person.call("call.getSnapshot().mediaConnected"))
    return time.monotonic() - began


@pytest.mark.alone
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


async def test_one_tcp_port_is_enough_for_page_and_media(tmp_path: Path, browser: Browser) -> None:
    port = free_port()
    here = f"https://{FRONT}:{port}"
    async with serving(tmp_path, announce=(FRONT,), public_url=here, tls_certificate="self-signed") as server:
        # All that is reachable: UDP isn't, nor are the server's own ports.
        front = NarrowTcp(("127.0.0.1", server.port))
        await front.start(FRONT, port)
        try:
            room = server.signaling.registry.create("", server.media.now())
            people = []
            for name in ("Ada", "Ben"):
                person = await Person.open(browser, name, camera=SMALL, ignore_https_errors=True)
                await person.come(here, room.code)
                await person.join()
                people.append(person)
            await see_and_hear_over_tcp(*people)
        finally:
            await front.stop()


async def test_behind_the_guides_nginx_media_goes_to_the_servers_own_tcp_port(tmp_path: Path, browser: Browser) -> None:
    make_certificate(tmp_path)
    front = Front(tmp_path, free_port(), free_port())
    here = f"https://localhost:{front.port}"
    written = tomllib.loads(replaced(blocks()["toml"], ("https://meet.example.org", here)))
    # Nothing listens for UDP at the address that is announced.
    own = {"announce": (FRONT,), "media_host": "127.0.0.1", "port": front.server_port, "guest_rooms": True}
    tcp = {**tomllib.loads(blocks()["tcp"]), "media_tcp_port": front.server_port}
    async with serving(tmp_path, **written | tcp | own) as server, nginx(front, front.nginx()):
        room = server.signaling.registry.create("", server.media.now())
        people = []
        for name in ("Ada", "Ben"):
            person = await Person.open(browser, name, camera=SMALL, ignore_https_errors=True)
            await person.come(here, room.code)
            assert await connected_after(person) < times.seconds(5)
            people.append(person)
        await see_and_hear_over_tcp(*people)
        for person in people:
            assert not person.problems, person.problems


async def test_where_nothing_gets_through_the_page_names_all_that_was_tried(tmp_path: Path, browser: Browser) -> None:
    tcp, turn = free_port(), free_port()
    settings = {"media_tcp_port": tcp, "turn_urls": (f"turns:{FRONT}:{turn}",), "turn_secret": SecretStr("north")}
    async with without_udp(tmp_path, browser, FRONT, **settings) as (meeting, _):
        ada = await meeting.arrive("Ada")
        await ada.join()
        alert = ada.page.get_by_text("None of these gets an answer")
        await alert.wait_for(timeout=1000 * times.seconds(30))
        places = (
            f"UDP to {FRONT}:{meeting.server.media.port}; TCP to {FRONT}:{tcp}; TURN server {FRONT}:{turn} over TLS"
        )
        assert f": {places}. Your network probably blocks them." in await alert.inner_text()
        await ada.page.screenshot(path=SCREENSHOTS / "call-blocked.png")


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


@pytest.mark.long
async def test_when_udp_works_again_after_minutes_media_is_on_it_within_ninety_seconds(
    blocked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = blocked
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    for viewer, other in ((ada, ben), (ben, ada)):
        await viewer.keeps_seeing(other)
        await viewer.page.evaluate(LONGEST_GAP, other.name)
    await asyncio.sleep(100)  # the page has tried in vain, and browsers have given up on what they knew
    for viewer in (ada, ben):
        assert await protocols(viewer) == ["tcp"]
    proxy.only = None

    async def over_udp() -> bool:
        return await protocols(ada) == await protocols(ben) == ["udp"]

    await until(over_udp, 90)
    for viewer, other in ((ada, ben), (ben, ada)):
        await viewer.keeps_seeing(other, 30)
        gap = (await viewer.page.evaluate("window.gaps"))[other.name]
        assert gap["longest"] < 1000 * times.seconds(1), (viewer.name, gap)


@pytest.mark.parametrize("open_to_udp", [False, True], ids=["blocked", "open"])
async def test_firefox_uses_tcp_only_where_udp_is_blocked(
    tmp_path: Path, browser: Browser, *, open_to_udp: bool
) -> None:
    async with (
        # It has no candidate that could reach a loopback address.
        without_udp(tmp_path, browser, interface_addresses()[0]) as (meeting, proxy),
        launch(firefox_path(), tmp_path / "profile") as firefox,
    ):
        if open_to_udp:
            proxy.only = None
        meeting.camera = SMALL
        (ada,) = await meeting.bring("Ada")
        await firefox.join(meeting.base, meeting.room.code, "Fox")

        async def sees() -> bool:
            return await firefox.frames() > 20

        await until(sees, 40)
        await ada.page.wait_for_selector("video[data-participant=Fox][data-source=camera]")
        used = [isinstance(each.ice.address, StreamAddress) for each in meeting.server.media.relay.transports]
        assert used == [not open_to_udp] * 2
