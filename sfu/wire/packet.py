"""A received media packet, as publications keep it and slots send it."""

BEGINS_FRAME, ENDS_FRAME = 1 << 12, 1 << 13
_TEMPORAL, _SPATIAL, _UP_FROM, _UP_TO = 0, 3, 6, 9


LAYERS = 0x3F
"""Of a place: the bits of both layers."""


def layers_of(place: int) -> tuple[int, int]:
    """Spatial and temporal layer of a place."""
    return place >> _SPATIAL & 7, place & 7


def make_place(
    temporal: int, spatial: int = 0, *, begins: bool = False, ends: bool = False, up_from: int = 0, up_to: int = 0
) -> int:
    """A packet's place in its stream, as one number for caches: layers up to 7 (see `Packet`)."""
    layers = temporal << _TEMPORAL | spatial << _SPATIAL | up_from << _UP_FROM | up_to << _UP_TO
    return layers | (BEGINS_FRAME if begins else 0) | (ENDS_FRAME if ends else 0)


class Packet:
    """One RTP packet without its own header: the part that is the same for all viewers.

    `extensions` are those that viewers get, by name. `picture`: offsets and values of VP8 numbers to be rewritten.
    """

    __slots__ = (
        "arrival",
        "extensions",
        "keyframe",
        "marker",
        "padding",
        "payload",
        "payload_type",
        "picture",
        "place",
        "seq",
        "timestamp",
    )

    def __init__(
        self,
        payload_type: int,
        marker: int,
        seq: int,
        timestamp: int,
        payload: bytes,
        arrival: float,
        extensions: dict[str, bytes],
    ) -> None:
        self.payload_type = payload_type
        self.marker = marker
        self.seq = seq
        """Sequence number; `Encoding.received` unwraps it, and after that it is compared as a plain integer."""
        self.timestamp = timestamp
        self.payload = payload
        self.arrival = arrival
        self.extensions = extensions
        self.keyframe = False
        """Whether a decoder can start with this packet."""
        self.picture: tuple[int, int, int, int] | None = None
        """VP8: offset of the 15-bit picture id (0: none), its value, offset of TL0PICIDX (0: none), its value."""
        self.place = 0
        """Layer, and position in its frame: see `make_place` and the properties below."""
        self.padding = 0
        """Bytes of RTP padding added so that packets of a frame have one size."""

    @property
    def temporal(self) -> int:
        """Temporal layer; 0 if the stream has none or doesn't say."""
        return self.place & 7

    @property
    def spatial(self) -> int:
        """Spatial layer inside this stream (SVC); 0 if the stream has none or doesn't say."""
        return self.place >> _SPATIAL & 7

    @property
    def begins_frame(self) -> bool:
        """Whether it is known to be the first packet of a frame, of its spatial layer."""
        return bool(self.place & BEGINS_FRAME)

    @property
    def ends_frame(self) -> bool:
        """Whether it is known to be the last packet of a frame, of its spatial layer."""
        return bool(self.place & ENDS_FRAME)

    def switches_up(self, temporal: int) -> bool:
        """Whether a viewer with the layers up to `temporal` may get one more from this frame on."""
        return (self.place >> _UP_FROM & 7) <= temporal < (self.place >> _UP_TO & 7)
