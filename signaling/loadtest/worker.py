"""A process of a load test: plays the people that the controller names, and tells what they met.

`python -m signaling.loadtest.worker` reads commands from standard input and writes to standard output, as `Link` does:

| command | answer |
|---|---|
| `{"do": "prepare", "share": …}` | `{"is": "ready"}` |
| `{"do": "ramp"}` | a `second` each second, then `{"is": "ramped"}` |
| `{"do": "measure"}` | a `second` each second, then `{"is": "measured"}` |
| `{"do": "leave"}`, also in the middle of the others | the last `second`, then `{"is": "left"}`, and the end |

`{"is": "second", "second": …}` has a `Second` as JSON, `{"is": "failed", "sentence": …}` what went wrong. Whatever ends
standard input ends the process: its people leave.
"""

import asyncio
import logging
import os
import resource
import sys
from collections.abc import Callable
from typing import Any, Protocol

from signaling.loadtest.crowd import Crowd
from signaling.loadtest.link import MAX_LINE, Link, LinkError
from signaling.loadtest.share import Share
from signaling.loadtest.stats import Second

log = logging.getLogger(__name__)

LEAVE_SECONDS = 20.0
"""For all people to leave."""


class Players(Protocol):
    """What `Crowd` is to a worker."""

    async def prepare(self) -> None:
        """What takes time before anybody joins."""

    async def ramp(self) -> None:
        """Everybody joins."""

    async def measure(self) -> None:
        """For the scenario's duration."""

    async def leave(self) -> None:
        """Everybody leaves."""


Make = Callable[[Share, Callable[[Second], None]], Players]


class Worker:
    """Carries out the controller's commands, from `prepare` to `leave`."""

    def __init__(self, link: Link, make: Make = Crowd) -> None:
        self._link = link
        self._make = make
        self._crowd: Players | None = None
        self._phase: asyncio.Task[None] | None = None
        self._unsent: list[dict[str, Any]] = []
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Serve until everybody has left."""
        sender = asyncio.create_task(self._send_all())
        try:
            while (command := await self._receive()) is not None:
                match command.get("do"):
                    case "prepare":
                        self._prepare(command)
                    case "ramp" if self._crowd is not None:
                        self._begin(self._crowd.ramp, "ramped")
                    case "measure" if self._crowd is not None:
                        self._begin(self._crowd.measure, "measured")
                    case "leave":
                        break
                    case _:
                        self._fail(f"a command that it doesn't know or can't follow now: {str(command)[:100]}")
        finally:
            await self._leave()
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        try:
            await self._flush()
        except LinkError:
            log.info("the controller is gone")

    async def _receive(self) -> dict[str, Any] | None:
        try:
            return await self._link.receive()
        except LinkError as error:
            log.info("the controller: %s", error)
            return None

    def _prepare(self, command: dict[str, Any]) -> None:
        try:
            share = Share.from_json(command["share"])
            self._crowd = self._make(share, self._on_second)
        except Exception as error:  # whatever is wrong is for the controller to tell
            self._fail(_sentence(error))
        else:
            self._begin(self._crowd.prepare, "ready")

    def _begin(self, phase: Callable[[], Any], done: str) -> None:
        async def play() -> None:
            if before is not None:
                await asyncio.wait((before,))
            try:
                await phase()
            except Exception as error:  # told where people see it
                log.exception("the load test")
                self._fail(_sentence(error))
            else:
                self._tell({"is": done})

        before = self._phase
        self._phase = asyncio.create_task(play())

    async def _leave(self) -> None:
        if self._phase is not None:
            self._phase.cancel()
            await asyncio.gather(self._phase, return_exceptions=True)
        if self._crowd is not None:
            try:
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._crowd.leave()
            except Exception as error:  # as above
                log.exception("leaving")
                self._fail(_sentence(error))
        self._tell({"is": "left"})

    def _on_second(self, second: Second) -> None:
        self._tell({"is": "second", "second": second.as_json()})

    def _fail(self, sentence: str) -> None:
        self._tell({"is": "failed", "sentence": sentence})

    def _tell(self, message: dict[str, Any]) -> None:
        self._unsent.append(message)
        self._wake.set()

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._flush()
            except LinkError:
                return

    async def _flush(self) -> None:
        while self._unsent:
            message = self._unsent[0]
            del self._unsent[0]
            await self._link.send(message)


def _sentence(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def raise_descriptor_limit() -> None:
    """Each person has two sockets or more, and the usual 1,024 descriptors are soon gone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            log.warning("the limit of open files stays at %d", soft)


async def _serve(output: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(MAX_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(output, "wb"))
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    await Worker(Link(reader, writer)).run()
    writer.close()


def main() -> None:
    """Serve on standard input and output."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    raise_descriptor_limit()
    # Whatever prints something would break the protocol.
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_serve(output))


if __name__ == "__main__":
    main()
