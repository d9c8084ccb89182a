"""Whether a browser reaches this server over HTTPS: then the cookies have another name."""

from dataclasses import dataclass

from aiohttp import web

from web.security.proxies import TrustedProxies


@dataclass(frozen=True, slots=True)
class HttpsDetection:
    """What one server needs to find that out."""

    public_url: str | None
    proxies: TrustedProxies


HTTPS = web.AppKey("https", HttpsDetection)


def is_https(request: web.Request) -> bool:
    """Whether the browser reaches this server over HTTPS, as far as the server knows."""
    detection = request.app[HTTPS]
    public = detection.public_url or ""
    return public.lower().startswith("https:") or detection.proxies.of(request).scheme == "https"
