"""From a name to a certificate and a call, with a real certificate authority."""

import asyncio
import datetime
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import times
from tests.integration.authority import HOST, pebble
from tests.integration.guide import free_port
from tests.integration.process import ROOT
from web.tls.certificate import load

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

NAME = "meet.example"


@asynccontextmanager
async def serving(folder: Path, trusted: Path, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`milanio serve`, as an operator starts it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MILANIO_")}
    log = (folder / "serve.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.cli", "serve", *words),
        cwd=folder,
        env={**environment, "PYTHONPATH": ROOT, "REQUESTS_CA_BUNDLE": str(trusted)},
        stdout=log,
        stderr=log,
    )
    try:
        yield process
    finally:
        log.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def certified(folder: Path, port: int, root: Path, name: str = NAME) -> str:
    """Wait until the server shows a certificate that browsers would accept; returns the names in it."""
    context = ssl.create_default_context(cafile=root)
    async with asyncio.timeout(times.seconds(60)):
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port, ssl=context, server_hostname=name)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            found = writer.get_extra_info("peercert")["subjectAltName"]
            writer.close()
            return str(found)


def log_of(folder: Path) -> str:
    return (folder / "serve.log").read_text()


def settings(folder: Path, directory: str, port: int, *lines: str) -> None:
    (folder / "milanio.toml").write_text(
        "\n".join([f'host = "{HOST}"', f"port = {port}", "media_port = 0", f'acme_url = "{directory}"', *lines])
    )


async def test_a_name_is_all_that_is_needed(tmp_path: Path) -> None:
    port = free_port()
    async with pebble(tmp_path, tls_port=port, http_port=free_port()) as authority:
        settings(tmp_path, authority.directory, port, "http_port = 0")
        async with serving(tmp_path, authority.trusted, "--domain", NAME):
            root = await authority.root(tmp_path / "root.pem")
            assert NAME in await certified(tmp_path, port, root), log_of(tmp_path)
        text = log_of(tmp_path)
        assert f"there is a new certificate for {NAME}" in text
        assert f"public_url: people connect over HTTPS, at https://{NAME}:{port}" in text
        first = load(tmp_path / "data" / "acme" / "certificate.pem", None)
        # It is still good after a restart, and no other is asked for.
        async with serving(tmp_path, authority.trusted, "--domain", NAME):
            assert NAME in await certified(tmp_path, port, root)
        assert load(tmp_path / "data" / "acme" / "certificate.pem", None).fingerprint == first.fingerprint
        assert log_of(tmp_path).count("there is a new certificate") == 1
        # Another name is another certificate, from the same account.
        async with serving(tmp_path, authority.trusted, "--domain", f"{NAME},call.example"):
            assert "call.example" in await certified(tmp_path, port, root, "call.example")


async def test_on_another_port_it_is_proven_over_http(tmp_path: Path) -> None:
    port, plain = free_port(), free_port()
    async with pebble(tmp_path, tls_port=free_port(), http_port=plain) as authority:
        settings(tmp_path, authority.directory, port, f"http_port = {plain}")
        async with serving(tmp_path, authority.trusted, "--domain", NAME):
            root = await authority.root(tmp_path / "root.pem")
            assert NAME in await certified(tmp_path, port, root), log_of(tmp_path)
            reader, writer = await asyncio.open_connection(HOST, plain)
            writer.write(b"GET /r/abc HTTP/1.1\r\nHost: meet.example\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 20)
            writer.close()
    assert answer.startswith(b"HTTP/1.1 308 ")
    assert f"Location: https://{NAME}:{port}/r/abc\r\n".encode() in answer


async def test_an_address_gets_one_too_and_people_call(tmp_path: Path) -> None:
    port = free_port()
    async with pebble(tmp_path, tls_port=port, http_port=free_port()) as authority:
        settings(tmp_path, authority.directory, port, "http_port = 0")
        async with serving(tmp_path, authority.trusted, "--domain", HOST):
            root = await authority.root(tmp_path / "root.pem")
            assert HOST in await certified(tmp_path, port, root, HOST), log_of(tmp_path)
            words = ("loadtest", f"https://{HOST}:{port}", "--people", "2", "--duration", "3", "--json", "report.json")
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "web.cli", *words),
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": ROOT, "SSL_CERT_FILE": str(root)},
                stdout=asyncio.subprocess.DEVNULL,
            )
            assert await process.wait() == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["joins"]["succeeded"] == 2
    assert report["packets"]["received"] > 100


async def test_what_stands_in_the_way_is_one_line_and_calls_go_on_by_hand(tmp_path: Path) -> None:
    port = free_port()
    # The authority looks at a port on which nobody answers.
    async with pebble(tmp_path, tls_port=free_port(), http_port=free_port()) as authority:
        settings(tmp_path, authority.directory, port, "http_port = 0")
        async with serving(tmp_path, authority.trusted, "--domain", NAME) as process:
            async with asyncio.timeout(times.seconds(60)):
                while "no certificate for" not in log_of(tmp_path):
                    await asyncio.sleep(0.1)
            (line,) = [line for line in log_of(tmp_path).splitlines() if "no certificate for" in line]
            assert f"can't reach this server ({NAME}: " in line
            assert line.endswith("next attempt in 0:05:00")
            assert "Traceback" not in log_of(tmp_path)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            _, writer = await asyncio.open_connection(HOST, port, ssl=context)
            writer.close()
            assert process.returncode is None
    own = load(tmp_path / "data" / "acme" / "certificate.pem", None)
    assert own.self_signed
    assert own.ends > datetime.datetime.now(datetime.UTC)
