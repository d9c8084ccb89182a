"""A TURN server for tests: Debian's coturn, as the guide has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import times
from tests.certificates import Authority
from tests.integration.guide import blocks, free_port, program, replaced

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Coturn:
    """A running one; the same ports take UDP and TCP."""

    port: int
    tls_port: int
    log: Path


@asynccontextmanager
async def coturn(folder: Path, secret: str) -> AsyncIterator[Coturn]:
    """A TURN server with that secret, for relays on this machine."""
    certificate, key = Authority().issue("localhost", HOST)
    (folder / "turn.pem").write_bytes(certificate)
    (folder / "turn.key").write_bytes(key)
    made = Coturn(free_port(), free_port(), folder / "turn.log")
    config = replaced(
        blocks()["coturn"],
        ("0123456789abcdef0123456789abcdef", secret),
        ("=3478", f"={made.port}"),
        ("=443", f"={made.tls_port}"),
        ("/etc/turn/chain.pem", str(folder / "turn.pem")),
        ("/etc/turn/key.pem", str(folder / "turn.key")),
        ("203.0.113.7", HOST),
    )
    (folder / "turn.conf").write_text(config)
    words = [
        ("-c", str(folder / "turn.conf")),
        ("--listening-ip", HOST),
        ("--relay-ip", HOST),
        ("--allow-loopback-peers",),
        ("--no-cli",),
        ("--userdb", str(folder / "turn.db")),
        ("--pidfile", str(folder / "turn.pid")),
        ("--log-file", "stdout"),
    ]
    with made.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program("coturn"), *(word for each in words for word in each), stdout=log, stderr=log, cwd=folder
        )
    try:
        await _listens(made, process)
        yield made
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(made: Coturn, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(times.seconds(20)):
        while True:
            assert process.returncode is None, made.log.read_text()
            try:
                _, writer = await asyncio.open_connection(HOST, made.tls_port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
