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
        return problem("addresses.none", "this machine has no address in a network", "Connect it, or set announce.")
    if all(is_loopback(address) for address in told):
        advice = "For others, leave host and media_host out, and set announce to an address that they reach."
        return warning("addresses.loopback", "only this machine reaches media ({told})", advice, told=_list(told))
    public = [address for address in told if is_public(address)]
    if public:
        return _public(public, [address for address in public if address not in interfaces], media_port)
    outside = [address for address in resolved if is_public(address)]
    if outside:
        return problem(
            "addresses.only_local",
            "browsers are told only local addresses for media ({told}), but come from the internet",
            "Set announce to this machine's public address, which is {public} unless a proxy or CDN has that one, "
            "and let the router pass UDP port {port} on to this machine.",
            told=_list(told),
            public=outside[0],
            port=str(media_port),
        )
    if resolved:
        return ok("addresses.local", "people in the local network reach media at {told}", told=_list(told))
    return warning(
        "addresses.perhaps_local",
        "browsers are told only local addresses for media ({told}): people elsewhere get no picture and sound",
        "In a local network that is right. Otherwise set announce to this machine's public address.",
        told=_list(told),
    )


def _public(told: Sequence[str], elsewhere: Sequence[str], media_port: int) -> Finding:
    if not elsewhere:
        return ok("addresses.public", "browsers reach media at {told}", told=_list(told))
    return ok(
        "addresses.behind_router",
        "browsers are told {told}, which isn't an address of this machine: its router has to pass UDP port {port} on "
        "to this machine",
        told=_list(elsewhere),
        port=str(media_port),
    )


def check_name(site: SplitResult | None, resolved: Sequence[str] | str, own: Iterable[str], visit: Visit) -> Finding:
    """Check that the name in `public_url` leads here. `resolved`: its addresses, or why there are none; `own`: this
    machine's and the announced ones; `visit`: who answered there.
    """
    if site is None or site.hostname is None:
        return ok("dns.no_name", "there is no name to look up, as public_url isn't set")
    name = site.hostname
    if isinstance(resolved, str):
        return problem(
            "dns.no_address",
            "{name} has no address ({reason})",
            "Where the domain is managed, add an A record (IPv4) or AAAA record (IPv6) with this machine's public "
            "address; it may take an hour until everyone sees it.",
            name=name,
            reason=resolved,
        )
    own = set(own)
    elsewhere = [address for address in resolved if address not in own]
    if visit.version is not None or not elsewhere:
        return ok("dns.leads_here", "{name} leads here ({addresses})", name=name, addresses=_list(resolved))
    if len(elsewhere) < len(resolved):
        return warning(
            "dns.partly_elsewhere",
            "{name} leads to {addresses}, which is no address of this machine; other addresses of the name are",
            "If that address isn't yours, delete its DNS record.",
            name=name,
            addresses=_list(elsewhere),
        )
    return warning(
        "dns.elsewhere",
        "{name} leads to {addresses}, which is no address of this machine",
        "That is right if a proxy or router there passes everything on. Otherwise change the DNS record.",
        name=name,
        addresses=_list(elsewhere),
    )


def check_site(url: str | None, visit: Visit, *, running: bool) -> Finding:
    """Check that Milanio answers where people come. `running`: whether it answers on its own port."""
    if url is None:
        return ok("site.unset", "public_url isn't set: people come by any address of this machine")
    if visit.version is not None:
        return ok("site.answers", "Milanio answers at {url}", url=url)
    if not running:
        return ok("site.not_running", "not checked at {url}, since Milanio isn't running", url=url)
    if visit.distrusted:
        return problem(
            "site.distrusted",
            "{url} has a certificate that browsers refuse",
            "See the line about the certificate.",
            url=url,
        )
    if visit.status is not None:
        return problem(
            "site.other",
            "something other than Milanio answers at {url} (status {status})",
            "Let the proxy pass everything on, as docs/self-hosting.md shows, and check where the name leads.",
            url=url,
            status=str(visit.status),
        )
    return warning(
        "site.nobody",
        "nobody answers at {url} ({reason})",
        "Some routers only let others in by the public address: try from another network. Otherwise open the TCP port "
        "in the firewall, or start the proxy.",
        url=url,
        reason=str(visit.error),
    )


def _list(addresses: Iterable[str]) -> str:
    return ", ".join(addresses)
