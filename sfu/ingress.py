"""What viewers need to know about the participant who sends: its clock, and its packet loss on the way to the relay."""

from sfu.totals import Totals


class Ingress:
    """Shared by all publications of a participant, and kept up to date by the participant's receiver."""

    __slots__ = ("clock_delay", "ended", "jitter", "loss")

    def __init__(self) -> None:
        self.clock_delay: float | None = None
        """Seconds that the relay's clock is ahead of the sender's, travel included; None before its first report.

        The shortest of its streams' delays serves them all, so that its sound and its picture stay together.
        """
        self.loss = 0.0
        """Share of the sender's packets that were lost, smoothed."""
        self.jitter = 0.0
        """Jitter of the sender's sound at the relay, seconds."""
        self.ended = Totals()
        """Totals of the streams that have ended."""
