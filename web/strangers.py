"""What a server lets strangers do, setting by setting: printed at start in one line each, and as the tables of
`docs/security.md`. `python -m web.strangers` writes those; with `--check` it says whether they are current.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sfu.net.streams import MOST_CHECKS, MOST_UNKNOWN, UNKNOWN_SECONDS
from signaling import generated
from signaling.frames import CONTROL_BURST, CONTROL_PER_SECOND
from signaling.message_budget import MESSAGE_BURST, MESSAGES_PER_SECOND
from signaling.session import FIRST_MESSAGE_SECONDS, MAX_WAITING, MAX_WAITING_PER_ADDRESS
from web.api.errors import BODY_SECONDS
from web.config import Settings, is_loopback
from web.connections import HEADER_SECONDS, MOST, PER_ADDRESS
from web.security.passwords import MAX_WAITING as MAX_PASSWORDS
from web.security.passwords import MAX_WAITING_PER_SOURCE
from web.security.rate_limits import IPV6_PREFIX, IPV6_WIDE_PREFIX, WIDE_FACTOR, Per
from web.security.rules import RULES

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "security.md"


@dataclass(frozen=True, slots=True)
class Exposure:
    """One setting that decides what strangers can do."""

    setting: str
    says: Callable[[Settings], str]
    """Says in a sentence what its value allows."""
    advice: str
    """What to set, and in which case."""


def _host(settings: Settings) -> str:
    address = settings.host
    if is_loopback(address):
        return f"only this machine can reach the server ({address})"
    return f"everyone who can reach {address or 'any address of this machine'} can use the server"


def _public_url(settings: Settings) -> str:
    if settings.self_signed:
        return "people connect over HTTPS, with a certificate that their browsers don't know and warn of"
    if settings.tls_certificate is not None and settings.public_url is None:
        return f"people connect over HTTPS, with the certificate in {settings.tls_certificate}"
    if settings.public_url is None:
        return "no HTTPS: browsers allow camera and microphone on localhost only, and passwords can be intercepted"
    if settings.public_url.lower().startswith("https:"):
        return f"people connect over HTTPS, at {settings.public_url}"
    return f"people connect without HTTPS, at {settings.public_url}: others on the network can read what they type"


def _mail(settings: Settings) -> str:
    if settings.smtp is None:
        return "no mail: addresses can't be confirmed, so invitations are accepted by link only"
    return "mail: an account counts once its address is confirmed"


EXPOSURES = (
    Exposure("host", _host, "`127.0.0.1` behind a proxy on the same machine"),
    Exposure(
        "public_url",
        _public_url,
        "an `https://` address, with a certificate of the server (`domain`, `tls_certificate`) or of a proxy",
    ),
    Exposure(
        "registration",
        lambda settings: (
            "anyone can sign up" if settings.registration == "open" else "only the operator creates accounts"
        ),
        "`closed` if you know who should have an account",
    ),
    Exposure(
        "guest_rooms",
        lambda settings: (
            "anyone can create a room, which expires after a day without use"
            if settings.guest_rooms
            else "only people with an account can create rooms"
        ),
        "`false` on the internet, where others shouldn't use your bandwidth",
    ),
    Exposure("smtp_host", _mail, "a mail server, so that addresses can be confirmed"),
    Exposure(
        "metrics_token",
        lambda settings: (
            "/metrics is for this machine only"
            if settings.metrics_token is None
            else "/metrics is for this machine and for holders of the token"
        ),
        "a token, if Prometheus runs on another machine",
    ),
    Exposure(
        "trusted_proxies",
        lambda settings: (
            "no proxy is trusted: everyone behind one counts as one address"
            if not settings.trusted_proxies
            else f"{', '.join(settings.trusted_proxies)} may say where a request comes from"
        ),
        "the address of your proxy, and no other",
    ),
    Exposure(
        "allowed_origins",
        lambda settings: (
            "no other site can use the API in a visitor's name"
            if not settings.allowed_origins
            else f"pages of {', '.join(settings.allowed_origins)} can use the API in a visitor's name"
        ),
        "your own sites only",
    ),
    Exposure(
        "rate_limits",
        lambda settings: (
            "attempts and connections are limited by address"
            if settings.rate_limits
            else "NOTHING is limited: for load tests only"
        ),
        "`true`, always; load tests have `milanio loadtest-token`",
    ),
)


def start_lines(settings: Settings) -> list[str]:
    """Return the lines for the operator that are printed at start."""
    return [f"{exposure.setting}: {exposure.says(settings)}" for exposure in EXPOSURES]


def settings_table() -> str:
    """Return the table of what a server without any settings allows."""
    fresh = Settings()
    lines = ["| setting | default | recommended |", "|---|---|---|"]
    lines += [f"| `{each.setting}` | {each.says(fresh)} | {each.advice} |" for each in EXPOSURES]
    return "\n".join(lines)


_MEANINGS = {
    "claim-address": "attempts to become the first administrator",
    "login-address": "logins from browsers in which that person hasn't logged in before",
    "login-account": "the same, for one account",
    "login-device": "logins from browsers in which that person has, and confirmations by password",
    "register-address": "registrations",
    "mail-account": "requests for a mail to one address",
    "mail-device": "the same, from a browser in which its owner has logged in before",
    "mail-address": "requests for a mail",
    "mail-token-address": "uses of links from mails",
    "refresh-address": "new access tokens",
    "create-room": "new rooms",
    "join-room": "previews of one room, and tokens for it, with the right code",
    "unknown-room": "wrong room codes; right ones keep working",
    "unknown-room-account": "the same, for one account",
    "unknown-room-lookup": "wrong room codes, after which only rooms in use are found",
    "invitation": "uses of invitation links",
    "invitation-mail": "invitations by mail from one person; further ones are created, but not mailed",
    "invitation-mail-to": "invitations by mail to one address; further ones are created, but not mailed",
    "upload-account": "picture uploads",
    "api-key": "requests of a program, in place of the limits by address",
    "unknown-key-lookup": "wrong API keys, after which none from there is looked up",
    "create-room-key": "new rooms of a program",
}
_PER = {Per.ADDRESS: "address", Per.ACCOUNT: "account, browser or room", Per.KEY: "API key"}


def _limit(text: str) -> str:
    return text.replace(";", ", ").replace("/hour", " an hour").replace("/", " a ")


def limits_table() -> str:
    """Return the table of how often strangers can do what."""
    lines = ["| what | at most | per |", "|---|---|---|"]
    lines += [f"| {_MEANINGS[rule.name]} | {_limit(rule.limit)} | {_PER[rule.per]} |" for rule in RULES]
    lines += [
        f"| connections other than WebSockets | {PER_ADDRESS}; the least recently used gives way | address |",
        f"| connections in all | {MOST}, or as many as the system allows; the busiest address gives way | server |",
        f"| WebSockets that haven't joined | {MAX_WAITING_PER_ADDRESS}; the oldest gives way | address |",
        f"| WebSockets that haven't joined | {MAX_WAITING}; the busiest address gives way | server |",
        f"| TCP connections for media without a client's check | {MOST_UNKNOWN}; the oldest gives way | server |",
        f"| time until the first valid check over one | {UNKNOWN_SECONDS:.0f} s | connection |",
        f"| checks over one that aren't valid | {MOST_CHECKS}, and nothing else | connection |",
        f"| time to join on a WebSocket | {FIRST_MESSAGE_SECONDS:.0f} s | WebSocket |",
        f"| messages | {MESSAGE_BURST} at once, {MESSAGES_PER_SECOND:g} a second | person |",
        f"| pings and fragments of messages | {CONTROL_BURST} at once, {CONTROL_PER_SECOND} a second | WebSocket |",
        f"| time for a request's header | {HEADER_SECONDS:.0f} s | request |",
        f"| time for a request's body | {BODY_SECONDS:.0f} s | request |",
        f"| passwords waiting to be checked | {MAX_WAITING_PER_SOURCE} | address |",
        f"| passwords waiting to be checked | {MAX_PASSWORDS}; known browsers and rare addresses go first | server |",
        f"| IPv6 addresses | count by their /{IPV6_PREFIX}, and {WIDE_FACTOR} times as much by their "
        f"/{IPV6_WIDE_PREFIX} | |",
    ]
    return "\n".join(lines)


_TABLES = {"settings": settings_table, "limits": limits_table}


def with_tables(text: str) -> str:
    """Return the document with current tables."""
    for name, table in _TABLES.items():
        begin, end = f"<!-- {name}: written by python -m web.strangers -->\n", f"<!-- end of {name} -->"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{DOCUMENT.name} has no place for the table {name}")
        text = f"{head}{begin}\n{table()}\n\n{end}{tail}"
    return text


if __name__ == "__main__":
    sys.exit(
        generated.main(
            lambda: {DOCUMENT: with_tables(DOCUMENT.read_text(encoding="utf-8"))}, "the tables of docs/security.md"
        )
    )
