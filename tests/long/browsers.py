"""A call of three in Chromium, on a server that may be anything that serves the page."""

import asyncio
from itertools import permutations

from playwright.async_api import async_playwright

from signaling.client import create_room
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.people import SMALL, Person


async def three_call(url: str) -> None:
    """Each sees and hears both others; nothing in the page fails."""
    code = await create_room(url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            people = [await Person.arrive(browser, url, code, name, camera=SMALL) for name in ("Ada", "Ben", "Cleo")]
            for person in people:
                await person.join()
            await asyncio.gather(*(viewer.keeps_seeing(other) for viewer, other in permutations(people, 2)))
            await asyncio.gather(*(person.hears(2) for person in people))
            assert not [problem for person in people for problem in person.problems]
        finally:
            await browser.close()
