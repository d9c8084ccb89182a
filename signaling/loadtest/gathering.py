"""Seconds of several processes, put together."""

from dataclasses import dataclass, field

from signaling.loadtest.figures import Tally
from signaling.loadtest.machines import Tester
from signaling.loadtest.stats import Second, ServerSecond, Stats


@dataclass(slots=True)
class Gathering:
    """What all processes counted in some time: a moment of the timeline, say, or the whole test."""

    everyone: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    testers: dict[int, Stats] = field(default_factory=dict)
    """By process."""
    server: list[ServerSecond] = field(default_factory=list)
    inside: dict[tuple[int, str], int] = field(default_factory=dict)
    """The last that each process told of each group."""

    def note(self, second: Second, *, whole: bool, measured: bool) -> None:
        """Count a second's joins and signaling (`whole`), and its media (`measured`)."""
        for name, stats in second.groups.items():
            tally = self.groups.setdefault(name, Tally())
            for each in (tally, self.everyone):
                if whole:
                    each.whole.add(stats)
                if measured:
                    each.measured.add(stats)
                    each.person_seconds += stats.inside * stats.seconds
            if measured:
                self.inside[second.process, name] = stats.inside
        if measured:
            tester = self.testers.setdefault(second.process, Stats())
            tester.follow(second.tester)

    def close(self) -> None:
        """After the last second: set what is not a sum of clients."""
        seconds = max((tester.seconds for tester in self.testers.values()), default=0.0)
        for tally in (self.everyone, *self.groups.values()):
            tally.seconds = seconds
        for (_, name), inside in self.inside.items():
            self.groups[name].inside += inside
            self.everyone.inside += inside

    def tester(self) -> Tester:
        """Of all processes, without a judgement."""
        media = self.everyone.measured
        return Tester.of(self.testers, media.packets, media.unsent)
