"""The dependency descriptor, a header extension that tells which layer a packet belongs to and where viewers may go to
a higher one, whatever the codec (RTP payload format for AV1, version 1.0, appendix A).

A keyframe brings the structure of the stream: templates, each for frames that depend on others in the same way. Every
packet names its template. Only what a relay needs is read.
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

MANDATORY = 3
"""Bytes that every packet has; a longer descriptor says more."""

MAX_INDICATIONS = 170
"""Templates times decode targets that are read: three spatial and three temporal layers need 162."""

_STRUCTURE = 0x80
_ABSENT, _SWITCH = "00", "10"
_SAME, _NEXT_TEMPORAL, _NEXT_SPATIAL, _NO_MORE_LAYERS = "00", "01", "10", "11"
"""Two bits each: whether frames of a template belong to a decode target, and the layer of the next template."""


class DependencyError(ValueError):
    """Bytes that are not a dependency descriptor."""


class Template(NamedTuple):
    """What frames of a template have in common."""

    spatial: int
    temporal: int
    up_to: int
    """Highest temporal layer that can be decoded from such a frame on; below `temporal` where there is none."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The templates that a keyframe has brought; their ids begin at `offset` and wrap at 64."""

    offset: int
    templates: tuple[Template, ...]

    def find(self, identifier: int) -> Template | None:
        """The template of that id; None: there is none."""
        index = (identifier - self.offset) & 63
        return self.templates[index] if index < len(self.templates) else None


class Descriptor(NamedTuple):
    """What every packet says."""

    begins_frame: bool
    ends_frame: bool
    template: int
    frame: int
    """Number of the frame, 16 bits."""


def parse(value: bytes) -> Descriptor:
    """Read what every packet has. Raises `DependencyError`."""
    if len(value) < MANDATORY:
        raise DependencyError("dependency descriptor cut short")
    first = value[0]
    return Descriptor(bool(first & 0x80), bool(first & 0x40), first & 0x3F, value[1] << 8 | value[2])


def parse_structure(value: bytes) -> Structure | None:
    """Read the structure in a keyframe's descriptor; None: it has none. Raises `DependencyError`."""
    if len(value) <= MANDATORY or not value[MANDATORY] & _STRUCTURE:
        return None
    return _parse_structure(value[MANDATORY:])


@functools.lru_cache(maxsize=256)
def _parse_structure(data: bytes) -> Structure:
    """The structure behind the five flags; an encoder sends the same one with each keyframe."""
    bits = f"{int.from_bytes(data):0{8 * len(data)}b}"
    if len(bits) < 16:
        raise DependencyError("dependency structure cut short")
    offset, targets = int(bits[5:11], 2), int(bits[11:16], 2) + 1
    layers, position = [(0, 0)], 16
    most = min(64, MAX_INDICATIONS // targets)
    spatial = temporal = 0
    while (step := bits[position : position + 2]) != _NO_MORE_LAYERS:
        position += 2
        if step == _NEXT_TEMPORAL:
            temporal += 1
        elif step == _NEXT_SPATIAL:
            spatial, temporal = spatial + 1, 0
        elif step != _SAME:
            raise DependencyError("dependency structure cut short")
        layers.append((spatial, temporal))
        if len(layers) > most or spatial > 7 or temporal > 7:
            raise DependencyError("more layers than anyone sends")
    position += 2
    if position + 2 * targets * len(layers) > len(bits):
        raise DependencyError("dependency structure cut short")
    rows = [bits[at : at + 2 * targets] for at in range(position, position + 2 * targets * len(layers), 2 * targets)]
    places = range(0, 2 * targets, 2)
    reach = [0] * targets
    """The highest temporal layer of each decode target."""
    for (_, temporal), row in zip(layers, rows, strict=True):
        if temporal:
            reach = [
                max(before, temporal) if row[at : at + 2] != _ABSENT else before
                for before, at in zip(reach, places, strict=True)
            ]
    templates = [
        Template(
            spatial,
            temporal,
            max([up for up, at in zip(reach, places, strict=True) if row[at : at + 2] == _SWITCH], default=0),
        )
        for (spatial, temporal), row in zip(layers, rows, strict=True)
    ]
    return Structure(offset, tuple(templates))
