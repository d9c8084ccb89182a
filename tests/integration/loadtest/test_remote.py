import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from signaling.loadtest import remote
from signaling.loadtest.controller import Controller
from signaling.loadtest.link import Link, LinkError
from signaling.loadtest.processes import LocalProcess, Process, spread
from signaling.loadtest.remote import RemoteError, WorkerServer, address_of, join
from signaling.loadtest.stats import Second
from tests import times
from tests.unit.signaling.loadtest.crowds import share

pytestmark = pytest.mark.asyncio

SECRET = "0123456789abcdef"
FAKE = (sys.executable, "-m", "tests.unit.signaling.loadtest.fake_worker")


@asynccontextmanager
async def worker(most: int = 100, processes: int = 2, command: tuple[str, ...] = FAKE) -> AsyncIterator[str]:
    server = WorkerServer(SECRET, processes, most, command)
    said: list[str] = []
    server.say = said.append
    port = await server.start("127.0.0.1", 0)
    try:
        async with asyncio.timeout(times.seconds(30)):
            yield f"127.0.0.1:{port}"
    finally:
        await server.close()
    assert server._people == server._playing == server._strangers == 0


async def play(processes: list[Process]) -> tuple[Controller, list[Second]]:
    seconds: list[Second] = []
    controller = Controller(share(), spread(share().people, processes), seconds.append)
    await controller.run()
    return controller, seconds


def joined(seconds: list[Second]) -> int:
    return sum(stats.joined for second in seconds for stats in second.groups.values())


async def test_people_are_played_by_processes_of_this_machine() -> None:
    async with asyncio.timeout(times.seconds(30)):
        processes: list[Process] = [await LocalProcess.start(f"process {number}", FAKE) for number in (1, 2)]
        controller, seconds = await play(processes)
    assert joined(seconds) == 6
    assert controller.lost == []
    assert all(isinstance(each, LocalProcess) and each.process.returncode == 0 for each in processes)


@pytest.mark.parametrize("phase", ["ramp", "measure", "end"])
async def test_a_killed_process_is_told_with_its_last_words(phase: str) -> None:
    async with asyncio.timeout(times.seconds(30)):
        bad, good = await LocalProcess.start("process 1", (*FAKE, phase)), await LocalProcess.start("process 2", FAKE)
        controller, seconds = await play([bad, good])
    (lost,) = controller.lost
    assert lost.people == 3
    assert lost.why == "it ended (by signal 9: too much)"
    assert {second.phase for second in seconds if second.process == 1} == {"ramp", "measure", "end"}


async def test_a_process_that_can_not_be_started_is_one_line() -> None:
    with pytest.raises(LinkError, match="process 1 can't be started: No such file"):
        await LocalProcess.start("process 1", ("/does/not/exist",))


async def test_people_are_played_by_another_machine() -> None:
    async with worker() as address:
        machine = await join(address, SECRET)
        assert [process.name for process in machine.processes] == [f"process {n} of {address}" for n in (1, 2)]
        assert machine.most == 100
        controller, seconds = await play(machine.processes)
    assert joined(seconds) == 6
    assert controller.lost == []


async def test_another_machine_whose_process_dies_is_lost() -> None:
    async with worker(processes=1, command=(*FAKE, "measure")) as address:
        controller, seconds = await play((await join(address, SECRET)).processes)
    assert joined(seconds) == 6
    assert [lost.people for lost in controller.lost] == [6]


async def test_another_secret_is_refused() -> None:
    async with worker() as address:
        with pytest.raises(RemoteError, match="has another secret"):
            await join(address, SECRET[::-1])
        # And nothing else of it is believed.
        machine = await join(address, SECRET)
        assert machine.most == 100
        await machine.close()


async def test_never_more_people_than_the_worker_allows() -> None:
    async with worker(most=5, processes=1) as address:
        machine = await join(address, SECRET)
        assert machine.most == 5
        controller, seconds = await play(machine.processes)
    assert joined(seconds) == 0
    assert [lost.why for lost in controller.lost] == [
        "it plays 5 people in 64 processes at most, 0 at present"
    ]  # fmt: skip


@pytest.mark.parametrize("says", [b"", b"GET / HTTP/1.1\r\n\r\n", b'{"nonce": "short"}\n', b"[]\n", b"x" * 100_000])
async def test_a_stranger_gets_nothing(says: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "HELLO_SECONDS", 0.2)
    async with worker() as address:
        reader, writer = await asyncio.open_connection(*address_of(address))
        writer.write(says)
        assert (await reader.readline()).startswith(b'{"is":"milanio load test worker"')
        with pytest.raises((EOFError, ConnectionError, ValueError)):
            await reader.readuntil(b"\n")
        await Link(reader, writer).finish()


async def test_strangers_beyond_a_few_are_turned_away() -> None:
    async with worker() as address:
        held = [await asyncio.open_connection(*address_of(address)) for _ in range(remote.MAX_STRANGERS)]
        for reader, _ in held:
            assert await reader.readline()
        reader, writer = await asyncio.open_connection(*address_of(address))
        assert await reader.read() == b""
        for each in [*held, (reader, writer)]:
            await Link(*each).finish()


async def test_what_is_no_worker_is_told_in_one_line() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"is":"something else"}\n')
        await Link(reader, writer).finish()

    server = await asyncio.start_server(web, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(RemoteError, match="isn't a worker of a load test"):
        await join(f"127.0.0.1:{port}", SECRET)
    server.close()
    with pytest.raises(RemoteError, match="can't be reached: Connect"):
        await join(f"127.0.0.1:{port}", SECRET)


async def test_both_have_to_be_of_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    async with worker() as address:
        versions = iter(("9.9", "1.0", "1.0"))
        monkeypatch.setattr(remote, "version", lambda: next(versions))
        with pytest.raises(RemoteError, match=r"runs Milanio 9\.9, and this is 1\.0"):
            await join(address, SECRET)


@pytest.mark.parametrize("text", ["", "host", ":1", "host:", "host:x", "host:70000", "::1:80", "host:-1", "host:٣"])
async def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(RemoteError, match="only HOST:PORT"):
        address_of(text)
    assert address_of("[::1]:80") == ("::1", 80)
    assert address_of("0.0.0.0:9999") == ("0.0.0.0", 9999)


async def test_a_short_secret_is_none() -> None:
    with pytest.raises(RemoteError, match="16 to 200 characters"):
        WorkerServer("short", 1)
    with pytest.raises(RemoteError, match="16 to 200 characters"):
        await join("127.0.0.1:1", "")
