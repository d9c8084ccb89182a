"""People in real browsers: each paints a colour of their own and hums a tone, so that it is clear who sees whom."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from playwright.async_api import Browser, Locator, Page

from tests import times
from tests.browser.watching import PASSWORD, ask, report_violations, watch

SECONDS = 20.0

COLOURS = {"Ada": (220, 40, 40), "Ben": (40, 200, 60), "Cleo": (50, 70, 230), "Dan": (230, 200, 40)}
"""Far enough from each other to survive a lossy codec."""

LARGE, SMALL = (1280, 720), (320, 180)
"""Sizes of a camera's picture: one that is sent in three layers, and one that costs the machine little."""

_SCREEN = (230, 60, 220)

_DEVICES = """([colour, screen, tone, width, height, grain]) => {
  // The small one costs the machine little in every way.
  const rate = grain ? 15 : width > 640 ? 30 : 10;
  // A flat colour costs an encoder nothing; film grain fills the bitrate of every layer.
  const tile = new OffscreenCanvas(640, 360);
  if (grain) {
    const pen = tile.getContext("2d");
    const dots = pen.createImageData(640, 360);
    for (let at = 0; at < dots.data.length; at += 4) dots.data.set([0, 0, 0, 60 * Math.random()], at);
    pen.putImageData(dots, 0, 0);
  }
  const paint = (width, height, [r, g, b]) => {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    let step = 0;
    setInterval(() => {
      context.fillStyle = `rgb(${r},${g},${b})`;
      context.fillRect(0, 0, width, height);
      context.fillStyle = "white";
      context.fillRect((step++ * 8) % width, 0, 16, height / 8);
      if (grain) context.drawImage(tile, -width * Math.random(), -height * Math.random(), 2 * width, 2 * height);
    }, 1000 / rate);
    return canvas.captureStream(rate).getVideoTracks()[0];
  };
  const hum = () => {
    const audio = new AudioContext();
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = tone;
    const output = audio.createMediaStreamDestination();
    oscillator.connect(output);
    oscillator.start();
    return output.stream.getAudioTracks()[0];
  };
  // What a test makes of the devices: `refusal` is why none can be opened, `opened` are those that were.
  window.fakeDevices = { refusal: null, opened: [] };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (fakeDevices.refusal) throw new DOMException(fakeDevices.refusal, fakeDevices.refusal);
    const tracks = [];
    if (wanted.audio) tracks.push(hum());
    if (wanted.video) tracks.push(paint(width, height, colour));
    fakeDevices.opened.push(...tracks);
    return new MediaStream(tracks);
  };
  navigator.mediaDevices.getDisplayMedia = async () => {
    const track = paint(1280, 800, screen);
    window.sharedScreen = track;
    return new MediaStream([track]);
  };
}"""

PICTURE = """([name, source]) => {
  const chosen = (video) => video.dataset.participant === name && (video.dataset.source ?? "camera") === source;
  const video = [...document.querySelectorAll("video")].find(chosen);
  if (!video || video.videoWidth === 0 || getComputedStyle(video).opacity === "0") return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const context = canvas.getContext("2d");
  // The lower half: the moving bar is in the upper one.
  const { videoWidth: w, videoHeight: h } = video;
  context.drawImage(video, 0, h / 2, w, h / 2, 0, 0, 8, 8);
  const data = context.getImageData(2, 2, 1, 1).data;
  return { colour: [data[0], data[1], data[2]], height: h, frames: video.getVideoPlaybackQuality().totalVideoFrames };
}"""

_STATS = """async () => {
  const found = [];
  const report = await window.milanio.call.peer.connection.getStats();
  report.forEach((entry) => found.push(entry));
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a tile shows: its colour, the height of the decoded picture, and how many frames it has shown."""

    colour: tuple[int, int, int]
    height: int
    frames: int

    def is_of(self, colour: tuple[int, int, int]) -> bool:
        """Whether it is nearer to this colour than codecs can blur."""
        return all(abs(seen - painted) < 60 for seen, painted in zip(self.colour, colour, strict=True))


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = SECONDS) -> Any:
    """Ask again and again until the answer is truthy; that answer. The test fails where it never is."""
    async with asyncio.timeout(times.seconds(seconds)):
        while True:
            answer = await condition()
            if answer:
                return answer
            await asyncio.sleep(0.05)


class Person:
    """Someone with a browser window."""

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        self.problems: list[str] = []
        watch(page, lambda problem: self.problems.append(problem))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)

    @classmethod
    async def open(
        cls,
        browser: Browser,
        name: str,
        *,
        painted: bool = True,
        camera: tuple[int, int] = LARGE,
        grain: bool = False,
        **context: Any,
    ) -> "Person":
        """Someone with an empty window and a camera of this size; not `painted`: with the browser's own camera.

        `grain`: the picture is one that costs an encoder all the bits it may spend.
        """
        width, height = (1280, 720) if camera == LARGE else (760, 480)
        made = await browser.new_context(**{"viewport": {"width": width, "height": height}, **context})
        page = await made.new_page()
        page.set_default_timeout(1000 * times.seconds(30))
        await report_violations(page)
        if painted:
            tone = 300 + 150 * list(COLOURS).index(name)
            await page.add_init_script(f"({_DEVICES})({json.dumps([COLOURS[name], _SCREEN, tone, *camera, grain])})")
        return cls(name, page)

    @classmethod
    async def arrive(
        cls, browser: Browser, base: str, code: str, name: str, *, painted: bool = True, **window: Any
    ) -> "Person":
        """Open the room's page in a window of their own, not joined yet."""
        person = await cls.open(browser, name, painted=painted, **window)
        await person.come(base, code)
        return person

    async def come(self, base: str, code: str) -> None:
        """Go to the door of a room."""
        await self.page.goto(f"{base}/r/{code}?name={quote(self.name)}")
        await self.page.get_by_role("button", name="Join", exact=True).wait_for()

    async def api(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Ask the server as a page of this window would, with its cookies."""
        return await ask(self.page, method, path, body)

    async def make_room(self, base: str, **settings: Any) -> str:
        """Make an account and a room of their own; the room's code."""
        await self.page.goto(base)
        account = {"email": f"{self.name.lower()}@example.org", "name": self.name, "password": PASSWORD}
        await self.api("POST", "/api/auth/register", account)
        await self.api("POST", "/api/auth/login", {key: account[key] for key in ("email", "password")})
        room = await self.api("POST", "/api/rooms/create", {"title": "Seminar", **settings})
        return str(room["code"])

    async def join(self) -> float:
        """Press the button; when, by this process's clock."""
        pressed = time.monotonic()
        await self.press("Join")
        return pressed

    async def in_call(self) -> None:
        """Wait until they are in the call."""
        await self.page.get_by_role("button", name="Leave call", exact=True).wait_for()

    async def press(self, name: str) -> None:
        """Press a button by its accessible name."""
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def open_chat(self) -> None:
        """Open the chat, whether or not something unread is in it."""
        await self.page.get_by_role("button", name=re.compile("^Chat")).click()

    async def lose_device(self, kind: str, refusal: str | None = None) -> None:
        """The `audio` or `video` device goes, as the browser tells it; `refusal`: why it can't be opened again."""
        await self.page.evaluate(
            """([kind, refusal]) => {
              fakeDevices.refusal = refusal;
              const track = fakeDevices.opened.findLast((one) => one.kind === kind && one.readyState === "live");
              track.stop();
              track.dispatchEvent(new Event("ended"));
            }""",
            [kind, refusal],
        )

    async def open_people(self) -> None:
        """Open the list of people."""
        await self.page.get_by_role("button", name=re.compile("^People")).click()

    def forgive(self, text: str) -> None:
        """Leave aside what the browser itself reports of what was meant to happen."""
        self.problems = [problem for problem in self.problems if text not in problem]

    def said(self, text: str) -> Locator:
        """A message in the open chat, word for word."""
        exactly = re.compile(f"^{re.escape(text)}$")
        return self.page.get_by_role("log").get_by_role("paragraph").filter(has_text=exactly)

    async def say(self, text: str) -> None:
        """Write into the open chat."""
        await self.page.get_by_label("Message", exact=True).fill(text)
        await self.page.keyboard.press("Enter")

    async def told(self, text: str) -> None:
        """Wait for a notice."""
        await self.page.get_by_role("listitem").filter(has_text=text).first.wait_for()

    async def reads(self, text: str) -> None:
        """Wait for a heading, such as that of a page at the end."""
        await self.page.get_by_role("heading", name=text).wait_for()

    async def choose(self, name: str, item: str) -> None:
        """Open a person's menu in the list of people, and choose from it."""
        await self.page.get_by_role("complementary").get_by_role("button", name=f"Options for {name}").click()
        # By name: the menu before may still be on its way out.
        menu = self.page.get_by_role("menu", name=f"Options for {name}")
        await menu.get_by_role("menuitem", name=item, exact=True).click()

    async def picture(self, other: "Person", source: str = "camera") -> Picture | None:
        """What this person's page shows of another; None: nothing."""
        found = await self.page.evaluate(PICTURE, [other.name, source])
        return None if found is None else Picture(tuple(found["colour"]), found["height"], found["frames"])

    async def sees(self, other: "Person", source: str = "camera") -> Picture:
        """Wait until the other's picture is there, and is theirs."""
        colour = _SCREEN if source == "screen" else COLOURS[other.name]

        async def there() -> Picture | None:
            picture = await self.picture(other, source)
            return picture if picture is not None and picture.is_of(colour) else None

        picture: Picture = await until(there)
        return picture

    async def keeps_seeing(self, other: "Person", frames: int = 10, source: str = "camera") -> None:
        """Wait until so many more frames of the other were shown."""
        before = (await self.sees(other, source)).frames
        shown = 0

        async def more() -> bool:
            nonlocal before, shown
            picture = await self.picture(other, source)
            if picture is not None:
                # After a restart of the server another element shows them, and counts from 0.
                shown += picture.frames - (before if picture.frames >= before else 0)
                before = picture.frames
            return shown >= frames

        await until(more)

    async def stats(self) -> list[dict[str, Any]]:
        """The peer connection's statistics."""
        found: list[dict[str, Any]] = await self.page.evaluate(_STATS)
        return found

    async def heard_energy(self) -> dict[str, float]:
        """Sound energy received so far, by slot."""
        return {
            entry["mid"]: entry["totalAudioEnergy"]
            for entry in await self.stats()
            if entry["type"] == "inbound-rtp" and entry["kind"] == "audio" and entry.get("packetsReceived")
        }

    async def hears(self, people: int) -> None:
        """Wait until the sound of so many is growing at once."""

        async def growing() -> bool:
            before = await self.heard_energy()
            await asyncio.sleep(0.2)
            after = await self.heard_energy()
            return sum(after[mid] > before.get(mid, 0.0) + 1e-4 for mid in after) == people

        await until(growing)

    async def uploads(self) -> list[tuple[str, str]]:
        """Kind and layer of every stream that carries sound or pictures."""
        return [
            (str(entry["kind"]), str(entry.get("rid", "")))
            for entry in await self.stats()
            if entry["type"] == "outbound-rtp"
            and (entry.get("framesEncoded", 0) if entry["kind"] == "video" else entry["packetsSent"])
        ]

    async def sent_heights(self) -> set[int]:
        """Picture heights of the layers being sent at this moment."""
        return {
            int(entry["frameHeight"])
            for entry in await self.stats()
            if entry["type"] == "outbound-rtp" and entry.get("rid") and entry.get("framesPerSecond", 0) > 0
        }

    async def uploads_once(self) -> bool:
        """Whether the microphone and layers of the camera are sent, each once, and nothing else.

        How many of the three layers there are is the browser's to say: on a busy machine it leaves the larger ones out.
        """
        uploads = await self.uploads()
        layers = {("video", "q"), ("video", "h"), ("video", "f")}
        return len(uploads) == len(set(uploads)) and ("audio", "") in uploads and {*uploads} - {("audio", "")} <= layers

    @staticmethod
    def connections(stats: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The candidate pairs in use."""
        return [entry for entry in stats if entry["type"] == "candidate-pair" and entry.get("nominated")]

    async def sent_bytes(self) -> int:
        """Bytes of media sent so far."""
        return sum(int(entry["bytesSent"]) for entry in await self.stats() if entry["type"] == "outbound-rtp")

    async def call(self, expression: str) -> Any:
        """Ask the page's call: an expression of `call`."""
        return await self.page.evaluate(f"(() => {{ const call = window.milanio.call; return {expression}; }})()")

    async def leave_window(self) -> None:
        """Close the window."""
        await self.page.context.close()
