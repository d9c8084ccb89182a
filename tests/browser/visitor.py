"""A visitor of the pages around the calls: what is shown is pictured, checked for accessibility, and may
leave nothing on the browser's console.
"""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, CDPSession, Page, Route, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests import times
from tests.browser.watching import PASSWORD, ask, report_violations, watch

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
_AXE = ROOT / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

SOON = 10.0
"""Seconds that anything may take to appear."""

_CHECK = """async (rules) => {
  // What is behind a dialog was looked at before the dialog was there.
  const part = document.querySelector("[role=dialog]") ?? document;
  const { violations } = await axe.run(part, { resultTypes: ["violations"], ...rules });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""

# Half-way through a change of colour nothing has the contrast that it will have. The theme follows a frame later.
STILL = """async () => {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  await Promise.all(
    document.getAnimations()
      .filter((animation) => animation.effect.getComputedTiming().iterations !== Infinity)
      .map((animation) => animation.finished.catch(() => null)),
  );
}"""

# What can be used, in the order of the page. Of choices that the arrow keys go through, Tab reaches one.
_CONTROLS = """() => {
  const modal = [...document.querySelectorAll("[role=dialog]")].at(-1) ?? document;
  const control = "a[href], button, input, select, textarea, summary, [role=button], [role=switch], [role=tab]";
  const usable = (one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.disabled && !one.closest("[aria-hidden=true], [inert]");
  window.controls = [...modal.querySelectorAll(control)].filter(usable);
  return controls.length;
}"""
_FOCUSED = """() => {
  const group = (one) => one.closest("[role=tablist], [role=radiogroup], fieldset:has([type=radio])") ?? one;
  const found = new Set();
  controls.forEach((one, index) => {
    if (one === document.activeElement || (group(one) !== one && group(one).contains(document.activeElement)))
      found.add(index);
  });
  return [...found];
}"""
# A notice may have gone by itself meanwhile.
_NAMES = """(missing) => missing.map((index) => controls[index]).filter((one) => one.isConnected)
  .map((one) => one.outerHTML.slice(0, 200))"""


class Visitor:
    """A browser window on the pages. `refusals` are statuses that the server is expected to answer with."""

    def __init__(self, page: Page, session: CDPSession, base: str) -> None:
        self.page = page
        self._session = session
        self.base = base
        self.refusals: set[int] = set()
        self.problems: list[str] = []
        self._has_axe = False
        watch(page, lambda problem: self.problems.append(problem))
        page.on("console", lambda line: self._said(line.type, line.text))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))

    def _said(self, kind: str, text: str) -> None:
        refused = any(f"status of {status}" in text for status in self.refusals)
        if kind in ("error", "warning") and not refused:
            self.problems.append(text)

    async def open(self, path: str) -> None:
        """Go to an address of this server."""
        self._has_axe = False
        await self.page.goto(self.base + path)

    async def press(self, name: str, *, nth: int = 0) -> None:
        """Press a button by its whole name."""
        await self.page.get_by_role("button", name=name, exact=True).nth(nth).click()

    async def is_told_nothing(self) -> None:
        """Dismiss the notice that is there, or wait until it has gone by itself."""
        dismiss = self.page.get_by_role("button", name="Dismiss notification", exact=True)
        with suppress(PlaywrightTimeout):
            await dismiss.click(timeout=1000)
        await expect(dismiss).to_have_count(0)

    async def choose(self, name: str) -> None:
        """Choose from an open menu."""
        await self.page.get_by_role("menuitem", name=name, exact=True).click()

    async def fill(self, **fields: str) -> None:
        """Fill fields by their labels, with `_` for a space."""
        for label, text in fields.items():
            await self.page.get_by_label(label.replace("_", " "), exact=True).fill(text)

    async def sees(self, text: str) -> None:
        """Wait until a text is shown."""
        await self.page.get_by_text(text, exact=False).filter(visible=True).first.wait_for()

    async def sees_heading(self, text: str) -> None:
        """Wait until there is a heading with exactly this text."""
        await self.page.get_by_role("heading", name=text, exact=True).wait_for()

    async def looks_again(self) -> None:
        """Come back to the page, which then asks the server at once."""
        await self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    async def close_dialog(self) -> None:
        """Escape, and wait until the dialog is gone."""
        await self.page.keyboard.press("Escape")
        await self.page.get_by_role("dialog").wait_for(state="detached", timeout=1000 * times.seconds(SOON))

    async def answers(self, path: str, status: int, body: object) -> None:
        """From now on the server seems to answer this to requests for a path."""

        async def fulfil(route: Route) -> None:
            await route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

        await self.page.route(f"**{path}", fulfil)

    async def picture(self, name: str) -> None:
        """Keep pictures of what is shown in all sizes and themes, and check each theme for accessibility."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for size, (width, height) in SIZES.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                await self.page.emulate_media(color_scheme=theme)
                await self.page.evaluate(STILL)
                shot = await self._session.send("Page.captureScreenshot", {"optimizeForSpeed": True})
                (SCREENSHOTS / f"{name}-{size}-{theme}.png").write_bytes(base64.b64decode(shot["data"]))
            await self._fits(f"{name} on a {size}")
        await self.is_accessible(name)
        # Only colours can differ in the other theme.
        await self.page.emulate_media(color_scheme=THEMES[0])
        await self.page.evaluate(STILL)
        await self.is_accessible(f"{name}, {THEMES[0]}", only_colours=True)

    async def _fits(self, what: str) -> None:
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.problems.append(f"{what} is {wide} pixels too wide")

    async def is_accessible(self, what: str, *, only_colours: bool = False) -> None:
        """Note what axe finds that is serious or critical."""
        if not self._has_axe:
            # Not as a script of the page, for that the content security policy forbids.
            await self.page.evaluate(_AXE.read_text())
            self._has_axe = True
        rules = {"runOnly": ["color-contrast"]} if only_colours else {}
        self.problems += [f"{what}: {found}" for found in await self.page.evaluate(_CHECK, rules)]

    async def is_reached_by_keyboard(self, what: str) -> None:
        """Note which controls the Tab key does not lead to."""
        count = await self.page.evaluate(_CONTROLS)
        missing = set(range(count))
        for _ in range(2 * count + 20):
            if not missing:
                break
            await self.page.keyboard.press("Tab")
            missing -= set(await self.page.evaluate(_FOCUSED))
        assert count > 0, what
        names = await self.page.evaluate(_NAMES, sorted(missing))
        self.problems += [f"{what}: not reached by keyboard: {name}" for name in names]

    async def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the server as the page would."""
        return await ask(self.page, method, path, body)


@asynccontextmanager
async def visitor(
    browser: Browser, base: str, *, locale: str = "en-US", reduced_motion: bool = False
) -> AsyncIterator[Visitor]:
    """A visitor in a browser of their own, who found nothing wrong in the end."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale=locale,
        reduced_motion="reduce" if reduced_motion else "no-preference",
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = await context.new_page()
    page.set_default_timeout(1000 * times.seconds(SOON))
    await report_violations(page)
    made = Visitor(page, await context.new_cdp_session(page), base)
    try:
        yield made
    finally:
        await context.close()
    assert not made.problems, "\n".join(made.problems)


async def register(base: str, browser: Browser, email: str, name: str) -> None:
    """An account that is there before anybody looks."""
    context = await browser.new_context()
    answer = await context.request.post(
        f"{base}/api/auth/register",
        data={"email": email, "name": name, "password": PASSWORD},
        headers={"Origin": base},
    )
    assert answer.status == 201, await answer.text()
    await context.close()


async def log_in(person: Visitor, email: str) -> None:
    """By the dialog, from the landing page."""
    await person.open("/")
    await person.press("Log in")
    await person.fill(Email_address=email, Password=PASSWORD)
    await person.page.get_by_role("dialog").get_by_role("button", name="Log in", exact=True).click()
    await person.page.get_by_role("heading", name="Hello").wait_for()
