"""A call goes on, packet by packet, while strangers and participants send rubbish over UDP, WebSocket and HTTP.

`MILANIO_HOSTILE_SECONDS` says for how long, `MILANIO_FUZZ_SEED` with which seed. What was sent last is written to
`build/hostile-SEED` if the test fails.
"""

import asyncio
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

pytestmark = pytest.mark.asyncio


def _errors(server: ServerProcess) -> list[str]:
    return [line for line in server.log().splitlines() if "Traceback" in line or line.startswith(("ERROR", "CRITICAL"))]


async def _looked_at(server: ServerProcess, people: int) -> dict[str, float]:
    """The server once only so many are in it."""
    deadline = time.monotonic() + times.seconds(60)
    while True:
        state: dict[str, float] = server.call("state")
        if state["transports"] == people and state.get("sockets", 0) == 0:
            break
        assert time.monotonic() < deadline, f"not everyone is gone: {state}"
        await asyncio.sleep(0.2)
    await asyncio.sleep(2.0)  # closed WebSockets and connections are let go of by timers
    return {**server.call("state"), "memory": server.call("memory")}


async def _watch(server: ServerProcess, someone: Hostile, call: Honest) -> None:
    looks = [await _looked_at(server, 2)]
    for number in range(ROUNDS):
        someone.go()
        end = time.monotonic() + SECONDS / ROUNDS
        while time.monotonic() < end:
            await asyncio.sleep(min(1.0, SECONDS / ROUNDS / 4))
            assert not _errors(server), server.log()[-4000:]
        await asyncio.to_thread(someone.pause)
        looks.append(await _looked_at(server, 2))
        look = looks[-1]
        print(
            f"round {number}: {call.packets} packets watched, {sum(someone.sent.values())} inputs, memory"
            f" {look['memory'] / 1e6:.1f} MB, {look['descriptors']:.0f} descriptors, {look['tasks']:.0f} tasks",
            flush=True,
        )
        call.check()
    assert not _errors(server), server.log()[-4000:]
    assert all(look["tasks"] <= looks[1]["tasks"] for look in looks[2:])
    assert all(look["descriptors"] <= looks[1]["descriptors"] for look in looks[2:])
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
            assert call.packets > 0.9 * 2 * (50 + 15) * SECONDS
