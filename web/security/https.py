"""Whether a browser reaches this server by HTTPS: its cookies have another name then."""

from dataclasses import dataclass

from aiohttp import web

from web.security.proxies import TrustedProxies


@dataclass(frozen=True, slots=True)
class HttpsDetection:
    """What tells that, for one server."""

    public_url: str | None
    proxies: TrustedProxies


HTTPS = web.AppKey("https", HttpsDetection)


def is_https(request: web.Request) -> bool:
    """Whether the browser reaches this server by HTTPS, as far as is known."""
    detection = request.app[HTTPS]
    public = detection.public_url or ""
    return public.lower().startswith("https:") or detection.proxies.of(request).scheme == "https"
