"""Relates a stream's timestamps to its sender's clock, and the sender's clock to the relay's."""

from sfu.wire import rtcp
from sfu.wire.rtp import timestamp_delta


class StreamClock:
    """The clock of one stream, from sender reports (RFC 3550, section 6.4.1)."""

    __slots__ = ("_ntp", "_rate", "_timestamp", "arrival", "middle")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._ntp: float | None = None
        self._timestamp = 0
        self.middle = 0
        """Middle 32 bits of the last report's NTP time, for report blocks."""
        self.arrival = 0.0

    def report(self, report: rtcp.SenderReport, now: float) -> None:
        """Take a sender report."""
        self._ntp = rtcp.ntp_seconds(report.ntp)
        self._timestamp = report.rtp_timestamp
        self.middle = report.ntp >> 16 & 0xFFFFFFFF
        self.arrival = now

    @property
    def delay(self) -> float | None:
        """Seconds between the sender's clock and ours at the arrival of the last report, travel time included."""
        return None if self._ntp is None else self.arrival - self._ntp

    def timestamp_at(self, sender_time: float) -> int | None:
        """The timestamp at a time of the sender's clock, seconds; None before the first report."""
        if self._ntp is None:
            return None
        return self._timestamp + round((sender_time - self._ntp) * self._rate) & 0xFFFFFFFF

    def convert(self, timestamp: int, other: "StreamClock") -> int | None:
        """The other stream's timestamp at the same moment; None before both have a report."""
        if self._ntp is None:
            return None
        return other.timestamp_at(self._ntp + timestamp_delta(timestamp, self._timestamp) / self._rate)
