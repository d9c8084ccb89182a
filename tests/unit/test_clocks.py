"""Clocks are handed over, as `now` or as a function, and read at the edges only: so tests choose what time it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

EDGES = {
    "sfu/net": "sockets and the loop's timer",
    "signaling/client": "a program's own socket, media and time-outs",
    "signaling/loadtest": "the same, and measuring",
    "signaling/outbox.py": "writes to a WebSocket, and waits until events are due",
    "signaling/session.py": "the edge of WebSockets: how long this process worked, how long a client took to join",
    "storage/backend.py": "time-outs of a database's driver",
    "storage/database.py": "deadlines of what is asked of the database",
    "storage/worker.py": "deadlines of what is asked of the database",
    "web/cli": "commands: each reads the time once, and hands it over",
    "web/connections.py": "the edge of HTTP connections",
    "web/loop_lag.py": "measures the loop's delay",
}
"""Where the time is read, and what for. PyJWT reads it too, as it checks when a token expires."""

CLOCKS = {"time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns", "now", "utcnow"}


def reads(path: Path) -> Iterator[str]:
    """Where a module calls a clock of `time`, of `datetime`, or of an event loop; a clock as a default isn't called."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            owner = ast.unparse(node.func.value)
            is_clock = owner in ("time", "datetime") or (node.func.attr == "time" and owner.endswith("loop"))
            if is_clock and node.func.attr in CLOCKS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}"


@pytest.mark.parametrize("package", ["sfu", "signaling", "storage", "web"])
def test_only_edges_read_clocks(package: str) -> None:
    modules = [path for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts]
    assert modules
    found = [place for path in modules for place in reads(path)]
    assert [place for place in found if not place.startswith(tuple(EDGES))] == []


def test_every_edge_reads_one() -> None:
    unused = [
        edge
        for edge in EDGES
        for files in [[ROOT / edge] if edge.endswith(".py") else [*(ROOT / edge).rglob("*.py")]]
        if not any(place for path in files for place in reads(path))
    ]
    assert unused == []
