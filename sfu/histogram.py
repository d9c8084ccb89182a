"""A histogram of durations or sizes, in the buckets that Prometheus expects."""

from collections.abc import Sequence


class Histogram:
    """Counts values by size; `bounds` are ascending upper limits."""

    __slots__ = ("bounds", "count", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * len(self.bounds)
        """How many values were at most as large as each of `bounds`."""
        self.count = 0
        self.sum = 0.0

    def note(self, value: float) -> None:
        """Count a value."""
        self.count += 1
        self.sum += value
        for place, bound in enumerate(self.bounds):
            if value <= bound:
                self.counts[place] += 1
