"""A call goes on, packet by packet, while strangers and participants send rubbish over UDP, WebSocket and HTTP.

`MILANIO_HOSTILE_SECONDS` says for how long, `MILANIO_FUZZ_SEED` with which seed. What was sent last is written to
`build/hostile-SEED` if the test fails.
"""

import asyncio
import math
import os
import random
import time
from pathlib import Path

import pytest

from signaling.client import create_room
from tests import times
from tests.bench.join import running_server
from tests.bench.relay_process import ServerProcess
from tests.long.durations import duration
from tests.long.honest import Honest, honest
from tests.long.hostile import Aim, Hostile, hostile

SECONDS = duration("MILANIO_HOSTILE_SECONDS", short=16, long=3600)
ROUNDS = 4
"""After each everyone hostile leaves, and the server is looked at."""
GROWTH = 4 << 20 if SECONDS > 300 else 32 << 20
"""Bytes that the server may grow by between the first round and the last. In a short run caches still fill."""

LET_GO_WITHIN = 100.0
"""Seconds until nothing is left of connections that were neither used nor closed: HTTP's are kept alive for 75."""

pytestmark = pytest.mark.asyncio


def _errors(server: ServerProcess) -> list[str]:
    return [line for line in server.log().splitlines() if "Traceback" in line or line.startswith(("ERROR", "CRITICAL"))]


async def _looked_at(server: ServerProcess, tasks: float = math.inf, descriptors: float = math.inf) -> dict[str, float]:
    """The server once only two are in it, and once it is as small as it was."""
    deadline = time.monotonic() + times.seconds(LET_GO_WITHIN)
    while True:
        state: dict[str, float] = server.call("state")
        if state["transports"] == 2 and state["tasks"] <= tasks and state["descriptors"] <= descriptors:
            break
        assert time.monotonic() < deadline, f"not everything is let go of: {state}, {tasks} tasks before"
        await asyncio.sleep(0.2)
    return {**server.call("state"), "memory": server.call("memory")}


async def _watch(server: ServerProcess, someone: Hostile, call: Honest) -> None:
    await asyncio.sleep(1.0)
    looks = [await _looked_at(server)]
    for number in range(ROUNDS):
        someone.go()
        end = time.monotonic() + SECONDS / ROUNDS
        while time.monotonic() < end:
            await asyncio.sleep(min(1.0, SECONDS / ROUNDS / 4))
            assert not _errors(server), server.log()[-4000:]
        await asyncio.to_thread(someone.pause)
        # A database connection and the like may stay from the first round on.
        looks.append(await _looked_at(server, looks[0]["tasks"] + 2, looks[0]["descriptors"] + 4))
        look = looks[-1]
        print(
            f"round {number}: {call.packets} packets watched, {sum(someone.sent.values())} inputs, memory"
            f" {look['memory'] / 1e6:.1f} MB, {look['descriptors']:.0f} descriptors, {look['tasks']:.0f} tasks,"
            f" {look['overflows']:.0f} dropped by the kernel",
            flush=True,
        )
        call.check()
    assert not _errors(server), server.log()[-4000:]
    assert looks[-1]["memory"] - looks[1]["memory"] < GROWTH


async def test_a_call_goes_on_while_others_send_rubbish() -> None:
    seed = int(os.environ.get("MILANIO_FUZZ_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"\nseed {seed}, {SECONDS:.0f} s")
    with running_server(None) as server:
        watched, other = [await create_room(server.url) for _ in range(2)]
        async with honest(server.url, watched) as call:
            with hostile(Aim(server.url, server.address, watched, other), seed) as someone:
                try:
                    await _watch(server, someone, call)
                except BaseException:
                    folder = Path("build") / f"hostile-{seed}"
                    if not someone.sent:
                        await asyncio.to_thread(someone.pause)
                    someone.keep(folder)
                    (folder / "log").write_text(server.log())
                    print(f"what was sent last is in {folder}")
                    raise
            print(someone.sent)
            assert min(someone.sent.values()) > SECONDS
            # On a busy machine clients leave out what they are late with.
            assert call.packets * times.seconds(1) > 0.9 * 2 * (50 + 15) * SECONDS
