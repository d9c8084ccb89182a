"""Whether browsers accept the certificate, and for how long."""

import datetime
import ssl
from pathlib import Path
from urllib.parse import SplitResult

from web.acme.renewal import FILE_NAME as FROM_AUTHORITY
from web.config import Settings
from web.doctor.finding import Finding, ok, problem, warning
from web.tls.certificate import SOON, Certificate, CertificateError, load
from web.tls.self_signed import FILE_NAME as SELF_MADE

_NAME = "certificate"


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
        return problem(_NAME, str(error), "The server doesn't start until the files of both settings fit together.")
    return judge(certificate, now, host)


def judge(certificate: Certificate, now: datetime.datetime, host: str | None) -> Finding:
    """Say whether browsers that come to `host` (None: unknown) accept a certificate now."""
    faults = certificate.faults(now, host)
    said = [*faults, *certificate.warnings(now, host)]
    if not said:
        return ok(_NAME, f"valid for {', '.join(certificate.names)} until {certificate.ends:%Y-%m-%d}")
    text, _, advice = said[0].partition("; ")
    advice = advice or "get one for that name"
    ending = "" if advice.endswith("?") else "."
    return (problem if faults else warning)(_NAME, text, f"{advice[0].upper()}{advice[1:]}{ending}")


def _from_authority(settings: Settings, now: datetime.datetime) -> Finding:
    names = ", ".join(settings.domain)
    later = (
        "The server gets one when it runs; its log says what is in the way. TCP port 443 has to be open to everyone."
    )
    try:
        certificate = load(settings.data / "acme" / FROM_AUTHORITY, None)
    except CertificateError:
        return warning(_NAME, f"there is none for {names} yet", later)
    if certificate.self_signed:
        return problem(_NAME, f"the authority hasn't given one for {names} yet, and browsers warn until then", later)
    return judge(certificate, now, settings.domain[0])


def _self_made(path: Path, now: datetime.datetime) -> Finding:
    try:
        certificate = load(path, None)
    except CertificateError:
        return ok(_NAME, "the server makes one when it starts, and browsers warn of it")
    if now >= certificate.ends:
        return problem(
            _NAME, certificate.warnings(now, None)[0].partition(";")[0], "Restart the server to have another."
        )
    return ok(_NAME, f"made by this server, so browsers warn of it; valid until {certificate.ends:%Y-%m-%d}")


def check_shown(site: SplitResult | None, until: float | Exception | None, now: datetime.datetime) -> Finding:
    """Check what browsers get from a proxy. `until`: when the certificate that it shows ends (seconds since 1970), or
    why that isn't known.
    """
    if site is None:
        return warning(
            _NAME,
            "there is no HTTPS: browsers allow camera and microphone only at http://localhost",
            "Set domain, or put a proxy in front: docs/self-hosting.md goes through it.",
        )
    if site.scheme != "https":
        return warning(
            _NAME,
            f"people come to {site.geturl()} without HTTPS, where browsers allow no camera and microphone",
            "Set domain, or put a proxy in front: docs/self-hosting.md goes through it.",
        )
    if isinstance(until, ssl.SSLCertVerificationError):
        return problem(
            _NAME,
            f"browsers refuse the one of {site.netloc}: {until.verify_message}",
            "Renew it, or get one for that name; the proxy has to send those of its issuers too.",
        )
    if until is None or isinstance(until, Exception):
        reason = "" if until is None else f" ({until})"
        return ok(_NAME, f"not checked, as nobody answers at {site.netloc}{reason}")
    ends = datetime.datetime.fromtimestamp(until, datetime.UTC)
    if ends - now < SOON:
        return warning(_NAME, f"the one of {site.netloc} ends on {ends:%Y-%m-%d at %H:%M} UTC", "Renew it.")
    return ok(_NAME, f"browsers accept the one of {site.netloc} until {ends:%Y-%m-%d}")
