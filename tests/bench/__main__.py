"""`python -m tests.bench`: measures the relay, beside Janus where it is installed; prints a table, writes a JSON file.

Every figure is the median of several runs, and all runs are told: on a shared machine they differ. Runs of the relay
and of Janus alternate, so that both meet the same neighbours.
"""

import gc
import json
import math
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import figures, janus, join, log_ins
from tests.bench.load import Run

ROUNDS = 3
SECONDS = 3.0
TRIES = 3
OUTPUT = Path("build/bench.json")

TITLES = {
    "us_per_forwarded": ("CPU per forwarded packet, bursts", "µs", "≤ 6"),
    "janus_us_per_forwarded": ("  the same through Janus", "µs", ""),
    "ratio": ("  ratio", "", "≤ 0.4"),
    "spread_us_per_forwarded": ("CPU per forwarded packet, bursts spread", "µs", ""),
    "janus_spread_us_per_forwarded": ("  the same through Janus", "µs", ""),
    "spread_ratio": ("  ratio", "", ""),
    "paced_us_per_forwarded": ("CPU per forwarded packet, paced", "µs", ""),
    "janus_paced_us_per_forwarded": ("  the same through Janus", "µs", ""),
    "paced_ratio": ("  ratio", "", "≤ 0.4"),
    "packets_per_s": ("packets/s from one core without loss", "", "≥ 100000"),
    "core_share": ("  share of the core at that rate", "", ""),
    "delay_p50_ms": ("added delay at 20,000 packets/s, median", "ms", "< 0.5"),
    "delay_p99_ms": ("  99th percentile", "ms", "< 3"),
    "log_ins_delay_p50_ms": ("  median while 200 people log in at once", "ms", ""),
    "log_ins_delay_p99_ms": ("  99th percentile", "ms", "< 20"),
    "log_ins_done": ("  log-ins that succeed; the others are to come again", "", ""),
    "log_ins_seconds": ("  the last of them after", "s", ""),
    "cpu_ms_per_join": ("CPU of the whole server per join", "ms", "< 8"),
    "bytes_per_viewer": ("memory of an idle viewer, 4 + 9 slots", "bytes", "< 300000"),
    "bytes_per_publisher": ("memory of a publisher, 3 streams, full caches", "bytes", "< 3000000"),
}
"""Name in the file: title, unit, target."""

_KEYS = {"bursts": "us_per_forwarded", "spread": "spread_us_per_forwarded", "paced": "paced_us_per_forwarded"}

Runs = dict[str, list[float]]


def forwarding(runs: Runs, facts: dict[str, Any], core: int | None, *, with_janus: bool) -> None:
    """The reference load in all patterns, and the delay, beside Janus."""
    host = janus.HOST if janus.in_namespace() else "127.0.0.1"
    with ExitStack() as stack:
        relay = figures.relay_process(stack, host, core)
        ours = figures.relay_load(relay, figures.PUBLISHERS, figures.VIEWERS, stack)
        loads = {"": ours}
        facts["srtp"] = ours.profile
        losses: list[str] = facts.setdefault("losses", [])
        if with_janus:
            loads["janus_"] = figures.janus_load(stack, core)
            facts["janus"], facts["janus_srtp"] = janus.version(), loads["janus_"].profile
        for _ in range(ROUNDS):
            for pattern in figures.PATTERNS:
                for prefix, load in loads.items():
                    run = without_loss(lambda: load.run(pattern, SECONDS), prefix + pattern, losses)  # noqa: B023
                    runs.setdefault(prefix + _KEYS[pattern], []).append(run.us_per_forwarded)
            run = without_loss(lambda: figures.delay_run(ours), "delay", losses)
            middle, late = figures.percentiles(run)
            runs.setdefault("delay_p50_ms", []).append(middle)
            runs.setdefault("delay_p99_ms", []).append(late)
        facts["drops"] = relay.call("usage").drops


def without_loss(measure: Callable[[], Run], name: str, losses: list[str]) -> Run:
    """A run in which everything arrived, if one of a few is that; where packets get lost, others kept the cores busy.

    What is lost need not be forwarded, so that such a run isn't like the others. Losses are told.
    """
    for _ in range(TRIES):
        run = measure()
        if run.received == run.expected:
            break
        losses.append(f"{name}: {run.expected - run.received} of {run.expected} packets")
    return run


def the_rest(runs: Runs, core: int | None) -> None:
    """Capacity, memory, log-ins, joins."""
    host = "127.0.0.1"
    for _ in range(ROUNDS):
        rate, share = figures.capacity(host, core)
        runs.setdefault("packets_per_s", []).append(rate)
        runs.setdefault("core_share", []).append(share)
        runs.setdefault("bytes_per_viewer", []).append(figures.bytes_per_viewer(host, core))
        runs.setdefault("bytes_per_publisher", []).append(figures.bytes_per_publisher(host, core))
    for result in log_ins.measure(core, ROUNDS)[1]:
        runs.setdefault("log_ins_delay_p50_ms", []).append(result.p50)
        runs.setdefault("log_ins_delay_p99_ms", []).append(result.p99)
        runs.setdefault("log_ins_done", []).append(result.done)
        runs.setdefault("log_ins_seconds", []).append(result.longest)
    runs["cpu_ms_per_join"] = join.cpu_ms_per_join(core, ROUNDS)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    model = "unknown"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {
        "python": platform.python_version(),
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_average": round(os.getloadavg()[0], 2),
        "rounds": ROUNDS,
        "seconds_per_run": SECONDS,
        "load": f"{figures.PUBLISHERS} publishers, {figures.VIEWERS} viewers, {figures.FPS} frames/s of 6 × 1100 bytes",
        "patterns": {
            "bursts": "all publishers' packets at the same moment",
            "spread": "each publisher's packets at once, the publishers spread over the frame time; delay, too",
            "paced": "single packets at even distances",
        },
    }


def summary(runs: Runs) -> dict[str, float | None]:
    """The median of each figure, and ratios of medians; None: not measured."""
    result: dict[str, float | None] = {name: median(runs[name]) if name in runs else None for name in TITLES}
    for prefix in ("", "spread_", "paced_"):
        ours, theirs = result[f"{prefix}us_per_forwarded"], result[f"janus_{prefix}us_per_forwarded"]
        result[f"{prefix}ratio"] = ours / theirs if ours is not None and theirs else None
    return result


def rounded(value: float) -> float:
    """To four significant digits."""
    if not value or not math.isfinite(value):
        return value
    digits = 3 - math.floor(math.log10(abs(value)))
    return round(value, digits) if digits > 0 else round(value)


def table(results: dict[str, float | None], runs: Runs) -> str:
    """The figures for a reader."""
    lines = [f"{'':46} {'median':>10} {'':6} {'target':>10}  runs"]
    for name, (title, unit, target) in TITLES.items():
        value = results[name]
        shown = "–" if value is None else f"{rounded(value):g}" if abs(value) < 1e4 else f"{value:.0f}"
        each = ", ".join(f"{rounded(run):g}" if abs(run) < 1e4 else f"{run:.0f}" for run in runs.get(name, []))
        lines.append(f"{title:46} {shown:>10} {unit:6} {target:>10}  {each}".rstrip())
    return "\n".join(lines)


def bench(*, without_janus: str) -> None:
    """Measure everything; `without_janus` says why Janus isn't."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # Janus may crash when it ends
    cores = sorted(os.sched_getaffinity(0))
    facts = machine()
    core = None
    if len(cores) > 1:
        core = cores[0]
        os.sched_setaffinity(0, {cores[1]})
    gc.freeze()
    runs: Runs = {}
    forwarding(runs, facts, core, with_janus=not without_janus)
    the_rest(runs, core)
    results = summary(runs)
    print(table(results, runs))
    if without_janus:
        facts["without_janus"] = without_janus
        print(f"\nWithout Janus: {without_janus}.")
    for loss in facts["losses"]:
        print(f"Lost in {loss}; measured again, at most twice.")
    print(f"\nPython {facts['python']}, {facts['cpu']}, Linux {facts['kernel']}, load {facts['load_average']} before;")
    print("the relay, or Janus, on one core, the load on another.")
    OUTPUT.parent.mkdir(exist_ok=True)
    report = {
        **{
            name: rounded(value) if value is not None and math.isfinite(value) else None
            for name, value in results.items()
        },
        "runs": {name: [rounded(run) for run in values] for name, values in runs.items()},
        "facts": facts,
    }
    OUTPUT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print(f"Written to {OUTPUT}.")


def main() -> int:
    """Measure, in a network namespace where Janus can be measured."""
    if sys.platform != "linux":
        print("The measurements read /proc and need Linux.", file=sys.stderr)
        return 1
    reason = janus.missing()
    if not reason and not janus.in_namespace():
        return janus.run_in_namespace([sys.executable, "-m", "tests.bench"])
    bench(without_janus=reason)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.SubprocessError as error:
        sys.exit(str(error))
