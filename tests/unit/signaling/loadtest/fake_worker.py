"""A worker's process whose people need no server: `python -m tests.unit.signaling.loadtest.fake_worker [PHASE]`.

It kills itself in that phase.
"""

import os
import signal
import sys
from collections.abc import Callable

from signaling.loadtest import worker
from signaling.loadtest.share import Share
from signaling.loadtest.stats import Second, Stats


class Mortal:
    """A crowd that lasts no time, or not even that."""

    def __init__(self, share: Share, on_second: Callable[[Second], None]) -> None:
        self._share, self._on_second = share, on_second

    async def prepare(self) -> None:
        pass

    async def ramp(self) -> None:
        self._phase("ramp", Stats(joined=len(self._share.people)))

    async def measure(self) -> None:
        self._phase("measure", Stats())

    async def leave(self) -> None:
        self._phase("end", Stats())

    def _phase(self, name: str, stats: Stats) -> None:
        print("this is for nobody")
        if name in sys.argv[1:]:
            print("too much", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        self._on_second(Second(1.0, name, {"people": stats}))


if __name__ == "__main__":
    worker.Worker.__init__.__defaults__ = (Mortal,)
    worker.main()
