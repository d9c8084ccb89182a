"""Crowds without a server, and links without a socket."""

import asyncio
from collections.abc import Callable

from signaling.loadtest.link import MAX_LINE, Link, Seal
from signaling.loadtest.scenario import Group, Scenario
from signaling.loadtest.share import Share, plan
from signaling.loadtest.stats import Second, Stats


class Wire:
    """Data written at one end is read at the other."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.reader = asyncio.StreamReader(limit)
        self.closed = False

    def write(self, data: bytes, /) -> None:
        if self.closed:
            raise ConnectionResetError
        self.reader.feed_data(data)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.reader.feed_eof()

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)


def links(secrets: tuple[bytes, bytes] | None = None) -> tuple[Link, Link]:
    """Two ends of a connection; with secrets, sealed by what each of them knows."""
    there, back = Wire(), Wire()
    sealed = (None, None) if secrets is None else [
        (Seal(secret, mine), Seal(secret, other))
        for secret, mine, other in zip(secrets, ("there", "back"), ("back", "there"), strict=True)
    ]  # fmt: skip
    return Link(back.reader, there, sealed[0]), Link(there.reader, back, sealed[1])


class FakeCrowd:
    """Joins and measures at once; tells a second for each. What is set in the class happens in all of them."""

    made: list["FakeCrowd"]
    fails_in: str = ""
    waits_in: str = ""

    def __init__(self, share: Share, on_second: Callable[[Second], None]) -> None:
        self.share, self.on_second = share, on_second
        self.did: list[str] = []
        self.waiting = asyncio.Event()
        type(self).made.append(self)

    async def prepare(self) -> None:
        if self.fails_in == "prepare":
            raise ValueError("no\nclips")

    async def ramp(self) -> None:
        await self._phase("ramp")

    async def measure(self) -> None:
        await self._phase("measure")

    async def leave(self) -> None:
        await self._phase("leave", "end")

    async def _phase(self, name: str, phase: str = "") -> None:
        self.did.append(name)
        joined = len(self.share.people) if name == "ramp" else 0
        self.on_second(Second(1.0, phase or name, {"people": Stats(joined=joined)}))
        if name in self.fails_in:
            raise OSError("the disk is full")
        if name in self.waits_in:
            self.waiting.set()
            await asyncio.Event().wait()


def crowd_class() -> type[FakeCrowd]:
    """A class of its own for a test."""
    return type("TestCrowd", (FakeCrowd,), {"made": []})


def share(rooms: int = 2, people: int = 3) -> Share:
    scenario = Scenario(rooms=rooms, groups=(Group(people=people),), ramp=1000, duration=1)
    codes = [f"room-{number}" for number in range(rooms)]
    return Share("http://localhost", scenario, tuple(plan(scenario, codes)), "token")
