"""A certificate authority that speaks ACME, for tests: Debian's pebble."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests import times
from tests.certificates import Authority
from tests.integration.guide import free_port, program

HOST = "127.0.0.1"
NAMES = "pebble-challtestsrv"
"""Tells the authority where names lead."""


@dataclass(frozen=True, slots=True)
class Pebble:
    """A running one."""

    directory: str
    trusted: Path
    """The certificate of its own HTTPS."""
    management: str

    async def root(self, path: Path) -> Path:
        """Write the certificate that clients of its certificates have to trust."""
        roots = f"{self.management}/roots/0"
        async with aiohttp.ClientSession() as session, session.get(roots, ssl=False) as response:
            path.write_bytes(await response.read())
        return path


@asynccontextmanager
async def pebble(folder: Path, tls_port: int, http_port: int) -> AsyncIterator[Pebble]:
    """An authority for which every name is this machine, and which looks at these ports."""
    authority = Authority()
    certificate, key = authority.issue("localhost", HOST)
    (folder / "pebble.pem").write_bytes(certificate)
    (folder / "pebble.key").write_bytes(key)
    port, management, dns = free_port(), free_port(), free_port()
    settings = {
        "listenAddress": f"{HOST}:{port}",
        "managementListenAddress": f"{HOST}:{management}",
        "certificate": str(folder / "pebble.pem"),
        "privateKey": str(folder / "pebble.key"),
        "httpPort": http_port,
        "tlsPort": tls_port,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    found = Path(program("pebble"))
    # Beside it, or where the package has it if that was unpacked.
    names = next(path for path in (found.parent, found.parent / "usr" / "bin") if (path / NAMES).exists()) / NAMES
    off = ("-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"{HOST}:{free_port()}")
    addresses = ("-defaultIPv4", HOST, "-defaultIPv6", "", "-dns01", f"{HOST}:{dns}")
    log = (folder / "pebble.log").open("wb")
    started = [
        await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env={"PEBBLE_VA_NOSLEEP": "1"})
        for command in (
            (str(names), *off, *addresses),
            (program("pebble"), "-config", str(folder / "pebble.json"), "-dnsserver", f"{HOST}:{dns}"),
        )
    ]
    made = Pebble(
        f"https://{HOST}:{port}/dir", authority.write(folder / "pebble-root.pem"), f"https://{HOST}:{management}"
    )
    try:
        await _answers(made)
        yield made
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
            await process.wait()
        log.close()


async def _answers(authority: Pebble) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(times.seconds(20)):
        while True:
            try:
                async with session.get(authority.directory, ssl=False):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
