"""Processes of a load test on other machines: `--worker` there, `--join` at the controller.

Both know a secret. After an exchange of nonces every line is sealed by a key made from it (`link.Seal`), so that nobody
else can start anything, or change what is told; it isn't hidden, so the token for the server can be read on the way.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from signaling.loadtest.link import MAX_LINE, Link, LinkError, Seal
from signaling.loadtest.processes import COMMAND, LocalProcess, Process
from signaling.loadtest.scenario import MAX_PEOPLE
from signaling.version import version

log = logging.getLogger(__name__)

MIN_SECRET, MAX_SECRET = 16, 200
"""Characters."""
HELLO_SECONDS = 10.0
"""For connecting and proving that the secret is known."""
MAX_STRANGERS = 8
"""Connections that haven't proved it yet; more are closed at once."""
MAX_PROCESSES = 64
"""Of one machine."""

_NAME = "milanio load test worker"
_NONCE = 32


class RemoteError(Exception):
    """A worker that can't be used; `args[0]` is one line."""


def address_of(text: str) -> tuple[str, int]:
    """Host and port, from `host:port` or `[::1]:port`. Raises `RemoteError`."""
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    good = colon and host and port.isascii() and port.isdecimal() and int(port[:6]) <= 65535
    if not good or (":" in host and not text.startswith("[")):
        raise RemoteError(f"{text[:80]!r} isn't an address, only HOST:PORT such as 192.0.2.7:9999 or [::1]:9999")
    return host, int(port)


def check_secret(secret: str) -> str:
    """The secret, if it is long enough. Raises `RemoteError`."""
    if not MIN_SECRET <= len(secret) <= MAX_SECRET:
        raise RemoteError(
            f"the worker's secret must have {MIN_SECRET} to {MAX_SECRET} characters; "
            "generate one with openssl rand -hex 16"
        )
    return secret


def _key(secret: str, worker: str, controller: str) -> bytes:
    return hmac.new(secret.encode(), f"{worker} {controller}".encode(), hashlib.sha256).digest()


def _nonce(message: dict[str, Any] | None) -> str:
    """The nonce that a stranger sent. Raises `LinkError`."""
    nonce = None if message is None else message.get("nonce")
    if not isinstance(nonce, str) or len(nonce) != _NONCE:
        raise LinkError("it doesn't speak as a load test does")
    return nonce


class WorkerServer:
    """Waits for controllers and starts a process for each of their connections.

    `most` people at a time, over all of them; `processes` is what controllers are told to use.
    """

    def __init__(self, secret: str, processes: int, most: int = MAX_PEOPLE, command: Sequence[str] = COMMAND) -> None:
        self._secret = check_secret(secret)
        self._processes = processes
        self._most = most
        self._command = command
        self._people = 0
        self._strangers = 0
        self._playing = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.say: Callable[[str], None] = log.info
        """Told what an operator may want to see."""

    async def start(self, host: str, port: int) -> int:
        """Listen; the port. Raises `OSError`."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=MAX_LINE)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End all connections and their processes."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = str(writer.get_extra_info("peername", ("?",))[0])
        try:
            link = await self._greet(reader, writer, peer)
            if link is not None:
                await self._play(link, peer)
        except asyncio.CancelledError:
            pass  # the server is being closed; asyncio would log it
        finally:
            self._tasks.discard(task)
            await Link(reader, writer).finish()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> Link | None:
        """The link to a controller that knows the secret."""
        if self._strangers >= MAX_STRANGERS:
            return None
        self._strangers += 1
        link = Link(reader, writer)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                mine = secrets.token_hex(_NONCE // 2)
                await link.send({"is": _NAME, "version": version(), "nonce": mine})
                key = _key(self._secret, mine, _nonce(await link.receive()))
                link.sealed = Seal(key, "worker"), Seal(key, "controller")
                if await link.receive() is None:
                    return None
                await link.send({"is": "welcome", "processes": self._processes, "people": self._most - self._people})
        except (LinkError, TimeoutError) as error:
            self.say(f"refused {peer}: {error or 'it said nothing'}")
            return None
        finally:
            self._strangers -= 1
        return link

    async def _play(self, link: Link, peer: str) -> None:
        """Start a process once a share comes, and pass on what is said both ways."""
        try:
            prepare = await link.receive()
        except LinkError as error:
            self.say(f"{peer}: {error}")
            return
        if prepare is None:
            return
        people = _people_of(prepare)
        if people is None or self._people + people > self._most or self._playing >= MAX_PROCESSES:
            sentence = (
                f"it plays {self._most:,} people in {MAX_PROCESSES} processes at most, {self._people:,} at present"
            )
            await _try_to_send(link, {"is": "failed", "sentence": sentence})
            return
        self._people += people
        self._playing += 1
        self.say(f"{peer}: playing {people:,} people")
        process = None
        try:
            process = await LocalProcess.start("process", self._command)
            await process.send(prepare)
            await self._pass_on(link, process)
        except LinkError as error:
            await _try_to_send(link, {"is": "failed", "sentence": str(error)})
        finally:
            self._people -= people
            self._playing -= 1
            if process is not None:
                await process.close()
            self.say(f"{peer}: {people:,} people have left")

    async def _pass_on(self, link: Link, process: LocalProcess) -> None:
        async def down() -> None:
            try:
                while (message := await link.receive()) is not None:
                    if message.get("do") == "prepare":
                        raise LinkError("a second share")
                    await process.send(message)
            except LinkError as error:
                self.say(f"the controller: {error}")
            # Whatever ends it lets the people leave.
            process.end_input()

        async def up() -> None:
            while (message := await process.receive()) is not None:
                await link.send(message)

        commands = asyncio.create_task(down())
        try:
            await up()
        finally:
            commands.cancel()
            await asyncio.gather(commands, return_exceptions=True)


def _people_of(prepare: dict[str, Any]) -> int | None:
    """How many people a command asks for; None where it is none that does."""
    share = prepare.get("share")
    people = share.get("people") if isinstance(share, dict) else None
    return len(people) if prepare.get("do") == "prepare" and isinstance(people, list) else None


async def _try_to_send(link: Link, message: dict[str, Any]) -> None:
    try:
        await link.send(message)
    except LinkError:
        pass  # nobody is there to be told


@dataclass(slots=True)
class Machine:
    """Another machine's processes, as many as it offers."""

    name: str
    most: int
    """People that it plays at present."""
    processes: list[Process] = field(default_factory=list)

    async def close(self) -> None:
        """Let go of all of them."""
        await asyncio.gather(*(process.close() for process in self.processes))


async def join(address: str, secret: str) -> Machine:
    """Connect to a worker. Raises `RemoteError`."""
    check_secret(secret)
    host, port = address_of(address)
    links: list[Link] = []
    wanted = 1
    most = 0
    try:
        while len(links) < wanted:
            link, offer = await _connect(host, port, address, secret)
            links.append(link)
            if len(links) == 1:
                wanted, most = min(int(offer["processes"]), MAX_PROCESSES), int(offer["people"])
    except (RemoteError, KeyError, TypeError, ValueError) as error:
        for link in links:
            await link.finish()
        raise error if isinstance(error, RemoteError) else RemoteError(f"{address}: its welcome isn't valid") from None
    processes: list[Process] = [
        RemoteProcess(f"process {number} of {address}", link) for number, link in enumerate(links, 1)
    ]
    return Machine(address, most, processes)


class RemoteProcess(Process):
    """A process on another machine."""


async def _connect(host: str, port: int, address: str, secret: str) -> tuple[Link, dict[str, Any]]:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, limit=MAX_LINE)
            link = Link(reader, writer)
            try:
                return link, await _hello(link, address, secret)
            except BaseException:
                await link.finish()
                raise
    except TimeoutError:
        raise RemoteError(f"the worker {address} didn't answer within {HELLO_SECONDS:.0f} s") from None
    except OSError as error:
        raise RemoteError(f"the worker {address} can't be reached: {error.strerror or error}") from None
    except LinkError as error:
        raise RemoteError(f"the worker {address}: {error}") from None


async def _hello(link: Link, address: str, secret: str) -> dict[str, Any]:
    greeting = await link.receive()
    if greeting is None or greeting.get("is") != _NAME:
        raise RemoteError(f"{address} isn't a worker of a load test; start one there with milanio loadtest --worker")
    if greeting.get("version") != version():
        raise RemoteError(
            f"the worker {address} runs Milanio {str(greeting.get('version'))[:40]}, and this is {version()}"
        )
    theirs, mine = _nonce(greeting), secrets.token_hex(_NONCE // 2)
    await link.send({"nonce": mine})
    key = _key(secret, theirs, mine)
    link.sealed = Seal(key, "controller"), Seal(key, "worker")
    await link.send({"do": "hello"})
    welcome = await link.receive()
    if welcome is None:
        raise RemoteError(f"the worker {address} has another secret, or too many visitors")
    return welcome
