"""The dependency descriptor, a header extension for any codec that tells which layer a packet belongs to and where
viewers may switch to a higher one (RTP payload format for AV1, version 1.0, appendix A).

A keyframe brings the structure of the stream: templates, each for frames that depend on others in the same way. Every
packet names its template. Only the fields that a relay needs are read.
"""

import functools
from typing import NamedTuple

MANDATORY = 3
"""Bytes of the mandatory fields, which every packet has."""

MAX_TARGETS = 32
"""Decode targets of a structure: their number has 5 bits."""

MAX_TEMPLATES, MAX_INDICATIONS = 32, 170
"""Limits for templates, and for templates times decode targets: three spatial and three temporal layers need 18 and
162."""

MAX_SPATIAL, MAX_TEMPORAL = 3, 7
"""Highest layers: AV1 has 2 and 3 bits for them (AV1 bitstream specification, section 5.3.3)."""

_MAX_STRUCTURE = (16 + 2 * MAX_TEMPLATES + 2 * MAX_INDICATIONS + 7) // 8
"""Bytes of the largest structure; the rest of a descriptor isn't read."""

_STRUCTURE = 0x80
_NEXT_TEMPORAL, _NEXT_SPATIAL, _NO_MORE_LAYERS = 1, 2, 3
"""Two bits: the layer of the next template; 0: the same layer."""

_LOW_BITS = int("01" * MAX_TARGETS, 2)
"""Of two bits for each decode target, the lower one. The two bits are the indication (appendix A.4): 0: not present,
1: discardable, 2: switch, 3: required."""


class DependencyError(ValueError):
    """Bytes that are not a dependency descriptor."""


class Template(NamedTuple):
    """What frames of a template have in common."""

    spatial: int
    temporal: int
    up_to: int
    """Highest temporal layer that can be decoded from such a frame on; below `temporal` where there is none."""


class Structure:
    """The templates that a keyframe has brought; their ids begin at `offset` and wrap at 64.

    A template is computed when a packet first names it: all of them at once would take too long.
    """

    __slots__ = ("_bits", "_found", "_layers", "_reach", "_targets", "offset")

    def __init__(self, offset: int, targets: int, layers: list[tuple[int, int]], bits: int) -> None:
        """`layers`: spatial and temporal layer by template. `bits`: the indications, the last template's lowest."""
        self.offset = offset
        self._targets = targets
        self._layers = layers
        self._bits = bits
        self._found: dict[int, Template] = {}
        self._reach = [0] * (MAX_TEMPORAL + 1)
        """By temporal layer: the indications of its templates, combined by or."""
        reach, row = self._reach, 2 * targets
        for _, temporal in reversed(layers):
            reach[temporal] |= bits
            bits >>= row

    @property
    def templates(self) -> tuple[Template, ...]:
        """All templates, in order of their ids."""
        return tuple(self._template(index) for index in range(len(self._layers)))

    def find(self, identifier: int) -> Template | None:
        """The template of that id; None: there is none."""
        index = (identifier - self.offset) & 63
        return self._template(index) if index < len(self._layers) else None

    def _template(self, index: int) -> Template:
        found = self._found.get(index)
        if found is None:
            row = self._bits >> 2 * self._targets * (len(self._layers) - 1 - index)
            switches = row >> 1 & ~row & _LOW_BITS & ((1 << 2 * self._targets) - 1)
            up_to = MAX_TEMPORAL if switches else 0
            while up_to and not (self._reach[up_to] | self._reach[up_to] >> 1) & switches:
                up_to -= 1
            found = self._found[index] = Template(*self._layers[index], up_to)
        return found


class Descriptor(NamedTuple):
    """The mandatory fields, which every packet has."""

    begins_frame: bool
    ends_frame: bool
    template: int
    frame: int
    """Number of the frame, 16 bits."""


def parse(value: bytes) -> Descriptor:
    """Read the mandatory fields. Raises `DependencyError`."""
    if len(value) < MANDATORY:
        raise DependencyError("dependency descriptor cut short")
    first = value[0]
    return Descriptor(bool(first & 0x80), bool(first & 0x40), first & 0x3F, value[1] << 8 | value[2])


def parse_structure(value: bytes) -> Structure | None:
    """Read the structure in a keyframe's descriptor; None: it has none. Raises `DependencyError`."""
    if len(value) <= MANDATORY or not value[MANDATORY] & _STRUCTURE:
        return None
    return _parse_structure(value[MANDATORY : MANDATORY + _MAX_STRUCTURE])


@functools.lru_cache(maxsize=256)
def _parse_structure(data: bytes) -> Structure:
    """Read the structure after the five flags; an encoder sends the same one with each keyframe."""
    bits, left = int.from_bytes(data), 8 * len(data) - 16
    if left < 2:
        raise DependencyError("dependency structure cut short")
    offset, targets = bits >> left + 5 & 63, (bits >> left & 31) + 1
    layers, spatial, temporal = [(0, 0)], 0, 0
    most = min(MAX_TEMPLATES, MAX_INDICATIONS // targets)
    while (step := bits >> left - 2 & 3) != _NO_MORE_LAYERS:
        left -= 2
        if step == _NEXT_TEMPORAL:
            temporal += 1
        elif step == _NEXT_SPATIAL:
            spatial, temporal = spatial + 1, 0
        if left < 2:
            raise DependencyError("dependency structure cut short")
        if len(layers) == most or spatial > MAX_SPATIAL or temporal > MAX_TEMPORAL:
            raise DependencyError("more layers than anyone sends")
        layers.append((spatial, temporal))
    indications = 2 * targets * len(layers)
    left -= 2 + indications
    if left < 0:
        raise DependencyError("dependency structure cut short")
    return Structure(offset, targets, layers, bits >> left & ((1 << indications) - 1))
