"""The page on which participants find out whether calls will work."""

import pytest
from playwright.async_api import Browser, expect

from tests import times
from tests.browser.visitor import visitor
from web.app import Server

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


async def test_a_result_that_can_be_copied_and_nothing_left_behind(browser: Browser, base: str, server: Server) -> None:
    async with visitor(browser, base, reduced_motion=True) as guest:
        await guest.open("/connection-test")
        await guest.sees_heading("Connection test")
        await guest.picture("connection-test")
        await guest.is_reached_by_keyboard("connection-test")
        await guest.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await guest.press("Start test")
        again = guest.page.get_by_role("button", name="Test again")
        await again.wait_for(timeout=1000 * times.seconds(60))
        rows = {
            await row.get_by_role("heading").inner_text(): await row.inner_text()
            for row in await guest.page.get_by_role("main").get_by_role("listitem").all()
        }
        media = rows["Connection for calls"]
        assert "OK" in media
        assert f":{server.media.port}" in media
        assert "UDP" in media
        # How good the picture is depends on the machine that encodes and decodes it here; that there is one does not.
        assert "Mbit/s sent" in rows["Picture quality"]
        assert "OK" in rows["Camera"]
        assert "1280×720" in rows["Camera"]
        await guest.picture("connection-test-result")
        await guest.press("Copy result")
        await expect(guest.page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await guest.page.evaluate("navigator.clipboard.readText()")
        assert copied.splitlines()[0] == "Milanio connection test"
        assert "Connection for calls: OK" in copied
        assert "Browser: Mozilla" in copied
        assert not any(room.participants for room in server.signaling.registry.rooms)


async def test_the_test_in_german(browser: Browser, base: str) -> None:
    async with visitor(browser, base, locale="de-AT", reduced_motion=True) as guest:
        await guest.open("/connection-test")
        await guest.sees_heading("Verbindungstest")
        await guest.picture("connection-test-german")
