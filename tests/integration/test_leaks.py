"""A thousand people who come and go leave nothing behind."""

import asyncio
import ctypes
import gc
import os

import pytest

from signaling.client import Client, ClientOptions, create_room
from tests.integration.conftest import until
from web.app import Server

WARM_UP, JOINS, AT_ONCE, ROUNDS = 1000, 1000, 10, 5
"""Caches of the libraries fill in the first two or three thousand connections; a leak shows in every round."""


_LIBC = ctypes.CDLL(None)


def _memory() -> int:
    """Bytes of this process's own memory, server and clients together."""
    gc.collect()
    _LIBC.malloc_trim(0)  # what is free but not given back yet doesn't count
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(("Private_Clean", "Private_Dirty")))


async def _come_and_go(url: str, code: str, times: int) -> None:
    options = ClientOptions(audio_slots=1, video_slots=1)
    for _ in range(times // AT_ONCE):
        clients = [Client(url, room=code, name="bot", options=options) for _ in range(AT_ONCE)]
        await asyncio.gather(*(client.join() for client in clients))
        await asyncio.gather(*(client.leave() for client in clients))


@pytest.mark.asyncio
@pytest.mark.timeout(300)
async def test_a_thousand_joins_and_leaves_cost_no_memory_descriptors_or_tasks(server: Server, url: str) -> None:
    assert server.signaling is not None
    code = await create_room(url)
    await _come_and_go(url, code, WARM_UP)
    room = server.signaling.registry.find(code)
    assert room is not None

    async def settled() -> tuple[int, int, int]:
        assert server.signaling is not None
        signaling = server.signaling
        await until(lambda: not room.participants and not signaling.sessions and not server.media.relay.transports)
        return _memory(), len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())

    memory, descriptors, tasks = await settled()
    growth: list[float] = []
    while not growth or (growth[-1] > 1024 and len(growth) < ROUNDS):
        await _come_and_go(url, code, JOINS)
        memory_before, (memory, descriptors_after, tasks_after) = memory, await settled()
        assert descriptors_after <= descriptors
        assert tasks_after <= tasks
        growth.append((memory - memory_before) / JOINS)
    assert growth[-1] <= 1024, f"bytes a join, by round: {growth}"
