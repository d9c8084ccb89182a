"""Whether browsers accept the certificate, and for how long."""

import datetime
import ssl
from pathlib import Path
from urllib.parse import SplitResult

from web.acme.renewal import FILE_NAME as FROM_AUTHORITY
from web.config import Settings
from web.doctor.finding import Finding, Level, ok, problem, warning
from web.tls.certificate import SOON, Certificate, CertificateError, load, moment
from web.tls.self_signed import FILE_NAME as SELF_MADE


def check_own(settings: Settings, now: datetime.datetime, host: str | None) -> Finding:
    """Check the certificate of a server that speaks HTTPS itself; `host`: the name at which people come."""
    if settings.domain:
        return _from_authority(settings, now)
    if settings.self_signed:
        return _self_made(settings.data / SELF_MADE, now)
    assert settings.tls_certificate is not None
    try:
        certificate = load(settings.tls_certificate, settings.tls_key)
    except CertificateError as error:
        advice = "The server doesn't start until the files of both settings fit together."
        return problem("certificate.unusable", "{reason}", advice, reason=str(error))
    return judge(certificate, now, host)


def judge(certificate: Certificate, now: datetime.datetime, host: str | None) -> Finding:
    """Say whether browsers that come to `host` (None: unknown) accept a certificate now."""
    names = ", ".join(certificate.names)
    flaws = sorted(certificate.flaws(now, host), key=lambda flaw: not flaw.serious)
    if not flaws:
        return ok("certificate.valid", "valid for {names} until {day}", names=names, day=f"{certificate.ends:%Y-%m-%d}")
    flaw = flaws[0]
    advice = flaw.advice or "get one for that name"
    ending = "" if advice.endswith("?") else "."
    values = {
        "names": names or "no name",
        "host": host or "",
        "begins": moment(certificate.begins),
        "ends": moment(certificate.ends),
    }
    level = Level.PROBLEM if flaw.serious else Level.WARNING
    return Finding("certificate", level, flaw.text, f"{advice[0].upper()}{advice[1:]}{ending}", flaw.code, values)


def _from_authority(settings: Settings, now: datetime.datetime) -> Finding:
    names = ", ".join(settings.domain)
    later = (
        "The server gets one when it runs; its log says what is in the way. TCP port 443 has to be open to everyone."
    )
    try:
        certificate = load(settings.data / "acme" / FROM_AUTHORITY, None)
    except CertificateError:
        return warning("certificate.none_yet", "there is none for {names} yet", later, names=names)
    if certificate.self_signed:
        text = "the authority hasn't given one for {names} yet, and browsers warn until then"
        return problem("certificate.temporary", text, later, names=names)
    return judge(certificate, now, settings.domain[0])


def _self_made(path: Path, now: datetime.datetime) -> Finding:
    try:
        certificate = load(path, None)
    except CertificateError:
        return ok("certificate.to_be_made", "the server makes one when it starts, and browsers warn of it")
    if now >= certificate.ends:
        return problem(
            "certificate.own_ended",
            "the certificate ended on {ends}: browsers refuse it",
            "Restart the server to have another.",
            ends=moment(certificate.ends),
        )
    text = "made by this server, so browsers warn of it; valid until {day}"
    return ok("certificate.self_made", text, day=f"{certificate.ends:%Y-%m-%d}")


def check_shown(site: SplitResult | None, until: float | Exception | None, now: datetime.datetime) -> Finding:
    """Check what browsers get from a proxy. `until`: when the certificate that it shows ends (seconds since 1970), or
    why that isn't known.
    """
    if site is None:
        return warning(
            "certificate.no_https",
            "there is no HTTPS: browsers allow camera and microphone only at http://localhost",
            "Set domain, or put a proxy in front: docs/self-hosting.md goes through it.",
        )
    if site.scheme != "https":
        return warning(
            "certificate.plain_http",
            "people come to {url} without HTTPS, where browsers allow no camera and microphone",
            "Set domain, or put a proxy in front: docs/self-hosting.md goes through it.",
            url=site.geturl(),
        )
    if isinstance(until, ssl.SSLCertVerificationError):
        return problem(
            "certificate.refused",
            "browsers refuse the one of {site}: {reason}",
            "Renew it, or get one for that name; the proxy has to send those of its issuers too.",
            site=site.netloc,
            reason=until.verify_message,
        )
    if until is None:
        return ok("certificate.nobody", "not checked, as nobody answers at {site}", site=site.netloc)
    if isinstance(until, Exception):
        text = "not checked, as nobody answers at {site} ({reason})"
        return ok("certificate.unreachable", text, site=site.netloc, reason=str(until))
    ends = datetime.datetime.fromtimestamp(until, datetime.UTC)
    if ends - now < SOON:
        text = "the one of {site} ends on {ends}"
        return warning("certificate.shown_ends_soon", text, "Renew it.", site=site.netloc, ends=moment(ends))
    text = "browsers accept the one of {site} until {day}"
    return ok("certificate.accepted", text, site=site.netloc, day=f"{ends:%Y-%m-%d}")
