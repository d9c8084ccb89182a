"""What viewers need to know of a participant whose media they get: its clock, and its losses on the way here."""

from sfu.totals import Totals


class Ingress:
    """Shared by all publications of one participant, whose receiver keeps it up to date."""

    __slots__ = ("clock_delay", "ended", "loss")

    def __init__(self) -> None:
        self.clock_delay: float | None = None
        """Seconds that the relay's clock is ahead of the sender's, travel included; None before its first report.

        The shortest of its streams' delays serves them all, so that its sound and its picture stay together.
        """
        self.loss = 0.0
        """Share of the sender's packets that were lost, smoothed."""
        self.ended = Totals()
        """What had come of streams that have ended."""
