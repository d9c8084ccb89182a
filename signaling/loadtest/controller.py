"""Leads the processes of a load test through its phases, and gathers what they tell."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from signaling.loadtest.link import LinkError
from signaling.loadtest.processes import Load
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.share import Share
from signaling.loadtest.stats import Second, Stats

PREPARE_SECONDS = 60.0
"""For processes to start."""
PATIENCE = 60.0
"""Seconds that a phase may take longer than the scenario says, until a process counts as lost."""
LEAVE_SECONDS = 30.0

_ANSWERS = {"prepare": "ready", "ramp": "ramped", "measure": "measured", "leave": "left"}
"""By command, what says that it was carried out."""


@dataclass(slots=True)
class Lost:
    """A process that ended too early."""

    name: str
    people: int
    phase: str
    why: str

    @property
    def note(self) -> str:
        """For the report."""
        people = "1 person" if self.people == 1 else f"{self.people:,} people"
        return f"{self.name} with {people} was lost ({self.phase}): {self.why}"


@dataclass(slots=True)
class _Member:
    """A process that is still there."""

    number: int
    load: Load
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has done what it was told last, or is lost."""
    awaited: str = ""
    """The answer that sets `done`."""
    reader: asyncio.Task[None] | None = None


class Controller:
    """One load test. `run` goes through all phases; `interrupt` makes everybody leave at once."""

    def __init__(
        self, share: Share, loads: Sequence[Load], on_second: Callable[[Second], None], *, patience: float = PATIENCE
    ) -> None:
        self.phase = "prepare"
        self.lost: list[Lost] = []
        self.interrupted = False
        self.interrupted_in = ""
        """The phase."""
        self.began: float | None = None
        """When the first person could join, by `time.monotonic`."""
        self._share = share
        self._scenario: Scenario = share.scenario
        self._on_second = on_second
        self._patience = patience
        self._members = [_Member(number, load) for number, load in enumerate(loads)]
        self._count = len(loads)
        self._stop = asyncio.Event()

    @property
    def alone(self) -> bool:
        """Whether all processes were lost."""
        return len(self.lost) == self._count

    def interrupt(self) -> None:
        """Let everybody leave; `run` returns soon."""
        self.interrupted, self.interrupted_in = True, self.phase
        self._stop.set()

    @property
    def now(self) -> float:
        """Seconds since the test began."""
        return 0.0 if self.began is None else time.monotonic() - self.began

    async def run(self) -> None:
        """Prepare, ramp, measure, leave. Processes that are lost are counted; without any it ends."""
        for member in self._members:
            member.reader = asyncio.create_task(self._read(member))
        people = max(len(member.load.people) for member in self._members)
        last = max(person.joins_at for member in self._members for person in member.load.people)
        phases = (
            ("prepare", PREPARE_SECONDS + 0.01 * people),
            ("ramp", last + self._patience),
            ("measure", self._scenario.duration + self._patience),
        )
        try:
            for phase, seconds in phases:
                if not self._members or self._stop.is_set():
                    break
                await self._phase(phase, seconds)
        finally:
            if self._members:
                await self._phase("leave", LEAVE_SECONDS, stoppable=False)
            await asyncio.gather(*(self._let_go(member) for member in list(self._members)))

    async def _phase(self, phase: str, seconds: float, *, stoppable: bool = True) -> None:
        self.phase = phase
        if phase == "ramp":
            self.began = time.monotonic()
        members = list(self._members)
        await asyncio.gather(*(self._command(member, phase) for member in members))
        waits = asyncio.gather(*(member.done.wait() for member in members))
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait((waits, stop) if stoppable else (waits,), timeout=seconds, return_when="FIRST_COMPLETED")
        finally:
            stop.cancel()
            waits.cancel()
            await asyncio.gather(stop, waits, return_exceptions=True)
        if stoppable and self._stop.is_set():
            return
        for member in members:
            if not member.done.is_set():
                await self._lose(member, f"it didn't answer within {seconds:.0f} s")

    async def _command(self, member: _Member, phase: str) -> None:
        member.done.clear()
        member.awaited = _ANSWERS[phase]
        message: dict[str, Any] = {"do": phase}
        if phase == "prepare":
            message["share"] = replace(
                self._share, people=member.load.people, machine=member.load.process.machine
            ).as_json()
        try:
            await member.load.process.send(message)
        except LinkError as error:
            await self._lose(member, str(error))

    async def _read(self, member: _Member) -> None:
        why = "it ended"
        try:
            while (message := await member.load.process.receive()) is not None:
                match message.get("is"):
                    case "second":
                        self._take(member, message["second"])
                    case "failed":
                        why = str(message.get("sentence"))[:500]
                        break
                    case "ready" | "ramped" | "measured" | "left" as answer:
                        # One that comes late, after all were told to leave, means nothing any more.
                        if answer == member.awaited:
                            member.done.set()
                        if answer == "left":
                            return
                    case _:
                        raise LinkError("it said what can't be understood")
        except LinkError as error:
            why = str(error)
        except (AttributeError, KeyError, TypeError, ValueError):
            why = "it said what can't be understood"
        member.reader = None
        await self._lose(member, why)

    def _take(self, member: _Member, values: dict[str, Any]) -> None:
        second = Second.from_json(values)
        # By our clock, as the server's own seconds are.
        second.at, second.process = self.now, member.number
        self._on_second(second)

    async def _lose(self, member: _Member, why: str) -> None:
        """Go on without a process."""
        if member not in self._members:
            return
        self._members.remove(member)
        await self._let_go(member)
        words = member.load.process.last_words
        said = f"{why} ({words})" if words else why
        self.lost.append(Lost(member.load.process.name, len(member.load.people), self.phase, said))
        if self.phase in ("ramp", "measure"):
            # Else the last that it told would stand: that its people are inside.
            groups = {person.group: Stats() for person in member.load.people}
            self._on_second(Second(self.now, self.phase, groups, process=member.number))
        member.done.set()

    async def _let_go(self, member: _Member) -> None:
        if member.reader is not None:
            member.reader.cancel()
            await asyncio.gather(member.reader, return_exceptions=True)
        await member.load.process.close()
