"""What the room's allocator sees of a viewer's link: an estimate, and how much more it would use."""

from sfu.bandwidth.estimator import BandwidthEstimator, GoogCc
from sfu.bandwidth.send_record import SendRecord
from sfu.wire.rtcp import TransportFeedback

START = 1_000_000
"""Bits per second until the viewer has reported: a picture of 360 lines and the voices. The first probes follow within
a fraction of a second, so a wider link waits no longer for more; a narrower one isn't flooded at once."""

_NO_ROUND_TRIP = 0.1
"""Seconds, until a report has shown a round trip."""


class Downlink:
    """The bandwidth towards one viewer."""

    __slots__ = ("_estimator", "_record", "wanted")

    def __init__(self, record: SendRecord) -> None:
        self._record = record
        self._estimator: BandwidthEstimator = GoogCc(START)
        self.wanted: int | None = None
        """The next step that the allocator wants, bits per second in all; None: nothing is unmet."""

    @property
    def estimate(self) -> int:
        """Bits per second that the viewer can take in all."""
        return int(self._estimator.estimate)

    def wish(self, bits_per_second: int | None) -> None:
        """Set the total bitrate at which the allocator could send more than now; None: everything wanted is sent."""
        self.wanted = bits_per_second

    def receive_feedback(self, feedback: TransportFeedback, now: float, round_trip: float | None) -> None:
        """Take the viewer's transport-wide feedback."""
        flushes = self._record.take(feedback.base_seq, feedback.arrivals)
        if flushes:
            self._estimator.take(flushes, now, _NO_ROUND_TRIP if round_trip is None else round_trip)
