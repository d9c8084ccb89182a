"""Decides what each of a viewer's video slots gets, so that all of it fits the viewer's link.

Shared screens come first and get all they want, if that fits. Then each class of the same priority, in order, gets one
resolution less than it wants, and the last class the least there is of each picture; whoever that doesn't fit for is
paused, rather than all being starved. What is left raises the classes in order, and within a class always whoever has
least.

It goes down at once. It goes up only with some room to spare, and a while after it went down: longer each time that it
had to come down again, unless there is plenty of room. A viewer's new wishes needn't wait.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sfu.path.thinning import Layers
from sfu.wire.rtp import Mid, Rid

MARGIN = 0.95
"""Share of the estimate up to which something is added; what is being sent may take all of it. The difference keeps the
noise of measured bitrates from changing anything."""

STEADY = 0.4
"""Seconds for which there must have been room for more."""

HOLD, LONGEST_HOLD = 2.0, 16.0
"""Seconds after going down until it goes up again; doubled each time that it comes down within `REGRET`."""

REGRET = 20.0
"""Seconds after going up within which coming down shows that it was too early."""

SAFE = 0.9
"""Share of what turned out to be too much that may be sent without waiting for longer than `HOLD`."""

PLENTY = 1.3
"""If the room is so many times what would be sent, earlier failures don't count: the link has recovered."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to send a picture: an encoding with its layers up to these. `height` in pixels, `bitrate` in bit/s."""

    encoding: Rid
    layers: Layers
    height: int
    bitrate: int


@dataclass(frozen=True, slots=True)
class Want:
    """What a viewer wants in a slot. `steps`: the ways to send it, each costing more; the last is all it wants."""

    slot: Mid
    publication: str
    steps: tuple[Step, ...]
    screen: bool = False
    priority: int = 0
    speaking: bool = False

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """What comes first has the lowest rank."""
        return not self.screen, -self.priority, not self.speaking


@dataclass(slots=True)
class _Held:
    """What a slot got last, and for which wish."""

    publication: str
    height: int
    step: Step | None


class Allocator:
    """Allocates one viewer's link. Rates are in bit/s."""

    __slots__ = ("_better_since", "_held", "_hold", "_lowered_at", "_raised_at", "_too_much", "wish")

    def __init__(self) -> None:
        self.wish: int | None = None
        """What the viewer's link would have to carry, sound included, for the next step up; None: nothing is unmet."""
        self._held: dict[Mid, _Held] = {}
        self._better_since: float | None = None
        """Since when there has been room for more."""
        self._lowered_at = self._raised_at = float("-inf")
        self._hold = HOLD
        self._too_much = math.inf
        """What was being sent, without sound, when it had to come down again."""

    def allocate(self, now: float, estimate: int, audio: int, wants: Sequence[Want]) -> dict[Mid, Step | None]:
        """The step for each slot; None: it is paused. `audio`: what sound needs; `wants`: those with any steps."""
        room = max(0, estimate - audio)
        if self._has_all(wants, room):
            return {want.slot: want.steps[-1] for want in wants}
        ordered = sorted(wants, key=lambda want: want.rank)
        held = [self._level_held(want) for want in ordered]
        fresh = [self._is_fresh(want) for want in ordered]
        filling = _Filling(ordered, held, room)
        filling.fill()
        rises = [level > have for level, have in zip(filling.levels, held, strict=True)]
        waiting = any(rise and not new for rise, new in zip(rises, fresh, strict=True))
        if not waiting:
            self._better_since = None
        else:
            filling = self._restrained(now, filling, fresh)
        self._note(now, filling, held, fresh)
        levels = dict(zip((want.slot for want in ordered), filling.levels, strict=True))
        found = {want.slot: want.steps[levels[want.slot]] if levels[want.slot] >= 0 else None for want in wants}
        self._held = {want.slot: _Held(want.publication, want.steps[-1].height, found[want.slot]) for want in wants}
        step = filling.next_step()
        self.wish = None if step is None else round((step + audio) / MARGIN)
        return found

    def _has_all(self, wants: Sequence[Want], room: int) -> bool:
        """Whether every slot goes on getting all that it should, as for most viewers at most times."""
        if self.wish is not None or len(wants) != len(self._held):
            return False
        for want in wants:
            held, top = self._held.get(want.slot), want.steps[-1]
            room -= top.bitrate
            if held is None or held.step is None or held.publication != want.publication or held.height != top.height:
                return False
        return room >= 0

    def _is_fresh(self, want: Want) -> bool:
        """Whether the viewer wants something else there than last time."""
        held = self._held.get(want.slot)
        return held is None or held.publication != want.publication or held.height != want.steps[-1].height

    def _level_held(self, want: Want) -> int:
        """The index of the step that a slot got last time, or of the best one below if that is gone; -1: none."""
        held = self._held.get(want.slot)
        if held is None or held.step is None or held.publication != want.publication:
            return -1
        height, layers = held.step.height, held.step.layers
        fitting = [
            index
            for index, step in enumerate(want.steps)
            if (step.height, step.layers.temporal) <= (height, layers.temporal)
        ]
        return max(fitting, default=0)

    def _restrained(self, now: float, filling: "_Filling", fresh: list[bool]) -> "_Filling":
        """The same if there has been room for it for long enough, else what may be sent already."""
        if self._better_since is None:
            self._better_since = now
        ordered, held, room = filling.wants, filling.held, filling.room
        if now - self._better_since >= STEADY and now - self._lowered_at >= HOLD:
            if filling.total * PLENTY <= room or now - self._lowered_at >= self._hold:
                return filling
            safe = _Filling(ordered, held, room)
            safe.limit = min(safe.limit, SAFE * self._too_much)
            safe.fill()
            if all(level >= have for level, have in zip(safe.levels, held, strict=True)):
                return safe
        filling = _Filling(ordered, held, room)
        tops = [len(want.steps) - 1 for want in ordered]
        filling.caps = [top if new else have for top, have, new in zip(tops, held, fresh, strict=True)]
        filling.fill()
        return filling

    def _note(self, now: float, filling: "_Filling", held: list[int], fresh: list[bool]) -> None:
        """Note whether it went down or up."""
        pairs = list(zip(filling.levels, held, fresh, strict=True))
        if any(level < have and not new for level, have, new in pairs):
            if now - self._raised_at < REGRET:
                self._hold = min(2 * self._hold, LONGEST_HOLD)
                self._too_much = sum(filling.cost(index, level) for index, level in enumerate(held))
                self._raised_at = float("-inf")  # counted once
            self._lowered_at, self._better_since = now, None
        elif any(level > have and not new for level, have, new in pairs):
            self._raised_at, self._better_since = now, None
        elif self._raised_at > self._lowered_at and now - self._raised_at >= REGRET:
            self._hold = max(HOLD, self._hold / 2)
            self._too_much /= SAFE
            self._raised_at = now


class _Filling:
    """One distribution of the room: levels are indices into the steps of each want, -1 is paused."""

    def __init__(self, wants: Sequence[Want], held: Sequence[int], room: int) -> None:
        self.wants, self.held, self.room = wants, held, room
        self.limit = room * MARGIN
        """Bits per second up to which something is added."""
        self.levels = [-1] * len(wants)
        self.caps = [len(want.steps) - 1 for want in wants]
        """The highest level for each."""
        self.total = 0
        classes: dict[tuple[bool, int, bool], list[int]] = {}
        for index, want in enumerate(wants):
            classes.setdefault(want.rank, []).append(index)
        self.classes = list(classes.values())

    def fill(self) -> None:
        """Distribute the room."""
        for members in self.classes:
            if self.wants[members[0]].screen:
                self._raise(members, self.caps)
            elif members is not self.classes[-1]:
                self._raise(members, [_one_size_less(want) for want in self.wants])
            else:
                self._raise(members, [0] * len(self.wants))
        for members in self.classes:
            self._raise(members, self.caps)

    def _raise(self, members: Sequence[int], tops: Sequence[int]) -> None:
        """Raise these step by step, always the one that has least, until none has room."""
        able = list(members)
        while able:
            index = min(able, key=self._turn)
            level = self.levels[index] + 1
            if level > min(tops[index], self.caps[index]) or not self._fits(index, level):
                able.remove(index)
            else:
                self.total += self.cost(index, level) - self.cost(index, level - 1)
                self.levels[index] = level

    def _turn(self, index: int) -> tuple[int, int, bool]:
        """Order in which equals are raised: the least picture first, then those who have had the next step before."""
        level = self.levels[index]
        keeps = self.held[index] > level
        if level < 0:
            return 0, 0, not keeps
        step = self.wants[index].steps[level]
        return step.height, step.layers.temporal + 1, not keeps

    def cost(self, index: int, level: int) -> int:
        """Bits per second of a slot at a level."""
        return self.wants[index].steps[level].bitrate if level >= 0 else 0

    def _fits(self, index: int, level: int) -> bool:
        """Whether there is room; for what wasn't sent until now, some must be left over."""
        total = self.total + self.cost(index, level) - self.cost(index, self.levels[index])
        return total <= (self.room if level <= self.held[index] else self.limit)

    def next_step(self) -> int | None:
        """What it would take to give the first class that lacks something one resolution more, at most twice as much
        as now, but at least one step for one of them; None: nobody lacks anything.
        """
        for members in self.classes:
            lacking = [index for index in members if self.levels[index] < len(self.wants[index].steps) - 1]
            if lacking:
                least = min(
                    self.cost(index, self.levels[index] + 1) - self.cost(index, self.levels[index]) for index in lacking
                )
                more = sum(self._cost_of_next_size(index) - self.cost(index, self.levels[index]) for index in lacking)
                return self.total + max(least, min(more, self.total))
        return None

    def _cost_of_next_size(self, index: int) -> int:
        """What the next larger resolution takes, with all of its layers; of the largest: the next step."""
        steps, level = self.wants[index].steps, self.levels[index]
        height = steps[level + 1].height
        return max(step.bitrate for step in steps if step.height == height)


def _one_size_less(want: Want) -> int:
    """The last step with less than the full resolution."""
    smaller = [index for index, step in enumerate(want.steps) if step.height < want.steps[-1].height]
    return max(smaller, default=0)
