"""`/api/health`, `/api/ready` and `/metrics`: what an operator and a load balancer watch."""

import hmac
import ipaddress
from collections.abc import Iterable, Iterator

from aiohttp import HttpVersion11, web

from web.loop_lag import BUCKETS
from web.services import SERVICES, Services

_NOT_FOR_STRANGERS = (
    "Metrics are for this machine, and for those with the metrics_token that the server's settings name.\n"
)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
SIZES = (2, 5, 10, 25, 50, 100, 300)
"""Rooms are counted by their participants, up to each of these."""


async def health(request: web.Request) -> web.Response:
    """200 as long as the server serves: restart it where this doesn't come. Calls go on without a database."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """200 while people can log in and rooms can be opened, else 503: send new people elsewhere."""
    if await request.app[SERVICES].readiness.database():
        return web.json_response({"status": "ready"})
    return web.json_response({"status": "not_ready", "reason": "database"}, status=503, headers={"Retry-After": "2"})


async def metrics(request: web.Request) -> web.Response:
    """Counters in Prometheus's text format, version 0.0.4."""
    services = request.app[SERVICES]
    if not _may_see(request, services):
        token = services.settings.metrics_token is not None
        headers = {"WWW-Authenticate": "Bearer"} if token else None
        return web.Response(status=401 if token else 403, text=_NOT_FOR_STRANGERS, headers=headers)
    lines = "\n".join(_lines(services))
    return web.Response(text=lines + "\n", content_type="text/plain", charset="utf-8")


def _may_see(request: web.Request, services: Services) -> bool:
    """Whether the request has the token, or comes from this machine and no proxy has passed it on.

    A proxy on this machine that isn't in `trusted_proxies` would make everyone local. Most add a header, or speak
    HTTP/1.0 as nginx does by default; what shows none of that is believed.
    """
    token = services.settings.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token is not None and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(errors="replace"), token.get_secret_value().encode())
    if any(header in request.headers for header in _FORWARDED) or request.version < HttpVersion11:
        return False
    try:
        address = ipaddress.ip_address(services.proxies.of(request).address)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _line(name: str, value: float, **labels: str) -> str:
    inside = ",".join(f'{key}="{label}"' for key, label in labels.items())
    return f"milanio_{name}{{{inside}}} {value}" if inside else f"milanio_{name} {value}"


def _one(kind: str, name: str, value: float) -> Iterator[str]:
    yield f"# TYPE milanio_{name} {kind}"
    yield _line(name, value)


def _by(kind: str, name: str, label: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# TYPE milanio_{name} {kind}"
    for key, value in sorted(values):
        yield _line(name, value, **{label: key})


def _lines(services: Services) -> Iterator[str]:
    yield from _rooms(services)
    yield from _media(services)
    signaling, connections = services.signaling, services.connections
    yield from _one("gauge", "connections", len(connections))
    yield from _one("gauge", "websockets", len(signaling.sessions))
    yield from _one("gauge", "websockets_not_joined", len(signaling.waiting))
    yield from _one("counter", "connections_turned_away_total", connections.turned_away)
    yield from _one("counter", "connections_too_slow_total", connections.too_slow)
    yield from _one("gauge", "journal_waiting", services.calls.unwritten)
    yield from _one("counter", "journal_lost_total", services.calls.lost)
    yield from _lag(services)


def _rooms(services: Services) -> Iterator[str]:
    sizes = [len(room.participants) for room in services.signaling.registry.rooms if room.participants]
    yield from _one("gauge", "rooms", len(sizes))
    yield from _one("gauge", "participants", sum(sizes))
    yield from _one("gauge", "largest_room_participants", max(sizes, default=0))
    yield "# TYPE milanio_rooms_by_size gauge"
    for most in SIZES:
        yield _line("rooms_by_size", sum(size <= most for size in sizes), le=str(most))


def _media(services: Services) -> Iterator[str]:
    media = services.signaling.media
    relay, stats = media.relay, media.socket_stats
    yield from _one("counter", "datagrams_received_total", relay.received)
    yield from _one("counter", "packets_forwarded_total", relay.forwarded)
    yield from _by("counter", "drops_total", "reason", relay.drops.items())
    yield from _by("counter", "socket_unsent_total", "error", stats.unsent.items())
    yield from _by("counter", "socket_receive_errors_total", "error", stats.receive_errors.items())
    yield from _one("counter", "socket_receive_overflows_total", stats.overflows)
    yield from _one("gauge", "socket_receive_buffer_bytes", stats.receive_buffer)
    yield from _one("gauge", "socket_send_buffer_bytes", stats.send_buffer)
    yield from _one("gauge", "socket_limited_destinations", stats.limited)


def _lag(services: Services) -> Iterator[str]:
    lag = services.lag
    yield "# TYPE milanio_loop_lag_seconds histogram"
    for most, count in zip(BUCKETS, lag.counts, strict=True):
        yield _line("loop_lag_seconds_bucket", count, le=str(most))
    yield _line("loop_lag_seconds_bucket", lag.count, le="+Inf")
    yield _line("loop_lag_seconds_sum", round(lag.sum, 6))
    yield _line("loop_lag_seconds_count", lag.count)


routes = [
    web.get("/api/health", health),
    web.get("/api/health/live", health),
    web.get("/api/ready", ready),
    web.get("/api/health/ready", ready),
    web.get("/metrics", metrics),
]
