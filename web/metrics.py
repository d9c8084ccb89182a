"""What `/metrics` gives Prometheus: every metric is declared once, and read on each scrape.

Counters are plain integers where things happen; nothing here runs before a scrape. `python -m web.metrics` writes the
tables of `docs/metrics.md`; with `--check` it exits with 1 if they are not current.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from prometheus_client import ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from sfu.drops import REASONS
from sfu.histogram import Histogram
from sfu.net.streams import Streams
from sfu.net.udp import SocketStats
from sfu.plane import QualityLevel
from sfu.slot import Why
from sfu.totals import Totals
from sfu.transport import State
from sfu.wire.stun import StreamAddress
from signaling import generated
from signaling.messages import Source
from signaling.version import version
from web.services import Services

SIZES = (2, 5, 10, 25, 50, 100, 300)
"""Buckets of the histogram of rooms by participants."""

ESTIMATES = tuple(kilobits * 125 for kilobits in (100, 300, 500, 1000, 2000, 3000, 5000, 10_000, 20_000))
"""Buckets of the histogram of viewers by bandwidth, bytes per second."""

DOCUMENT = Path(__file__).parents[1] / "docs" / "metrics.md"

Kind = Literal["counter", "gauge", "histogram", "gauge histogram"]
Value = float | Mapping[str, float] | Histogram
"""One number, one for each value of the label, or a histogram."""


class Snapshot:
    """The server at the moment of a scrape. Values that several metrics need are computed once."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.signaling = services.signaling
        self.relay = services.media.relay

    @cached_property
    def sizes(self) -> list[int]:
        """Number of participants of each room that has any."""
        return [len(room.participants) for room in self.signaling.registry.rooms if room.participants]

    @cached_property
    def room_sizes(self) -> Histogram:
        """Rooms by participants."""
        histogram = Histogram(SIZES)
        for size in self.sizes:
            histogram.note(size)
        return histogram

    @cached_property
    def publications(self) -> Counter[str]:
        """Publications by source."""
        found = Counter(dict.fromkeys(get_args(get_args(Source)[0]), 0))
        for room in self.signaling.registry.rooms:
            for participant in room.participants.values():
                found.update(participant.publications.keys())
        return found

    @cached_property
    def qualities(self) -> Counter[str]:
        """Participants by the quality of their connection."""
        found = Counter(dict.fromkeys(get_args(QualityLevel), 0))
        for room in self.signaling.registry.rooms:
            found.update(participant.quality for participant in room.participants.values())
        return found

    @cached_property
    def media_connections(self) -> Counter[str]:
        """Media connections by state."""
        found = Counter({state.value: 0 for state in State if state is not State.CLOSED})
        found.update(transport.state.value for transport in self.relay.transports)
        return found

    @cached_property
    def media_transports(self) -> Counter[str]:
        """Media connections by what carries them, as far as they have an address."""
        found = Counter({"udp": 0, "tcp": 0})
        for transport in self.relay.transports:
            if transport.ice.address is not None:
                found["tcp" if isinstance(transport.ice.address, StreamAddress) else "udp"] += 1
        return found

    @cached_property
    def drops(self) -> dict[str, int]:
        """Drops by reason, with a 0 for each that hasn't happened: Prometheus misses the first one otherwise."""
        return {**dict.fromkeys(REASONS, 0), **self.relay.drops}

    @cached_property
    def totals(self) -> Totals:
        """What the relay has received and sent."""
        return self.relay.totals()

    @cached_property
    def estimates(self) -> Histogram:
        """Viewers by the estimate of their link, bytes per second; only of those who report what arrives."""
        histogram = Histogram(ESTIMATES)
        for transport in self.relay.transports:
            if transport.bandwidth.informed:
                histogram.note(transport.bandwidth.estimate / 8)
        return histogram

    @cached_property
    def video_slots(self) -> Counter[str]:
        """Slots that should show a picture, by what they show."""
        found = Counter(dict.fromkeys(("playing", *get_args(Why)), 0))
        for transport in self.relay.transports:
            for slot in transport.sender.slots.values():
                if slot.kind == "video" and slot.last_sent.publication is not None:
                    found[slot.last_sent.why or "playing"] += 1
        return found

    @property
    def streams(self) -> Streams:
        """Media connections over TCP."""
        return self.services.media.streams

    @cached_property
    def socket(self) -> SocketStats:
        """What the kernel reports about the relay's socket."""
        return self.services.media.socket_stats


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric, without the prefix `milanio_`; counters' names end in `_total`."""

    kind: Kind
    name: str
    help: str
    read: Callable[[Snapshot], Value]
    label: str = ""

    def family(self, snapshot: Snapshot) -> Family:
        """Return the metric with its samples."""
        value, name = self.read(snapshot), f"milanio_{self.name}"
        if isinstance(value, Histogram):
            buckets = [
                (str(float(bound)), float(count)) for bound, count in zip(value.bounds, value.counts, strict=True)
            ]
            buckets.append(("+Inf", float(value.count)))
            if self.kind == "gauge histogram":
                return GaugeHistogramMetricFamily(name, self.help, buckets=buckets, gsum_value=value.sum)
            return HistogramMetricFamily(name, self.help, buckets=buckets, sum_value=value.sum)
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        if not isinstance(value, Mapping):
            return make(name, self.help, value=value)
        family = make(name, self.help, labels=[self.label])
        for key, number in sorted(value.items()):
            family.add_metric([key], number)
        return family


METRICS = (
    Metric("gauge", "build_info", "1, with the version of the server", lambda s: {version(): 1}, "version"),
    Metric("gauge", "rooms", "rooms with at least one participant", lambda s: len(s.sizes)),
    Metric("gauge", "participants", "people in rooms, once for each device", lambda s: sum(s.sizes)),
    Metric(
        "gauge", "largest_room_participants", "participants of the largest room", lambda s: max(s.sizes, default=0)
    ),
    Metric("gauge histogram", "room_size_participants", "rooms by their participants", lambda s: s.room_sizes),
    Metric("gauge", "publications", "published tracks", lambda s: s.publications, "source"),
    Metric(
        "counter", "joins_total",
        "attempts to join: `joined`, `waiting` to be admitted, or the error code",
        lambda s: s.signaling.joins.results, "result",
    ),
    Metric(
        "histogram", "join_duration_seconds", "from a `join` message to its `welcome`",
        lambda s: s.signaling.joins.seconds,
    ),
    Metric(
        "gauge", "participants_by_quality", "participants by the quality of their connection, both directions together",
        lambda s: s.qualities, "quality",
    ),
    Metric("gauge", "media_connections", "media connections", lambda s: s.media_connections, "state"),
    Metric(
        "gauge", "media_connections_by_transport",
        "media connections by what carries them: TCP only where UDP is blocked", lambda s: s.media_transports,
        "transport",
    ),
    Metric("gauge", "stream_waiting_bytes", "what waits for media connections over TCP", lambda s: s.streams.waiting),
    Metric(
        "histogram", "media_connect_duration_seconds",
        "from a client's first offer to the end of its DTLS handshake", lambda s: s.relay.connect_seconds,
    ),
    Metric("counter", "datagrams_received_total", "datagrams received", lambda s: s.relay.received),
    Metric(
        "counter", "packets_received_total", "media packets from publishers, without retransmissions",
        lambda s: s.totals.received_packets,
    ),
    Metric("counter", "received_bytes_total", "their payload", lambda s: s.totals.received_bytes),
    Metric(
        "counter", "packets_forwarded_total", "media packets to viewers, without retransmissions",
        lambda s: s.relay.forwarded,
    ),
    Metric("counter", "forwarded_bytes_total", "their payload", lambda s: s.totals.sent_bytes),
    Metric(
        "counter", "packets_retransmitted_total", "packets sent again to viewers who missed them",
        lambda s: s.totals.retransmitted_packets,
    ),
    Metric(
        "counter", "keyframe_requests_total", "keyframes requested from publishers",
        lambda s: s.totals.keyframe_requests,
    ),
    Metric(
        "gauge histogram", "viewer_bandwidth_bytes_per_second",
        "viewers by what their link is estimated to carry, as far as they report what arrives", lambda s: s.estimates,
    ),
    Metric(
        "counter", "padding_bytes_total", "sent to viewers only to see whether their links carry more",
        lambda s: s.totals.padding_bytes,
    ),
    Metric(
        "counter", "adaptations_total",
        "pictures of which a viewer's link carried more than before (`up`: larger, or more a second) or less (`down`)",
        lambda s: {"up": s.totals.raised, "down": s.totals.lowered}, "direction",
    ),
    Metric(
        "gauge", "video_slots", "slots that should show a picture: `playing`, or why they are paused",
        lambda s: s.video_slots, "state",
    ),
    Metric(
        "gauge", "overload_level",
        "by how much viewers get less than they want, from 0 to 8, as the relay can't keep up",
        lambda s: s.relay.governor.level,
    ),
    Metric("counter", "drops_total", "datagrams, packets and requests without effect", lambda s: s.drops, "reason"),
    Metric(
        "counter", "socket_unsent_total", "datagrams that the kernel refused, by its error",
        lambda s: s.socket.unsent, "error",
    ),
    Metric(
        "counter", "socket_receive_errors_total", "failed reads, by the kernel's error",
        lambda s: s.socket.receive_errors, "error",
    ),
    Metric(
        "counter", "socket_receive_overflows_total",
        "datagrams that the kernel lost because the receive buffer was full", lambda s: s.socket.overflows,
    ),
    Metric(
        "gauge", "socket_receive_buffer_bytes", "size that the kernel granted", lambda s: s.socket.receive_buffer
    ),
    Metric("gauge", "socket_send_buffer_bytes", "size that the kernel granted", lambda s: s.socket.send_buffer),
    Metric(
        "gauge", "socket_limited_destinations",
        "addresses to which large bursts can't be sent in one system call", lambda s: s.socket.limited,
    ),
    Metric("gauge", "connections", "TCP connections", lambda s: len(s.services.connections)),
    Metric(
        "counter", "connections_turned_away_total", "TCP connections closed because there were too many",
        lambda s: s.services.connections.turned_away,
    ),
    Metric(
        "counter", "connections_too_slow_total", "TCP connections closed because a request didn't arrive in time",
        lambda s: s.services.connections.too_slow,
    ),
    Metric("gauge", "websockets", "WebSockets", lambda s: len(s.signaling.sessions)),
    Metric(
        "gauge", "websockets_not_joined", "WebSockets that aren't in a room yet", lambda s: len(s.signaling.waiting)
    ),
    Metric(
        "gauge", "certificate_end_timestamp_seconds",
        "when the server's own certificate ends, in seconds since 1970; absent if a proxy has it",
        lambda s: {} if s.services.tls is None else s.services.tls.watch.current.ends.timestamp(),
    ),
    Metric(
        "gauge", "journal_waiting", "changes waiting to be written to the database",
        lambda s: s.services.calls.unwritten,
    ),
    Metric(
        "counter", "journal_lost_total", "changes dropped because too many were waiting",
        lambda s: s.services.calls.lost,
    ),
    Metric(
        "histogram", "loop_lag_seconds", "how late the event loop runs what is due, measured ten times a second",
        lambda s: s.services.lag,
    ),
)  # fmt: skip

_process = ProcessCollector(registry=None)
"""CPU time, memory and open files of this process, under the names that all Prometheus clients use."""


class MetricsCollector(Collector):
    """Reads all metrics of a server on each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Family]:
        """Yield the metrics with their present values."""
        snapshot = Snapshot(self._services)
        for metric in METRICS:
            yield metric.family(snapshot)
        yield from _process.collect()


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def tables() -> str:
    """Return the generated part of `docs/metrics.md`."""
    lines = [_row("metric", "kind", "label", ""), "|---|---|---|---|"]
    for metric in METRICS:
        label = f"`{metric.label}`" if metric.label else ""
        lines.append(_row(f"`milanio_{metric.name}`", metric.kind, label, metric.help))
    lines += ["", _row("`reason` of `milanio_drops_total`", ""), "|---|---|"]
    lines += [_row(f"`{name}`", meaning) for name, meaning in REASONS.items()]
    return "\n".join(lines)


def document(text: str) -> str:
    """Return `docs/metrics.md` with current tables."""
    return generated.insert(text, tables())


def main(arguments: Iterable[str] | None = None) -> int:
    """Write or check the document."""
    return generated.main(lambda: {DOCUMENT: document(DOCUMENT.read_text("utf-8"))}, "docs/metrics.md", arguments)


if __name__ == "__main__":
    sys.exit(main())
