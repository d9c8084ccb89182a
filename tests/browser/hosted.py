"""A room owned by a person with an account."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.people import SMALL, Person


class Hosted:
    """A room whose owner is Ada."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.base = base
        self.code = ""
        self.people: list[Person] = []
        self.browser = browser

    async def begin(self, **settings: Any) -> Person:
        """Ada makes the room and is its first."""
        ada = await Person.open(self.browser, "Ada", camera=SMALL)
        self.people.append(ada)
        self.code = await ada.make_room(self.base, **settings)
        await ada.come(self.base, self.code)
        await ada.join()
        await ada.in_call()
        return ada

    async def arrive(self, name: str) -> Person:
        """Open the room's preview."""
        person = await Person.arrive(self.browser, self.base, self.code, name, camera=SMALL)
        self.people.append(person)
        return person

    async def knock(self, name: str) -> Person:
        """Press Join."""
        person = await self.arrive(name)
        await person.join()
        return person

    async def bring(self, *names: str) -> list[Person]:
        """People who come in."""
        people = [await self.knock(name) for name in names]
        for person in people:
            await person.in_call()
        return people


@pytest_asyncio.fixture(loop_scope="session")
async def hosted(browser: Browser, base: str) -> AsyncIterator[Hosted]:
    made = Hosted(browser, base)
    yield made
    problems = {person.name: person.problems for person in made.people if person.problems}
    assert not problems, problems
