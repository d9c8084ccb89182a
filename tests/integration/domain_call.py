"""From a name to a certificate and a call on the real ports; run by `test_own_network` in a network of its own.

`python -m tests.integration.domain_call FOLDER PORT [taken]` prints what came of it as JSON. `taken`: another program
has port 80.
"""

import asyncio
import json
import os
import ssl
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from tests.integration.authority import HOST, pebble
from tests.integration.process import ROOT
from tests.integration.test_acme import NAME, certified, log_of, serving


async def main(folder: Path, port: int, *, taken: bool) -> dict[str, Any]:
    """Serve that name on that port, and call there."""
    async with AsyncExitStack() as stack:
        if taken:
            other = await asyncio.start_server(lambda _, writer: writer.close(), HOST, 80)
            stack.push_async_callback(other.wait_closed)
            stack.callback(other.close)
        authority = await stack.enter_async_context(pebble(folder, tls_port=443, http_port=80))
        other_port = "" if port == 443 else f"port = {port}\nhttp_port = 80\n"
        (folder / "milanio.toml").write_text(f'acme_url = "{authority.directory}"\n{other_port}')
        await stack.enter_async_context(serving(folder, authority.trusted, "--domain", NAME))
        root = await authority.root(folder / "root.pem")
        names = await certified(folder, port, root)
        base = f"https://{NAME}" if port == 443 else f"https://{NAME}:{port}"
        return {
            "names": names,
            "pages": [] if taken else await pages(root),
            "report": await call(folder, base, root),
            "log": log_of(folder),
        }


async def pages(root: Path) -> list[tuple[int, str]]:
    """Statuses and addresses on the way from the bare name to the page."""
    context = ssl.create_default_context(cafile=root)
    async with aiohttp.ClientSession() as session, session.get(f"http://{NAME}/", ssl=context) as response:
        return [(each.status, str(each.url)) for each in (*response.history, response)]


async def call(folder: Path, base: str, root: Path) -> Any:
    """Two people call over HTTPS that only this root vouches for; returns the report."""
    words = ("loadtest", base, "--people", "2", "--duration", "3", "--json", "report.json")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.cli", *words),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ROOT, "SSL_CERT_FILE": str(root)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return json.loads((folder / "report.json").read_text())


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), taken="taken" in sys.argv))))
