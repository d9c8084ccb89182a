"""`milanio loadtest`: a load test from its first check to its report, and a worker for those of others."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from signaling.client.errors import MediaError
from signaling.loadtest import html, library, limits, report, terminal
from signaling.loadtest.controller import Controller
from signaling.loadtest.limits import Limit
from signaling.loadtest.link import LinkError
from signaling.loadtest.processes import COMMAND, Load, LocalProcess, Process, spread
from signaling.loadtest.remote import Machine, RemoteError, WorkerServer, address_of, join
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.seconds import Seconds
from signaling.loadtest.server import UNUSED_SECONDS, ServerError, TestedServer
from signaling.loadtest.server_metrics import ServerMetrics
from signaling.loadtest.share import Share, plan
from signaling.loadtest.stats import Second, ServerSecond
from signaling.loadtest.terminal import Live

INTERRUPTED = 130
"""As shells say it of what SIGINT ended."""
FAILED = 1

MAX_PROCESSES = 64


class LoadTestError(Exception):
    """A load test that can't be carried out as asked for; `args[0]` is one line."""


@dataclass(frozen=True, slots=True)
class LoadTest:
    """What is asked for. `machines`: addresses of workers, which know the `secret`; `processes`: on this machine."""

    url: str
    scenario: Scenario
    processes: int
    limits: tuple[Limit, ...] = ()
    json: Path | None = None
    html: Path | None = None
    token: str | None = None
    access_token: str | None = None
    metrics_token: str | None = None
    machines: tuple[str, ...] = ()
    secret: str = ""
    command: Sequence[str] = COMMAND
    """What starts a process; others are for tests."""


def default_processes() -> int:
    """One for each core but one, which the server or the rest of the machine may need."""
    # What this process may use is less than all cores in a container; only Linux tells.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MAX_PROCESSES, max(1, cores - 1))


async def run(test: LoadTest, stream: TextIO) -> int:
    """Carry it out; the exit status. Raises `LoadTestError`.

    The first SIGINT or SIGTERM lets everybody leave, the second ends it at once.
    """
    for path in (test.json, test.html):
        if path is not None:
            _check_writable(path)
    if test.processes:
        await asyncio.to_thread(_check_published, test.scenario)
    session = _Session(test, stream)
    work = asyncio.create_task(session.play())

    def interrupt() -> None:
        if not session.interrupt():
            work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        return await work
    except asyncio.CancelledError:
        return INTERRUPTED
    except (ServerError, RemoteError, LinkError) as error:
        raise LoadTestError(str(error)) from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _check_published(scenario: Scenario) -> None:
    """Find out before the test whether the files that people send can be read here. Raises `LoadTestError`."""
    for path in {group.publish for group in scenario.groups if group.publish}:
        try:
            library.file(path)
        except MediaError as error:
            raise LoadTestError(f"--publish: {error}") from None


def _check_writable(path: Path) -> None:
    """Find out before the test whether its report can be written. Raises `LoadTestError`."""
    if path.is_dir():
        raise LoadTestError(f"{path} is a folder, and no name for a report")
    if not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise LoadTestError(f"{path} can't be written; the folder {path.parent} must be there, and open to you")


class _Session:
    """One load test of one server."""

    def __init__(self, test: LoadTest, stream: TextIO) -> None:
        self._test = test
        self._stream = stream
        self._seconds = Seconds()
        self._server_seconds: list[ServerSecond] = []
        self._live = Live(stream, test.scenario)
        self._controller: Controller | None = None
        self._notes: list[str] = []
        self._started = 0.0

    def interrupt(self) -> bool:
        """Let everybody leave. False where nobody is there, or it was asked for before."""
        if self._controller is None or self._controller.interrupted:
            return False
        self._controller.interrupt()
        return True

    async def play(self) -> int:
        test = self._test
        async with TestedServer(test.url, test.token, test.access_token) as server:
            await server.check()
            async with self._processes() as (processes, machines):
                rooms = await server.create_rooms(test.scenario.rooms)
                try:
                    people = plan(test.scenario, [room.code for room in rooms])
                    loads = spread(people, processes)
                    _check_most(loads, machines)
                    self._say_beginning(server, len(loads))
                    await self._play(loads, server)
                finally:
                    left = await server.end_rooms(rooms)
        if left:
            minutes = UNUSED_SECONDS / 60
            self._say(f"{_count(left, 'room')} of the test expire{'' if left > 1 else 's'} in {minutes:.0f} minutes.")
        return self._conclude(server.url)

    @asynccontextmanager
    async def _processes(self) -> AsyncIterator[tuple[list[Process], list[Machine]]]:
        """The processes of this machine and the others, ended in the end."""
        test = self._test
        processes: list[Process] = []
        machines: list[Machine] = []
        try:
            for number, address in enumerate(test.machines, 1):
                machine = await join(address, test.secret)
                for process in machine.processes:
                    process.machine = number
                machines.append(machine)
                processes += machine.processes
            for number in range(1, min(test.processes, test.scenario.people) + 1):
                processes.append(await LocalProcess.start(f"process {number}", test.command))
            yield processes, machines
        finally:
            await asyncio.gather(*(process.close() for process in processes))

    def _say_beginning(self, server: TestedServer, processes: int) -> None:
        scenario = self._test.scenario
        self._say(
            f"{scenario.name}: {_count(scenario.people, 'person', 'people')} in {_count(scenario.rooms, 'room')} of "
            f"{server.url} (Milanio {server.version}), played by {_count(processes, 'process', 'processes')}"
        )

    async def _play(self, loads: list[Load], server: TestedServer) -> None:
        test = self._test
        share = Share(server.url, test.scenario, token=test.token)
        controller = self._controller = Controller(share, loads, self._on_second)
        metrics = ServerMetrics(server.url, self._on_server_second, lambda: controller.now, test.metrics_token)
        self._started = time.time()
        metrics.start()
        drawing = asyncio.create_task(self._draw(controller))
        try:
            await controller.run()
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)
            await metrics.stop()
        self._notes += self._what_happened(controller, metrics, loads)

    def _on_second(self, second: Second) -> None:
        self._seconds.note(second)
        self._live.note(second)

    def _on_server_second(self, second: ServerSecond) -> None:
        self._server_seconds.append(second)
        self._live.note_server(second)

    async def _draw(self, controller: Controller) -> None:
        while True:
            await asyncio.sleep(1)
            if controller.began is not None:
                self._live.draw(controller.now)

    def _what_happened(self, controller: Controller, metrics: ServerMetrics, loads: list[Load]) -> Iterator[str]:
        if controller.interrupted:
            yield f"interrupted ({controller.interrupted_in})"
        yield from (lost.note for lost in controller.lost)
        if metrics.problem is not None:
            yield metrics.problem
        if len({load.process.machine for load in loads}) > 1:
            yield "delays are those between people of one machine: clocks of several differ"

    def _conclude(self, url: str) -> int:
        """Print and write the report; the exit status. Raises `LoadTestError`."""
        test, controller = self._test, self._controller
        assert controller is not None
        found = limits.judge(
            report.build(
                test.scenario,
                self._seconds.all,
                url=url,
                started=self._started,
                server=self._server_seconds,
                notes=self._notes,
            ),
            test.limits,
        )
        self._stream.write("\n" + terminal.final(found))
        self._stream.flush()
        for path, text in ((test.json, found.to_json), (test.html, lambda: html.render(found))):
            if path is not None:
                _write(path, text())
        if controller.interrupted:
            return INTERRUPTED
        # A script must not take for a success what didn't take place.
        nobody = controller.alone or not found.joins.succeeded
        return FAILED if found.crossed or nobody else 0

    def _say(self, sentence: str) -> None:
        print(sentence, file=self._stream, flush=True)


def _check_most(loads: Sequence[Load], machines: Sequence[Machine]) -> None:
    """Raises `RemoteError` for a machine that would have to play more people than it does."""
    for number, machine in enumerate(machines, 1):
        people = sum(len(load.people) for load in loads if load.process.machine == number)
        if people > machine.most:
            raise RemoteError(
                f"the worker {machine.name} plays {machine.most:,} people at most now, and its share is {people:,}; "
                "start it with a higher --worker-people, or use more machines"
            )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise LoadTestError(f"{path} can't be written: {error.strerror}") from None


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


async def work(address: str, secret: str, processes: int, people: int, stream: TextIO) -> int:
    """Play people for the load tests of others, until SIGINT or SIGTERM. Raises `LoadTestError`."""

    def say(sentence: str) -> None:
        print(sentence, file=stream, flush=True)

    try:
        host, port = address_of(address)
        server = WorkerServer(secret, processes, people)
        server.say = say
        port = await server.start(host, port)
    except RemoteError as error:
        raise LoadTestError(str(error)) from None
    except OSError as error:
        raise LoadTestError(f"--worker {address}: {error.strerror or error}") from None
    say(f"waiting for load tests on TCP port {port}: up to {_count(people, 'person', 'people')} at a time")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await server.close()
    return 0
