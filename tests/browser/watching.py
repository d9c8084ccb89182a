"""What every window of a test is watched for, and what its page asks the server."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, Request

PASSWORD = "otter lamp river cloud"

_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
  console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
});"""

_ASK = """async ([method, path, body]) => {
  const headers = body === null ? {} : { "Content-Type": "application/json" };
  const init = { method, headers, body: body === null ? undefined : JSON.stringify(body) };
  const answer = await fetch(path, init);
  return answer.status === 204 ? null : await answer.json();
}"""


def watch(page: Page, told: Callable[[str], None]) -> None:
    """Tell of errors of the page's scripts, and of requests that fail."""

    def failed(request: Request) -> None:
        # What was still on its way when another page was opened is nobody's fault.
        if "ERR_ABORTED" not in str(request.failure):
            told(f"{request.url}: {request.failure}")

    page.on("pageerror", lambda error: told(f"error: {error}"))
    page.on("requestfailed", failed)


async def report_violations(page: Page) -> None:
    """From the next page on, what the content security policy forbids is an error on the console."""
    await page.add_init_script(_VIOLATIONS)


async def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the server as the page would, with its cookies."""
    return await page.evaluate(_ASK, [method, path, body])


LONGEST_GAP = """(name) => {
  const video = document.querySelector(`video[data-participant="${name}"][data-source="camera"]`);
  window.gaps ??= {};
  const entry = (window.gaps[name] = { last: performance.now(), longest: 0, frames: 0 });
  const seen = (now) => {
    entry.longest = Math.max(entry.longest, now - entry.last);
    entry.last = now;
    entry.frames += 1;
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
}"""
"""Watches for how long nothing new of somebody was shown at most: `window.gaps`, by name, in milliseconds."""
