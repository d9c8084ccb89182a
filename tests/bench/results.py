"""The results: figures, their medians, a table for a reader, and a file that is written part by part."""

import json
import math
import random
from pathlib import Path
from statistics import median
from typing import Any

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
    "plain_us_per_forwarded": ("CPU per forwarded packet, without sockets", "µs", ""),
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
"""Name in the file: title, unit, target. Parts add their own to `Results.titles`."""

Runs = dict[str, list[float]]


def rounded(value: float) -> float:
    """Round to four significant digits."""
    if not value or not math.isfinite(value):
        return value
    digits = 3 - math.floor(math.log10(abs(value)))
    return round(value, digits) if digits > 0 else round(value)


def shown(value: float) -> str:
    """Format a figure for a reader."""
    return f"{rounded(value):g}" if abs(value) < 1e4 else f"{value:.0f}"


def interval(values: list[float], share: float = 0.9) -> tuple[float, float]:
    """The interval in which the median lies with that probability, by bootstrapping."""
    draw = random.Random(1)
    medians = sorted(median(draw.choices(values, k=len(values))) for _ in range(2000))
    outside = (1 - share) / 2
    return medians[int(outside * len(medians))], medians[int((1 - outside) * len(medians)) - 1]


class Results:
    """Collects figures, and writes the file after each part, so that a failed part doesn't lose the others' results."""

    def __init__(self, output: Path, facts: dict[str, Any]) -> None:
        self.output = output
        self.facts = facts
        self.runs: Runs = {}
        self.pairs: dict[str, list[tuple[float, float]]] = {}
        """By figure: values of this version and of the other one, measured one after the other."""
        self.failures: dict[str, str] = {}
        self.titles = dict(TITLES)

    def add(self, name: str, value: float) -> None:
        """Add one run's figure."""
        self.runs.setdefault(name, []).append(value)

    def add_pair(self, name: str, this: float, base: float) -> None:
        """Add a figure of both versions."""
        self.pairs.setdefault(name, []).append((this, base))

    def medians(self) -> dict[str, float | None]:
        """The median of each figure, and ratios of medians; None: not measured."""
        found: dict[str, float | None] = dict.fromkeys(self.titles)
        found.update({name: median(values) for name, values in self.runs.items()})
        for prefix in ("", "spread_", "paced_"):
            ours, theirs = found[f"{prefix}us_per_forwarded"], found[f"janus_{prefix}us_per_forwarded"]
            found[f"{prefix}ratio"] = ours / theirs if ours is not None and theirs else None
        return found

    def ratios(self) -> dict[str, dict[str, float]]:
        """The ratio of this version to the other one, for each figure measured in pairs."""
        found = {}
        for name, pairs in self.pairs.items():
            ratios = [this / base for this, base in pairs if base]
            if ratios:
                low, high = interval(ratios)
                this, base = (median(values) for values in zip(*pairs, strict=True))
                each = {"this": this, "base": base, "ratio": median(ratios), "low": low, "high": high}
                found[name] = {key: rounded(value) for key, value in each.items()} | {"pairs": len(ratios)}
        return found

    def write(self) -> None:
        """Write the file."""
        self.output.parent.mkdir(exist_ok=True)
        report = {
            **{
                name: rounded(value) if value is not None and math.isfinite(value) else None
                for name, value in self.medians().items()
            },
            "runs": {name: [rounded(run) for run in values] for name, values in self.runs.items()},
            "ratios": self.ratios(),
            "failures": self.failures,
            "facts": self.facts,
        }
        self.output.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")

    def table(self) -> str:
        """The figures for a reader."""
        lines = [f"{'':46} {'median':>10} {'':6} {'target':>10}  runs"]
        for name, value in self.medians().items():
            title, unit, target = self.titles[name]
            runs = ", ".join(shown(run) for run in self.runs.get(name, []))
            text = "–" if value is None else shown(value)
            lines.append(f"{title:46} {text:>10} {unit:6} {target:>10}  {runs}".rstrip())
        return "\n".join(lines)

    def ratio_table(self) -> str:
        """The ratios for a reader."""
        lines = [f"{'':46} {'this':>10} {'base':>10} {'ratio':>8}  90 % interval, pairs"]
        for name, found in self.ratios().items():
            title = self.titles[name][0]
            lines.append(
                f"{title:46} {shown(found['this']):>10} {shown(found['base']):>10} {found['ratio']:8.3f}"
                f"  {found['low']:.3f} to {found['high']:.3f}, {found['pairs']:.0f}"
            )
        return "\n".join(lines)
