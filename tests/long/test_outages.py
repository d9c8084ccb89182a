"""Real browsers through outages that last: no network, no WebSocket, a frozen tab, a sleeping machine."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from sfu.wire.stun import Address
from tests import times
from tests.browser.conftest import FLAGS, FRONT, Meeting, behind_proxy, chromium_path
from tests.browser.people import SMALL, Person, until
from tests.browser.tcp_proxy import TcpProxy
from tests.browser.udp_proxy import UdpProxy
from tests.long.durations import duration

pytestmark = [pytest.mark.asyncio, pytest.mark.long]


@dataclass
class Call:
    """Ada, and Ben in a browser of his own, whose network the test holds in its hands."""

    meeting: Meeting
    proxy: UdpProxy
    tcp: TcpProxy
    ada: Person
    ben: Person
    ben_processes: list[int]
    same: list[str]

    @property
    def people(self) -> list[Person]:
        return [self.ada, self.ben]

    def cut(self) -> None:
        """Ben has no network."""
        self.proxy.only = self.others
        self.tcp.cut()

    def mend(self) -> None:
        """He has it again."""
        self.proxy.only = None
        self.tcp.mend()

    others: set[Address]

    async def goes_on(self, seconds: float) -> None:
        """Wait until each sees the other, and that they are who they were, and alone."""
        await asyncio.gather(moves(self.ada, self.ben, seconds), moves(self.ben, self.ada, seconds))
        for person in self.people:
            await until(lambda: person.call("call.getSnapshot().participants.length === 2"))  # noqa: B023


def descendants(pid: int) -> list[int]:
    """The processes that came of one, by Linux's /proc."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


async def moves(viewer: Person, other: Person, seconds: float) -> None:
    picture = await viewer.picture(other)
    before = 0 if picture is None else picture.frames

    async def more() -> bool:
        now = await viewer.picture(other)
        return now is not None and (now.frames > before + 3 or 3 < now.frames < before)

    await until(more, times.seconds(seconds))


async def ids(call: Call) -> list[str]:
    return [str(await person.call("call.getSnapshot().you")) for person in call.people]


@pytest_asyncio.fixture
async def call(tmp_path: Path) -> AsyncIterator[Call]:
    async with async_playwright() as playwright:
        first = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        before = set(descendants(os.getpid()))
        second = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        processes = [pid for pid in descendants(os.getpid()) if pid not in before]
        async with behind_proxy(tmp_path / "data", first, FRONT) as (meeting, proxy):
            tcp = TcpProxy(meeting.server.port)
            await tcp.start()
            meeting.camera = SMALL
            (ada,) = await meeting.bring("Ada")
            await until(lambda: ada.call("call.getSnapshot().mediaConnected"))
            others = proxy.clients
            ben = await Person.arrive(second, f"http://localhost:{tcp.port}", meeting.room.code, "Ben", camera=SMALL)
            await ben.join()
            await ben.in_call()
            made = Call(meeting, proxy, tcp, ada, ben, processes, [], others)
            await made.goes_on(20)
            made.same = await ids(made)
            yield made
            await tcp.stop()
        await first.close()
        await second.close()


async def test_an_outage_after_which_the_relay_has_given_up(call: Call) -> None:
    call.cut()
    await asyncio.sleep(duration("MILANIO_OUTAGE_SECONDS", short=34, long=38))
    assert await call.ada.call("call.getSnapshot().participants[1].connection") == "lost"
    call.mend()
    await call.goes_on(8)


@pytest.mark.parametrize("seconds", [1, 10, 30])
async def test_a_websocket_that_is_gone_for_a_while_stops_no_media_and_loses_no_event(
    call: Call, seconds: float
) -> None:
    call.tcp.cut()
    loop = asyncio.get_running_loop()
    until_then = loop.time() + seconds
    said = 0
    await call.ada.open_chat()
    while loop.time() < until_then:
        await call.goes_on(3)
        if said < 3:
            said += 1
            await call.ada.say(f"message {said}")
        await asyncio.sleep(0.5)
    call.tcp.mend()
    await until(lambda: call.ben.call("call.getSnapshot().phase === 'connected'"), times.seconds(8))
    await until(lambda: call.ben.call(f"call.getSnapshot().chat.messages.length === {said}"))
    await call.goes_on(3)
    assert await ids(call) == call.same


async def test_a_tab_that_was_frozen_is_back_within_two_seconds(call: Call) -> None:
    session = await call.ben.page.context.new_cdp_session(call.ben.page)
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    await asyncio.sleep(duration("MILANIO_FROZEN_SECONDS", short=20, long=300))
    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await call.goes_on(2)


async def test_a_machine_that_was_asleep_is_back_at_once_and_leaves_no_ghost(call: Call) -> None:
    for process in call.ben_processes:
        os.kill(process, signal.SIGSTOP)
    try:
        await asyncio.sleep(duration("MILANIO_ASLEEP_SECONDS", short=50, long=60))
    finally:
        for process in call.ben_processes:
            os.kill(process, signal.SIGCONT)
    await call.goes_on(6)
