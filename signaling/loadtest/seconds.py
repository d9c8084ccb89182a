"""The seconds of a load test, kept in bounded memory however long it takes."""

from signaling.loadtest.stats import Second, Stats

MOST = 20_000
"""Seconds kept, over all processes; with more, neighbours become one. A report's timeline has far fewer moments."""


class Seconds:
    """Takes what processes tell, in the order of their times."""

    def __init__(self, most: int = MOST) -> None:
        self.all: list[Second] = []
        """Those told, or several of a process and phase in one."""
        self._most = most

    def note(self, second: Second) -> None:
        """Keep one."""
        self.all.append(second)
        if len(self.all) > self._most:
            self.all = _halved(self.all)


def _halved(seconds: list[Second]) -> list[Second]:
    """Each two of one process and phase that follow one another as one."""
    kept: list[Second] = []
    open_: dict[tuple[int, str], Second] = {}
    for second in seconds:
        earlier = open_.pop((second.process, second.phase), None)
        if earlier is None:
            open_[second.process, second.phase] = second
            kept.append(second)
        else:
            _follow(earlier, second)
    return sorted(kept, key=lambda each: each.at)


def _follow(earlier: Second, later: Second) -> None:
    for name, stats in later.groups.items():
        earlier.groups.setdefault(name, Stats()).follow(stats)
    earlier.tester.follow(later.tester)
    earlier.at = later.at
