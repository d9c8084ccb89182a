"""`milanio doctor` beside real things: servers, a database, mail, clocks."""

import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as aiohttp_web

from signaling.version import version
from storage.inspection import Inspected, inspect
from storage.models import current
from storage.store import Store
from tests.certificates import DAY, NOW, Authority
from tests.integration.running import CHEAP
from tests.integration.smtp_server import Handler, make_certificate
from tests.integration.smtp_server import Server as SmtpServer
from tests.integration.test_cli import Milanio
from web.app import Server
from web.config import Settings
from web.doctor.checkup import Checkup
from web.doctor.finding import Finding, Level
from web.doctor.services import check_database
from web.mail import Tls


async def checked(settings: Settings, **options: Any) -> dict[str, Finding]:
    findings = await Checkup(settings, options.pop("now", time.time), **options).findings()
    assert all(bool(each.advice) == (each.level is not Level.OK) for each in findings)
    assert not any("\n" in each.text + each.advice for each in findings)
    by_check = {each.check: each for each in findings}
    assert len(by_check) == len(findings)
    return by_check


@pytest.mark.asyncio
async def test_a_running_server_is_recognised_and_found_in_order(tmp_path: Path) -> None:
    server = Server(Settings(host="127.0.0.1", port=0, data=tmp_path), password_cost=CHEAP)
    await server.start()
    try:
        settings = Settings(host="127.0.0.1", port=server.port, media_port=server.media.port, data=tmp_path)
        found = await checked(settings)
    finally:
        await server.stop()
    assert found["tcp"].text == f"Milanio {version()} answers on TCP port {server.port}"
    assert found["udp"].level is Level.OK
    assert found["database"].text.startswith("opens and can be written")
    assert found["disk"].level is Level.OK
    assert {each.check for each in found.values() if each.level is Level.PROBLEM} <= {"files"}
    stopped = await checked(settings)
    assert stopped["tcp"].text.endswith("is free: Milanio isn't running")


async def nothing(_: aiohttp_web.Request) -> aiohttp_web.Response:
    return aiohttp_web.Response(text="hello")


@pytest.mark.asyncio
async def test_a_clock_off_by_an_hour_and_another_program_on_the_port(tmp_path: Path) -> None:
    application = aiohttp_web.Application()
    application.router.add_get("/{any:.*}", nothing)
    runner = aiohttp_web.AppRunner(application)
    await runner.setup()
    await aiohttp_web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    settings = Settings(host="127.0.0.1", port=port, data=tmp_path)
    try:
        late = await checked(settings, now=lambda: time.time() - 3600, clock_url=f"http://127.0.0.1:{port}/")
        right = await checked(settings, clock_url=f"http://127.0.0.1:{port}/")
    finally:
        await runner.cleanup()
    assert late["clock"].level is Level.PROBLEM
    assert late["clock"].text == "it is 60 minutes behind that of 127.0.0.1"
    assert right["clock"].level is Level.OK
    assert right["tcp"].level is Level.PROBLEM
    assert "is taken by" in right["tcp"].text


@pytest.mark.asyncio
async def test_an_expired_certificate_of_a_proxy_is_found(tmp_path: Path) -> None:
    authority = Authority()
    trusted = authority.write(tmp_path / "authority.pem")
    findings = []
    for ends in (NOW + 60 * DAY, NOW - DAY / 2):
        certificate, key = authority.issue("localhost", ends=ends)
        (tmp_path / "own.pem").write_bytes(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "own.pem")
        runner = aiohttp_web.AppRunner(aiohttp_web.Application())
        await runner.setup()
        await aiohttp_web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        url = f"https://localhost:{runner.addresses[0][1]}"
        settings = Settings(host="127.0.0.1", port=0, data=tmp_path, public_url=url)
        try:
            findings.append(await checked(settings, trusted=lambda: ssl.create_default_context(cafile=str(trusted))))
        finally:
            await runner.cleanup()
    valid, expired = findings
    assert valid["certificate"].level is Level.OK
    assert expired["certificate"].level is Level.PROBLEM
    assert "expired" in expired["certificate"].text


@pytest.mark.asyncio
async def test_mail_is_tried_with_tls_and_without_sending_anything(tmp_path: Path) -> None:
    certificate, handler = make_certificate(tmp_path), Handler()

    def settings(port: int, ca_file: Path | None) -> Settings:
        return Settings(
            port=0, data=tmp_path, public_url="http://localhost", smtp_host="127.0.0.1", smtp_port=port,
            smtp_tls=Tls.STARTTLS, smtp_from="meet@example.org", smtp_ca_file=ca_file,
        )  # fmt: skip

    async with SmtpServer(handler, tls_context=certificate.context) as smtp:
        good = await checked(settings(smtp.port, certificate.file))
        distrusted = await checked(settings(smtp.port, None))
        port = smtp.port
    gone = await checked(settings(port, certificate.file))
    assert good["mail"].text == "connected to 127.0.0.1, with TLS (starttls)"
    assert distrusted["mail"].level is Level.PROBLEM
    assert gone["mail"].level is Level.PROBLEM
    assert handler.arrived == []


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_databases(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    assert (await inspect(url)).version is None
    async with Store(url) as store:
        found = await inspect(url)
        assert (found.version, found.problem) == (found.known, "")
        await store.database.run(lambda: current.execute_sql("INSERT INTO schema_version VALUES (999, 'later')"))
    assert check_database(await inspect(url)).level is Level.PROBLEM


def test_verdicts_on_databases() -> None:
    assert check_database(Inspected(None)).level is Level.OK
    assert check_database(Inspected(Inspected(None).known)).level is Level.OK
    assert "brings it up to date" in check_database(Inspected(1)).text
    assert check_database(Inspected(1, "attempt to write a readonly database")).level is Level.PROBLEM
    assert check_database("connection refused").level is Level.PROBLEM


@pytest.mark.asyncio
async def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "milanio.db").write_bytes(b"this is no database, and long enough to be looked at" * 40)
    found = await checked(Settings(port=0, data=tmp_path))
    assert found["database"].level is Level.PROBLEM
    assert "not a database" in found["database"].text


def test_the_command(tmp_path: Path) -> None:
    milanio = Milanio(tmp_path, None)
    done = milanio("doctor", "--port", "0", "--host", "127.0.0.1")
    assert (done.returncode, done.stderr) == (0, "")
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["CHECK", "FINDING"]
    assert {line.split()[0] for line in lines} <= {"ok", "warning", "problem"}
    assert len(lines) >= 13
    told = json.loads(milanio.done("doctor", "--port", "0", "--host", "127.0.0.1", "--json"))
    assert [each["check"] for each in told] == [line.split()[1] for line in lines]
    assert {tuple(each) for each in told} == {("check", "level", "text", "advice", "code", "values")}
    assert not (tmp_path / "data").exists()


def test_the_exit_status_tells_problems_from_wrong_use(tmp_path: Path) -> None:
    milanio = Milanio(tmp_path, None)
    (tmp_path / "data").write_text("a file")
    done = milanio("doctor", "--port", "0")
    assert (done.returncode, done.stderr) == (1, "")
    assert any(line.startswith("problem  disk") for line in done.stdout.splitlines())
    assert "isn't a URL" in milanio.refused("doctor", "--clock", "yesterday")
    assert "port" in milanio.refused("doctor", "--port", "70000")
    assert milanio("doctor", "--what").returncode == 2
