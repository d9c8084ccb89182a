"""A viewer's share of its link for each of its video slots: asks the allocator, and sets the slots' limits."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from sfu.bandwidth.allocator import Allocator, Step, Want
from sfu.bandwidth.ladder import build_steps
from sfu.bandwidth.sound_rate import SoundRate
from sfu.governor import affordable, cameras
from sfu.path.forwarder import Forwarder
from sfu.path.thinning import ALL_LAYERS
from sfu.publication import Publication
from sfu.slot import Slot
from sfu.transport import Transport
from sfu.wire.rtp import Mid

INTERVAL = 0.25
"""Least seconds between two allocations for the same wishes."""

LONG_INTERVAL, AMPLE, SETTLED = 0.75, 1.3, 5.0
"""The same for viewers who have got all that they want for `SETTLED` seconds while their links carried `AMPLE` times as
much: most viewers, at most times. Voices are measured then, too, over times of up to `sound_rate.LONGEST`."""

UNLIMITED = 1_000_000_000
"""Bits per second of a link of which nothing is known."""

NOTICED = 0.03
"""Change of the estimate, as a share, below which it counts as the same."""


class Link(Protocol):
    """The bandwidth towards a viewer."""

    @property
    def usable(self) -> int:
        """Bits per second that may be sent to it in all."""

    def is_guess(self, now: float) -> bool:
        """Whether that is still a guess."""

    def wish(self, bits_per_second: int | None) -> None:
        """Take the bitrate that the next step up would need in all; None: nothing more is wanted."""


class Ladders:
    """The steps in which publications can be sent, built once for all viewers until they are measured again."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, tuple[str, ...]], tuple[Step, ...]] = {}

    def clear(self) -> None:
        """Forget all: bitrates, or what is sent, have changed."""
        self._found.clear()

    def find(self, publication: Publication, slot: Slot, now: float) -> tuple[Step, ...]:
        """The steps for a slot; none if nothing is being sent that its viewer can decode."""
        codecs = slot.forwarder.codecs
        key = publication.id, slot.height, tuple(codecs)
        steps = self._found.get(key)
        if steps is None:
            offers = publication.offers(now, codecs)
            steps = self._found[key] = build_steps(offers, slot.height, screen=publication.source == "screen")
        return steps


class Allotment:
    """One viewer's allocation."""

    __slots__ = ("_allocator", "_allotted_at", "_estimate", "_link", "_sound", "_tight_at", "total")

    def __init__(self) -> None:
        self._allocator = Allocator()
        self._allotted_at = float("-inf")
        self._estimate = 0
        self._link: Link | None = None
        self._tight_at: float | None = None
        """When the link last didn't carry much more than all that its viewer wants; None: no allocation yet."""
        self._sound = SoundRate()
        self.total = 0
        """Bits per second of all that the viewer is going to get; 0: its link isn't known."""

    def due(self, now: float) -> bool:
        """Whether it is time to allocate again although nobody has changed their wishes."""
        waited = now - self._allotted_at
        if waited < INTERVAL:
            return False
        if waited >= LONG_INTERVAL or self._tight_at is None or not self._is_ample():
            return True
        return now - self._tight_at < SETTLED

    def _is_ample(self) -> bool:
        """Whether the link carries much more than all that its viewer wants."""
        link = self._link
        return link is not None and self._allocator.wish is None and link.usable >= AMPLE * self.total

    def link_of(self, transport: Transport, now: float) -> Link | None:
        """The link of a viewer, if there is anything to go by."""
        slots, bandwidth = transport.sender.slots.values(), transport.bandwidth
        if bandwidth.begun_at is None and any(slot.forwarder.packets for slot in slots):
            bandwidth.begun_at = now
        if bandwidth.informed:
            return bandwidth
        if not transport.connect_seconds or not any(slot.forwarder.extensions.transport_wide for slot in slots):
            return None
        return bandwidth if bandwidth.is_guess(now) else None

    def update(
        self,
        link: Link | None,
        audio: Iterable[Slot],
        video: Iterable[Slot],
        ladders: Ladders,
        speakers: Collection[str],
        now: float,
        heard: float,
        level: int = 0,
    ) -> list[Slot]:
        """Allocate the link (None: there is nothing to go by); returns the slots whose limits changed.

        `heard`: the time up to which the relay has read its socket; `level`: the governor's.
        """
        self._allotted_at, self._link = now, link
        if link is None and not level:
            self.total = 0
            return [slot for slot in video if _set(slot, None, None)]
        estimate = UNLIMITED if link is None else link.usable
        if abs(estimate - self._estimate) > NOTICED * self._estimate:
            self._estimate = estimate
        wants, others = [], []
        for slot in video:
            publication = slot.publication
            if publication is None or publication.muted or not slot.active or slot.height == 0:
                others.append(slot)
                continue
            steps = ladders.find(publication, slot, heard)
            screen, speaking = publication.source == "screen", publication.id.rpartition(".")[0] in speakers
            steps = affordable(steps, max(0, level - 1) if screen else level)
            wants.append((slot, Want(slot.mid, publication.id, steps, screen, slot.priority, speaking)))
        left_out = _left_out([want for _, want in wants], level)
        sound = self._sound.measure(now, _voices(audio))
        sent = [want for _, want in wants if want.steps and want.slot not in left_out]
        found = self._allocator.allocate(now, self._estimate, sound, sent)
        self.total = sound + sum(step.bitrate for step in found.values() if step is not None)
        if link is not None:
            link.wish(self._allocator.wish)
        if self._tight_at is None or not self._is_ample():
            self._tight_at = now
        changed = [slot for slot in others if _set(slot, None, None)]
        for slot, want in wants:
            out = slot.mid in left_out
            if out or not want.steps:
                if _set(slot, 0 if out else None, None, left_out=out):
                    changed.append(slot)
                continue
            step = found[slot.mid]
            if step is None and link is not None and link.is_guess(now):
                step = want.steps[0]  # too early to pause anything
            if _set(slot, 0 if step is None else step.height, step):
                changed.append(slot)
        return changed


def _left_out(wants: Sequence[Want], level: int) -> set[Mid]:
    """The slots that get nothing at the governor's level; shared screens aren't among them. Cameras that aren't being
    sent count, too: those that were left out have stopped, and would otherwise be wanted again.
    """
    shown = [want for want in wants if not want.screen]
    left = cameras(len(shown), level)
    return {want.slot for want in sorted(shown, key=lambda want: want.rank)[left:]} if left < len(shown) else set()


def _set(slot: Slot, limit: int | None, step: Step | None, *, left_out: bool = False) -> bool:
    layers = step.layers if step is not None else ALL_LAYERS if slot.layers is not None else None
    before, slot.left_out = slot.left_out, left_out
    return slot.allot(limit, layers) or left_out != before


def _voices(slots: Iterable[Slot]) -> Iterator[tuple[str, Forwarder, float]]:
    for slot in slots:
        if slot.publication is not None:
            current = slot.forwarder.current
            yield slot.mid, slot.forwarder, 0.0 if current is None else current.rates.bitrate or 0.0
