"""A real Firefox, driven over WebDriver BiDi, which it speaks itself (https://w3c.github.io/webdriver-bidi/)."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.browser.people import until

_PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.updateEnabled": False,
    "remote.active-protocols": 1,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}
"""Fake devices without questions, and nothing of its own on the network."""

_FRAMES = """call.peer.connection.getStats().then((report) => [...report.values()]
  .filter(({ type, kind }) => type === "inbound-rtp" && kind === "video")
  .reduce((sum, { framesDecoded }) => sum + (framesDecoded ?? 0), 0))"""

_LISTENING = b"WebDriver BiDi listening on "
_START_SECONDS = 60.0
_COMMAND_SECONDS = 30.0


class FirefoxError(Exception):
    """A command failed; the browser's words."""


class Firefox:
    """One window of a running Firefox; made by `launch`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._next_id = 1
        self._context = ""

    async def _command(self, method: str, **parameters: Any) -> Any:
        identifier, self._next_id = self._next_id, self._next_id + 1
        await self._socket.send_json({"id": identifier, "method": method, "params": parameters})
        async with asyncio.timeout(_COMMAND_SECONDS):
            while True:
                reply = await self._socket.receive_json()
                if reply.get("id") == identifier:
                    break
        if reply["type"] == "error":
            raise FirefoxError(f"{method}: {reply['message']}")
        return reply["result"]

    async def _begin(self) -> None:
        await self._command("session.new", capabilities={})
        tree = await self._command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def go(self, url: str) -> None:
        """Open a page."""
        await self._command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited where it is a promise; it must go through JSON."""
        reply = await self._command(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))",
            target={"context": self._context},
            awaitPromise=True,
        )
        if reply["type"] == "exception":
            raise FirefoxError(reply["exceptionDetails"]["text"])
        return json.loads(reply["result"]["value"])

    async def press(self, name: str) -> None:
        """Press a button, once it is there, by what it says or is called."""
        named = "[one.textContent.trim(), one.ariaLabel].includes"
        button = f"[...document.querySelectorAll('button')].find((one) => {named}({json.dumps(name)}))"
        await until(lambda: self.evaluate(f"({button})?.disabled === false"))
        await self.evaluate(f"({button}).click()")

    async def call(self, expression: str) -> Any:
        """Ask the page's call: an expression of `call`."""
        return await self.evaluate(f"((call) => {expression})(window.milanio.call)")

    async def join(self, base: str, code: str, name: str) -> None:
        """Open a room's page and join with microphone and camera."""
        await self.go(f"{base}/r/{code}?name={name}")
        await self.press("Join")
        await until(lambda: self.evaluate("window.milanio?.call.getSnapshot().phase === 'connected'"))

    async def frames(self) -> int:
        """How many pictures of others were decoded so far. What a video element shows it doesn't count."""
        return int(await self.call(_FRAMES))


@asynccontextmanager
async def launch(executable: str, profile: Path) -> AsyncIterator[Firefox]:
    """Start Firefox on an empty profile, and end it."""
    profile.mkdir(parents=True)
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        executable,
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # Firefox's sandbox doesn't start for root.
        env={**os.environ, "HOME": str(profile), **({"MOZ_DISABLE_CONTENT_SANDBOX": "1"} if os.getuid() == 0 else {})},
    )
    assert process.stderr is not None
    reading = None
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = b""
            while _LISTENING not in line:
                line = await process.stderr.readline()
                if not line:
                    raise FirefoxError("Firefox ended before it could be driven.")
        url = line.partition(_LISTENING)[2].decode().strip()
        reading = asyncio.create_task(process.stderr.read())  # else it stops once the pipe is full
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{url}/session", max_msg_size=0) as socket,
        ):
            firefox = Firefox(socket)
            await firefox._begin()
            yield firefox
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if reading is not None:
            await reading
