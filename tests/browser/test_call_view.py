"""What a call shows on each kind of screen, and that nothing else is received."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from signaling.client import Pattern
from tests import times
from tests.browser.conftest import Meeting
from tests.browser.crowd import Crowd
from tests.browser.people import SMALL, Person, until
from tests.browser.visitor import STILL
from tests.thorough import choose

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

KEYS = ("Control+Alt+c", "Control+Alt+p", "Control+Alt+i", "Escape", "l", "l")
"""Panel after panel, and layout after layout."""

_TILES = """() => [...document.querySelectorAll('.tile')].map((tile) => {
  const { x, y, width, height } = tile.getBoundingClientRect();
  return { name: tile.getAttribute("aria-label"), x, y, width, height, large: tile.dataset.large === "true" };
})"""

_PACKETS = """async () => {
  const report = await milanio.call.peer.connection.getStats();
  const { slots } = milanio.call.getSnapshot();
  const found = [];
  report.forEach(({ type, kind, mid, packetsReceived }) => {
    if (type === "inbound-rtp" && kind === "video") found.push([mid, slots[mid]?.publication ?? null, packetsReceived]);
  });
  return found;
}"""

_HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Viewer:
    """A viewer in a room full of others."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.page = person.page

    async def tiles(self) -> list[dict[str, Any]]:
        """What is on the stage once it has settled."""
        await self.page.evaluate(STILL)
        found: list[dict[str, Any]] = await self.page.evaluate(_TILES)
        return found

    async def shows(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many tiles are on the stage; they."""

        async def there() -> list[dict[str, Any]] | None:
            tiles = await self.tiles()
            return tiles if len(tiles) == count else None

        tiles: list[dict[str, Any]] = await until(there)
        return tiles

    async def resize(self, width: int, height: int) -> None:
        """Look on a screen of another size."""
        await self.page.set_viewport_size({"width": width, "height": height})

    async def receives(self, names: set[str]) -> None:
        """Wait until pictures come of exactly these people, and see that not one packet of others does."""
        participants = await self.person.call("call.getSnapshot().participants")
        wanted = {f"{each['id']}.camera" for each in participants if each["name"] in names}

        async def exactly() -> bool:
            before = {mid: packets for mid, _, packets in await self.page.evaluate(_PACKETS)}
            await asyncio.sleep(0.6)  # at five pictures a second, a time in which every one that comes is noticed
            after = await self.page.evaluate(_PACKETS)
            return {publication for mid, publication, packets in after if packets > before.get(mid, 0)} == wanted

        await until(exactly)

    async def slot_names(self) -> set[str]:
        """Whose tiles are on the stage, oneself left out."""
        return {tile["name"] for tile in await self.tiles() if "(you)" not in tile["name"]}


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(meeting: Meeting) -> AsyncIterator[Crowd]:
    async with Crowd(meeting.base, meeting.room.code) as made:
        yield made


async def look(meeting: Meeting, browser: Browser, **window: Any) -> Viewer:
    """Ada comes in and looks."""
    person = await Person.open(browser, "Ada", camera=SMALL, **window)
    meeting.people.append(person)
    await person.come(meeting.base, meeting.room.code)
    await person.join()
    await person.in_call()
    return Viewer(person)


def fills(tiles: list[dict[str, Any]], width: int, height: int) -> float:
    """Which share of a screen tiles cover; 0 where one lies over another or beyond the edge."""
    inside = all(
        tile["x"] >= 0
        and tile["y"] >= 0
        and tile["x"] + tile["width"] <= width
        and tile["y"] + tile["height"] <= height
        for tile in tiles
    )
    apart = all(
        one["x"] + one["width"] <= other["x"] + 1
        or other["x"] + other["width"] <= one["x"] + 1
        or one["y"] + one["height"] <= other["y"] + 1
        or other["y"] + other["height"] <= one["y"] + 1
        for one, other in combinations(tiles, 2)
    )
    covered = sum(tile["width"] * tile["height"] for tile in tiles) / (width * height)
    return float(covered) if inside and apart else 0.0


def longest_tasks(trace: Path) -> list[float]:
    """The longest tasks of the pages' main threads, milliseconds of work: what other programs take does not count."""
    events = json.loads(trace.read_text())["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"] / 1000
        for event in events
        if event["name"].endswith("RunTask") and "tdur" in event and (event["pid"], event["tid"]) in pages
    ]
    assert len(tasks) > 1000, "nothing was measured"
    return sorted(tasks, reverse=True)[:10]


async def test_a_call_of_twenty_five(meeting: Meeting, crowd: Crowd, browser: Browser, tmp_path: Path) -> None:
    viewer = await look(meeting, browser, viewport={"width": 1440, "height": 900})
    await crowd.grow(24)
    tiles = await viewer.shows(25)
    assert len({(round(tile["width"]), round(tile["height"])) for tile in tiles}) == 1
    assert fills(tiles, 1440, 900) > 0.8
    everyone = {client.name for client in crowd.clients}
    await viewer.receives(everyone)

    # A busy time: people come and go, speak, write, react, and the one who looks does what people do.
    trace = tmp_path / "trace.json"
    await browser.start_tracing(page=viewer.page, path=trace, categories=["-*", "toplevel"])
    for turn in range(12):
        guest = crowd.clients[turn]
        await guest.raise_hand(raised=turn % 2 == 0)
        await guest.react("🎉")
        await guest.chat(f"said in turn {turn}")
        await guest.mute("microphone", muted=turn % 3 != 0)
        await viewer.page.keyboard.press(KEYS[turn % len(KEYS)])
        await asyncio.sleep(choose(1.25, 2.5))  # the time that is watched, not a wait for something
    await browser.stop_tracing()
    longest = longest_tasks(trace)
    assert longest[0] < 1000 * times.cpu_seconds(0.1), longest
    await viewer.page.keyboard.press("Escape")

    # On a phone they are on pages, and only the page that is looked at is received.
    await viewer.resize(390, 844)
    await viewer.page.get_by_role("button", name="Next page").wait_for()
    first = await viewer.slot_names()
    assert 3 <= len(first) < 24
    await viewer.receives(first)
    await viewer.page.get_by_role("button", name="Next page").click()

    async def turned() -> bool:
        return bool(await viewer.slot_names()) and await viewer.slot_names() != first

    await until(turned)
    second = await viewer.slot_names()
    await viewer.receives(second)
    await viewer.page.evaluate(_HIDE, True)
    await viewer.receives(set())
    await viewer.page.evaluate(_HIDE, False)
    await viewer.receives(second)


async def test_layouts_for_every_screen(meeting: Meeting, crowd: Crowd, browser: Browser) -> None:
    viewer = await look(meeting, browser)
    await viewer.page.get_by_role("heading", name="You're the only one here").wait_for()
    screens = [(1440, 900), (820, 1180), (390, 844), (844, 390)]
    for count in (1, 2, 4, 9):
        await crowd.grow(count - len(crowd.clients), None)
        for width, height in screens:
            await viewer.resize(width, height)
            await until(partial(stands, viewer, count, width, height))
    await viewer.resize(1440, 900)

    # One's own picture, as one likes it.
    await viewer.page.get_by_role("button", name="Options for Ada").click()
    await viewer.page.get_by_role("menuitemradio", name="Hidden").click()
    assert not any("(you)" in tile["name"] for tile in await viewer.shows(9))
    await viewer.page.keyboard.press(",")
    await viewer.page.get_by_role("tab", name="Video").click()
    await viewer.page.get_by_label("Self view").select_option(label="Automatic")
    await viewer.page.keyboard.press("Escape")
    await viewer.shows(10)

    # Pinned: large, the others beside.
    await viewer.page.get_by_role("button", name="Options for Guest 3").click()
    await viewer.page.get_by_role("menuitem", name="Pin").click()
    large = await until(lambda: only_large(viewer))
    assert large["name"] == "Guest 3"
    assert large["width"] > 900
    await viewer.page.get_by_role("button", name="Options for Guest 3").click()
    await viewer.page.get_by_role("menuitem", name="Unpin").click()

    async def alike() -> bool:
        return not any(tile["large"] for tile in await viewer.tiles())

    await until(alike)
    guest = viewer.page.get_by_role("main").get_by_role("group", name="Guest 5", exact=True)
    await guest.dblclick()
    assert (await until(lambda: only_large(viewer)))["name"] == "Guest 5"
    await guest.dblclick()
    await until(alike)

    # A shared screen is large by itself.
    (presenter,) = await crowd.grow(1, None)
    await presenter.publish(Pattern(width=640, height=400, fps=5), screen=True)
    large = await until(lambda: only_large(viewer))
    assert large["name"] == f"{presenter.name}'s screen"
    await presenter.unpublish("screen")
    await until(alike)
    # Who speaks is large, where that is wanted.
    await viewer.page.keyboard.press("l")
    await viewer.page.keyboard.press("l")
    await crowd.clients[4].publish(Pattern(width=160, height=90, fps=5))

    async def speaker() -> bool:
        tile = await only_large(viewer)
        return tile is not None and tile["name"] == crowd.clients[4].name

    await until(speaker)


async def stands(viewer: Viewer, count: int, width: int, height: int) -> bool:
    """Whether so many others and oneself fill a screen."""
    tiles = await viewer.tiles()
    if len(tiles) != count + 1:
        return False
    if count == 1:  # one's own picture floats over the other's
        tiles = [tile for tile in tiles if "(you)" not in tile["name"]]
    return fills(tiles, width, height) > 0.45


async def only_large(viewer: Viewer) -> dict[str, Any] | None:
    """The one that is large, where there is one."""
    large = [tile for tile in await viewer.tiles() if tile["large"]]
    return large[0] if len(large) == 1 else None


async def test_limits_to_what_is_received(meeting: Meeting, crowd: Crowd, browser: Browser) -> None:
    viewer = await look(meeting, browser)
    await crowd.grow(5)
    await viewer.receives({client.name for client in crowd.clients})
    await limit(viewer, "1")

    async def one() -> bool:
        return len(await shown(viewer)) == 1

    await until(one)
    await limit(viewer, "None")
    await viewer.receives(set())


async def limit(viewer: Viewer, choice: str) -> None:
    """Choose how many pictures to receive."""
    await viewer.page.keyboard.press(",")
    await viewer.page.get_by_role("tab", name="Bandwidth").click()
    await viewer.page.get_by_label("Maximum videos shown").select_option(label=choice)
    await viewer.page.keyboard.press("Escape")
    await viewer.page.get_by_role("dialog").wait_for(state="detached")


async def shown(viewer: Viewer) -> list[str]:
    """Whose pictures the relay was asked for."""
    slots: dict[str, Any] = await viewer.person.call("call.getSnapshot().slots")
    asked = [slot["publication"] for slot in slots.values() if slot["why"] != "hidden"]
    return [publication for publication in asked if publication.endswith(".camera")]


async def test_pages_are_turned_with_a_finger(meeting: Meeting, crowd: Crowd, browser: Browser) -> None:
    viewer = await look(meeting, browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await crowd.grow(14, None)
    await viewer.page.get_by_role("navigation", name="Pages of videos").wait_for()
    first = await viewer.slot_names()
    session = await viewer.page.context.new_cdp_session(viewer.page)

    async def swipe(start: int, end: int) -> None:
        touch = {"x": start, "y": 400}
        await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [touch]})
        for step in range(1, 6):
            moved = {"x": start + (end - start) * step / 5, "y": 400}
            await session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
        await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    async def other() -> bool:
        return await viewer.slot_names() not in (first, set())

    async def back() -> bool:
        return await viewer.slot_names() == first

    await swipe(330, 60)
    await until(other)
    await swipe(60, 330)
    await until(back)


_BOXES = """() => Object.fromEntries(["main", ".stage-area", ".notices li", ".tile"].map((found) =>
  [found, [...document.querySelectorAll(found)].map((each) => {
    const { x, y, width, height } = each.getBoundingClientRect();
    return { x, y, width, height, name: each.getAttribute("aria-label") };
  })]))"""
_AWAY = """() => {
  const get = MediaStreamTrack.prototype.getSettings;
  MediaStreamTrack.prototype.getSettings = function () {
    return this.kind === "video" ? { ...get.call(this), facingMode: "environment" } : get.call(this);
  };
}"""


async def test_a_call_of_a_desk_and_a_phone(meeting: Meeting, browser: Browser) -> None:
    ada = await Person.open(browser, "Ada", camera=SMALL, viewport={"width": 1280, "height": 800})
    await ada.page.goto(f"{meeting.base}/r/{meeting.room.code}")
    # By keys alone: the name's field has them, then the call.
    field = ada.page.get_by_label("Your name")
    await expect(field).to_be_focused()
    await ada.page.keyboard.type("Ada")
    await ada.page.keyboard.press("Enter")
    await ada.in_call()
    await expect(ada.page.get_by_role("main", name="Call")).to_be_focused()

    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    ben = await Person.open(browser, "Ben", camera=SMALL, **phone)
    await ben.page.add_init_script(f"({_AWAY})()")
    await ben.come(meeting.base, meeting.room.code)
    await expect(ben.page.locator(".preview .mirrored")).to_have_count(0)
    await ben.join()
    await ada.told("Ben joined")
    boxes = await ada.page.evaluate(_BOXES)
    (notice,), (stage,) = boxes[".notices li"], boxes[".stage-area"]
    assert notice["x"] + notice["width"] < 1280 / 2
    assert notice["y"] >= stage["y"] + stage["height"]

    await ben.sees(ada)
    await ben.page.evaluate(STILL)
    boxes = await ben.page.evaluate(_BOXES)
    (stage,) = boxes[".stage-area"]
    tiles = {tile.pop("name"): tile for tile in boxes[".tile"]}
    assert tiles["Ada"] == {key: stage[key] for key in tiles["Ada"]}
    own = tiles["Ben (you)"]
    assert own["x"] >= stage["x"]
    assert own["x"] + own["width"] <= stage["x"] + stage["width"]
    # What the camera on the back sees is not mirrored.
    await expect(ben.page.locator("video.mirrored")).to_have_count(0)
    await expect(ada.page.locator("video.mirrored")).to_have_count(1)


async def test_a_fifth_other_brings_audio_slots_for_everyone(meeting: Meeting, crowd: Crowd, browser: Browser) -> None:
    viewer = await look(meeting, browser)
    connection = "milanio.call.peer.connection"

    async def receivers() -> int:
        mids = f"{connection}.getTransceivers().filter((one) => one.mid && one.currentDirection === 'recvonly')"
        count: int = await viewer.page.evaluate(f"{mids}.filter((one) => one.receiver.track.kind === 'audio').length")
        return count

    await crowd.grow(4, None)
    await viewer.shows(5)
    assert await receivers() == 4
    await crowd.grow(1, None)

    async def grown() -> bool:
        return await receivers() == 8

    await until(grown)
    assert await viewer.page.evaluate(f"{connection}.connectionState") == "connected"
