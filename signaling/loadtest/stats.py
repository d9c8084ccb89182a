"""What clients of a load test counted: plain numbers that add up, over seconds, processes and machines."""

import math
from dataclasses import dataclass, field, fields
from typing import Any, Self

STEP = 1.05
"""Ratio of neighbouring bounds of a `Spread`: its quantiles are off by 2.5 % at most."""

_LOG_STEP = math.log(STEP)


class Spread:
    """How values are spread: a histogram with buckets that grow, which keeps any number of values in little memory.

    Values are seconds (or whatever its user notes), 0 and more; those below a microsecond count as 0.
    """

    __slots__ = ("counts",)

    def __init__(self, counts: dict[int, int] | None = None) -> None:
        self.counts = counts or {}

    def note(self, value: float, times: int = 1) -> None:
        """Count a value."""
        bucket = round(math.log(value * 1e6) / _LOG_STEP) if value > 1e-6 else 0
        self.counts[bucket] = self.counts.get(bucket, 0) + times

    def add(self, other: "Spread") -> None:
        """Take in what another has counted."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    @property
    def count(self) -> int:
        """Values so far."""
        return sum(self.counts.values())

    def quantile(self, share: float) -> float | None:
        """The value that this share of all values (0 to 1) doesn't exceed; None for no values."""
        wanted = share * self.count
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return 0.0 if bucket == 0 else math.exp(bucket * _LOG_STEP) / 1e6
        return None


@dataclass(slots=True)
class Stats:
    """Counters of some clients over some time. All are totals of that time, but for the gauges named so."""

    seconds: float = 0.0
    """Gauge of a total: length of the time that was measured. Merging over clients keeps the longest."""
    # Joining
    tried: int = 0
    joined: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """Failed joins by the error's code."""
    join: Spread = field(default_factory=Spread)
    """Seconds from the first HTTP request to a media connection."""
    first_audio: Spread = field(default_factory=Spread)
    """Seconds from the first HTTP request to the first packet of sound."""
    first_frame: Spread = field(default_factory=Spread)
    """Seconds from the first HTTP request to the first whole keyframe."""
    inside: int = 0
    """Gauge: clients in their rooms with media arriving, at the end of the time."""
    # Signaling
    resumed: int = 0
    rejoined: int = 0
    outage: Spread = field(default_factory=Spread)
    """Seconds without media, of media connections that were replaced: see `person.Outage`."""
    lost: dict[str, int] = field(default_factory=dict)
    """Clients that were thrown out or gave up, by reason."""
    signaling: Spread = field(default_factory=Spread)
    """Seconds from a request to its reply."""
    events: int = 0
    # Media received
    packets: int = 0
    octets: int = 0
    """Bytes of RTP packets with headers."""
    missing: int = 0
    """Packets that should have come and never did, after repairs."""
    recovered: int = 0
    """Packets that came as retransmissions."""
    duplicates: int = 0
    nacked: int = 0
    keyframe_requests: int = 0
    frames: int = 0
    freezes: int = 0
    """Pauses of a picture that is not paused by the relay: longer than `receive.FREEZE_SECONDS`."""
    frozen: float = 0.0
    """Seconds of all freezes."""
    watched: float = 0.0
    """Seconds for which cameras that were sent were watched, over all slots."""
    withheld: float = 0.0
    """Seconds for which cameras were paused because the link was too slow for them, over all slots."""
    jitter: Spread = field(default_factory=Spread)
    """Seconds; interarrival jitter of each stream at each report (RFC 3550, section 6.4.1)."""
    delay: Spread = field(default_factory=Spread)
    """Seconds from a publisher's send call to arrival in the kernel, of packets with a time code."""
    switches: int = 0
    """Changes of the layer in a slot that goes on to show the same camera."""
    wanted_octets: float = 0.0
    """Bytes of payload of the cameras' encodings that layouts asked for, had they come whole."""
    camera_octets: float = 0.0
    """Bytes of payload that came of those cameras."""
    damaged: int = 0
    """Packets that didn't decrypt, of those that were looked into."""
    # Media sent
    sent: int = 0
    sent_octets: int = 0
    retransmitted: int = 0
    switched_off: int = 0
    """Encodings that clients stopped, as the server said that nobody watches them."""
    switched_on: int = 0
    unsent: int = 0
    """Datagrams that the kernel of the tester's machine didn't take."""
    # The tester itself
    cpu: float = 0.0
    """Seconds of CPU that the tester used, of all its threads."""
    lag: Spread = field(default_factory=Spread)
    """Seconds that the tester's own loop was late; of the worst process at merging over processes, all are in it."""

    def add(self, other: "Stats") -> None:
        """Take in the counts of other clients in the same time: gauges add up, `seconds` is the longer."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if each.name == "seconds":
                self.seconds = max(mine, theirs)
            elif isinstance(mine, Spread):
                mine.add(theirs)
            elif isinstance(mine, dict):
                for key, count in theirs.items():
                    mine[key] = mine.get(key, 0) + count
            else:
                setattr(self, each.name, mine + theirs)

    def take(self) -> Self:
        """What was counted so far; from here on it counts from 0."""
        taken, fresh = type(self)(), type(self)()
        for each in fields(self):
            setattr(taken, each.name, getattr(self, each.name))
            setattr(self, each.name, getattr(fresh, each.name))
        return taken

    def follow(self, later: "Stats") -> None:
        """Take in the counts of the same clients in the time after: times add up, gauges are the later ones."""
        seconds = self.seconds + later.seconds
        self.add(later)
        self.seconds, self.inside = seconds, later.inside

    def as_json(self) -> dict[str, Any]:
        """Values that JSON can carry; `from_json` reads them."""
        return {
            each.name: {str(key): count for key, count in value.counts.items()} if isinstance(value, Spread) else value
            for each in fields(self)
            for value in (getattr(self, each.name),)
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `as_json` wrote. Raises `ValueError`, `TypeError` and `AttributeError` for anything else."""
        stats = cls()
        for name, value in values.items():
            if isinstance(getattr(stats, name), Spread):
                value = Spread({int(key): int(count) for key, count in value.items()})
            setattr(stats, name, value)
        return stats


@dataclass(slots=True)
class Second:
    """One tick of a crowd in one process: what happened since the tick before, by group."""

    at: float
    """Seconds since the test began, by the controller's clock."""
    phase: str
    """`ramp`, `measure` or `end`."""
    groups: dict[str, Stats] = field(default_factory=dict)
    tester: Stats = field(default_factory=Stats)
    """Only `cpu`, `lag` and `seconds` of the process."""
    process: int = 0
    """Which of the tester's processes, numbered by the controller over all machines."""

    def as_json(self) -> dict[str, Any]:
        """Values that JSON can carry."""
        groups = {name: stats.as_json() for name, stats in self.groups.items()}
        tester = self.tester.as_json()
        return {"at": self.at, "phase": self.phase, "groups": groups, "tester": tester, "process": self.process}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        groups = {name: Stats.from_json(each) for name, each in values["groups"].items()}
        tester = Stats.from_json(values["tester"])
        return cls(values["at"], values["phase"], groups, tester, values.get("process", 0))


@dataclass(slots=True)
class ServerSecond:
    """What the server said of itself in `/metrics`: totals since the answer before, but for the gauge `memory`."""

    at: float
    """Seconds since the test began, by the controller's clock."""
    seconds: float
    """Since the answer before."""
    cpu: float = 0.0
    """Seconds of CPU."""
    forwarded: int = 0
    """Media packets to viewers, without retransmissions."""
    retransmitted: int = 0
    memory: int = 0
    """Bytes of resident memory."""
    lag: Spread = field(default_factory=Spread)
    """Seconds that its loop was late; each value is the upper bound of the histogram's bucket that it fell into."""
    drops: dict[str, int] = field(default_factory=dict)
    """Datagrams, packets and requests without effect, by reason; only reasons that occurred."""
    overflows: int = 0
    """Datagrams that its kernel lost, as the receive buffer was full."""
    unsent: int = 0
    """Datagrams that its kernel didn't take."""
