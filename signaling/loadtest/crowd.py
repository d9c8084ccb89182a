"""The clients of one process in a load test, from joining to leaving."""

from collections.abc import Callable

from signaling.loadtest.share import Share
from signaling.loadtest.stats import Second


class Crowd:
    """Plays a share of a scenario. `on_second` is given what happened, once a second, from `ramp` to `leave`."""

    def __init__(self, share: Share, on_second: Callable[[Second], None]) -> None:
        self.share = share
        self.on_second = on_second

    async def ramp(self) -> None:
        """Join, each person at its time; returns when each is in or has given up."""
        raise NotImplementedError

    async def measure(self) -> None:
        """Go on for the scenario's `duration`, with its churn, changes of layout, mutes and chat."""
        raise NotImplementedError

    async def leave(self) -> None:
        """Leave and let go of everything; the last `on_second` comes before it returns."""
        raise NotImplementedError
