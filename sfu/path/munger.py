"""Continuous numbering for one outgoing stream that is made of several.

A slot shows one encoding after another, pauses, and leaves packets out. Its receiver must see one stream: sequence
numbers without gaps except for packets that may still come, timestamps that advance as time does, and VP8 picture
numbers that count on. Any packet that the receiver may request again must be found by its outgoing number.

Incoming and outgoing sequence numbers are unwrapped here, so that a segment may be of any length.
"""

import secrets
import sys
from bisect import bisect_right
from operator import attrgetter
from typing import Generic, TypeVar

from sfu.feedback.nack import MAX_MISSING
from sfu.path.cache import SIZE
from sfu.wire.rtp import seq_delta

Source = TypeVar("Source")

MAX_KEPT_SEGMENTS = SIZE
"""Segments kept: a left-out packet ends one, and no source can repeat more packets than its cache holds."""

MAX_SWITCHES = 16
"""Switches over which numbers can be traced: receivers have given up older ones, and segments keep sources alive."""

MAX_GAP = MAX_MISSING
"""Largest gap of a source that its receiver sees too. Nobody repairs a larger one, and a few jumps of thousands would
make an SRTP receiver that misses one of them lose count (RFC 3711, section 3.3.1)."""

_by_first_out = attrgetter("first_out")
_by_first_seq = attrgetter("first_seq")


class Segment(Generic[Source]):
    """A stretch of packets of one source with constant offsets: out = in + offset."""

    __slots__ = (
        "end_out",
        "first_out",
        "first_seq",
        "frame_offset",
        "picture_offset",
        "seq_offset",
        "source",
        "switch",
        "timestamp_offset",
        "tl0_offset",
    )

    def __init__(
        self,
        source: Source,
        first_seq: int,
        seq_offset: int,
        timestamp_offset: int,
        picture_offset: int,
        tl0_offset: int,
        frame_offset: int = 0,
        switch: int = 0,
    ) -> None:
        self.source = source
        self.first_seq = first_seq
        self.first_out = first_seq + seq_offset
        self.end_out = sys.maxsize
        """The first outgoing number after it."""
        self.seq_offset = seq_offset
        self.timestamp_offset = timestamp_offset
        self.picture_offset = picture_offset
        self.tl0_offset = tl0_offset
        self.frame_offset = frame_offset
        self.switch = switch
        """How many switches came before."""

    def renumbered(self, first_seq: int, seq_offset: int, pictures: int = 0) -> "Segment[Source]":
        """The same with another offset from `first_seq` on, and picture numbers lower by `pictures`."""
        return Segment(
            self.source,
            first_seq,
            seq_offset,
            self.timestamp_offset,
            (self.picture_offset - pictures) & 0x7FFF,
            self.tl0_offset,
            self.frame_offset,
            self.switch,
        )


class Munger(Generic[Source]):
    """The numbering of one outgoing SSRC, for its whole life.

    Sequence numbers may be given wrapped to 16 bits or not: the nearest to the highest is meant. Results are unwrapped.
    """

    __slots__ = (
        "_run",
        "_segments",
        "_switches",
        "highest",
        "last_frame",
        "last_picture",
        "last_seq",
        "last_timestamp",
        "last_tl0",
        "segment",
    )

    def __init__(self) -> None:
        # Below 2**15, so that a receiver that misses the first packets can't take a wrap for a rollover
        # (RFC 3711, section 3.3.1).
        self.last_seq = secrets.randbelow(1 << 14)
        """Highest sequence number sent."""
        self.last_timestamp = secrets.randbits(32)
        self.last_picture = secrets.randbits(15)
        self.last_tl0 = secrets.randbits(8)
        self.last_frame = 0
        """Frame number in the last dependency descriptor."""
        self.highest = 0
        """Highest incoming sequence number of the current source."""
        self.segment: Segment[Source] | None = None
        """The current one; None while paused."""
        self._segments: list[Segment[Source]] = []
        """In order of `first_out`."""
        self._run = 0
        """Index of the first of those at the end that are of one source, and in order of `first_seq`."""
        self._switches = 0

    def switch(
        self,
        source: Source,
        seq: int,
        timestamp: int,
        out_timestamp: int,
        picture: tuple[int, int, int, int] | None,
        frame: int | None = None,
    ) -> None:
        """Switch to another source, from its packet `seq` on, which gets the next number and `out_timestamp`.

        `frame`: the number in that packet's dependency descriptor, if it has one.
        """
        picture_offset = tl0_offset = 0
        if picture is not None:
            picture_offset = (self.last_picture + 1 - picture[1]) & 0x7FFF
            tl0_offset = (self.last_tl0 + 1 - picture[3]) & 0xFF
        self._switches += 1
        self._append(
            Segment(
                source,
                seq,
                self.last_seq + 1 - seq,
                (out_timestamp - timestamp) & 0xFFFFFFFF,
                picture_offset,
                tl0_offset,
                0 if frame is None else (self.last_frame + 1 - frame) & 0xFFFF,
                self._switches,
            )
        )
        self.highest = seq - 1

    def go_on_as(self, source: Source, seq: int, picture: tuple[int, int, int, int] | None) -> None:
        """Go over to the same stream with more or fewer layers, from its packet `seq` on, which begins another picture.
        Timestamps and TL0PICIDX continue by the same offsets; `switch` begins new ones.
        """
        before = self.segment
        assert before is not None
        self._switches += 1
        picture_offset = before.picture_offset if picture is None else (self.last_picture + 1 - picture[1]) & 0x7FFF
        seq_offset = self.last_seq + 1 - seq
        self._append(
            Segment(
                source,
                seq,
                seq_offset,
                before.timestamp_offset,
                picture_offset,
                before.tl0_offset,
                before.frame_offset,
                self._switches,
            )
        )
        self.highest = seq - 1

    @property
    def sources(self) -> set[Source]:
        """The streams to which sent numbers can still be traced."""
        return {segment.source for segment in self._segments}

    def pause(self) -> None:
        """Stop; packets that were sent can still be found."""
        self.segment = None

    def place(self, seq: int) -> Segment[Source] | None:
        """The segment of a packet of the current source; None: it is too late to be sent.

        A packet ahead of all others moves `highest` and `last_seq`.
        """
        segment = self.segment
        if segment is None:
            return None
        delta = seq_delta(seq, self.highest)
        if delta <= 0:
            return self._place_late(self.highest + delta)
        if delta > MAX_GAP:
            segment = self._narrow_gap(segment, self.highest + delta)
        self.highest += delta
        self.last_seq = self.highest + segment.seq_offset
        return segment

    def _place_late(self, seq: int) -> Segment[Source] | None:
        """Find a late packet's segment: one of the current source, with no other source since."""
        at = bisect_right(self._segments, seq, self._run, key=_by_first_seq) - 1
        if at < self._run:
            return None
        segment = self._segments[at]
        # After a pause of the same source, numbers after the end of the older segment are in use.
        return segment if seq + segment.seq_offset < segment.end_out else None

    def _narrow_gap(self, segment: Segment[Source], seq: int) -> Segment[Source]:
        """Continue from `seq` as if only `MAX_GAP` numbers had been skipped."""
        found = segment.renumbered(seq, self.last_seq + 1 + MAX_GAP - seq)
        self._append(found)
        return found

    def leave_out(self, seq: int, pictures: int = 0) -> bool:
        """Close the gap of a packet that isn't sent. False: too late, later ones were sent.

        `pictures`: how many VP8 pictures are left out with it; later picture numbers are lower by as many.
        """
        segment = self.segment
        delta = seq_delta(seq, self.highest)
        if segment is None or delta <= 0:
            return False
        if delta > MAX_GAP:
            segment = self._narrow_gap(segment, self.highest + delta)
        self.highest += delta
        self.last_seq = self.highest + segment.seq_offset - 1
        self._append(segment.renumbered(self.highest + 1, segment.seq_offset - 1, pictures))
        return True

    def _append(self, segment: Segment[Source]) -> None:
        """End the current segment after `last_seq`, and begin this one. Empty and very old ones are dropped."""
        segments = self._segments
        while segments and segments[-1].first_out > self.last_seq:
            segments.pop()
        self._run = min(self._run, len(segments))
        if segments:
            last = segments[-1]
            last.end_out = min(last.end_out, self.last_seq + 1)
            if last.source is not segment.source or last.first_seq >= segment.first_seq:
                self._run = len(segments)
        segments.append(segment)
        self.segment = segment
        old = max(0, len(segments) - MAX_KEPT_SEGMENTS)
        while segments[old].switch <= self._switches - MAX_SWITCHES:
            old += 1
        if old:
            del segments[:old]
            self._run = max(0, self._run - old)

    def find(self, out_seq: int) -> tuple[Segment[Source], int] | None:
        """The segment and incoming sequence number behind an outgoing one; None: never sent, or forgotten."""
        behind = (self.last_seq - out_seq) & 0xFFFF
        if behind >= 0x8000:
            return None
        out = self.last_seq - behind
        at = bisect_right(self._segments, out, key=_by_first_out) - 1
        if at < 0:
            return None
        segment = self._segments[at]
        return (segment, out - segment.seq_offset) if out < segment.end_out else None

    def forget(self, source: Source) -> None:
        """Release a source that has ended."""
        if self.segment is not None and self.segment.source is source:
            self.segment = None
        self._run -= sum(segment.source is source for segment in self._segments[: self._run])
        self._segments = [segment for segment in self._segments if segment.source is not source]
        self._run = min(self._run, len(self._segments))
