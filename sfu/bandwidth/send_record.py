"""What was sent to one viewer and when, until its feedback comes.

Packets that leave in one flush share a departure, and their sizes are known from the layouts that they were written of,
so an entry is one tuple for each flush, or for a few within 5 ms, not for each packet.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

MAX_ENTRIES = 1024
"""Flushes that wait for feedback: two seconds of nine publishers out of step. Older ones are dropped."""

BURST = 0.005
"""Seconds: flushes within this time are one entry, as the estimator would make one group of them anyway
(draft-ietf-rmcat-gcc-02, section 5.2)."""

_LAPSE = 1 << 31
"""Half of what the 24-bit reference time counts, in units of 250 µs (6.2 days): a larger step has wrapped around."""

UNITS = 4000
"""Units per second of arrivals in feedback."""


class Flush(NamedTuple):
    """The packets of a flush on which a viewer has reported. Times in seconds: ours, and the viewer's clock."""

    departure: float
    arrival: float
    """Of the last packet that has arrived; only valid if `received`."""
    octets: int
    """Bytes of the packets that have arrived."""
    received: int
    lost: int
    lost_octets: int
    probe: int = 0
    """The probe that it belongs to; 0: none."""
    first_arrival: float = 0.0
    """Of a probe's packets; there, `arrival` is the last of all, in whatever order they came."""
    ends: bool = True
    """Whether this is all, or the last part, of the packets of a flush."""
    first_octets: int = 0
    """Bytes of the first packet of a probe's flush to arrive."""


_new_tuple = tuple.__new__


class SendRecord:
    """Flushes in order of their transport-wide numbers, which have no gaps."""

    __slots__ = ("_entries", "_last_arrival", "_next", "_wrapped", "probe", "unknown")

    def __init__(self, first: int = 0) -> None:
        """`first`: the number of the first packet that is going to be sent."""
        self._entries: deque[tuple[int, tuple[int, ...], float, float, int]] = deque(maxlen=MAX_ENTRIES)
        """Number of the first packet, unwrapped; sizes of the packets; first and last departure; its probe, 0: none."""
        self._next = first & 0xFFFF
        self.probe = 0
        """The probe to which the next flush belongs; 0: none."""
        self._last_arrival: int | None = None
        self._wrapped = 0
        self.unknown = 0
        """Reports on packets that were never sent, or too long ago."""

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, sizes: tuple[int, ...], departure: float) -> None:
        """Note that packets of these sizes, in bytes, left under the next numbers."""
        first = self._next
        entries = self._entries
        if entries and not self.probe:
            before, earlier, began, _, probe = entries[-1]
            if departure - began <= BURST and not probe and before + len(earlier) == first:
                entries[-1] = before, earlier + sizes, began, departure, 0
                self._next = first + len(sizes)
                return
        entries.append((first, sizes, departure, departure, self.probe))
        self.probe = 0
        self._next = first + len(sizes)

    def take(self, base_seq: int, arrivals: Sequence[int | None]) -> list[Flush]:
        """Match feedback with what was sent, and forget that.

        `arrivals`: from `base_seq` on, in units of 250 µs, None for a lost packet. Packets before `base_seq` that no
        feedback has named are forgotten: their feedback was lost, and nothing is known of them.
        """
        ahead = self._next
        base = ahead - ((ahead - base_seq) & 0xFFFF or 0x10000)
        end = base + len(arrivals)
        if end > ahead:
            self.unknown += 1
            return []
        entries = self._entries
        flushes: list[Flush] = [] if None in arrivals else self._take_whole(base, end, arrivals)
        while entries:
            first, sizes, began, departure, probe = entries[0]
            after = first + len(sizes)
            if first >= end:
                break
            if first < base or after > end:
                # Feedback begins or ends within this flush: the rest of it is reported separately.
                if after > end:
                    entries[0] = end, sizes[end - first :], began, departure, probe
                else:
                    entries.popleft()
                if after <= base:
                    continue
                sizes = sizes[max(base - first, 0) : end - first]
                first = max(base, first)
            else:
                entries.popleft()
            start = first - base
            flush = self._flush(departure, sizes, arrivals[start : start + len(sizes)])
            if probe:
                flush = self._of_probe(flush, probe, sizes, arrivals[start : start + len(sizes)], after <= end)
            flushes.append(flush)
        if arrivals and not flushes:
            self.unknown += 1
        return flushes

    def _take_whole(self, base: int, end: int, arrivals: Sequence[int | None]) -> list[Flush]:
        """Take flushes of which all packets are in the feedback and have arrived, up to the first that isn't so."""
        entries, flushes = self._entries, list[Flush]()
        last = arrivals[-1] if arrivals else None
        if last is None or self._last_arrival is None or abs(last - self._last_arrival) > _LAPSE:
            return flushes
        wrapped = self._wrapped
        while entries:
            first, sizes, _, departure, probe = entries[0]
            count = len(sizes)
            stop = first + count
            if probe or first < base or stop > end:
                break
            last = arrivals[stop - base - 1]
            assert last is not None
            entries.popleft()
            # Half the time of Flush(…), which goes through Python code; there is one for each flush and viewer.
            flushes.append(
                _new_tuple(Flush, (departure, (last + wrapped) / UNITS, sum(sizes), count, 0, 0, 0, 0.0, True, 0))
            )
        if flushes:
            self._last_arrival = last
        return flushes

    def _flush(self, departure: float, sizes: tuple[int, ...], reported: Sequence[int | None]) -> Flush:
        arrival, octets, received = None, 0, 0
        for size, each in zip(sizes, reported, strict=True):
            if each is not None:
                arrival, octets, received = each, octets + size, received + 1
        lost, missing = len(sizes) - received, sum(sizes) - octets
        return Flush(departure, 0.0 if arrival is None else self._unwrap(arrival), octets, received, lost, missing)

    def _of_probe(
        self, flush: Flush, probe: int, sizes: Sequence[int], reported: Sequence[int | None], ends: bool
    ) -> Flush:
        known = [each for each in reported if each is not None]
        if not known:
            return flush._replace(probe=probe, ends=ends)
        first_octets = sizes[reported.index(min(known))]
        first, last = self._unwrap(min(known)), self._unwrap(max(known))
        return flush._replace(arrival=last, probe=probe, first_arrival=first, ends=ends, first_octets=first_octets)

    def _unwrap(self, arrival: int) -> float:
        """Seconds by the viewer's clock, which goes on where the reference time wraps around."""
        last = self._last_arrival
        if last is not None and abs(arrival - last) > _LAPSE:
            self._wrapped += (2 * _LAPSE) if arrival < last else -2 * _LAPSE
        self._last_arrival = arrival
        return (arrival + self._wrapped) / UNITS
