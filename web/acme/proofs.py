"""Proofs that this server is reached by a name: over TLS on its own port (RFC 8737), or over HTTP on port 80."""

import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509

from web.tls import self_signed

PROTOCOL = "acme-tls/1"
"""What a validation asks for within TLS (RFC 8737, section 6.2)."""

_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
"""The extension of the certificate that proves it (RFC 8737, section 3)."""
_OCTETS = b"\x04\x20"
"""DER of 32 bytes: tag and length."""


def context(host: str, digest: bytes, now: datetime.datetime) -> ssl.SSLContext:
    """Return what a validation of this name or address has to be shown."""
    proof = x509.UnrecognizedExtension(_IDENTIFIER, _OCTETS + digest)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols([PROTOCOL])
    with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads files only
        path = Path(folder) / "challenge.pem"
        path.write_bytes(self_signed.make([host], now, proof))
        made.load_cert_chain(path)
    return made


class Proofs:
    """What is proven at the moment. The order's thread fills it, and the event loop reads it."""

    def __init__(self) -> None:
        self.contexts: dict[str, ssl.SSLContext] = {}
        """By name, as a validation gives it in its handshake."""
        self.texts: dict[str, str] = {}
        """By path, over HTTP."""

    def clear(self) -> None:
        """Everything is proven, or nothing can be."""
        self.contexts, self.texts = {}, {}

    def prove(self, host: str, digest: bytes) -> None:
        """Prove a name or an address over TLS."""
        try:
            name = ipaddress.ip_address(host).reverse_pointer  # RFC 8738, section 6
        except ValueError:
            name = host
        self.contexts[name] = context(host, digest, datetime.datetime.now(datetime.UTC))

    def context_for(self, first: bytes) -> ssl.SSLContext | None:
        """Return what to show to a connection that begins with these bytes; None: it isn't a validation."""
        contexts = self.contexts
        if not contexts or PROTOCOL.encode() not in first:
            return None
        front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        front.set_alpn_protocols([PROTOCOL])

        def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
            found = contexts.get(name or "")
            if found is None:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            connection.context = found
            return None

        front.sni_callback = choose
        return front
