"""A stream without its upper layers, numbered without gaps: made once for all viewers who get the same layers.

Left-out packets must leave no gaps, or receivers would request them. If each viewer's `Munger` closed the gaps, it
would remember a segment for each run of packets that it sends, and every viewer would do the same work. Here they are
closed once, before the viewers' own offsets, which stay constant for as long as a viewer gets these layers.
"""

from typing import Generic, NamedTuple, Protocol, TypeVar

from sfu.path.cache import PacketCache
from sfu.path.munger import Munger, Segment
from sfu.wire.packet import Packet


class Layers(NamedTuple):
    """The highest spatial and temporal layer that a viewer gets."""

    spatial: int
    temporal: int


ALL_LAYERS = Layers(7, 7)


def next_layers(have: Layers, wanted: Layers) -> Layers:
    """The next step from the layers that a viewer gets to those that it should get, without a keyframe.

    Down at once, up by one temporal layer at a time; a higher spatial layer needs a keyframe.
    """
    spatial = min(have.spatial, wanted.spatial)
    step = Layers(spatial, min(have.temporal + 1, wanted.temporal))
    return ALL_LAYERS if step == ALL_LAYERS else step


def can_step(first: Packet, have: Layers, step: Layers) -> bool:
    """Whether a viewer can go over to other layers with this packet, which it gets next.

    It must begin a picture of these layers; to go up, it must also be a switching point or a keyframe.
    """
    if not first.begins_frame or first.spatial:
        return False
    if first.keyframe:
        return True
    if step.spatial > have.spatial or first.temporal > step.temporal:
        return False
    return step.temporal <= have.temporal or first.switches_up(have.temporal)


class Whole(Protocol):
    """The stream that layers are left out of."""

    @property
    def cache(self) -> PacketCache:
        """Its latest packets."""


Source = TypeVar("Source", bound=Whole)


class Thinned(Generic[Source]):
    """A stream without some layers, in numbers of its own."""

    __slots__ = ("_dropped_picture", "_munger", "follows", "layers", "users", "whole")

    def __init__(self, whole: Source, layers: Layers) -> None:
        self.whole = whole
        self.layers = layers
        self.users = 0
        """Viewers who get it or are about to."""
        self.follows = False
        """Whether the latest packets began ahead of all earlier ones."""
        self._munger: Munger[None] = Munger()
        self._dropped_picture = -1
        """VP8's number of the last picture that was left out."""

    def take(self, packets: list[Packet]) -> list[Packet]:
        """Renumber packets, in order of arrival. Call it with all packets of the stream from now on."""
        munger = self._munger
        self.follows = munger.segment is not None and packets[0].seq > munger.highest
        if munger.segment is None:
            munger.last_seq = packets[0].seq - 1
            munger.switch(None, packets[0].seq, 0, 0, None)
        kept = []
        for packet in packets:
            if packet.seq > munger.highest and not self._keeps(packet):
                munger.leave_out(packet.seq, pictures=self._count_picture(packet))
                continue
            segment = munger.place(packet.seq)
            if segment is not None:
                kept.append(self._renumber(packet, segment))
        return kept

    def _keeps(self, packet: Packet) -> bool:
        return (
            packet.temporal <= self.layers.temporal and packet.spatial <= self.layers.spatial and bool(packet.payload)
        )

    def _count_picture(self, packet: Packet) -> int:
        """1 if a left-out packet is the first of its picture to arrive: later picture numbers are lower by one."""
        picture = packet.picture
        if picture is None or not picture[0] or picture[1] == self._dropped_picture:
            return 0
        self._dropped_picture = picture[1]
        return 1

    def _renumber(self, packet: Packet, segment: Segment[None]) -> Packet:
        """The packet under its number here.

        A late packet of a left-out layer is sent without its payload: its number is in use by then, and receivers wait
        for it. If a whole VP8 picture of such a layer is late, its picture number stays a gap.
        """
        keeps = self._keeps(packet)
        ends_picture = packet.ends_frame and packet.spatial == self.layers.spatial
        found = Packet(
            packet.payload_type,
            0x80 if keeps and ends_picture else packet.marker if keeps else 0,
            packet.seq + segment.seq_offset,
            packet.timestamp,
            packet.payload if keeps else b"",
            packet.arrival,
            packet.extensions if keeps else {},
        )
        if keeps:
            found.keyframe, found.place, picture = packet.keyframe, packet.place, packet.picture
            if picture is not None:
                number = (picture[1] + segment.picture_offset) & 0x7FFF
                picture = (picture[0], number, picture[2], picture[3])
            found.picture = picture
        return found

    def get(self, seq: int) -> Packet | None:
        """The packet with this number here; None: it isn't kept, or never was."""
        found = self._munger.find(seq)
        if found is None:
            return None
        packet = self.whole.cache.get(found[1])
        return None if packet is None else self._renumber(packet, found[0])
