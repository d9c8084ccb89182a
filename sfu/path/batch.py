"""The packets that one encoding received in one drain of the socket, prepared once for many viewers."""

import itertools

from sfu.codecs import Codec, red
from sfu.ingress import Ingress
from sfu.path.arena import MAX_LAYOUT
from sfu.path.layout import Layout
from sfu.path.munger import MAX_GAP
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.wire.extensions import ExtensionMap
from sfu.wire.packet import Packet

MAX_PADDING = 16
"""Most bytes of RTP padding added to make packets equal in size: encoders cut a frame into packets that differ by a
byte or two, and only equal ones go out in one send."""

Form = tuple[ExtensionMap, int, Layers]
"""Viewers of the same form are sent the same bytes before encryption: extension ids, the bytes that encryption adds to
a packet, and the layers that they get."""


class Batch:
    """Packets in order of arrival, and the work that is done once for all viewers."""

    __slots__ = (
        "_plain",
        "_singles",
        "ascending",
        "codec",
        "follows",
        "ingress",
        "keyframe_at",
        "layouts",
        "octets",
        "packets",
        "source",
        "thinned",
    )

    def __init__(self, packets: list[Packet]) -> None:
        self.packets = packets
        self.ascending = _ascend(packets)
        """Whether they can be written at once: their numbers ascend, by at most `munger.MAX_GAP`, all packets have a
        payload, and the arena has room."""
        self.keyframe_at = -1
        """Index of the first packet that a decoder can start with; -1: none."""
        self.octets = 0
        """Bytes of payload."""
        for index, packet in enumerate(packets):
            self.octets += len(packet.payload)
            if packet.keyframe and self.keyframe_at < 0:
                self.keyframe_at = index
        self.codec: Codec | None = None
        """The codec of all the packets."""
        self.ingress: Ingress | None = None
        """The ingress of the participant who sent the packets."""
        self.thinned: dict[Layers, Batch] = {}
        """The batch without upper layers, for viewers who don't get all."""
        self.follows = False
        """In `thinned`: whether it begins ahead of all earlier batches."""
        self.source: object = None
        """In `thinned`: the thinned stream that it is of."""
        self._plain: Batch | None = None
        self.layouts: dict[Form, Layout] = {}
        """The results of `layout`, by `form`."""
        self._singles: dict[Form, list[Layout]] = {}
        if len(packets) > 1:
            pad_to_equal_size(packets)

    def without_redundancy(self) -> "Batch":
        """The same packets for viewers who don't take RED (RFC 2198): the newest block alone."""
        if self._plain is None:
            self._plain = Batch([plain(packet) for packet in self.packets])
        return self._plain

    def kept(self, layers: Layers) -> "Batch":
        """The packets of those layers."""
        return self if layers is ALL_LAYERS or not self.packets else self.thinned[layers]

    def layout(self, form: Form) -> Layout:
        """The packets as viewers of that form get them. If the arena can't take them whole, `singles` are written."""
        layout = self.layouts.get(form)
        if layout is None:
            extensions, overhead, layers = form
            kept = self.kept(layers)
            layout = self.layouts[form] = Layout(kept.packets, extensions, overhead)
            layout.ascending = kept.ascending and layout.size <= MAX_LAYOUT
            layout.octets = kept.octets
        return layout

    def singles(self, form: Form) -> list[Layout]:
        """The same, each packet by itself."""
        layouts = self._singles.get(form)
        if layouts is None:
            extensions, overhead, layers = form
            packets = self.kept(layers).packets
            layouts = self._singles[form] = [Layout([packet], extensions, overhead) for packet in packets]
        return layouts


def _ascend(packets: list[Packet]) -> bool:
    if not packets or not packets[0].payload:
        return False
    for before, packet in itertools.pairwise(packets):
        if not packet.payload or not 0 < packet.seq - before.seq <= MAX_GAP:
            return False
    return True


def plain(packet: Packet) -> Packet:
    """A packet of RED without the redundancy; an empty one if it can't be read."""
    try:
        payload = red.primary(packet.payload)[1]
    except red.RedError:
        payload = b""
    return Packet(
        packet.payload_type, packet.marker, packet.seq, packet.timestamp, payload, packet.arrival, packet.extensions
    )


def pad_to_equal_size(packets: list[Packet]) -> None:
    """Pad all packets but the last to the size of the largest if they are nearly as large (RFC 3550, section 5.1)."""
    largest = max(len(packet.payload) for packet in packets)
    for packet in packets[:-1]:
        missing = largest - len(packet.payload)
        if 0 < missing <= MAX_PADDING and packet.payload:
            packet.padding = missing
