"""A certificate that the server makes itself, for a local network. Traffic is encrypted, but browsers warn: nobody else
vouches for it.
"""

import datetime
import ipaddress
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.files import replace_file
from web.tls.certificate import CertificateError, load

FILE_NAME = "self-signed.pem"

DAYS = 397
"""How long it is valid: browsers accept no server certificate for longer than 398 days."""

RENEWED = datetime.timedelta(days=30)
"""Time before its end at which a start makes a new one."""


def prepare(folder: Path, hosts: Iterable[str], now: datetime.datetime) -> Path:
    """Return the file in the data folder with a certificate for these names and addresses. A new one is made if
    there is none, or if it is for others or ends soon; browsers have to accept that again. Raises `CertificateError`.
    """
    path, wanted = folder / FILE_NAME, list(dict.fromkeys(host for host in hosts if host.isascii()))
    try:
        have = load(path, None)
    except CertificateError:
        have = None
    if have is not None and now < have.ends - RENEWED and all(have.covers(host) for host in wanted):
        return path
    try:
        replace_file(path, make(wanted, now))
    except OSError as error:
        raise CertificateError(f"{path} can't be written: {error.strerror}") from None
    return path


def make(hosts: Sequence[str], now: datetime.datetime, proof: x509.ExtensionType | None = None) -> bytes:
    """Return a new key and a certificate for these names and addresses, in PEM form.

    `proof`: one more extension, which is critical.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Milanio")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # for clocks that are late
        .not_valid_after(now + datetime.timedelta(days=DAYS - 1))
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    if proof is not None:
        builder = builder.add_extension(proof, critical=True)
    certificate = builder.sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM) + private


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
