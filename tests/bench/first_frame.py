"""How long a join takes for people: from pressing Join to the first picture of another person.

`python -m tests.bench.first_frame` opens three Chromium windows in one room; one of them joins and leaves twenty times
while the other two are in the call. Prints the median and the 95th percentile, and writes build/first_frame.json.
"""

import asyncio
import json
import statistics
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.conftest import FLAGS, Meeting, chromium_path
from tests.browser.people import Person, until
from web.app import Server
from web.config import Settings

JOINS = 20
_OUTPUT = Path("build/first_frame.json")

_WATCH = """(name) => {
  const found = (window.firstFrame = { pressed: null, seen: null });
  addEventListener("click", (event) => {
    if (event.target.closest("button")?.textContent === "Join") found.pressed = performance.now();
  }, true);
  const look = () => {
    for (const video of document.querySelectorAll("video[data-participant]")) {
      if (video.dataset.participant === name || video.videoWidth === 0) continue;
      if (getComputedStyle(video).opacity === "0") continue;
      if (video.getVideoPlaybackQuality().totalVideoFrames > 0) found.seen ??= performance.now();
    }
    if (found.seen === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


async def _one_join(meeting: Meeting, name: str) -> float:
    person = await meeting.arrive(name)
    await person.page.evaluate(_WATCH, name)
    await person.join()

    async def seen() -> dict[str, float] | None:
        found: dict[str, float] = await person.page.evaluate("window.firstFrame")
        return found if found["seen"] is not None else None

    found = await until(seen)
    await person.press("Leave call")
    await _gone(meeting, name)
    await person.leave_window()
    return float(found["seen"] - found["pressed"])


async def _gone(meeting: Meeting, name: str) -> None:
    async def gone() -> bool:
        return all(each.name != name for each in meeting.room.participants.values())

    await until(gone)


async def _measure() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Settings(port=0, host="127.0.0.1", data=Path(folder)))
        await server.start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
                meeting = Meeting(server, browser, f"http://localhost:{server.port}", painted=False)
                ada: Person = (await meeting.bring("Ada"))[0]
                second = [await _one_join(meeting, "Ben") for _ in range(JOINS)]
                await meeting.bring("Ben")
                await until(lambda: ada.picture(meeting.people[-1]))
                third = [await _one_join(meeting, "Cleo") for _ in range(JOINS)]
                await browser.close()
                return {"second": second, "third": third}
        finally:
            await server.stop()


def main() -> None:
    """Measure, print, write."""
    results = asyncio.run(_measure())
    summary = {}
    for who, times in results.items():
        ordered = sorted(times)
        summary[who] = {
            "joins": len(ordered),
            "median_ms": round(statistics.median(ordered)),
            "p95_ms": round(ordered[round(0.95 * (len(ordered) - 1))]),
            "worst_ms": round(ordered[-1]),
        }
        print(f"{who} to join: {summary[who]}")
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
