import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from signaling.loadtest import controller as controller_module
from signaling.loadtest.controller import Controller
from signaling.loadtest.link import Link, LinkError
from signaling.loadtest.processes import Load, Process, spread
from signaling.loadtest.share import Share
from signaling.loadtest.stats import Second
from signaling.loadtest.worker import Worker
from tests import times
from tests.unit.signaling.loadtest.crowds import FakeCrowd, crowd_class, links, share

pytestmark = pytest.mark.asyncio


class Test:
    """A controller with workers in the same loop; `seconds` is what came of them."""

    __test__ = False

    def __init__(self, crowds: list[type[FakeCrowd]], what: Share, patience: float = 60.0) -> None:
        pairs = [links() for _ in crowds]
        self.ends = [there for _, there in pairs]
        self.workers = [
            asyncio.create_task(Worker(there, make).run()) for (_, there), make in zip(pairs, crowds, strict=True)
        ]
        self.processes = [Process(f"process {number}", here) for number, (here, _) in enumerate(pairs, 1)]
        self.seconds: list[Second] = []
        self.controller = Controller(
            what, spread(what.people, self.processes), self.seconds.append, patience=patience
        )  # fmt: skip

    @property
    def joined(self) -> int:
        return sum(stats.joined for second in self.seconds for stats in second.groups.values())


@asynccontextmanager
async def running(*crowds: type[FakeCrowd], what: Share | None = None, patience: float = 60.0) -> AsyncIterator[Test]:
    test = Test(list(crowds), what or share(), patience)
    async with asyncio.timeout(times.seconds(20)):
        yield test
        await asyncio.gather(*test.workers)


async def test_all_people_are_played_from_the_first_phase_to_the_last() -> None:
    one, other = crowd_class(), crowd_class()
    async with running(one, other) as test:
        await test.controller.run()
    (first,), (second,) = one.made, other.made
    assert first.did == second.did == ["ramp", "measure", "leave"]
    assert {person.room for person in first.share.people} != {person.room for person in second.share.people}
    assert len(first.share.people) + len(second.share.people) == 6
    assert (first.share.url, first.share.token) == ("http://localhost", "token")
    assert test.joined == 6
    assert {(each.process, each.phase) for each in test.seconds} == {
        (number, phase) for number in (0, 1) for phase in ("ramp", "measure", "end")
    }
    assert (test.controller.lost, test.controller.interrupted) == ([], False)


async def test_measuring_begins_once_all_have_joined() -> None:
    slow, fast = crowd_class(), crowd_class()
    slow.waits_in = "ramp"
    async with running(slow, fast) as test:
        work = asyncio.create_task(test.controller.run())
        await until(lambda: slow.made and fast.made and slow.made[0].waiting.is_set())
        await until(lambda: len(test.seconds) == 2)
        assert fast.made[0].did == ["ramp"]
        test.controller.interrupt()
        await work
    assert fast.made[0].did == slow.made[0].did == ["ramp", "leave"]


@pytest.mark.parametrize(("phase", "before"), [("ramp", ["ramp"]), ("measure", ["ramp", "measure"])])
async def test_who_interrupts_it_gets_what_there_is(phase: str, before: list[str]) -> None:
    one, other = crowd_class(), crowd_class()
    one.waits_in = other.waits_in = phase
    async with running(one, other) as test:
        work = asyncio.create_task(test.controller.run())
        await until(lambda: all(each.made and each.made[0].waiting.is_set() for each in (one, other)))
        test.controller.interrupt()
        await work
    assert one.made[0].did == other.made[0].did == [*before, "leave"]
    assert [each.phase for each in test.seconds].count("end") == 2
    assert test.controller.interrupted
    assert test.controller.lost == []


@pytest.mark.parametrize("phase", ["prepare", "ramp", "measure"])
async def test_a_process_that_fails_is_told_with_its_people_and_the_rest_goes_on(phase: str) -> None:
    bad, good = crowd_class(), crowd_class()
    bad.fails_in = phase
    async with running(bad, good) as test:
        await test.controller.run()
    (lost,) = test.controller.lost
    assert (lost.name, lost.people, lost.phase) == ("process 1", 3, phase)
    reason = "ValueError: no clips" if phase == "prepare" else "OSError: the disk is full"
    assert lost.note == f"process 1 with 3 people was lost ({phase}): {reason}"
    assert good.made[0].did == ["ramp", "measure", "leave"]


async def test_a_process_that_ends_is_told_with_its_people_and_the_rest_goes_on() -> None:
    bad, good = crowd_class(), crowd_class()
    bad.waits_in = "measure"
    async with running(bad, good) as test:
        work = asyncio.create_task(test.controller.run())
        await until(lambda: bad.made and bad.made[0].waiting.is_set())
        test.ends[0].close()
        await work
    (lost,) = test.controller.lost
    assert (lost.name, lost.people, lost.phase, lost.why) == ("process 1", 3, "measure", "it ended")
    assert not test.controller.alone
    last = [second for second in test.seconds if second.process == 0][-1]
    assert (last.phase, last.groups["people"].inside) == ("measure", 0)
    assert good.made[0].did == ["ramp", "measure", "leave"]


async def test_a_process_that_hangs_is_given_up() -> None:
    bad, good = crowd_class(), crowd_class()
    bad.waits_in = "ramp"
    async with running(bad, good, patience=0.2) as test:
        await test.controller.run()
    (lost,) = test.controller.lost
    assert (lost.name, lost.phase, lost.why) == ("process 1", "ramp", "it didn't answer within 0 s")
    assert good.made[0].did == ["ramp", "measure", "leave"]


async def test_it_ends_once_all_processes_are_lost() -> None:
    bad = crowd_class()
    bad.fails_in = "ramp"
    async with running(bad) as test:
        await test.controller.run()
    assert [lost.phase for lost in test.controller.lost] == ["ramp"]
    assert test.controller.alone
    assert bad.made[0].did == ["ramp", "leave"]


async def test_one_who_does_not_leave_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller_module, "LEAVE_SECONDS", 0.2)
    monkeypatch.setattr("signaling.loadtest.worker.LEAVE_SECONDS", 0.5)
    bad, good = crowd_class(), crowd_class()
    bad.waits_in = "leave"
    async with running(bad, good) as test:
        await test.controller.run()
    assert [(lost.name, lost.phase) for lost in test.controller.lost] == [("process 1", "leave")]


@pytest.mark.parametrize(
    "said", [{}, {"is": "what"}, {"is": "second"}, {"is": "second", "second": {"at": 1}}, {"is": "second", "second": 3}]
)
async def test_a_process_that_talks_nonsense_is_lost(said: dict[str, object]) -> None:
    here, there = links()
    controller = Controller(share(), spread(share().people, [Process("odd", here)]), lambda _: None)
    async with asyncio.timeout(times.seconds(20)):
        work = asyncio.create_task(controller.run())
        assert (await there.receive() or {})["do"] == "prepare"
        await there.send(said)
        await work
    assert [lost.why for lost in controller.lost] == ["it said what can't be understood"]


@pytest.mark.parametrize(
    "command", [{"do": "dance"}, {}, {"do": "ramp"}, {"do": "prepare"}, {"do": "prepare", "share": 1}]
)
async def test_a_worker_says_what_it_can_not_do(command: dict[str, object]) -> None:
    here, there = links()
    async with asyncio.timeout(times.seconds(20)):
        worker = asyncio.create_task(Worker(there, crowd_class()).run())
        await here.send(command)
        assert (await here.receive() or {})["is"] == "failed"
        here.close()
        await worker


async def test_a_worker_whose_controller_is_gone_leaves() -> None:
    crowd = crowd_class()
    crowd.waits_in = "ramp"
    here, there = links()
    async with asyncio.timeout(times.seconds(20)):
        worker = asyncio.create_task(Worker(there, crowd).run())
        await here.send({"do": "prepare", "share": share().as_json()})
        await here.send({"do": "ramp"})
        await until(lambda: crowd.made and crowd.made[0].waiting.is_set())
        here.close()
        await worker
    assert crowd.made[0].did == ["ramp", "leave"]


class Silent(Process):
    """One that people are given to."""

    def __init__(self, name: str) -> None:
        self.name = name


def loads(rooms: int, people: int, processes: int) -> list[Load]:
    return spread(share(rooms, people).people, [Silent(str(number)) for number in range(processes)])


async def test_rooms_stay_whole_where_there_are_enough() -> None:
    found = loads(rooms=5, people=4, processes=2)
    assert sorted(len(load.people) for load in found) == [8, 12]
    assert not {person.room for person in found[0].people} & {person.room for person in found[1].people}
    assert sorted(person.number for load in found for person in load.people) == list(range(20))


async def test_a_large_room_is_played_by_all() -> None:
    found = loads(rooms=1, people=10, processes=4)
    assert [len(load.people) for load in found] == [3, 3, 2, 2]


async def test_nobody_is_nobodys_load() -> None:
    assert len(loads(rooms=1, people=2, processes=4)) == 2


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0)


async def test_a_lost_connection_is_a_lost_process() -> None:
    class Gone(Process):
        async def send(self, message: dict[str, object]) -> None:
            raise LinkError("the connection was lost")

    here, _ = links()
    controller = Controller(share(), spread(share().people, [Gone("far", here)]), lambda _: None)
    async with asyncio.timeout(times.seconds(20)):
        await controller.run()
    assert [(lost.name, lost.why) for lost in controller.lost] == [("far", "the connection was lost")]
    assert isinstance(here, Link)
