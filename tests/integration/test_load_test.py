"""Load tests of a real server from the terminal: what they report, and what becomes of them when something dies."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from signaling.loadtest.report import Report
from tests import times
from tests.integration.accounts.people import url_of
from tests.integration.conftest import until
from tests.integration.load_tests import LoadTest, load_test
from tests.integration.process import running
from tests.integration.running import serving
from tests.integration.test_load_test_server import good_token
from web.app import Server
from web.connections import raise_descriptor_limit

pytestmark = pytest.mark.asyncio

SMALL = ("--rooms", "2", "--people", "3", "--publishers", "2", "--ramp", "50")
SECRET = "0123456789abcdef"


@pytest_asyncio.fixture
async def limited(tmp_path: Path) -> AsyncIterator[Server]:
    """A server as it is without settings, with all its limits."""
    raise_descriptor_limit()
    async with serving(tmp_path, rate_limits=True) as server:
        yield server


async def finished(test: LoadTest, how: signal.Signals | None = None) -> int:
    async with asyncio.timeout(times.seconds(90)):
        status = await test.done(how)
    assert "Traceback" not in test.errors + test.output
    return status


async def measuring(test: LoadTest) -> None:
    async with asyncio.timeout(times.seconds(60)):
        await test.printed(" measure ")


def everyone_left(server: Server) -> bool:
    return not any(room.participants for room in server.signaling.registry.rooms)


async def test_the_report_says_what_people_met(limited: Server, tmp_path: Path) -> None:
    html = tmp_path / "report.html"
    words = (url_of(limited), *SMALL, "--duration", "3", "--token", good_token(limited), "--html", str(html))
    async with load_test(tmp_path, *words, "--processes", "2", "--fail-if", "joins.share<1") as test:
        assert await finished(test) == 0, test.output
    assert everyone_left(limited)
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["joins"]["tried"], found["joins"]["succeeded"]) == (6, 6)
    for path in (
        "joins.p50_s", "joins.p95_s", "joins.p99_s", "first_frame.p50_s", "first_frame.p95_s", "delay_ms.p50",
        "delay_ms.p99", "packets.received", "packets.per_s", "tester.cpu_us_per_packet", "tester.loop_lag_ms_p99",
        "server.cpu_us_per_packet",
    ):  # fmt: skip
        value = found
        for name in path.split("."):
            value = value[name]
        assert value > 0, path
    assert found["loss"] == 0
    assert isinstance(found["freezes"], int)
    assert {"bottleneck"} <= found["tester"].keys()
    assert found["tester"]["processes"] == 2
    assert found["groups"].keys() == {"publishers", "viewers"}
    assert found["notes"] == []
    assert "✓ joins.share<1: kept, it is 1" in test.output
    assert "6 people in 2 rooms of" in test.output
    assert "2 rooms of the test expire in 10 minutes" in test.output
    assert html.read_text().startswith("<!doctype html>")


async def test_a_limit_that_is_crossed_is_the_exit_status(limited: Server, tmp_path: Path) -> None:
    words = (url_of(limited), "--people", "2", "--duration", "1", "--fail-if", "joins.tried>1")
    async with load_test(tmp_path, *words, "--fail-if", "loss>50%") as test:
        assert await finished(test) == 1
    assert [(each.limit, each.crossed) for each in test.report.limits] == [("joins.tried>1", True), ("loss>50%", False)]


async def test_who_interrupts_it_gets_a_report_and_nobody_stays_behind(limited: Server, tmp_path: Path) -> None:
    async with load_test(tmp_path, url_of(limited), *SMALL, "--duration", "600", "--processes", "2") as test:
        await measuring(test)
        assert await finished(test, signal.SIGINT) == 130
    assert everyone_left(limited)
    assert test.report.joins.succeeded == 6
    assert not test.report.window.complete
    assert test.report.notes == ("interrupted (measure)",)


async def test_a_process_that_is_killed_is_told_and_the_others_go_on(limited: Server, tmp_path: Path) -> None:
    async with load_test(tmp_path, url_of(limited), *SMALL, "--duration", "4", "--processes", "2") as test:
        await measuring(test)
        os.kill(test.workers()[0], signal.SIGKILL)
        assert await finished(test) == 0
    (note,) = test.report.notes
    assert note.startswith("process 1 with 3 people was lost (measure): it ended (by signal 9")
    assert test.report.people.inside == 3
    assert test.report.window.complete


async def test_without_any_process_left_it_says_so_and_fails(limited: Server, tmp_path: Path) -> None:
    async with load_test(tmp_path, url_of(limited), *SMALL, "--duration", "600", "--processes", "1") as test:
        await measuring(test)
        os.kill(test.workers()[0], signal.SIGKILL)
        assert await finished(test) == 1
    assert test.report.notes[0].startswith("process 1 with 6 people was lost (measure)")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_server_that_ends_and_is_started_anew_has_its_people_back(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    async with running(data) as server:
        url, port = server.url, int(server.url.rpartition(":")[2])
        async with load_test(tmp_path, url, *SMALL, "--duration", "15") as test:
            await measuring(test)
            await server.end(how)
            async with running(data, port):
                assert await finished(test) == 0
    found: Report = test.report
    assert found.people.rejoined == 6
    assert found.people.inside == 6
    assert found.people.lost == 0
    assert found.freezes > 0
    outages = found.outages
    assert outages.count == 6
    # The longest includes the start of the server.
    assert outages.p50_s is not None
    assert outages.max_s is not None
    assert 0.1 < outages.p50_s <= outages.max_s < times.seconds(5)
    assert "media again, median / p95 / longest (s)" in test.output


async def test_a_server_that_goes_away_is_told_with_counts(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "data") as server,
        load_test(tmp_path, server.url, *SMALL, "--duration", "5") as test,
    ):
        await measuring(test)
        await server.end(signal.SIGKILL)
        assert await finished(test) == 0
    assert test.report.joins.succeeded == 6
    assert test.report.people.inside == 0


async def test_a_server_without_room_for_them_is_told_by_code(limited: Server, tmp_path: Path) -> None:
    settings = limited.signaling.registry.caps
    limited.signaling.registry.caps = type(settings)(guests_per_address=2)
    async with load_test(tmp_path, url_of(limited), "--people", "5", "--duration", "1") as test:
        assert await finished(test) == 0
    assert test.report.joins.succeeded == 2
    assert test.report.joins.refused == {"room_full": 3}


async def test_people_are_played_by_two_machines(limited: Server, tmp_path: Path) -> None:
    worker_words = ("--worker", "127.0.0.1:0", "--worker-secret", SECRET, "--worker-people", "4", "--processes", "1")
    async with load_test(tmp_path, *worker_words) as worker:
        await worker.printed("waiting for load tests on TCP port")
        port = worker.lines[0].partition("port ")[2].partition(":")[0]
        join = ("--join", f"127.0.0.1:{port}", "--worker-secret", SECRET, "--processes", "1")
        async with load_test(tmp_path, url_of(limited), *SMALL, "--duration", "2", *join) as test:
            assert await finished(test) == 0
        await worker.printed("3 people have left")
        async with load_test(tmp_path, url_of(limited), "--people", "20", *join) as test:
            assert await finished(test) == 2
        assert "plays 4 people at most now, and its share is 10" in test.errors
        async with load_test(
            tmp_path, url_of(limited), "--people", "2", *join[:2], "--worker-secret", SECRET[::-1]
        ) as test:
            assert await finished(test) == 2
        assert test.errors.endswith("has another secret, or too many visitors\n")
        assert await finished(worker, signal.SIGINT) == 0
    assert everyone_left(limited)


async def test_the_report_of_two_machines(limited: Server, tmp_path: Path) -> None:
    async with load_test(tmp_path, "--worker", "127.0.0.1:0", "--worker-secret", SECRET, "--processes", "2") as worker:
        await worker.printed("waiting for load tests on TCP port")
        port = worker.lines[0].partition("port ")[2].partition(":")[0]
        join = ("--join", f"127.0.0.1:{port}", "--worker-secret", SECRET, "--processes", "0")
        async with load_test(tmp_path, url_of(limited), *SMALL, "--duration", "2", *join) as test:
            assert await finished(test) == 0
        found = test.report
        assert (found.joins.succeeded, found.tester.processes, found.notes) == (6, 2, ())
        assert (found.delay_ms.p50 or 0) > 0
        await until(lambda: everyone_left(limited))
        await finished(worker, signal.SIGTERM)
