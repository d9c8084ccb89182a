"""The clients of one process in a load test, from joining to leaving."""

import asyncio
import gc
import random
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from signaling.client import ClientError
from signaling.loadtest import library
from signaling.loadtest.person import Around, Person
from signaling.loadtest.poller import Poller
from signaling.loadtest.share import Person as Plan
from signaling.loadtest.share import Share
from signaling.loadtest.stats import Second, Spread, Stats

TICK = 0.1
"""Seconds between looks at who has something to do."""

LOOK_MORE_SECONDS = 1.0
"""Between looks at those who have come since, while people join."""

LEAVE_SECONDS = 5.0


class Crowd:
    """Plays a share of a scenario. `on_second` is given what happened, once a second, from `ramp` to `leave`."""

    def __init__(self, share: Share, on_second: Callable[[Second], None]) -> None:
        self.share = share
        self.on_second = on_second
        scenario = share.scenario
        self._stats = {group.name: Stats() for group in scenario.groups}
        self._poller = Poller()
        groups = {group.name: group for group in scenario.groups}
        self._around = Around(share.url, share.token, self._poller, share.machine, groups, scenario.seed)
        self._random = random.Random(f"{scenario.seed} {share.machine}")  # noqa: S311 (reproduces a test)
        self._people: dict[int, Person] = {}
        self._lives: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._phase = "ramp"
        self._began = self._second_at = self._cpu = 0.0
        self._ticking: asyncio.Task[None] | None = None
        self._prepared = False
        self._due: dict[tuple[int, str], float] = {}
        self._churned = 0.0

    async def prepare(self) -> None:
        """Load what is published, so that the first don't join late; `ramp` does it otherwise. Raises `MediaError`."""
        if not self._prepared:
            await asyncio.to_thread(load_clips, self.share)
            self._prepared = True

    async def ramp(self) -> None:
        """Join, each person at its time; returns when each is in or has given up. Raises `MediaError`."""
        await self.prepare()
        gc.collect()
        gc.freeze()
        self._poller.start()
        self._began = self._second_at = time.time()
        self._cpu = time.process_time()
        self._ticking = asyncio.create_task(self._tick())
        await asyncio.gather(*(self._arrive(plan) for plan in self.share.people))

    async def _arrive(self, plan: Plan) -> None:
        await asyncio.sleep(max(0.0, self._began + plan.joins_at - time.time()))
        await self._admit(plan)

    async def _admit(self, plan: Plan) -> None:
        life = self._lives[plan.number] = self._lives.get(plan.number, -1) + 1
        person = self._people[plan.number] = Person(plan, self._around, self._stats[plan.group], life)
        if await person.arrive():
            for what, seconds in self._habits(person):
                self._put_off(person, what, seconds)

    async def measure(self) -> None:
        """Go on for the scenario's `duration`, with its churn, changes of layout, mutes and chat."""
        self._end_second()
        self._phase = "measure"
        await asyncio.sleep(self.share.scenario.duration)
        self._end_second()
        self._phase = "end"

    async def leave(self) -> None:
        """Leave and let go of everything; the last `on_second` comes before it returns."""
        if self._ticking is not None:
            self._ticking.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        leaving = [asyncio.create_task(person.leave()) for person in self._people.values()]
        if leaving:
            await asyncio.wait(leaving, timeout=LEAVE_SECONDS)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        self._end_second()
        self._poller.close()

    # While it goes on

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = time.time()
            self._let_speak(now)
            for person in list(self._people.values()):
                if person.inside:
                    self._let_act(person, now)
            if self._phase == "measure":
                self._churn()
            # At whole seconds since the beginning, so that those of all processes are of the same time.
            if int(now - self._began) > int(self._second_at - self._began):
                self._end_second()

    def _let_speak(self, now: float) -> None:
        """Whoever's turn it is speaks: all processes draw the same ones."""
        scenario = self.share.scenario
        turn = int((now - self._began) / scenario.turn)
        per_room: dict[int, set[int]] = {}
        for person in self._people.values():
            room = person.plan.room
            if room not in per_room:
                count = min(scenario.speakers, scenario.people_per_room)
                drawn = random.Random(f"{scenario.seed} {room} {turn}")  # noqa: S311 (reproduces a test)
                per_room[room] = set(drawn.sample(range(scenario.people_per_room), count))
            if person.inside and person.group.audio:
                person.speak(speaking=person.plan.index in per_room[room])

    def _habits(self, person: Person) -> Iterable[tuple[str, float]]:
        scenario = self.share.scenario
        chats = scenario.chat_every if person.plan.index == 0 else 0.0
        yield from (("look", scenario.relayout), ("mute", scenario.mute_every), ("chat", chats))
        yield ("more", LOOK_MORE_SECONDS)

    def _put_off(self, person: Person, what: str, seconds: float) -> None:
        if seconds:
            self._due[person.plan.number, what] = time.time() + seconds * person.random.uniform(0.5, 1.5)

    def _let_act(self, person: Person, now: float) -> None:
        for what, seconds in self._habits(person):
            due = self._due.get((person.plan.number, what))
            if due is None or now < due:
                continue
            self._put_off(person, what, seconds)
            if what == "look" and person.group.tiles:
                self._spawn(person.look_around)
            elif what == "more" and person.group.tiles:
                self._spawn(person.look_more)
            elif what == "mute":
                self._spawn(person.toggle_mute)
            elif what == "chat":
                self._spawn(partial(person.chat, f"Message {int(now)} of {person.name}"))

    def _churn(self) -> None:
        """Replace as many as the scenario says, of all processes together."""
        scenario = self.share.scenario
        self._churned += scenario.churn * TICK * len(self.share.people) / scenario.people
        inside = [person for person in self._people.values() if person.inside]
        while self._churned >= 1 and inside:
            self._churned -= 1
            person = inside.pop(self._random.randrange(len(inside)))
            person.inside = False
            self._spawn(partial(self._replace, person))

    async def _replace(self, person: Person) -> None:
        person.take_last(time.time())
        await person.leave()
        await self._admit(person.plan)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        async def run() -> None:
            try:
                await work()
            except ClientError:
                pass  # counted where it matters: as lost, or as a slow reply

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end_second(self) -> None:
        now = time.time()
        seconds, self._second_at = now - self._second_at, now
        for person in self._people.values():
            person.take(now, seconds)
        groups = {}
        for name, stats in self._stats.items():
            stats.seconds = seconds
            groups[name] = stats.take()
        cpu, before = time.process_time(), self._cpu
        self._cpu = cpu
        lag, self._poller.lag = self._poller.lag, Spread()
        tester = Stats(seconds=seconds, cpu=cpu - before, lag=lag)
        self.on_second(Second(now - self._began, self._phase, groups, tester))


def load_clips(share: Share) -> None:
    """Read all clips that a share needs, which are encoded first where they aren't there. Raises `MediaError`."""
    for group in share.scenario.groups:
        library.microphone(group)
        library.camera(group)
        if group.screen:
            library.picture(group.codec, 720, 15)
