"""A call of minutes in which people mute, change what they look at, renegotiate, reconnect, go and come back.

`MILANIO_SOAK_SECONDS` says for how long, `MILANIO_SOAK_SEED` with which seed. Two others sit in the same call, and get
every packet of each other's.
"""

import asyncio
import os
import random
import time
from collections import Counter

import pytest

from signaling.client import Client, ClientOptions, create_room
from signaling.messages import Source
from tests import times
from tests.bench.join import running_server
from tests.bench.media import Camera, Microphone
from tests.long.durations import duration
from tests.long.honest import honest

SECONDS = duration("MILANIO_SOAK_SECONDS", short=12, long=600)
BACK_WITHIN = 5.0
"""Seconds after which media flows again, whatever a participant did."""

pytestmark = pytest.mark.asyncio

_OPTIONS = ClientOptions(audio_slots=4, video_slots=4, simulcast=True, watch_height=180)


async def _until_media_flows(client: Client) -> None:
    """Until something new comes in a slot for sound, and in one for pictures."""

    def received(kind: str) -> int:
        return sum(slot.stats.packets for slot in client.slots.values() if slot.kind == kind)

    async with asyncio.timeout(times.seconds(BACK_WITHIN)):
        for kind in ("audio", "video"):
            before = received(kind)
            while received(kind) <= before:
                await asyncio.sleep(0.02)


class _Busy:
    """A participant who keeps changing things."""

    def __init__(self, url: str, code: str, name: str, seed: int) -> None:
        self._where = url, code, name
        self._random = random.Random(f"{seed} {name}")
        self._client: Client | None = None
        self.done: Counter[str] = Counter()

    async def _join(self) -> Client:
        client = Client(*self._where, _OPTIONS)
        await client.join()
        await client.publish(Microphone(60))
        await client.publish(Camera())
        return client

    async def run(self, until: float) -> None:
        """Do something every half second or so; media comes back after each."""
        client = self._client = await self._join()
        try:
            while time.monotonic() < until:
                action = self._random.choice(("mute", "layer", "renegotiate", "reconnect", "return"))
                try:
                    client = self._client = await getattr(self, f"_{action}")(client)
                    await _until_media_flows(client)
                except Exception as error:
                    error.add_note(f"{self._where[2]}, after {action} and {dict(self.done)}")
                    raise
                self.done[action] += 1
                await asyncio.sleep(self._random.uniform(0.1, 0.8))
            assert client.failure is None
        finally:
            await self._client.leave()

    async def _mute(self, client: Client) -> Client:
        source: Source = self._random.choice(("camera", "microphone"))
        await client.mute(source, muted=True)
        await asyncio.sleep(0.2)
        await client.mute(source, muted=False)
        return client

    async def _layer(self, client: Client) -> Client:
        shown = [slot for slot in client.slots.values() if slot.kind == "video" and slot.publication is not None]
        for slot in shown:
            await client.watch(slot.publication, height=self._random.choice((90, 180, 360)), slot=slot.mid)
        return client

    async def _renegotiate(self, client: Client) -> Client:
        await client._renegotiate()
        return client

    async def _reconnect(self, client: Client) -> Client:
        """Lose the WebSocket as a network loses it that goes away."""
        before = client.resume_count
        assert client._signaling is not None
        assert client._signaling._socket is not None
        connection = client._signaling._socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        async with asyncio.timeout(times.seconds(BACK_WITHIN)):
            while client.resume_count == before:
                await asyncio.sleep(0.02)
        return client

    async def _return(self, client: Client) -> Client:
        await client.leave()
        return await self._join()


async def test_a_busy_call_goes_on() -> None:
    seed = int(os.environ.get("MILANIO_SOAK_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"\nseed {seed}, {SECONDS:.0f} s")
    with running_server(None) as server:
        code = await create_room(server.url)
        async with honest(server.url, code) as call:
            busy = [_Busy(server.url, code, name, seed) for name in ("Cleo", "Dan", "Eve")]
            server.call("begin_turns")
            await asyncio.gather(*(each.run(time.monotonic() + SECONDS) for each in busy))
            await asyncio.sleep(0.5)
            call.check()
            packets, turns, log = call.packets, server.call("turns"), server.log()
    did = sum((each.done for each in busy), Counter[str]())
    print(
        f"{packets} packets watched; {dict(did)}; longest turn of the server"
        f" {turns['longest'] * 1e3:.1f} ms ({turns['longest_cpu'] * 1e3:.1f} ms of CPU)"
    )
    assert not [line for line in log.splitlines() if "Traceback" in line or line.startswith("ERROR")], log
    # On a busy machine clients leave out what they are late with.
    assert packets * times.seconds(1) > 0.9 * 2 * (50 + 15) * SECONDS
    assert set(did) == {"mute", "layer", "renegotiate", "reconnect", "return"} or SECONDS < 30
