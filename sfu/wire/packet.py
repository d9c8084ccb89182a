"""A received media packet, as publications keep it and slots send it."""


class Packet:
    """One RTP packet without its own header: what stays the same whoever it is sent to.

    `extensions` are those that viewers get, by name. `picture`: where a VP8 payload has numbers to be rewritten.
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
        """Sequence number; `Encoding.received` unwraps it, and from there on it is compared as a plain integer."""
        self.timestamp = timestamp
        self.payload = payload
        self.arrival = arrival
        self.extensions = extensions
        self.keyframe = False
        """Whether a decoder can start with this packet."""
        self.picture: tuple[int, int, int, int] | None = None
        """VP8: offset of the 15-bit picture id (0: none), its value, offset of TL0PICIDX (0: none), its value."""
        self.padding = 0
        """Bytes of RTP padding added so that packets of a frame are of one size."""
