"""A certificate with its key, from files, and what may be wrong with it."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

SOON = datetime.timedelta(days=14)
"""Less time before its end is worth a warning: whatever renews it should have done so by then."""

PROTOCOLS = ["http/1.1"]
"""What is agreed on within TLS (ALPN, RFC 7301)."""


class CertificateError(ValueError):
    """A certificate that can't be used; `args[0]` is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What browsers object to, or soon will."""

    code: str
    text: str
    advice: str
    serious: bool
    """Whether they object now."""

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.text}; {self.advice}" if self.advice else self.text


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for whose name this server has the key. Times are in UTC."""

    context: ssl.SSLContext
    """For connections to the server."""
    names: tuple[str, ...]
    """Host names, perhaps with a wildcard, and addresses."""
    begins: datetime.datetime
    ends: datetime.datetime
    fingerprint: str
    """SHA-256, as browsers show it."""
    self_signed: bool
    """Whether nobody else vouches for it."""

    def covers(self, host: str) -> bool:
        """Whether it is for this host name or address (RFC 9525, section 6)."""
        host = host.lower().rstrip(".")
        if host in self.names:
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            _, dot, parent = host.partition(".")
            return bool(dot) and f"*.{parent}" in self.names
        return False

    def warnings(self, now: datetime.datetime, host: str | None) -> list[str]:
        """Return what browsers object to or soon will, in one line each; `host`: the name at which people come."""
        return [flaw.line for flaw in self.flaws(now, host)]

    def flaws(self, now: datetime.datetime, host: str | None) -> list[Flaw]:
        """Return the same, with what else is known of it."""
        found = []
        ends, begins = moment(self.ends), moment(self.begins)
        if self.ends - SOON <= now < self.ends:
            found.append(Flaw("ends_soon", f"the certificate ends on {ends}", "renew it", serious=False))
        if now >= self.ends:
            found.append(
                Flaw("ended", f"the certificate ended on {ends}: browsers refuse it", "renew it", serious=True)
            )
        if now < self.begins:
            text = f"the certificate begins on {begins}, and browsers refuse it until then"
            found.append(Flaw("begins_later", text, "is this machine's clock right?", serious=True))
        if host is not None and not self.covers(host):
            text = f"the certificate is for {', '.join(self.names) or 'no name'}, but people come to {host}"
            found.append(Flaw("other_name", text, "", serious=True))
        return found


def moment(when: datetime.datetime) -> str:
    """Write a time for the operator."""
    return f"{when:%Y-%m-%d at %H:%M} UTC"


def load(certificate: Path, key: Path | None) -> Certificate:
    """Load the chain in a PEM file, and the key in another or the same one (None). Raises `CertificateError`."""
    chain = _read(certificate)
    try:
        own = x509.load_pem_x509_certificates(chain)[0]
    except ValueError:
        raise CertificateError(f"{certificate} has no certificate in PEM form") from None
    if key is not None:
        _read(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(PROTOCOLS)
    try:
        context.load_cert_chain(certificate, key, _no_password)
    except ssl.SSLError as error:
        holder = certificate if key is None else key
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"the key in {holder} isn't the one of the certificate in {certificate}"
        else:
            problem = f"{holder} has no key in PEM form"
        raise CertificateError(problem) from None
    return Certificate(
        context,
        _names(own),
        own.not_valid_before_utc,
        own.not_valid_after_utc,
        _fingerprint(own),
        own.issuer == own.subject,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path} can't be read: {error.strerror}") from None


def _no_password() -> str:
    raise CertificateError("the key has a password; store it without one, readable only by the user who runs Milanio")


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return (*hosts, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex(":").upper()
