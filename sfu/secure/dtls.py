"""DTLS 1.2 for SRTP keys, without sockets or clocks of its own (RFC 6347, RFC 5764).

The relay is always the server: the server chooses the SRTP profile, and AES-GCM costs a third of what AES-CM with
HMAC-SHA1 costs. The client side serves programs that join rooms.
"""

import datetime
import secrets
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy

HANDSHAKE_TIMEOUT = 10.0
"""Seconds from the first packet of a handshake until it fails."""

MTU = 1200
"""Bytes of the largest datagram that a handshake sends; fits every path that carries WebRTC."""

_RETRANSMIT_FIRST, _RETRANSMIT_MOST = 0.2, 2.0
"""Seconds until a flight is retransmitted, doubled each time. RFC 6347 section 4.2.4.1 starts at 1 s, for unknown
paths; here STUN has just checked the path, and a join shouldn't wait for a lost packet."""

MAX_RECORDS = 16
"""Records read from a datagram. A whole flight has half a dozen; a record may be empty, and OpenSSL takes a microsecond
for each."""

_DTLS_1_2 = 0xFEFD
_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE = 20, 21, 22
_PLAIN = bytes(2)
"""Epoch of records that are not encrypted."""

_EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"
_CIPHERS = b":".join(
    (
        b"ECDHE-ECDSA-AES128-GCM-SHA256",
        b"ECDHE-ECDSA-CHACHA20-POLY1305",
        b"ECDHE-ECDSA-AES256-GCM-SHA384",
        b"ECDHE-RSA-AES128-GCM-SHA256",
    )
)
_FINGERPRINT_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


class DtlsError(Exception):
    """The handshake failed; the association can't be used."""


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """An SRTP protection profile (RFC 5764 section 4.1.2, RFC 7714 section 14.2); lengths in bytes.

    `tag_length` is that of RTP's authentication tag, by which a packet grows.
    """

    name: bytes
    libsrtp: int
    key_length: int
    salt_length: int
    tag_length: int


PROFILES = (
    SrtpProfile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12, 16),
    SrtpProfile(b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12, 16),
    SrtpProfile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14, 10),
)
"""In order of preference: the cheapest first."""


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """The result of a handshake: master keys with their salts, for sending and for receiving."""

    profile: SrtpProfile
    send: bytes
    receive: bytes


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hash of a certificate, in the form of SDP (RFC 8122, section 5)."""

    algorithm: str
    value: str


class Certificate:
    """A self-signed certificate with its TLS context; one serves every association of a process."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(8))])
        now = datetime.datetime.now(tz=datetime.UTC)
        self.x509 = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        self._key = key

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The SHA-256 fingerprint."""
        return fingerprint_of(self.x509, "sha-256")

    @cached_property
    def context(self) -> SSL.Context:
        """The TLS context that all associations share."""
        context = SSL.Context(SSL.DTLS_METHOD)
        # DTLS 1.3 stays off until it is tested: its last flight is retransmitted after the handshake.
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # The other side's certificate is self-signed; it is checked by its fingerprint from signaling.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(self.x509)
        context.use_privatekey(self._key)
        context.set_cipher_list(_CIPHERS)
        context.set_tlsext_use_srtp(b":".join(profile.name for profile in PROFILES))
        return context


def fingerprint_of(certificate: x509.Certificate, algorithm: str) -> Fingerprint:
    """Hash a certificate; `KeyError` for an algorithm other than sha-256, sha-384 and sha-512."""
    digest = certificate.fingerprint(_FINGERPRINT_HASHES[algorithm])
    return Fingerprint(algorithm, digest.hex(":").upper())


class Dtls:
    """One association. Feed it datagrams and time; send the datagrams in `outgoing`; use `keys` once they are set."""

    __slots__ = (
        "_answer_from",
        "_connection",
        "_deadline",
        "_delay",
        "_flight",
        "_is_server",
        "_next_record",
        "_retransmit_at",
        "closed",
        "keys",
        "outgoing",
        "peer",
    )

    def __init__(self, certificate: Certificate, peer: Fingerprint, *, is_server: bool) -> None:
        self._connection = SSL.Connection(certificate.context)
        self._connection.set_ciphertext_mtu(MTU)
        if is_server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
        self._is_server = is_server
        self.peer = peer
        """Fingerprint that the other side's certificate must have."""
        self._deadline: float | None = None
        self._answer_from = 0.0
        """When a repeated handshake message is next answered."""
        self._retransmit_at: float | None = None
        self._delay = _RETRANSMIT_FIRST
        self._flight: list[bytes] = []
        self._next_record = 0
        """Sequence number of the next plain record. OpenSSL's own can't be used: it counts a flight once, and
        receivers take a record that is repeated under its old number for a replay (RFC 6347, section 4.2.4)."""
        self.outgoing: list[bytes] = []
        self.keys: SrtpKeys | None = None
        self.closed = False

    def start(self, now: float) -> None:
        """Send the first flight, as a client. Raises `DtlsError`."""
        self._begin(now)
        self._advance(now)

    def _begin(self, now: float) -> None:
        if self._deadline is None:
            self._deadline = now + HANDSHAKE_TIMEOUT

    def receive_untrusted(self, datagram: bytes, now: float) -> None:
        """Take a DTLS datagram from the network. Raises `DtlsError` if the handshake fails."""
        if self.closed or not datagram:
            return
        self._begin(now)
        records = split_records(datagram, MAX_RECORDS)
        if self.keys is None:
            useful = b"".join(record for record in records if _belongs_to_handshake(record))
            if useful:
                self._connection.bio_write(useful)
                self._advance(now)
            return
        if datagram[0] == _HANDSHAKE and now >= self._answer_from:
            # Our last flight was lost, and the other side repeats its own; or someone wants us to send a lot.
            self._send_flight()
            self._answer_from = now + _RETRANSMIT_FIRST
        alerts = b"".join(record for record in records if record[0] == _ALERT and record[3:5] != _PLAIN)
        if alerts:
            self._connection.bio_write(alerts)
            self._read_after_handshake()

    def _advance(self, now: float) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._collect()
            self.closed = True
            raise DtlsError(f"handshake failed: {error}") from None
        else:
            self._finish()
        flight = self._collect()
        if flight:
            self._flight = flight
            self._delay = _RETRANSMIT_FIRST
        if self._flight and self.keys is None and (flight or self._retransmit_at is None):
            self._retransmit_at = now + self._delay

    def _finish(self) -> None:
        # Hash OpenSSL's own copy: `cryptography` raises many kinds of exceptions for certificates that it can't read.
        certificate = self._connection.get_peer_certificate()
        digest_name = self.peer.algorithm.replace("-", "")
        if certificate is None or certificate.digest(digest_name).decode() != self.peer.value:
            self.closed = True
            raise DtlsError("the certificate is not the one that signaling announced")
        name = self._connection.get_selected_srtp_profile()
        profile = next((profile for profile in PROFILES if profile.name == name), None)
        if profile is None:
            self.closed = True
            raise DtlsError("no SRTP profile in common")
        key, salt = profile.key_length, profile.salt_length
        material = self._connection.export_keying_material(_EXPORTER_LABEL, 2 * (key + salt))
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        send, receive = (server, client) if self._is_server else (client, server)
        self.keys = SrtpKeys(profile, send, receive)
        self._retransmit_at = None

    def _read_after_handshake(self) -> None:
        """An authenticated close ends the association; everything else is ignored."""
        try:
            while True:
                self._connection.recv(2048)
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.closed = True
        self._collect()

    def _collect(self) -> list[bytes]:
        """Send OpenSSL's output to the other side; returns the records."""
        try:
            records = split_records(self._connection.bio_read(1 << 16))
        except SSL.WantReadError:
            return []
        self._send(records)
        return records

    def _send_flight(self) -> None:
        """Send the latest flight again."""
        if self._flight:
            self._send(self._flight)

    def _send(self, records: list[bytes]) -> None:
        """Put records into datagrams (RFC 6347, section 4.1.1), the plain ones under fresh numbers."""
        datagrams = [b""]
        for record in records:
            if record[3:5] == _PLAIN:
                record = record[:5] + self._next_record.to_bytes(6) + record[11:]
                self._next_record += 1
            if datagrams[-1] and len(datagrams[-1]) + len(record) > MTU:
                datagrams.append(b"")
            datagrams[-1] += record
        self.outgoing += datagrams

    def timeout(self) -> float | None:
        """When to call `poll`; None: not before a datagram comes."""
        if self.closed or self.keys is not None or self._deadline is None:
            return None
        return self._deadline if self._retransmit_at is None else min(self._retransmit_at, self._deadline)

    def poll(self, now: float) -> None:
        """Retransmit if it is time. Raises `DtlsError` if the handshake has taken too long."""
        if self.closed or self.keys is not None or self._deadline is None:
            return
        if now >= self._deadline:
            self.closed = True
            raise DtlsError("handshake timed out")
        if self._retransmit_at is not None and now >= self._retransmit_at:
            self._delay = min(2 * self._delay, _RETRANSMIT_MOST)
            self._retransmit_at = now + self._delay
            self._send_flight()

    def close(self) -> None:
        """End the association; `outgoing` gets an alert for the other side."""
        if self.keys is not None and not self.closed:
            try:
                self._connection.shutdown()
            except SSL.Error:
                pass
            self._collect()
        self.closed = True


def _belongs_to_handshake(record: bytes) -> bool:
    """Whether to accept a record before there are keys. Plain alerts and data would end a handshake, and anyone can
    send them; a handshake that really fails ends by itself after some seconds (RFC 6347, section 4.1.2.7).
    """
    return record[3:5] != _PLAIN or record[0] in (_HANDSHAKE, _CHANGE_CIPHER_SPEC)


def split_records(data: bytes, most: int = 1 << 16) -> list[bytes]:
    """Split into DTLS records, which have a 13-byte header (RFC 6347, section 4.3.1), at most `most` of them."""
    records: list[bytes] = []
    position = 0
    while position + 13 <= len(data) and len(records) < most:
        end = position + 13 + int.from_bytes(data[position + 11 : position + 13])
        records.append(data[position:end])
        position = end
    return records
