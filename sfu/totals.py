"""What has been received and sent so far, for an operator's metrics.

Each encoding, slot and transport has counters of its own, which cost the packet path nothing more. They are added up
on request; those of an ended one are added to its owner's `ended`.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Totals:
    """Counts since the start; they never decrease."""

    received_packets: int = 0
    """Media packets from senders, without retransmissions."""
    received_bytes: int = 0
    """Their payload."""
    sent_packets: int = 0
    """Media packets to viewers, without retransmissions."""
    sent_bytes: int = 0
    """Their payload."""
    retransmitted_packets: int = 0
    """Packets retransmitted to viewers."""
    keyframe_requests: int = 0
    """Keyframes requested from senders."""
    padding_bytes: int = 0
    """Sent to viewers only to see what their links carry."""
    raised: int = 0
    """Slots that got a larger picture, or more pictures a second, since their viewer's link carries it."""
    lowered: int = 0
    """The opposite, pauses included."""

    def add(self, other: "Totals") -> None:
        """Add another's counts to these."""
        self.received_packets += other.received_packets
        self.received_bytes += other.received_bytes
        self.sent_packets += other.sent_packets
        self.sent_bytes += other.sent_bytes
        self.retransmitted_packets += other.retransmitted_packets
        self.keyframe_requests += other.keyframe_requests
        self.padding_bytes += other.padding_bytes
        self.raised += other.raised
        self.lowered += other.lowered
