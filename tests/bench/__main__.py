"""`python -m tests.bench`: measures the relay, beside Janus where it is installed; prints tables, writes a JSON file.

Every figure is the median of several runs, and all runs are reported: on a shared machine they differ. Runs of the
relay and of Janus alternate, so that both have the same neighbours. `--base REV` measures this version beside another
one instead, in pairs: ratios tell small changes apart where absolute figures can't.
"""

import argparse
import gc
import os
import platform
import resource
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import base, crowd, figures, hostile_cost, janus, join, log_ins, room
from tests.bench.relay_process import RelayProcess
from tests.bench.results import Results

ROUNDS = 3
SECONDS = 3.0
OUTPUT = Path("build/bench.json")


def forwarding(results: Results, core: int | None, *, with_janus: bool) -> None:
    """The reference load in all patterns, and the delay, beside Janus."""
    host = janus.HOST if janus.in_namespace() else "127.0.0.1"
    facts = results.facts
    start = partial(RelayProcess, core, host)
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
                    measure = partial(load.run, pattern, SECONDS)
                    run = figures.without_loss(measure, prefix + pattern, losses)
                    results.add(prefix + figures.KEYS[pattern], run.us_per_forwarded)
            results.add(figures.KEYS["plain"], figures.plain_alone(start, base.REPLAYED_FRAMES))
            run = figures.without_loss(lambda: figures.delay_run(ours), "delay", losses)
            middle, late = figures.percentiles(run)
            results.add("delay_p50_ms", middle)
            results.add("delay_p99_ms", late)
            results.write()
        facts["drops"] = relay.call("usage")["drops"]


def capacity(results: Results, core: int | None) -> None:
    """Measure how much one core forwards."""
    for _ in range(ROUNDS):
        rate, share = figures.capacity("127.0.0.1", core)
        results.add("packets_per_s", rate)
        results.add("core_share", share)


def memory(results: Results, core: int | None) -> None:
    """Measure the memory of viewers and publishers."""
    for _ in range(ROUNDS):
        results.add("bytes_per_viewer", figures.bytes_per_viewer("127.0.0.1", core))
        results.add("bytes_per_publisher", figures.bytes_per_publisher("127.0.0.1", core))


def log_in(results: Results, core: int | None) -> None:
    """Measure media while everyone logs in."""
    for result in log_ins.measure(core, ROUNDS)[1]:
        results.add("log_ins_delay_p50_ms", result.p50)
        results.add("log_ins_delay_p99_ms", result.p99)
        results.add("log_ins_done", result.done)
        results.add("log_ins_seconds", result.longest)


def joins(results: Results, core: int | None) -> None:
    """Measure the cost of a join."""
    for value in join.cpu_ms_per_join(core, ROUNDS):
        results.add("cpu_ms_per_join", value)


def machine() -> dict[str, Any]:
    """The machine and versions on which the figures depend."""
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


Part = tuple[str, Callable[[], None]]


def run(parts: list[Part], results: Results) -> None:
    """Measure one part after the other; a failed one is reported, and the others keep their results."""
    for name, measure in parts:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            measure()
        except Exception as error:
            results.failures[name] = f"{type(error).__name__}: {error}"
            print(f"{name} failed: {results.failures[name]}", file=sys.stderr, flush=True)
        results.write()


def bench(results: Results, core: int | None, *, without_janus: str) -> None:
    """Measure everything of this version; `without_janus` says why Janus isn't measured."""
    parts: list[Part] = [
        ("forwarding", partial(forwarding, results, core, with_janus=not without_janus)),
        ("capacity", partial(capacity, results, core)),
        ("memory", partial(memory, results, core)),
        ("log-ins", partial(log_in, results, core)),
        ("joins", partial(joins, results, core)),
        ("a load test", partial(crowd.measure, results, core, ROUNDS)),
        *((f"a room of {size}", partial(room.measure, results, core, size)) for size in room.SIZES),
        *hostile(results),
    ]
    run(parts, results)
    print(results.table())
    if without_janus:
        results.facts["without_janus"] = without_janus
        print(f"\nWithout Janus: {without_janus}.")


def hostile(results: Results) -> list[Part]:
    """Measure the CPU time of hostile inputs."""

    def measure() -> None:
        for name, value in hostile_cost.measure().items():
            results.titles[name] = (name, "µs", f"≤ {hostile_cost.target(name):g}")
            results.add(name, value)

    return [("hostile inputs", measure)]


def compare(results: Results, core: int | None, revision: str, pairs: int) -> None:
    """Measure this version beside another one."""
    results.facts["base"] = revision
    with base.checked_out(revision) as root:
        parts: list[Part] = [
            ("forwarding", partial(base.forwarding, results, core, root, pairs=pairs)),
            *((f"a room of {size}", partial(room.compare, results, core, size, root)) for size in room.SIZES[:2]),
        ]
        run(parts, results)
    print(results.ratio_table())


def main() -> int:
    """Measure; in a network namespace if Janus can be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--base", metavar="REV", help="measure beside this git revision")
    parser.add_argument("--pairs", type=int, default=base.PAIRS, help="how often each is measured (%(default)s)")
    chosen = parser.parse_args()
    if sys.platform != "linux":
        print("The measurements read /proc and need Linux.", file=sys.stderr)
        return 1
    reason = janus.missing()
    if not chosen.base and not reason and not janus.in_namespace():
        return janus.run_in_namespace([sys.executable, "-m", "tests.bench"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # Janus may crash when it ends
    cores = sorted(os.sched_getaffinity(0))
    results, core = Results(OUTPUT, machine()), None
    if len(cores) > 1:
        core = cores[0]
        os.sched_setaffinity(0, {cores[1]})
    gc.freeze()
    if chosen.base:
        compare(results, core, chosen.base, chosen.pairs)
    else:
        bench(results, core, without_janus=reason)
    facts = results.facts
    for loss in facts.get("losses", []):
        print(f"Lost in {loss}; measured again, at most twice.")
    for name, failure in results.failures.items():
        print(f"Not measured: {name}: {failure}")
    print(f"\nPython {facts['python']}, {facts['cpu']}, Linux {facts['kernel']}, load {facts['load_average']} before;")
    print("the relay, or Janus, on one core, the load on another.")
    results.write()
    print(f"Written to {results.output}.")
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
