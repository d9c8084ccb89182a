"""`/api/health` and `/metrics`: what an operator watches."""

from aiohttp import web

from web.services import SERVICES


async def health(request: web.Request) -> web.Response:
    """200 as long as the server serves."""
    return web.json_response({"status": "ok"})


def _line(name: str, value: float, **labels: str) -> str:
    inside = ",".join(f'{key}="{label}"' for key, label in labels.items())
    return f"milanio_{name}{{{inside}}} {value}" if inside else f"milanio_{name} {value}"


async def metrics(request: web.Request) -> web.Response:
    """Counters in Prometheus's text format, version 0.0.4."""
    signaling = request.app[SERVICES].signaling
    relay = signaling.media.relay
    rooms = [room for room in signaling.registry.rooms if room.participants]
    lines = [
        "# TYPE milanio_rooms gauge",
        _line("rooms", len(rooms)),
        "# TYPE milanio_participants gauge",
        _line("participants", sum(len(room.participants) for room in rooms)),
        "# TYPE milanio_datagrams_received_total counter",
        _line("datagrams_received_total", relay.received),
        "# TYPE milanio_packets_forwarded_total counter",
        _line("packets_forwarded_total", relay.forwarded),
        "# TYPE milanio_drops_total counter",
        *(_line("drops_total", count, reason=reason) for reason, count in sorted(relay.drops.items())),
    ]
    return web.Response(text="\n".join(lines) + "\n", content_type="text/plain", charset="utf-8")


routes = [web.get("/api/health", health), web.get("/metrics", metrics)]
