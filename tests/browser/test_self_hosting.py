"""From docs/self-hosting.md to a call of three over HTTPS: its settings, its service, its account, its nginx."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.people import Person, until
from tests.browser.watching import PASSWORD
from tests.integration.guide import Front, blocks, command_line, free_port, nginx, replaced
from tests.integration.smtp_server import make_certificate
from web import page

pytestmark = pytest.mark.asyncio

UNIT = Path(page.__file__).resolve().parents[1] / "deploy" / "systemd" / "milanio.service"
_MILANIO = (sys.executable, "-m", "web.cli")
_SEEN = """() => [...document.querySelectorAll("video")].some((video) =>
  video.dataset.participant === "Ben" && video.getVideoPlaybackQuality().totalVideoFrames > 5)"""


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MILANIO_")}
    return {**kept, "PYTHONPATH": str(Path(page.__file__).resolve().parent.parent), **more}


@asynccontextmanager
async def _running(folder: Path, *words: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A `milanio` command, ended in the end."""
    pipe = asyncio.subprocess.PIPE
    log = (folder / f"{words[0]}.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        *_MILANIO, *words, cwd=folder, env=_environment(**environment), stdin=pipe, stdout=pipe, stderr=log
    )
    try:
        yield process
    finally:
        log.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_three_meet_over_https_by_the_guide_alone(browser: Browser, tmp_path: Path) -> None:
    make_certificate(tmp_path)
    front = Front(tmp_path, free_port(), free_port())
    url = f"https://localhost:{front.port}"
    settings = replaced(blocks()["toml"], ("https://meet.example.org", url))
    (tmp_path / "milanio.toml").write_text(f"{settings}port = {front.server_port}\n")
    serve = re.findall(r"^ExecStart=\S+/milanio (.+)$", UNIT.read_text(), re.MULTILINE)[0].split()
    add = command_line("bin/milanio user add").rpartition("/milanio ")[2].rstrip("'").split()
    async with _running(tmp_path, *serve) as server, nginx(front, front.nginx()):
        assert server.stdout is not None
        assert await server.stdout.readline(), (tmp_path / "serve.log").read_text()
        async with _running(tmp_path, *add) as adding:
            await adding.communicate(f"{PASSWORD}\n".encode())
            assert adding.returncode == 0
        ada = await Person.open(browser, "Ada", ignore_https_errors=True)
        await ada.page.goto(url)
        await ada.api("POST", "/api/auth/login", {"email": "ada@example.org", "password": PASSWORD})
        room = await ada.api("POST", "/api/rooms/create", {})
        assert room["link"] == f"{url}/r/{room['code']}"
        await ada.page.goto(f"{room['link']}?name=Ada")
        await ada.join()
        await ada.in_call()
        join = ("join", url, "--room", room["code"], "--name")
        trusting = {"SSL_CERT_FILE": str(tmp_path / "chain.pem")}
        # One picture is enough: to encode two more costs the machine much.
        async with (
            _running(tmp_path, *join, "Ben", "--publish", "pattern", **trusting),
            _running(tmp_path, *join, "Cleo", **trusting),
        ):
            await until(lambda: ada.page.evaluate(_SEEN), 40)
            await until(lambda: ada.call("call.getSnapshot().participants.length === 3"))
        assert not ada.problems, ada.problems
