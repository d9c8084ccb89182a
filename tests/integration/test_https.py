"""A server with a certificate of its own: HTTPS and what comes without it, on one port."""

import asyncio
import contextlib
import json
import re
import ssl
import sys
from pathlib import Path

import aiohttp
import pytest

from signaling.client import create_room
from tests.certificates import DAY, NOW, Authority
from tests.integration.conftest import until
from tests.integration.process import ROOT
from tests.integration.running import serving
from web.config_names import ConfigError

pytestmark = pytest.mark.asyncio

HOST = "127.0.0.1"


class Certified:
    """A certificate in two files, from an authority that its clients trust."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.trusted = self.authority.write(folder / "authority.pem")
        self.certificate, self.key = folder / "chain.pem", folder / "key.pem"
        self.renew()

    def renew(self, days: int = 90) -> None:
        """Replace the certificate."""
        certificate, key = self.authority.issue("localhost", HOST, ends=NOW + days * DAY)
        self.key.write_bytes(key)
        self.certificate.write_bytes(certificate)

    @property
    def context(self) -> ssl.SSLContext:
        """For clients."""
        return ssl.create_default_context(cafile=self.trusted)


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified(tmp_path)


async def served_until(port: int, context: ssl.SSLContext) -> str:
    """When the certificate ends that a new connection is shown."""
    _, writer = await asyncio.open_connection(HOST, port, ssl=context)
    found = writer.get_extra_info("peercert")["notAfter"]
    writer.close()
    await writer.wait_closed()
    return str(found)


async def test_everything_is_over_https_and_browsers_are_told_so(certified: Certified, tmp_path: Path) -> None:
    async with serving(tmp_path, tls_certificate=certified.certificate, tls_key=certified.key) as server:
        url = f"https://{HOST}:{server.port}"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certified.context)) as session:
            async with session.get(f"{url}/api/health") as response:
                assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
            async with session.get(f"{url}/metrics") as response:
                ends = (NOW + 90 * DAY).timestamp()
                found = re.search(r"^milanio_certificate_end_timestamp_seconds (.+)$", await response.text(), re.M)
                assert found is not None
                assert float(found[1]) == ends
            async with session.post(f"{url}/api/rooms/create", json={}) as response:
                assert (await response.json())["link"].startswith(f"{url}/r/")
            async with session.ws_connect(f"{url}/ws", headers={"Origin": url}) as socket:
                await socket.send_json({"type": "nonsense"})
                assert "error" in json.dumps((await socket.receive()).json())


async def test_who_comes_without_it_is_sent_on(certified: Certified, tmp_path: Path) -> None:
    async with (
        serving(tmp_path, tls_certificate=certified.certificate, tls_key=certified.key) as server,
        aiohttp.ClientSession() as session,
    ):
        plain, secure = (f"{scheme}://{HOST}:{server.port}" for scheme in ("http", "https"))
        async with session.get(f"{plain}/r/abc?name=Ada", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (308, f"{secure}/r/abc?name=Ada")
        # The name in the request isn't this server's, and nobody is sent to it.
        headers = {"Host": "evil.example"}
        async with session.get(f"{plain}//evil.example", headers=headers, allow_redirects=False) as response:
            assert response.headers["Location"] == f"{secure}//evil.example"
        async with session.post(f"{plain}/api/auth/login", json={"password": "x"}, allow_redirects=False) as response:
            assert response.status == 403
            assert secure in await response.text()


async def test_a_renewed_certificate_is_shown_without_ending_a_connection(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.tls.watch.POLL_SECONDS", 0.05)
    async with serving(tmp_path, tls_certificate=certified.certificate, tls_key=certified.key) as server:
        connector = aiohttp.TCPConnector(ssl=certified.context)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect(f"https://{HOST}:{server.port}/ws") as socket,
        ):
            before = await served_until(server.port, certified.context)
            certified.renew(days=180)

            async def renewed() -> None:
                while await served_until(server.port, certified.context) == before:
                    await asyncio.sleep(0.05)

            await asyncio.wait_for(renewed(), 15)
            await socket.send_json({"type": "nonsense"})
            assert (await socket.receive()).type is aiohttp.WSMsgType.TEXT


async def test_a_certificate_of_its_own_making_is_explained(tmp_path: Path) -> None:
    async with serving(tmp_path, tls_certificate="self-signed") as server, aiohttp.ClientSession() as session:
        async with session.get(f"http://localhost:{server.port}/r/abc?a=<b>") as response:
            text = await response.text()
        assert f"https://localhost:{server.port}/r/abc?a=%3Cb%3E" in text
        fingerprint = re.search(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", text)
        assert fingerprint is not None
        expected = aiohttp.Fingerprint(bytes.fromhex(fingerprint[0].replace(":", "")))
        async with session.get(f"https://localhost:{server.port}/api/health", ssl=expected) as response:
            assert "Strict-Transport-Security" not in response.headers
            assert response.status == 200


async def test_a_bot_talks_over_https(certified: Certified, tmp_path: Path) -> None:
    async with serving(tmp_path, tls_certificate=certified.certificate, tls_key=certified.key) as server:
        room = server.signaling.registry.create("", server.media.now())
        words = ("join", f"https://{HOST}:{server.port}", "--room", room.code, "--publish", "pattern")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "web.cli", *words, "--seconds", "60"),
            env={"SSL_CERT_FILE": str(certified.trusted), "PYTHONPATH": ROOT, "PATH": ""},
        )
        try:
            await until(lambda: server.media.relay.received > 100, 40)
        finally:
            process.terminate()
            await process.wait()


async def test_silence_a_scanner_and_half_a_handshake_cost_a_place_only_for_a_while(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.front_door.HEADER_SECONDS", 0.3)
    async with serving(tmp_path, tls_certificate=certified.certificate, tls_key=certified.key) as server:
        assert server.services is not None
        connections = server.services.connections
        strangers = []
        for first in (b"", b"\x16", b"\x16\x03\x01\x02\x00", b"\x00\x1c\x00"):
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(first)
            strangers.append((reader, writer))
        await until(lambda: len(connections) == 4)
        for reader, writer in strangers:
            with contextlib.suppress(ConnectionResetError):  # what was sent wasn't read
                assert await asyncio.wait_for(reader.read(), 15) == b""
            writer.close()
        await until(lambda: len(connections) == 0)
        assert connections.too_slow == 4


async def test_waiting_connections_give_way_to_others_and_end_with_the_server(tmp_path: Path) -> None:
    async with serving(tmp_path, rate_limits=True) as server:
        assert server.services is not None
        connections = server.services.connections
        connections._pool._per_key = 3
        opened = [await asyncio.open_connection(HOST, server.port) for _ in range(5)]
        for reader, _ in opened[:2]:
            assert await asyncio.wait_for(reader.read(), 15) == b""
        await until(lambda: len(connections) == 3)
        assert connections.turned_away == 2
        await server.stop()  # and once more below: stopping twice does no harm
    for reader, writer in opened:
        assert await asyncio.wait_for(reader.read(), 15) == b""
        writer.close()
    assert len(connections) == 0


async def test_it_goes_on_after_descriptors_ran_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.front_door.EXHAUSTED_SECONDS", 0.05)
    async with serving(tmp_path) as server:
        (door,) = server._doors
        listener = door._listener

        class Full:
            """A socket whose process has no descriptors for two attempts."""

            def __init__(self) -> None:
                self.failed = 0

            def accept(self) -> object:
                if self.failed < 2:
                    self.failed += 1
                    raise OSError(24, "Too many open files")
                return listener.accept()

            def __getattr__(self, name: str) -> object:
                return getattr(listener, name)

        full = Full()
        monkeypatch.setattr(door, "_listener", full)
        assert await create_room(f"http://{HOST}:{server.port}")
        assert full.failed == 2


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"tls_certificate": "nothing.pem"}, "setting tls_certificate: nothing.pem can't be read: No such file"),
        ({"tls_certificate": "chain.pem", "tls_key": "other.pem"}, "isn't the one of the certificate"),
    ],
)
async def test_it_does_not_start_with_a_certificate_that_nobody_could_use(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.pem").write_bytes(certified.authority.issue("localhost")[1])
    with pytest.raises(ConfigError, match=problem):
        async with serving(tmp_path, **settings):
            pass
