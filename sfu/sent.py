"""Packets as they were sent, encrypted, for viewers that have NACK but no retransmission stream (RFC 4588).

Such a viewer wants the packet itself again, under its own number. Encrypting it a second time would use a nonce twice,
which breaks GCM if any byte differs (RFC 7714, section 9.1), and the transport-wide number would. So the same bytes are
sent again.
"""

from collections import OrderedDict

MAX_BYTES = 500_000
"""Bytes kept for one viewer: 1.6 s of video at 2.5 Mbit/s, longer than a receiver waits for a packet."""


class SentPackets:
    """The latest packets of one viewer's slots, by SSRC and sequence number."""

    __slots__ = ("_packets", "octets")

    def __init__(self) -> None:
        self._packets: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self.octets = 0
        """Bytes kept now."""

    def put(self, ssrc: int, seq: int, datagram: bytes) -> None:
        """Keep a packet, and drop the oldest ones over the limit."""
        key = (ssrc, seq & 0xFFFF)
        before = self._packets.pop(key, None)
        if before is not None:
            self.octets -= len(before)
        self._packets[key] = datagram
        self.octets += len(datagram)
        while self.octets > MAX_BYTES:
            self.octets -= len(self._packets.popitem(last=False)[1])

    def get(self, ssrc: int, seq: int) -> bytes | None:
        """The datagram; None: it was dropped, or never kept."""
        return self._packets.get((ssrc, seq & 0xFFFF))
