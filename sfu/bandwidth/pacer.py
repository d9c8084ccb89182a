"""Spreads what leaves towards a viewer whose link is nearly full, so that bursts don't wait, or get lost, in its queue.

A keyframe is dozens of packets at once. On a link of 1 Mbit/s it fills the queue for a third of a second: every voice
waits behind it, and where the queue is shorter, most of the keyframe is lost. So sound leaves at once, then what is
repeated, then video, at hardly more than the link carries, as in libwebrtc's pacing controller.

Video waits unwritten: its numbers, and the time that is noted for its feedback, are those of when it leaves. Batches
hold their packets' bytes themselves, whatever becomes of the cache meanwhile.
"""

import math
from collections import deque
from typing import NamedTuple, Protocol

from sfu.path.arena import Arena, SendSegments
from sfu.path.batch import Batch

FACTOR = 1.0
"""Multiple of the estimate at which it sends (libwebrtc, kStrictPacingMultiplier). With the usual 2.5 most of a
keyframe would still be in the link's queue. That suits senders whose encoder keeps to its target; a relay's viewer gets
the keyframes that others asked for, too."""

LONGEST = 0.6
"""Seconds that video waits, about. With more in the queue it sends faster, so that all of it leaves in time (as
libwebrtc's drain_large_queues after 2 s). Nothing is dropped: that would cost another keyframe. What is too much for
longer is the allocator's business."""

BURST = 0.005
"""Seconds between two bursts (libwebrtc, kMaxBurstDuration of its pacer), if a packet doesn't take longer."""

MOST_DEBT = 0.1
"""Seconds for which nothing more leaves at most, however much sound did."""

_ROUNDING = 1e-6


class PacedWriter(Protocol):
    """Puts packets of one outgoing stream into the arena, a few at a time: a forwarder."""

    def write_some(
        self, batch: Batch, begin: int, octets: float, arena: Arena, send: SendSegments, now: float
    ) -> tuple[int | None, int]:
        """Write packets of a batch from index `begin` on, one at least, until they are that many bytes.

        Returns where to go on, None if that was all, and the bytes written.
        """

    def kept_octets(self, batch: Batch) -> int:
        """Bytes of payload of a batch that the viewer gets."""


class Piece(NamedTuple):
    """A batch, or the rest of one."""

    writer: PacedWriter
    batch: Batch
    begin: int
    octets: int
    """Bytes of payload, all of it."""


class Pacer:
    """The queue towards one viewer."""

    __slots__ = ("_free_at", "_newest", "_octets", "_video", "rate", "repeats")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        """Bits per second; infinite: what waits is to leave at once."""
        self.repeats: dict[tuple[int, int], None] = {}
        """Packets that the viewer asked for again, by SSRC and number, oldest first."""
        self._video: deque[Piece] = deque()
        self._octets = 0
        """Bytes in `_video`."""
        self._newest = -math.inf
        """When the last of it was put there."""
        self._free_at = 0.0
        """When all that left will be through, at this rate."""

    @property
    def waits(self) -> bool:
        """Whether anything is in the queue."""
        return bool(self._video or self.repeats)

    @property
    def next_at(self) -> float | None:
        """When to go on; None: nothing waits. A multiple of `BURST`, so that a relay wakes once for many viewers."""
        return math.ceil(self._free_at / BURST) * BURST if self.waits else None

    def put(self, writer: PacedWriter, batch: Batch, now: float) -> None:
        """Queue a batch of video."""
        octets = writer.kept_octets(batch)
        self._video.append(Piece(writer, batch, 0, octets))
        self._octets += octets
        self._newest = now

    def take_repeat(self) -> tuple[int, int]:
        """Remove and return the packet that is to be repeated next."""
        repeat = next(iter(self.repeats))
        del self.repeats[repeat]
        return repeat

    def forget(self, writer: PacedWriter) -> None:
        """Drop the video of a stream that goes on with another encoding."""
        self._video = deque(each for each in self._video if each.writer is not writer)
        self._octets = sum(each.octets for each in self._video)

    def quota(self, now: float) -> float:
        """Bytes that may leave now; 0: none."""
        if self._free_at > now + _ROUNDING:
            return 0.0
        return (now + BURST - max(self._free_at, now - BURST)) * self._rate_now(now) / 8

    def left(self, octets: int, now: float) -> None:
        """Note that bytes left, of whatever kind."""
        free_at = max(self._free_at, now - BURST) + 8 * octets / self._rate_now(now)
        self._free_at = min(free_at, now + MOST_DEBT)

    def _rate_now(self, now: float) -> float:
        """Bits per second: as set, or more if the queue would take too long."""
        return max(self.rate, 8 * self._octets / max(self._newest + LONGEST - now, BURST))

    def take(self, now: float) -> Piece | None:
        """Remove and return the video of which some is to be written now; None: nothing may leave."""
        if not self._video or self._free_at > now + _ROUNDING:
            return None
        return self._video.popleft()

    def put_back(self, piece: Piece, rest: int | None, written: int, now: float) -> None:
        """Note that so many bytes of it were written, and queue what is left, from index `rest` on, if any."""
        self.left(written, now)
        self._octets -= piece.octets
        if rest is not None:
            octets = max(piece.octets - written, 0)
            self._video.appendleft(Piece(piece.writer, piece.batch, rest, octets))
            self._octets += octets
