"""A media plane in a process of its own: only values cross, as lines of JSON on a Unix socket.

    python -m tests.integration.process_plane DESCRIPTOR HOST

runs the relay's side, until the socket is closed.
"""

import asyncio
import inspect
import json
import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Self, get_args, get_type_hints

from pydantic import TypeAdapter

from sfu.net.plane_loop import PlaneLoop
from sfu.net.server import MediaServer
from sfu.plane import (
    ConnectError,
    MediaAnswer,
    MediaOffer,
    MediaPlane,
    MuteChange,
    PlaneEvent,
    PublicationPlan,
    SlotWish,
    ignore,
)
from sfu.relay import Relay

COMMANDS = ("connect", "disconnect", "publish", "unpublish", "mute", "watch")
EVENTS: dict[str, type] = {kind.__name__: kind for kind in get_args(PlaneEvent)}

_LONGEST = 1 << 20
"""Bytes of a line."""


@cache
def _adapters(command: str) -> list[TypeAdapter[Any]]:
    """Converters of a command's arguments to JSON and back."""
    method = getattr(MediaPlane, command)
    hints = get_type_hints(method)
    return [TypeAdapter(hints[name]) for name in inspect.signature(method).parameters if name != "self"]


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _line(**said: Any) -> bytes:
    return json.dumps(said).encode() + b"\n"


class ProcessPlane:
    """The rooms' side. `async with`, then a `MediaPlane`."""

    def __init__(self, host: str) -> None:
        self.events: Callable[[PlaneEvent], None] = ignore
        self._host = host
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._calls = 0
        self._waiting: dict[int, asyncio.Future[MediaAnswer]] = {}

    async def __aenter__(self) -> Self:
        here, there = socket.socketpair(socket.AF_UNIX)
        words = ("-m", __name__, str(there.fileno()), self._host)
        self._process = await asyncio.create_subprocess_exec(sys.executable, *words, pass_fds=[there.fileno()])
        there.close()
        reader, self._writer = await asyncio.open_unix_connection(sock=here, limit=_LONGEST)
        assert json.loads(await reader.readline()) == {"ready": True}
        self._reading = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._writer is not None
        assert self._reading is not None
        assert self._process is not None
        self._writer.close()
        await self._process.wait()
        await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Events that follow an answer come in a later step of the loop, after the caller of `connect` has resumed."""
        loop = asyncio.get_running_loop()
        while line := await reader.readline():
            said = json.loads(line)
            if "event" in said:
                loop.call_soon(self._tell, _adapter(EVENTS[said["event"]]).validate_python(said["value"]))
                continue
            waiting = self._waiting.pop(said["call"], None)
            if waiting is None or waiting.done():
                continue
            if "refused" in said:
                waiting.set_exception(ConnectError(said["refused"], said["sentence"]))
            else:
                waiting.set_result(_adapter(MediaAnswer).validate_python(said["answer"]))

    def _tell(self, event: PlaneEvent) -> None:
        self.events(event)

    def _say(self, command: str, *values: object) -> None:
        assert self._writer is not None
        crossing = [
            adapter.dump_python(value, mode="json") for adapter, value in zip(_adapters(command), values, strict=True)
        ]
        self._writer.write(_line(do=command, values=crossing, call=self._calls))

    async def connect(self, room: str, member: str, epoch: int, offer: MediaOffer) -> MediaAnswer:
        self._calls += 1
        call = self._calls
        answer: asyncio.Future[MediaAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[call] = answer
        try:
            self._say("connect", room, member, epoch, offer)
            return await answer
        finally:
            self._waiting.pop(call, None)

    def disconnect(self, room: str, member: str, epoch: int, reason: str) -> None:
        self._say("disconnect", room, member, epoch, reason)

    def publish(self, room: str, member: str, epoch: int, publication: PublicationPlan) -> None:
        self._say("publish", room, member, epoch, publication)

    def unpublish(self, room: str, member: str, epoch: int, source: str) -> None:
        self._say("unpublish", room, member, epoch, source)

    def mute(self, room: str, changes: tuple[MuteChange, ...]) -> None:
        self._say("mute", room, changes)

    def watch(self, room: str, member: str, epoch: int, wishes: tuple[SlotWish, ...]) -> None:
        self._say("watch", room, member, epoch, wishes)


async def _serve(descriptor: int, host: str) -> None:
    """The relay's side."""
    media = MediaServer(Relay())
    runner = PlaneLoop(media)
    plane = runner.plane
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=descriptor), limit=_LONGEST)

    def tell(event: PlaneEvent) -> None:
        name = type(event).__name__
        writer.write(_line(event=name, value=_adapter(EVENTS[name]).dump_python(event, mode="json")))

    plane.events = tell
    media.start(host, 0)
    runner.start()
    writer.write(_line(ready=True))
    while line := await reader.readline():
        said = json.loads(line)
        assert said["do"] in COMMANDS
        values = [
            adapter.validate_python(value) for adapter, value in zip(_adapters(said["do"]), said["values"], strict=True)
        ]
        made = getattr(plane, said["do"])(*values)
        if said["do"] != "connect":
            continue
        try:
            answer = _adapter(MediaAnswer).dump_python(await made, mode="json")
            writer.write(_line(call=said["call"], answer=answer))
        except ConnectError as error:
            writer.write(_line(call=said["call"], refused=error.code, sentence=str(error)))
    runner.stop()
    media.close()
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2]))
