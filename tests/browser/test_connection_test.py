"""The page on which participants find out whether calls will work."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from tests import times
from tests.browser.conftest import FRONT
from tests.browser.test_tcp import without_udp
from tests.browser.turn_server import HOST, coturn
from tests.browser.visitor import Visitor, visitor
from tests.integration.guide import free_port
from tests.integration.running import serving
from web.app import Server

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


async def results(guest: Visitor, start: str = "Start test", again: str = "Test again") -> dict[str, str]:
    """Make the test; returns what each row says."""
    await guest.press(start)
    await guest.page.get_by_role("button", name=again).wait_for(timeout=1000 * times.seconds(90))
    rows = await guest.page.get_by_role("main").get_by_role("listitem").all()
    return {await row.get_by_role("heading").inner_text(): await row.inner_text() for row in rows}


async def copied(guest: Visitor) -> list[str]:
    """Copy the result; returns its lines."""
    await guest.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await guest.press("Copy result")
    await expect(guest.page.get_by_role("button", name="Copied")).to_be_visible()
    text: str = await guest.page.evaluate("navigator.clipboard.readText()")
    return text.splitlines()


async def test_a_result_that_can_be_copied_and_nothing_left_behind(browser: Browser, base: str, server: Server) -> None:
    async with visitor(browser, base, reduced_motion=True) as guest:
        await guest.open("/connection-test")
        await guest.sees_heading("Connection test")
        await guest.picture("connection-test")
        await guest.is_reached_by_keyboard("connection-test")
        rows = await results(guest)
        media = rows["Connection for calls"]
        assert "OK" in media
        assert f":{server.media.port}" in media
        assert "UDP" in media
        for way in ("Directly over UDP", "Directly over TCP"):
            assert "OK" in rows[way]
            assert "Works, to " in rows[way]
        # How good the picture is depends on the machine that encodes and decodes it here; that there is one does not.
        assert "Mbit/s sent" in rows["Picture quality"]
        assert "OK" in rows["Camera"]
        assert "1280×720" in rows["Camera"]
        await guest.picture("connection-test-result")
        lines = await copied(guest)
        assert lines[0] == "Milanio connection test"
        assert any(line.startswith("Connection for calls: OK") for line in lines)
        assert any(line.startswith("Browser: Mozilla") for line in lines)
        assert not any(room.participants for room in server.signaling.registry.rooms)


async def test_each_turn_server_is_tried_alone(tmp_path: Path, browser: Browser) -> None:
    other = tmp_path / "other"
    other.mkdir()
    silent = free_port()
    async with coturn(tmp_path, "north") as turn, coturn(other, "south") as stranger:
        urls = [f"turn:{HOST}:{port}" for port in (turn.port, silent, stranger.port)]
        urls.append(f"turn:{HOST}:{turn.port}?transport=tcp")
        settings = {"host": HOST, "turn_urls": tuple(urls), "turn_secret": SecretStr("north")}
        async with (
            serving(tmp_path, **settings) as server,
            visitor(browser, f"http://localhost:{server.port}", reduced_motion=True) as guest,
        ):
            await guest.open("/connection-test")
            rows = await results(guest)
            assert "Works over UDP" in rows["Connection for calls"]
            for by in ("UDP", "TCP"):
                row = rows[f"TURN server {HOST}:{turn.port} over {by}"]
                assert "OK" in row
                assert f"Works, to {HOST}:{server.media.port}" in row
            blocked = rows[f"TURN server {HOST}:{silent} over UDP"]
            assert "Blocked" in blocked
            assert f"allow outgoing UDP to {HOST}:{silent}" in blocked
            refused = rows[f"TURN server {HOST}:{stranger.port} over UDP"]
            assert "Problem" in refused
            assert "It refuses to help: 401 Unauthorized. Tell" in refused
            await guest.picture("connection-test-turn")
            lines = await copied(guest)
            assert any(line.startswith(f"TURN server {HOST}:{silent} over UDP: Blocked – No con") for line in lines)
            assert not any(room.participants for room in server.signaling.registry.rooms)


async def test_where_udp_is_blocked_it_says_what_to_ask_for(tmp_path: Path, browser: Browser) -> None:
    async with (
        without_udp(tmp_path, browser, FRONT) as (meeting, _),
        visitor(browser, meeting.base, locale="de-AT", reduced_motion=True) as guest,
    ):
        await guest.open("/connection-test")
        rows = await results(guest, "Test starten", "Erneut testen")
        assert "Funktioniert nur über TCP" in rows["Verbindung für Anrufe"]
        assert "Blockiert" in rows["Direkt über UDP"]
        assert f"ausgehendes UDP an {FRONT}:{meeting.server.media.port} zu erlauben" in rows["Direkt über UDP"]
        assert f"Funktioniert, zu {FRONT}:{meeting.server.port}" in rows["Direkt über TCP"]
        assert "Mbit/s gesendet" in rows["Bildqualität"]
        await guest.picture("connection-test-tcp-german")


async def test_the_test_in_german(browser: Browser, base: str) -> None:
    async with visitor(browser, base, locale="de-AT", reduced_motion=True) as guest:
        await guest.open("/connection-test")
        await guest.sees_heading("Verbindungstest")
        await guest.picture("connection-test-german")
