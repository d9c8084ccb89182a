"""Calls of people who reach nothing but a TURN server."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect
from pydantic import SecretStr

from signaling.turn import TurnServers
from tests import times
from tests.browser.conftest import FLAGS, Meeting, chromium_path
from tests.browser.people import SMALL, Person, until
from tests.browser.turn_server import HOST, coturn
from tests.integration.running import serving

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

SECRET = "north"

_ONLY_RELAYED = """
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(settings) {
    super({ ...settings, iceTransportPolicy: "relay" });
  }
};
"""


async def way(person: Person) -> tuple[str, str]:
    """What kind of candidate is in use, and what leads to the TURN server."""
    stats = {each["id"]: each for each in await person.stats()}
    (pair,) = [stats[each["selectedCandidatePairId"]] for each in stats.values() if each.get("selectedCandidatePairId")]
    local = stats[pair["localCandidateId"]]
    return local["candidateType"], local["relayProtocol"]


@pytest.mark.parametrize("by", ["udp", "tcp"])
async def test_two_people_call_each_other_through_a_turn_server(tmp_path: Path, browser: Browser, by: str) -> None:
    async with coturn(tmp_path, SECRET) as turn:
        await calls(tmp_path, browser, f"turn:{HOST}:{turn.port}?transport={by}", by)


async def test_two_people_call_each_other_through_a_turn_server_over_tls(tmp_path: Path) -> None:
    async with coturn(tmp_path, SECRET) as turn, async_playwright() as playwright:
        # Nothing else makes it believe in a certificate where media is concerned.
        flags = [*FLAGS, "--ignore-certificate-errors"]
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        try:
            await calls(tmp_path, browser, f"turns:{HOST}:{turn.tls_port}?transport=tcp", "tls")
        finally:
            await browser.close()


async def test_a_call_outlives_the_passwords_of_its_turn_server(tmp_path: Path, browser: Browser) -> None:
    async with coturn(tmp_path, SECRET) as turn:
        url = f"turn:{HOST}:{turn.port}?transport=udp"
        async with serving(tmp_path, host=HOST, turn_urls=(url,), turn_secret=SecretStr(SECRET)) as server:
            lifetime = times.seconds(20)
            server.signaling.turn = TurnServers([url], SECRET, lifetime=lifetime)
            meeting = Meeting(server, browser, f"http://localhost:{server.port}")
            ada = await arrives(browser, meeting, "Ada")
            (first,) = await until(lambda: credentials(ada))
            end = int(first["username"].split(":")[0])

            async def renewed_since(then: float) -> bool:
                (server,) = await credentials(ada)
                return int(server["username"].split(":")[0]) > then + 0.75 * lifetime

            # The first password has ended, and that of after it is in use.
            await until(lambda: renewed_since(end), 3 * lifetime)
            assert time.time() >= end
            await ada.call("call.negotiate(true)")  # as in another network
            ben = await arrives(browser, meeting, "Ben")
            for viewer, other in ((ada, ben), (ben, ada)):
                await viewer.keeps_seeing(other)
                await viewer.hears(1)
                assert await way(viewer) == ("relay", "udp")


async def credentials(person: Person) -> list[dict[str, str]]:
    """The TURN servers that the page uses now."""
    found: list[dict[str, str]] = await person.call("call.peer.connection.getConfiguration().iceServers")
    return found


async def arrives(browser: Browser, meeting: Meeting, name: str) -> Person:
    """Someone who may use no way but through TURN servers."""
    person = await Person.open(browser, name, camera=SMALL)
    await person.page.add_init_script(_ONLY_RELAYED)
    await person.come(meeting.base, meeting.room.code)
    await person.join()
    return person


async def calls(folder: Path, browser: Browser, url: str, by: str) -> None:
    """Two people who are told of that server, and may use no other way, see and hear each other."""
    async with serving(folder, host=HOST, turn_urls=(url,), turn_secret=SecretStr(SECRET)) as server:
        meeting = Meeting(server, browser, f"http://localhost:{server.port}")
        ada, ben = [await arrives(browser, meeting, name) for name in ("Ada", "Ben")]
        for viewer, other in ((ada, ben), (ben, ada)):
            await viewer.sees(other)
            await viewer.keeps_seeing(other)
            await viewer.hears(1)
            assert await way(viewer) == ("relay", by)
        await ada.page.keyboard.press("i")
        await expect(ada.page.get_by_text(f"TURN over {by.upper()}", exact=True)).to_be_visible()
