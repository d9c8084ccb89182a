"""Which encodings of a publication its sender should send: what nobody takes is switched off (dynacast)."""

from collections.abc import Sequence

from sfu.wire.rtp import Rid

OFF_AFTER = 1.5
"""Seconds that nobody wants an encoding before its sender is told to stop it: a layout that changes back and forth
shouldn't restart encoders, each of which begins with a keyframe. With the 0.25 s between two looks and the way to the
sender it is off within 2 s."""


class LayerSwitch:
    """Switches encodings of one publication on at once, and off once nobody has wanted them for `OFF_AFTER`.

    An encoding is on while a larger one is wanted: a viewer whose link becomes too narrow goes on with a smaller one at
    once. At first all are on, as browsers begin.
    """

    __slots__ = ("_unwanted_since", "off")

    def __init__(self) -> None:
        self.off: frozenset[Rid] = frozenset()
        """Encodings that the sender was told to stop."""
        self._unwanted_since: dict[Rid, float] = {}

    def update(self, rids: Sequence[Rid], wanted: int, now: float) -> bool:
        """Take the encodings, the smallest first, and how many of them are wanted. True: tell the sender."""
        since, off = self._unwanted_since, set(self.off)
        for rid in rids[:wanted]:
            since.pop(rid, None)
            off.discard(rid)
        for rid in rids[wanted:]:
            if now - since.setdefault(rid, now) >= OFF_AFTER:
                off.add(rid)
        if off == self.off:
            return False
        self.off = frozenset(off)
        return True
