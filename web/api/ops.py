"""`/api/health`, `/api/ready` and `/metrics`, for operators and load balancers."""

import hmac
import ipaddress

from aiohttp import HttpVersion11, web

from web.services import SERVICES, Services

_NOT_FOR_STRANGERS = (
    "Metrics can only be read from this machine, or with the metrics_token from the server's settings.\n"
)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


async def health(request: web.Request) -> web.Response:
    """Answer 200 while the server works; restart it otherwise. Calls go on without a database."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """Answer 200 while people can log in and rooms can be opened, else 503: send new people elsewhere."""
    if await request.app[SERVICES].readiness.database():
        return web.json_response({"status": "ready"})
    return web.json_response({"status": "not_ready", "reason": "database"}, status=503, headers={"Retry-After": "2"})


async def metrics(request: web.Request) -> web.Response:
    """Answer with the metrics, in Prometheus's text format or in OpenMetrics, as requested."""
    services = request.app[SERVICES]
    if not _may_see(request, services):
        token = services.settings.metrics_token is not None
        headers = {"WWW-Authenticate": "Bearer"} if token else None
        return web.Response(status=401 if token else 403, text=_NOT_FOR_STRANGERS, headers=headers)
    # Imported here: the server starts sooner without Prometheus's library, and many are never asked for metrics.
    from prometheus_client.exposition import choose_encoder

    from web.metrics import MetricsCollector

    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return web.Response(body=encode(MetricsCollector(services)), headers={"Content-Type": content_type})


def _may_see(request: web.Request, services: Services) -> bool:
    """Whether the request has the token, or comes from this machine and not through a proxy.

    With a proxy on this machine that isn't in `trusted_proxies`, everyone would look local. Most proxies add a header,
    or speak HTTP/1.0 as nginx does by default; without either, the request counts as local.
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


routes = [
    web.get("/api/health", health),
    web.get("/api/health/live", health),
    web.get("/api/ready", ready),
    web.get("/api/health/ready", ready),
    web.get("/metrics", metrics),
]
