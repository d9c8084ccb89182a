"""Whether browsers are told addresses at which they reach the relay, and whether the server's name leads here."""

import ipaddress
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult

from web.config import Settings, is_loopback
from web.doctor.finding import Finding, ok, problem, warning
from web.doctor.visit import Visit


def is_public(address: str) -> bool:
    """Whether an address is one of the internet, rather than of a local network (RFC 6890)."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def check_addresses(settings: Settings, interfaces: Sequence[str], resolved: Sequence[str], media_port: int) -> Finding:
    """Check what browsers are told. `interfaces`: addresses of this machine; `resolved`: those of the name in
    `public_url`.
    """
    host = settings.relay_host
    told = list(settings.announce or ([host] if host else interfaces))
    if not told:
        return problem("addresses", "this machine has no address in a network", "Connect it, or set announce.")
    if all(is_loopback(address) for address in told):
        advice = "For others, leave host and media_host out, and set announce to an address that they reach."
        return warning("addresses", f"only this machine reaches media ({_list(told)})", advice)
    public = [address for address in told if is_public(address)]
    if public:
        return _public(public, [address for address in public if address not in interfaces], media_port)
    outside = [address for address in resolved if is_public(address)]
    if outside:
        return problem(
            "addresses",
            f"browsers are told only local addresses for media ({_list(told)}), but come from the internet",
            f"Set announce to this machine's public address, which is {outside[0]} unless a proxy or CDN has that one, "
            f"and let the router pass UDP port {media_port} on to this machine.",
        )
    if resolved:
        return ok("addresses", f"people in the local network reach media at {_list(told)}")
    return warning(
        "addresses",
        f"browsers are told only local addresses for media ({_list(told)}): people elsewhere get no picture and sound",
        "In a local network that is right. Otherwise set announce to this machine's public address.",
    )


def _public(told: Sequence[str], elsewhere: Sequence[str], media_port: int) -> Finding:
    if not elsewhere:
        return ok("addresses", f"browsers reach media at {_list(told)}")
    return ok(
        "addresses",
        f"browsers are told {_list(elsewhere)}, which isn't an address of this machine: its router has to pass UDP "
        f"port {media_port} on to this machine",
    )


def check_name(site: SplitResult | None, resolved: Sequence[str] | str, own: Iterable[str], visit: Visit) -> Finding:
    """Check that the name in `public_url` leads here. `resolved`: its addresses, or why there are none; `own`: this
    machine's and the announced ones; `visit`: who answered there.
    """
    if site is None or site.hostname is None:
        return ok("dns", "there is no name to look up, as public_url isn't set")
    name = site.hostname
    if isinstance(resolved, str):
        return problem(
            "dns",
            f"{name} has no address ({resolved})",
            "Where the domain is managed, add an A record (IPv4) or AAAA record (IPv6) with this machine's public "
            "address; it may take an hour until everyone sees it.",
        )
    own = set(own)
    elsewhere = [address for address in resolved if address not in own]
    if visit.version is not None or not elsewhere:
        return ok("dns", f"{name} leads here ({_list(resolved)})")
    text = f"{name} leads to {_list(elsewhere)}, which is no address of this machine"
    if len(elsewhere) < len(resolved):
        return warning(
            "dns", f"{text}; other addresses of the name are", "If that address isn't yours, delete its DNS record."
        )
    return warning(
        "dns",
        text,
        "That is right if a proxy or router there passes everything on. Otherwise change the DNS record.",
    )


def check_site(url: str | None, visit: Visit, *, running: bool) -> Finding:
    """Check that Milanio answers where people come. `running`: whether it answers on its own port."""
    if url is None:
        return ok("site", "public_url isn't set: people come by any address of this machine")
    if visit.version is not None:
        return ok("site", f"Milanio answers at {url}")
    if not running:
        return ok("site", f"not checked at {url}, since Milanio isn't running")
    if visit.distrusted:
        return problem("site", f"{url} has a certificate that browsers refuse", "See the line about the certificate.")
    if visit.status is not None:
        return problem(
            "site",
            f"something other than Milanio answers at {url} (status {visit.status})",
            "Let the proxy pass everything on, as docs/self-hosting.md shows, and check where the name leads.",
        )
    return warning(
        "site",
        f"nobody answers at {url} ({visit.error})",
        "Some routers only let others in by the public address: try from another network. Otherwise open the TCP port "
        "in the firewall, or start the proxy.",
    )


def _list(addresses: Iterable[str]) -> str:
    return ", ".join(addresses)
