"""Compares with another revision: the same load through both, in turns, so that both have the same neighbours."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from tests.bench import figures
from tests.bench.load import Load, Pattern
from tests.bench.relay_process import PROGRAM, ROOT, RelayProcess
from tests.bench.results import Results

PAIRS = 10
SECONDS, WARM_UP = 2.0, 0.5
REPLAYED_FRAMES = 100


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Check out a revision into a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="milanio-base-") as folder:
        root = Path(folder).resolve() / "tree"
        _git("worktree", "add", "--detach", "--force", str(root), revision)
        try:
            _give_program(root)
            yield root
        finally:
            _git("worktree", "remove", "--force", str(root))


def _give_program(root: Path) -> None:
    """Give a tree that is older than `program.py` the first version of it, which fits the modules of that time."""
    program = root / PROGRAM
    if program.exists():
        return
    program.parent.mkdir(parents=True, exist_ok=True)
    added = _git("log", "--diff-filter=A", "--format=%H", "--reverse", "--", str(PROGRAM)).split()
    program.write_text(_git("show", f"{added[0]}:{PROGRAM}") if added else (ROOT / PROGRAM).read_text())


class _Side:
    """One of the two versions under load."""

    def __init__(self, stack: ExitStack, core: int | None, root: Path) -> None:
        self._start = partial(RelayProcess, core, "127.0.0.1", root)
        relay = self._start()
        stack.callback(relay.stop)
        self.load: Load = figures.relay_load(relay, figures.PUBLISHERS, figures.VIEWERS, stack)

    def measure(self, pattern: Literal[Pattern, "plain"], seconds: float, losses: list[str]) -> float:
        """Microseconds for each packet forwarded."""
        if pattern == "plain":
            return figures.plain_alone(self._start, REPLAYED_FRAMES)
        measure = partial(self.load.run, pattern, seconds, warm_up=WARM_UP)
        run = figures.without_loss(measure, pattern, losses)
        return run.us_per_forwarded


def forwarding(results: Results, core: int | None, base: Path, *, pairs: int = PAIRS, seconds: float = SECONDS) -> None:
    """CPU per forwarded packet of both."""
    with ExitStack() as stack:
        sides = [_Side(stack, core, ROOT), _Side(stack, core, base)]
        losses = results.facts.setdefault("losses", [])
        for number in range(pairs):
            for pattern, key in figures.KEYS.items():
                # They take turns at being first in a pair.
                order = (0, 1) if number % 2 == 0 else (1, 0)
                found = {which: sides[which].measure(pattern, seconds, losses) for which in order}
                results.add_pair(key, found[0], found[1])
            results.write()
