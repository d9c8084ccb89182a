"""Calls of people who reach nothing but a TURN server."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from pydantic import SecretStr

from tests.browser.conftest import FLAGS, Meeting, chromium_path
from tests.browser.people import SMALL, Person
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


async def calls(folder: Path, browser: Browser, url: str, by: str) -> None:
    """Two people who are told of that server, and may use no other way, see and hear each other."""
    async with serving(folder, host=HOST, turn_urls=(url,), turn_secret=SecretStr(SECRET)) as server:
        meeting = Meeting(server, browser, f"http://localhost:{server.port}")
        people = []
        for name in ("Ada", "Ben"):
            person = await Person.open(browser, name, camera=SMALL)
            await person.page.add_init_script(_ONLY_RELAYED)
            await person.come(meeting.base, meeting.room.code)
            await person.join()
            people.append(person)
        ada, ben = people
        for viewer, other in ((ada, ben), (ben, ada)):
            await viewer.sees(other)
            await viewer.keeps_seeing(other)
            await viewer.hears(1)
            assert await way(viewer) == ("relay", by)
