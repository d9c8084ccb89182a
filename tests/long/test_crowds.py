"""Many people at once on a whole server in a process of its own, on the same cores as all their clients.

`MILANIO_CROWD` and `MILANIO_CROWD_SECONDS` say how many people with cameras are watched and for how long,
`MILANIO_JOINS` how many join silently (50 a second), `MILANIO_COMINGS` how many come and go.
"""

import asyncio
import time
from collections.abc import Iterator

import pytest

from signaling.client import ClientOptions, create_room
from signaling.join_token import LIFETIME
from signaling.used_tokens import SWEEP_SECONDS
from tests import times
from tests.bench.join import running_server
from tests.bench.relay_process import ServerProcess
from tests.long.crowd import People, Watched, people
from tests.long.durations import duration

STALL = 0.05
"""Seconds for which one turn of the server's loop may take; those don't count in which others had its core."""
WATCHED = 9
PROCESSES = 4
JOINS_A_SECOND = 50
GROWTH = 1024
"""Bytes that a join may leave behind."""


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with running_server(None) as running:
        yield running


def _watched(groups: list[People]) -> Watched:
    found: list[Watched] = [group.call("watched") for group in groups]
    return Watched(
        sum(each.slots for each in found),
        sum(each.packets for each in found),
        sum(each.lost for each in found),
        [failure for each in found for failure in each.failures],
        sum(each.cpu for each in found),
    )


def _assert_quiet(server: ServerProcess) -> None:
    log = server.log()
    assert not [line for line in log.splitlines() if "Traceback" in line or line.startswith("ERROR")], log


def test_people_with_cameras(server: ServerProcess) -> None:
    """640×360 in three layers, 10 pictures a second, each watching 9 others."""
    count = int(duration("MILANIO_CROWD", short=12, long=100))
    seconds = duration("MILANIO_CROWD_SECONDS", short=4, long=120)
    code = asyncio.run(create_room(server.url))
    options = ClientOptions(audio_slots=4, video_slots=WATCHED, simulcast=True, watch_height=180, timeout=60.0)
    with people(PROCESSES) as groups:
        server.call("begin_turns")
        began = time.monotonic()
        for number, group in enumerate(groups):
            names = [f"Guest {each}" for each in range(number, count, PROCESSES)]
            group.tell("join", server.url, code, names, options, 10)
        failures = [failure for group in groups for failure in group.result()]
        turns = server.call("turns")
        print(
            f"\n{count} joined in {time.monotonic() - began:.1f} s; server: {turns['cpu']:.1f} s of CPU, longest turn"
            f" {turns['longest'] * 1e3:.1f} ms ({turns['longest_cpu'] * 1e3:.1f} ms of CPU)",
            flush=True,
        )
        assert failures == []
        time.sleep(times.seconds(5))  # until every camera is seen
        assert server.call("state")["transports"] == count
        before, first = server.call("state"), _watched(groups)
        server.call("begin_turns")
        time.sleep(seconds)
        turns, after, last = server.call("turns"), server.call("state"), _watched(groups)
    packets, lost = last.packets - first.packets, last.lost - first.lost
    print(
        f"{count} people, {packets / seconds:.0f} packets/s watched in {last.slots} slots, lost {lost};"
        f" clients: {(last.cpu - first.cpu) / seconds * 100:.0f} % of a core;"
        f" server: {turns['cpu'] / seconds * 100:.0f} % of a core, longest turn {turns['longest'] * 1e3:.1f} ms"
        f" ({turns['longest_cpu'] * 1e3:.1f} ms of CPU); kernel dropped {after['overflows'] - before['overflows']:.0f},"
        f" refused {after['unsent'] - before['unsent']:.0f}"
    )
    assert last.failures == []
    assert last.slots == count * min(WATCHED, count - 1)
    assert packets * times.seconds(1) > 0.9 * last.slots * 10 * seconds
    assert (after["overflows"] - before["overflows"], after["unsent"] - before["unsent"]) == (0, 0)
    assert lost == 0
    assert turns["longest"] <= times.cpu_seconds(STALL)
    _assert_quiet(server)


def test_silent_joins(server: ServerProcess) -> None:
    count = int(duration("MILANIO_JOINS", short=50, long=500))
    codes = [asyncio.run(create_room(server.url)) for _ in range(-(-count // 25))]
    with people(2) as groups:
        # What the cores can't do at once, nobody can: on a busy machine people take longer to come.
        started, seconds = time.monotonic(), times.seconds(count / JOINS_A_SECOND)
        for group in groups:
            group.tell("burst", server.url, codes, count // 2, seconds)
        failures = [failure for group in groups for failure in group.result()]
        taken = time.monotonic() - started
        print(f"\n{count} joins in {seconds:.0f} s, all in after {taken:.1f} s: {len(failures)} failed")
        assert len(failures) <= count / 1000, failures[:5]
        assert server.call("state")["transports"] == count // 2 * 2 - len(failures)
    _assert_quiet(server)


@pytest.mark.long
def test_comings_and_goings_leave_nothing_behind(server: ServerProcess) -> None:
    count = int(duration("MILANIO_COMINGS", short=5000, long=5000))
    code = asyncio.run(create_room(server.url))
    with people(1) as (group,):

        def after(comings: int) -> tuple[int, dict[str, float]]:
            assert group.call("come_and_go", server.url, code, comings) == []
            # A used token is known for as long as it could be used again, and swept out by a later join.
            time.sleep(LIFETIME + SWEEP_SECONDS)
            assert group.call("come_and_go", server.url, code, 10) == []
            deadline = time.monotonic() + times.seconds(30)
            while (state := server.call("state"))["transports"] or state["descriptors"] > limit:
                assert time.monotonic() < deadline, state
                time.sleep(0.1)
            return server.call("memory"), server.call("state")

        limit = float("inf")
        # Caches fill in the first four thousand: those of the libraries, and the page caches of the database.
        memory, state = after(4000)
        limit = state["descriptors"]
        grown, later = after(count)
    print(f"\n{count} came and went: {(grown - memory) / count:.0f} bytes each, {later} after {state}")
    assert (grown - memory) / count <= GROWTH
    assert later["descriptors"] <= state["descriptors"]
    assert later["tasks"] <= state["tasks"]
    _assert_quiet(server)
