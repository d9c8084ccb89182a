"""Reception statistics of one stream, for receiver reports (RFC 3550, sections 6.4.1, A.3 and A.8)."""

from sfu.wire.rtcp import ReportBlock
from sfu.wire.rtp import Unwrapper


class ReceiveStats:
    """Counts packets received and expected."""

    __slots__ = (
        "_base",
        "_clock_rate",
        "_expected_before",
        "_jitter",
        "_last_transit",
        "_received_before",
        "_unwrapper",
        "bytes",
        "fraction_lost",
        "packets",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._unwrapper = Unwrapper()
        self._base: int | None = None
        self._jitter = 0.0
        self._last_transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self.packets = 0
        self.bytes = 0
        self.fraction_lost = 0.0
        """Share of packets lost in the period of the last report."""

    def received(self, seq: int, timestamp: int, size: int, now: float) -> None:
        """Take a packet's arrival; `size` in bytes of payload."""
        unwrapper = self._unwrapper
        highest = unwrapper.highest
        if highest is not None and (seq - highest) & 0xFFFF == 1:  # nearly always
            unwrapper.highest = highest + 1
        else:
            index = unwrapper.unwrap(seq)
            if self._base is None:
                self._base = index
        self.packets += 1
        self.bytes += size
        transit = now * self._clock_rate - timestamp
        if self._last_transit is not None:
            difference = abs(transit - self._last_transit)
            if difference < self._clock_rate * 10:  # else the timestamp has wrapped or restarted
                self._jitter += (difference - self._jitter) / 16
        self._last_transit = transit

    @property
    def jitter(self) -> float:
        """Interarrival jitter, seconds (RFC 3550, section 6.4.1)."""
        return self._jitter / self._clock_rate

    @property
    def expected(self) -> int:
        """Packets that should have arrived."""
        if self._base is None or self._unwrapper.highest is None:
            return 0
        return self._unwrapper.highest - self._base + 1

    def report(self, ssrc: int, last_sr: int, delay_since_last_sr: float) -> ReportBlock:
        """Make a report block on the time since the last one.

        `last_sr` is the middle of the last sender report's NTP time; the delay since it arrived is in seconds.
        """
        expected, packets = self.expected - self._expected_before, self.packets - self._received_before
        self._expected_before, self._received_before = self.expected, self.packets
        lost = max(0, expected - packets)
        self.fraction_lost = lost / expected if expected > 0 else 0.0
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=min(255, lost * 256 // expected) if expected > 0 else 0,
            packets_lost=self.expected - self.packets,
            highest_seq=(self._unwrapper.highest or 0) & 0xFFFFFFFF,
            jitter=min(int(self._jitter), 0xFFFFFFFF),
            last_sr=last_sr,
            # Negative if a late timer makes the report, with a time from before the packet was read.
            delay_since_last_sr=max(0, min(int(delay_since_last_sr * 65536), 0xFFFFFFFF)) if last_sr else 0,
        )
