"""The steps in which one picture can be sent, from the least to all that a viewer wants of it.

On the way down, the rate of pictures is halved before their size is: a decoder goes over to fewer temporal layers
without a keyframe. It isn't quartered, except for the smallest size: a larger picture that jerks is worse than a
smaller one. Of a screen the size counts most, and it moves little.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfu.bandwidth.allocator import Step
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.wire.rtp import Rid

LINES_FILLED = 0.75
"""A picture of so many of a tile's lines fills it."""

_DEFAULTS = ((180, 150_000), (360, 500_000), (720, 1_500_000), (1080, 3_000_000))
"""Bitrates of cameras by height, for what was neither measured nor announced."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An encoding that could be sent. `bitrates`: of its layers up to each of these, in bit/s; without layers: one."""

    encoding: Rid
    height: int
    bitrates: Mapping[Layers, int]


def default_bitrate(height: int) -> int:
    """The bitrate to expect of a picture of that height, by its area."""
    known, bitrate = min(_DEFAULTS, key=lambda each: abs(each[0] - height))
    return max(30_000, int(bitrate * math.pow(height / known, 1.5)))


def build_steps(offers: Sequence[Offer], height: int, *, screen: bool) -> tuple[Step, ...]:
    """The steps for a tile of that height; each costs more than the one before it."""
    steps: list[Step] = []
    for offer in sorted(offers, key=lambda offer: offer.height):
        sizes = sorted({layers.spatial for layers in offer.bitrates})
        rates = sorted({layers.temporal for layers in offer.bitrates})
        for spatial in sizes:
            lines = offer.height >> (sizes[-1] - spatial)
            if steps and steps[-1].height >= LINES_FILLED * height:
                return _rising(steps)
            usable = rates if screen or not steps else rates[-2:]
            for temporal in usable:
                bitrate = offer.bitrates.get(Layers(spatial, temporal))
                if bitrate is not None:
                    whole = spatial == sizes[-1] and temporal == rates[-1]
                    layers = ALL_LAYERS if whole else Layers(_open(spatial, sizes), _open(temporal, rates))
                    steps.append(Step(offer.encoding, layers, lines, bitrate))
    return _rising(steps)


def _open(layer: int, layers: Sequence[int]) -> int:
    """The highest layer leaves nothing out, whatever the stream does later."""
    return ALL_LAYERS.temporal if layer == layers[-1] else layer


def _rising(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Leave out what costs no less than a better step."""
    rising: list[Step] = []
    for step in reversed(steps):
        if not rising or step.bitrate < rising[-1].bitrate:
            rising.append(step)
    return tuple(reversed(rising))
