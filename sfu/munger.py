"""Continuous numbering for one outgoing stream, whatever streams it is made of.

A slot shows one encoding after another, pauses, and leaves packets out. Its receiver must see one stream: sequence
numbers without gaps except for packets that may still come, timestamps that advance as time does, and VP8 picture
numbers that count on. Everything the receiver may ask for again must be found by its outgoing number.
"""

import secrets
from collections import deque
from typing import Generic, TypeVar

from sfu.rtp import seq_delta

Source = TypeVar("Source")

MAX_SEGMENTS = 64
"""How far back numbers can be traced, in switches and left-out packets."""


class Segment(Generic[Source]):
    """A stretch of one source that is numbered by constant offsets: out = in + offset."""

    __slots__ = ("first_out", "first_seq", "picture_offset", "seq_offset", "source", "timestamp_offset", "tl0_offset")

    def __init__(
        self,
        source: Source,
        first_seq: int,
        seq_offset: int,
        timestamp_offset: int,
        picture_offset: int,
        tl0_offset: int,
    ) -> None:
        self.source = source
        self.first_seq = first_seq
        self.first_out = (first_seq + seq_offset) & 0xFFFF
        self.seq_offset = seq_offset
        self.timestamp_offset = timestamp_offset
        self.picture_offset = picture_offset
        self.tl0_offset = tl0_offset


class Munger(Generic[Source]):
    """The numbering of one outgoing SSRC, for its whole life."""

    __slots__ = ("_segments", "highest", "last_picture", "last_seq", "last_timestamp", "last_tl0", "segment")

    def __init__(self) -> None:
        # Below 2**15, so that who misses the first packets can't take a wrap for a rollover (RFC 3711, 3.3.1).
        self.last_seq = secrets.randbelow(1 << 14)
        """Highest sequence number sent."""
        self.last_timestamp = secrets.randbits(32)
        self.last_picture = secrets.randbits(15)
        self.last_tl0 = secrets.randbits(8)
        self.highest = 0
        """Highest incoming sequence number of the current source."""
        self.segment: Segment[Source] | None = None
        """The current one; None while paused."""
        self._segments: deque[Segment[Source]] = deque(maxlen=MAX_SEGMENTS)

    def switch(
        self, source: Source, seq: int, timestamp: int, out_timestamp: int, picture: tuple[int, int, int, int] | None
    ) -> None:
        """Go over to another source, from its packet `seq` on, which gets the next number and `out_timestamp`."""
        picture_offset = tl0_offset = 0
        if picture is not None:
            picture_offset = (self.last_picture + 1 - picture[1]) & 0x7FFF
            tl0_offset = (self.last_tl0 + 1 - picture[3]) & 0xFF
        self._append(
            Segment(
                source,
                seq,
                (self.last_seq + 1 - seq) & 0xFFFF,
                (out_timestamp - timestamp) & 0xFFFFFFFF,
                picture_offset,
                tl0_offset,
            )
        )
        self.highest = (seq - 1) & 0xFFFF

    def pause(self) -> None:
        """Stop; what was sent can still be found."""
        self.segment = None

    def place(self, seq: int) -> Segment[Source] | None:
        """Where a packet of the current source belongs; None: it came too late to be sent.

        A packet ahead of all others moves `highest` and `last_seq`.
        """
        segment = self.segment
        if segment is None:
            return None
        delta = seq_delta(seq, self.highest)
        if delta > 0:
            self.highest = seq
            self.last_seq = (seq + segment.seq_offset) & 0xFFFF
            return segment
        end = self.last_seq + 1
        for older in reversed(self._segments):
            if older.source is not segment.source:
                return None
            if seq_delta(seq, older.first_seq) >= 0:
                # After a pause of the same source the numbers behind the end of the older segment are given away.
                return older if seq_delta(seq + older.seq_offset, end) < 0 else None
            end = older.first_out
        return None

    def leave_out(self, seq: int) -> bool:
        """Close the numbering over a packet that isn't sent. False: too late, later ones were sent."""
        segment = self.segment
        if segment is None or seq_delta(seq, self.highest) <= 0:
            return False
        self.last_seq = (seq + segment.seq_offset - 1) & 0xFFFF
        self.highest = seq
        self._append(
            Segment(
                segment.source,
                (seq + 1) & 0xFFFF,
                (segment.seq_offset - 1) & 0xFFFF,
                segment.timestamp_offset,
                segment.picture_offset,
                segment.tl0_offset,
            )
        )
        return True

    def _append(self, segment: Segment[Source]) -> None:
        self._segments.append(segment)
        self.segment = segment

    def find(self, out_seq: int) -> tuple[Segment[Source], int] | None:
        """The segment and incoming sequence number behind an outgoing one; None: never sent, or forgotten."""
        if seq_delta(out_seq, self.last_seq) > 0:
            return None
        for segment in reversed(self._segments):
            if seq_delta(out_seq, segment.first_out) >= 0:
                return segment, (out_seq - segment.seq_offset) & 0xFFFF
        return None

    def forget(self, source: Source) -> None:
        """Let go of a source that has ended."""
        if self.segment is not None and self.segment.source is source:
            self.segment = None
        kept = [segment for segment in self._segments if segment.source is not source]
        self._segments = deque(kept, maxlen=MAX_SEGMENTS)
