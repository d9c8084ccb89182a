"""What to watch of `/metrics`: a Grafana dashboard and Prometheus's alert rules, in `deploy/monitoring`, and the table
of alerts in `docs/metrics.md`. `python -m web.monitoring` writes them; with `--check` it exits with 1 if they are not
current.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from signaling import generated
from web.metrics import DOCUMENT

FOLDER = Path(__file__).parents[1] / "deploy" / "monitoring"
DASHBOARD, RULES = FOLDER / "dashboard.json", FOLDER / "alerts.yml"

Severity = Literal["warning", "critical"]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert: fires while its expression has held for `minutes`."""

    name: str
    expression: str
    meaning: str
    """What it says about the server, and what to look at."""
    severity: Severity = "warning"
    minutes: int = 5


ALERTS = (
    Alert("MilanioDown", "up{job=\"milanio\"} == 0", "the server doesn't answer", "critical", 2),
    Alert(
        "MilanioLate", "histogram_quantile(0.99, rate(milanio_loop_lag_seconds_bucket[5m])) > 0.1",
        "the process is too busy, and media stutters",
    ),
    Alert(
        "MilanioOverload", "milanio_overload_level > 0",
        "calls are larger than this core carries: viewers get fewer or smaller pictures",
    ),
    Alert(
        "MilanioReceiveOverflow", "rate(milanio_socket_receive_overflows_total[5m]) > 0",
        "the kernel loses datagrams: the core is overloaded, or `net.core.rmem_max` is small",
    ),
    Alert("MilanioUnsent", "rate(milanio_socket_unsent_total[5m]) > 0", "the kernel refuses datagrams"),
    Alert(
        "MilanioException", "rate(milanio_drops_total{reason=~\"exception_.*\"}[5m]) > 0",
        "a bug; the log has its traceback", minutes=0,
    ),
    Alert(
        "MilanioDatabase", "milanio_journal_waiting > 1000",
        "the database is unavailable or too slow", "critical", 1,
    ),
    Alert(
        "MilanioChangesLost", "increase(milanio_journal_lost_total[15m]) > 0",
        "changes of rooms, or messages, aren't in the database and never will be", "critical", 0,
    ),
    Alert(
        "MilanioJoinsFail", "rate(milanio_joins_total{result=\"internal\"}[5m]) > 0",
        "a bug; the log has its traceback", minutes=0,
    ),
    Alert(
        "MilanioPoorConnections",
        "milanio_participants_by_quality{quality=\"poor\"} > 0.5 * sum without (quality) "
        "(milanio_participants_by_quality) and sum without (quality) (milanio_participants_by_quality) >= 6",
        "half of all people have a poor connection: look at the server's own network",
    ),
    Alert(
        "MilanioDescriptors", "process_open_fds > 0.8 * process_max_fds",
        "connections will be closed soon: raise the limit of open files",
    ),
    Alert(
        "MilanioCertificate", "milanio_certificate_end_timestamp_seconds - time() < 7 * 86400",
        "the certificate ends within a week and wasn't renewed; the log says why", "critical", 60,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph: lines by their names in the legend."""

    title: str
    unit: str
    """Of Grafana's units."""
    lines: Sequence[tuple[str, str]]
    """Expression and legend."""
    stacked: bool = False


def _rate(metric: str) -> str:
    return f"rate(milanio_{metric}[$__rate_interval])"


def _quantiles(metric: str) -> list[tuple[str, str]]:
    buckets = _rate(f"{metric}_bucket")
    return [(f"histogram_quantile({share}, sum by (le) ({buckets}))", f"{share:.0%}") for share in (0.5, 0.95, 0.99)]


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Calls",
        (
            Panel(
                "People and rooms", "short",
                [("milanio_participants", "people"), ("milanio_rooms", "rooms"),
                 ("milanio_largest_room_participants", "largest room")],
            ),
            Panel("Connection quality", "short", [("milanio_participants_by_quality", "{{quality}}")], stacked=True),
            Panel("Tracks", "short", [("milanio_publications", "{{source}}")], stacked=True),
            Panel("Joins a second", "ops", [(_rate("joins_total"), "{{result}}")], stacked=True),
            Panel("Time to join", "s", _quantiles("join_duration_seconds")),
            Panel("Time to connect media", "s", _quantiles("media_connect_duration_seconds")),
        ),
    ),
    (
        "Media",
        (
            Panel(
                "Bitrate", "bps",
                [(f"8 * {_rate('received_bytes_total')}", "received"),
                 (f"8 * {_rate('forwarded_bytes_total')}", "sent")],
            ),
            Panel(
                "Packets a second", "pps",
                [(_rate("packets_received_total"), "received"), (_rate("packets_forwarded_total"), "sent"),
                 (_rate("packets_retransmitted_total"), "sent again")],
            ),
            Panel("Keyframes requested a second", "ops", [(_rate("keyframe_requests_total"), "requests")]),
            Panel("Without effect", "pps", [(f"{_rate('drops_total')} > 0", "{{reason}}")]),
            Panel(
                "Lost by the kernel", "pps",
                [(_rate("socket_receive_overflows_total"), "not received"),
                 (_rate("socket_unsent_total"), "{{error}}")],
            ),
            Panel("Overload", "none", [("milanio_overload_level", "level")]),
            Panel("Media connections", "short", [("milanio_media_connections", "{{state}}")], stacked=True),
            Panel("UDP and TCP", "short", [("milanio_media_connections_by_transport", "{{transport}}")], stacked=True),
        ),
    ),
    (
        "Links",
        (
            Panel(
                "Viewers' bandwidth", "Bps",
                [(f"histogram_quantile({share}, sum by (le) (milanio_viewer_bandwidth_bytes_per_second_bucket))",
                  f"{share:.0%}") for share in (0.1, 0.5, 0.9)],
            ),
            Panel("Pictures", "short", [("milanio_video_slots", "{{state}}")], stacked=True),
            Panel("Adaptations a second", "ops", [(_rate("adaptations_total"), "{{direction}}")]),
            Panel("Padding", "bps", [(f"8 * {_rate('padding_bytes_total')}", "sent")]),
        ),
    ),
    (
        "Process",
        (
            Panel("CPU", "percentunit", [("rate(process_cpu_seconds_total[$__rate_interval])", "of a core")]),
            Panel("Lateness of the event loop", "s", _quantiles("loop_lag_seconds")),
            Panel("Memory", "bytes", [("process_resident_memory_bytes", "resident")]),
            Panel(
                "Connections", "short",
                [("milanio_connections", "TCP"), ("milanio_websockets", "WebSockets"),
                 ("process_open_fds", "descriptors")],
            ),
            Panel(
                "Changes for the database", "short",
                [("milanio_journal_waiting", "waiting"), ("increase(milanio_journal_lost_total[5m])", "lost")],
            ),
            Panel("Certificate", "s", [("milanio_certificate_end_timestamp_seconds - time()", "time left")]),
        ),
    ),
)  # fmt: skip

COLUMNS, WIDTH, HEIGHT = 3, 24, 7
"""Panels beside each other, and sizes in Grafana's grid."""


def dashboard() -> str:
    """Return the dashboard, as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, contents in ROWS:
        panels.append({"type": "row", "title": title, "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}})
        top += 1
        for index, panel in enumerate(contents):
            row, column = divmod(index, COLUMNS)
            width = WIDTH // COLUMNS
            place = {"x": column * width, "y": top + row * HEIGHT, "w": width, "h": HEIGHT}
            panels.append(_panel(panel, place))
        top += -(-len(contents) // COLUMNS) * HEIGHT
    for number, each in enumerate(panels, 1):
        each["id"] = number
    variable = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    whole = {
        "title": "Milanio",
        "uid": "milanio",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [variable]},
        "panels": panels,
    }
    return f"{json.dumps(whole, indent=2)}\n"


def _panel(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    stacking = {"mode": "normal" if panel.stacked else "none"}
    return {
        "type": "timeseries",
        "title": panel.title,
        "gridPos": place,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "custom": {"stacking": stacking, "fillOpacity": 20 if panel.stacked else 0},
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + index), "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.lines)
        ],
    }


def rules() -> str:
    """Return the alert rules, as Prometheus reads them. JSON's strings are YAML's too."""
    lines = ["groups:", "  - name: milanio", "    rules:"]
    for alert in ALERTS:
        lines += [
            f"      - alert: {alert.name}",
            f"        expr: {json.dumps(alert.expression)}",
            f"        for: {alert.minutes}m",
            f"        labels: {{severity: {alert.severity}}}",
            f"        annotations: {{summary: {json.dumps(alert.meaning, ensure_ascii=False)}}}",
        ]
    return "\n".join(lines) + "\n"


def table() -> str:
    """Return the table of alerts in the documentation."""
    lines = ["| query | meaning |", "|---|---|"]
    lines += [f"| `{alert.expression}` | {alert.meaning} |" for alert in ALERTS]
    return "\n".join(lines)


def main(arguments: Iterable[str] | None = None) -> int:
    """Write or check the files."""

    def outputs() -> dict[Path, str]:
        text = generated.insert(DOCUMENT.read_text("utf-8"), table(), "alerts")
        return {DASHBOARD: dashboard(), RULES: rules(), DOCUMENT: text}

    return generated.main(outputs, "deploy/monitoring and the alerts of docs/metrics.md", arguments)


if __name__ == "__main__":
    sys.exit(main())
