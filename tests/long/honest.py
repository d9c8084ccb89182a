"""Two people whose call is watched packet by packet while something happens around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from signaling.client import Client, ClientOptions, Slot
from signaling.client.media import Frame, Media, Track
from signaling.client.receive import MediaPacket
from tests import times

_FRAMES = 1000
_DESCRIPTOR = 4
"""Bytes of the VP8 descriptor on the wire."""
_REORDERED = 300
"""Numbers by which a packet may be late; a later one counts as lost."""


def _payload(begin: bytes, number: int, size: int) -> bytes:
    return begin + bytes((number * 7 + at) & 0xFF for at in range(size)) + number.to_bytes(2)


_AUDIO = [_payload(b"\xf8", number, 60) for number in range(_FRAMES)]
_VIDEO = [_payload(b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00", number, 600) for number in range(_FRAMES)]


class Numbered:
    """Audio and video whose packets are numbered. All pictures are keyframes: none is left out."""

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        audio = tuple(Frame((payload,), 960, level=30) for payload in _AUDIO)
        video = tuple(Frame((payload,), 6000) for payload in _VIDEO)
        return Media(Track("opus", audio), (Track("VP8", video, width=320, height=180),))


class Watch:
    """Checks the packets in one slot from one sender."""

    def __init__(self, slot: Slot, sender: str) -> None:
        self.slot, self.sender = slot, sender
        self.packets = 0
        self.wrong: list[str] = []
        self.missing: set[int] = set()
        """Sequence numbers."""
        self._expected: int | None = None
        slot.on_packet = self._take

    def __str__(self) -> str:
        return f"{self.slot.mid} of {self.sender}"

    def _take(self, packet: MediaPacket) -> None:
        publication = self.slot.publication
        if publication is None or not publication.startswith(self.sender):
            self._expected = None
            return
        payload = packet.payload[_DESCRIPTOR:] if packet.codec == "VP8" else packet.payload
        number = int.from_bytes(payload[-2:])
        known = _VIDEO if packet.codec == "VP8" else _AUDIO
        if number >= _FRAMES or payload != known[number]:
            self.wrong.append(packet.payload.hex()[:80])
            return
        self.packets += 1
        # The sender may jump in its loop, as it does when it's asked for a keyframe: a packet is known
        # to be lost only by the numbers on the wire.
        seq = packet.seq
        if self._expected is not None:
            ahead = (seq - self._expected) & 0xFFFF
            if ahead > 0xFFFF - _REORDERED:
                self.missing.discard(seq)
                return
            self.missing.update((self._expected + step) & 0xFFFF for step in range(ahead))
        self._expected = (seq + 1) & 0xFFFF


class Honest:
    """Ada and Bo, in a call; `watches` check what both receive from each other."""

    def __init__(self, ada: Client, bo: Client) -> None:
        self.ada, self.bo = ada, bo
        self.watches: list[Watch] = []

    def begin(self) -> None:
        """Watch from now on."""
        for client, other in ((self.ada, self.bo), (self.bo, self.ada)):
            for slot in client.slots.values():
                if slot.publication is not None and slot.publication.startswith(other.you.id):
                    self.watches.append(Watch(slot, other.you.id))
        assert len(self.watches) == 4

    def check(self) -> None:
        """`AssertionError` if anything in the call was lost or changed, or anybody had to reconnect."""
        for client in (self.ada, self.bo):
            assert (client.resume_count, client.failure, client.bye) == (0, None, None), client.name
        for watch in self.watches:
            assert not watch.wrong, f"{watch}: not what was sent: {watch.wrong[:3]}"
        missing = [f"{watch}: {len(watch.missing)} of {watch.packets}" for watch in self.watches if watch.missing]
        assert not missing, f"packets that never came: {missing}"

    @property
    def packets(self) -> int:
        return sum(watch.packets for watch in self.watches)


@asynccontextmanager
async def honest(url: str, code: str) -> AsyncIterator[Honest]:
    """Connect the two; yields them once all media flows."""
    options = ClientOptions(audio_slots=4, video_slots=2)
    async with Client(url, code, "Ada", options) as ada, Client(url, code, "Bo", options) as bo:
        for client in (ada, bo):
            await client.publish(Numbered())
        for client, other in ((ada, bo), (bo, ada)):
            async with asyncio.timeout(times.seconds(20)):
                while f"{other.you.id}.camera" not in client.publications:
                    await asyncio.sleep(0.02)
                await client.watch(f"{other.you.id}.camera", height=180)
                while sum(slot.stats.packets > 0 for slot in client.slots.values()) < 2:
                    await asyncio.sleep(0.02)
        call = Honest(ada, bo)
        call.begin()
        yield call
