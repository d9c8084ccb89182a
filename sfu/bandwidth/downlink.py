"""What the room's allocator sees of a viewer's link: an estimate, and how much more it would use."""

import math

from sfu.bandwidth.estimator import BandwidthEstimator, GoogCc
from sfu.bandwidth.fallback import Fallback
from sfu.bandwidth.pacer import FACTOR
from sfu.bandwidth.probes import ProbeController
from sfu.bandwidth.send_record import SendRecord
from sfu.wire.rtcp import TransportFeedback

START = 1_000_000
"""Bits per second until the viewer has reported: a picture of 360 lines and the voices. The first probes follow within
a fraction of a second, so a wider link waits no longer for more; a narrower one isn't flooded at once."""

LEAST = 150_000
"""Bits per second that every link is taken to carry: of a few packets a second, jitter looks like overuse."""

TRIED, CALM = 300_000, 3.0
"""Bits per second that a link is taken to carry while it hasn't been overused for that many seconds. Where packets take
unequally long, a few look like overuse, and with sound alone on the link nothing shows that it was none: every picture
would stay paused for want of 30 kbit/s."""

STANDING = 0.08
"""Seconds that packets wait in a queue which counts as full, however little it grows: losses are its own, then."""

LEAST_BY_LOSS = 500_000.0
"""Bits per second below which losses don't push an estimate while the link isn't overused: a narrower link has a queue,
and of one that just loses a fifth of everything nothing would be left, although retransmissions repair it."""

TRIAL, TRIAL_SHARE = 1.5, 0.6
"""Seconds for which less than what arrives is sent first, and how much: if losses are those of a queue that has been
full since the call began, that empties it, and when more is sent again it is seen to grow."""

REMEMBERED = 30.0
"""Seconds for which a link counts as overused."""

PATIENCE = 2.0
"""Seconds after the first packet in which a viewer that negotiated feedback must have sent some; until then it gets
what the estimate begins with. After that, and without negotiation, it gets everything while it reports nothing."""

NEARLY_FULL = 0.33
"""Share of the estimate from which on a link is too full for bursts: a keyframe takes it as long as it lasts."""

_NO_ROUND_TRIP = 0.1
"""Seconds, until a report has shown a round trip."""


class Downlink:
    """The bandwidth towards one viewer."""

    __slots__ = (
        "_doubted_at",
        "_estimator",
        "_fallback",
        "_least_by_loss",
        "_lossy_at",
        "_record",
        "_reported_at",
        "_reports",
        "begun_at",
        "probes",
        "wanted",
    )

    def __init__(self, record: SendRecord) -> None:
        self._record = record
        self._estimator: BandwidthEstimator = GoogCc(START)
        self._fallback = Fallback()
        self._reports = False
        """Whether it sends transport-wide feedback."""
        self._reported_at = 0.0
        self._least_by_loss = 0.0
        """See `_bound_losses`, as of the last report."""
        self._doubted_at = -math.inf
        """When it was last tried whether less is lost of less."""
        self._lossy_at = -math.inf
        """When losses last limited it."""
        self.begun_at: float | None = None
        """When it was first seen that something was sent; set by who looks."""
        self.probes = ProbeController()
        self.wanted: int | None = None
        """The next step that the allocator wants, bits per second in all; None: nothing is unmet."""

    @property
    def informed(self) -> bool:
        """Whether the viewer has reported anything."""
        return self._reports or self._fallback.informed

    @property
    def estimate(self) -> int:
        """Bits per second that the viewer can take in all, as far as is known."""
        if self._reports or not self._fallback.informed:
            return int(self._estimate)
        return int(self._fallback.estimate)

    @property
    def _estimate(self) -> float:
        return min(self._estimator.by_delay, max(self._estimator.by_loss, self._least_by_loss))

    def _bound_losses(self, now: float) -> float:
        """Bits per second below which losses don't push the estimate at this moment."""
        estimator = self._estimator
        if estimator.by_loss >= LEAST_BY_LOSS or estimator.overused_at >= now - REMEMBERED or not self._flows:
            return 0.0
        if now - self._doubted_at > REMEMBERED:
            self._doubted_at = now
        if self._tries:
            return TRIAL_SHARE * (estimator.arrives or 0.0)
        return LEAST_BY_LOSS

    @property
    def _tries(self) -> bool:
        """Whether that is being tried."""
        return self._reported_at - self._doubted_at < TRIAL

    @property
    def _flows(self) -> bool:
        """Whether packets don't wait on the way. A full queue doesn't grow: slopes alone say nothing of it."""
        return self._estimator.queue < STANDING

    @property
    def usable(self) -> int:
        """Bits per second that may be sent to the viewer in all."""
        calm = self._flows and self._reported_at - self._estimator.overused_at >= CALM and not self._tries
        return max(self.estimate, TRIED if calm else LEAST)

    def is_guess(self, now: float) -> bool:
        """Whether that is still a guess."""
        return self.begun_at is None or now - self.begun_at < PATIENCE

    def wish(self, bits_per_second: int | None) -> None:
        """Set the total bitrate at which the allocator could send more than now; None: everything wanted is sent."""
        self.wanted = bits_per_second
        self.probes.want(bits_per_second)

    def receive_feedback(self, feedback: TransportFeedback, now: float, round_trip: float | None) -> None:
        """Take the viewer's transport-wide feedback."""
        flushes = self._record.take(feedback.base_seq, feedback.arrivals)
        if not flushes:
            return
        self._reports, self._reported_at = True, now
        self._estimator.take(flushes, now, _NO_ROUND_TRIP if round_trip is None else round_trip)
        self._least_by_loss = self._bound_losses(now)
        if self._estimator.by_loss < math.inf:
            self._lossy_at = now
        found = self.probes.take(flushes, now)
        if found is not None:
            self._estimator.raise_to(found)

    def pace(self, bits_per_second: int, now: float) -> float | None:
        """The rate at which to send if so much is to be sent in all; None: the link is far from full, or takes all that
        is wanted and hasn't shown a limit lately.
        """
        limited_at = max(self._estimator.overused_at, self.probes.failed_at, self._lossy_at)
        limited = self.wanted is not None or now - limited_at < REMEMBERED
        if not self._reports or not limited or bits_per_second < NEARLY_FULL * self.usable:
            return None
        return FACTOR * self.usable

    def receive_loss(self, loss: float, now: float) -> None:
        """Take the share of lost packets in a receiver report: for viewers without feedback."""
        if not self._reports:
            self._fallback.take_loss(loss, now)

    def receive_remb(self, bitrate: int) -> None:
        """Take the viewer's own estimate, bits per second: for viewers without feedback."""
        self._fallback.take_remb(bitrate)

    def probe(self, now: float) -> int:
        """Bytes of padding to number now, as part of a probe."""
        number, octets = self.probes.poll(self._estimate, self._estimator.overused_at, now)
        if number:
            self._record.probe = number
        return octets
