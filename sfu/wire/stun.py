"""STUN Binding messages, as ICE uses them (RFC 8489, RFC 8445 section 7)."""

import hmac
import secrets
import socket
import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

BINDING_REQUEST, BINDING_SUCCESS, BINDING_ERROR = 0x0001, 0x0101, 0x0111
COOKIE = 0x2112A442
_COOKIE_BYTES = COOKIE.to_bytes(4)
HEADER_SIZE = 20

USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0009, 0x0020
PRIORITY, USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLED, ICE_CONTROLLING = 0x0024, 0x0025, 0x8028, 0x8029, 0x802A

MAX_ATTRIBUTES = 24
"""Attributes of a message; a connectivity check has about eight."""

_MAX_BEFORE_USERNAME = 6
"""Attributes that may precede USERNAME. ICE agents put it first, or after a SOFTWARE or a PRIORITY."""

_FINGERPRINT_XOR = 0x5354554E
_header = struct.Struct("!HHI12s")
_attribute_header = struct.Struct("!HH")


class StreamAddress(NamedTuple):
    """The far end of a TCP connection. `number` is the connection's, and never used again: the same host and port may
    come back with another one.
    """

    host: str
    port: int
    number: int


Address = tuple[str, int] | tuple[str, int, int, int] | StreamAddress
"""A socket address as `socket.recvfrom` gives it, or that of a connection."""


class StunError(ValueError):
    """Bytes that are not a STUN Binding message."""


@dataclass(frozen=True, slots=True)
class StunMessage:
    """A parsed message; `attributes` has those that the message integrity covers (all, if it has none)."""

    kind: int
    transaction_id: bytes
    attributes: dict[int, bytes]
    covered: bytes | None
    """What MESSAGE-INTEGRITY is computed over, with the length field set; None: the message has none."""

    def verify(self, password: str) -> bool:
        """Whether the message was made by someone who knows the password (RFC 8489, section 14.5)."""
        if self.covered is None:
            return False
        expected = hmac.digest(password.encode(), self.covered, "sha1")
        return hmac.compare_digest(expected, self.attributes[MESSAGE_INTEGRITY])

    @property
    def username(self) -> str | None:
        """The USERNAME attribute; None if it is missing or not UTF-8."""
        try:
            return self.attributes[USERNAME].decode()
        except (KeyError, UnicodeDecodeError):
            return None


def is_request(data: bytes) -> bool:
    """Whether a message is a Binding request, by its type."""
    return data[:2] == b"\x00\x01"


def user_untrusted(data: bytes) -> str:
    """The part of USERNAME before the colon: the receiver's user name fragment (RFC 8445, section 7.2.2).

    Only a few attributes are read, so that noise costs little; empty if USERNAME isn't among them. Raises `StunError`.
    """
    size = len(data)
    if size < HEADER_SIZE or data[4:8] != _COOKIE_BYTES:
        raise StunError("not a STUN header")
    position = HEADER_SIZE
    for _ in range(_MAX_BEFORE_USERNAME + 1):
        if position + 4 > size:
            break
        attribute, length = _attribute_header.unpack_from(data, position)
        position += 4
        if attribute == USERNAME:
            return data[position : position + length].partition(b":")[0].decode("latin-1")
        position += length + -length % 4
    return ""


def parse(data: bytes) -> StunMessage:
    """Read a Binding request, success or error. Raises `StunError`."""
    if len(data) < HEADER_SIZE:
        raise StunError("shorter than a STUN header")
    kind, length, cookie, transaction_id = _header.unpack_from(data)
    if cookie != COOKIE or length % 4 or HEADER_SIZE + length != len(data):
        raise StunError("not a STUN header")
    if kind not in (BINDING_REQUEST, BINDING_SUCCESS, BINDING_ERROR):
        raise StunError("not a Binding message")
    attributes: dict[int, bytes] = {}
    covered = None
    position = HEADER_SIZE
    count = 0
    while position < len(data):
        count += 1
        if count > MAX_ATTRIBUTES:
            raise StunError("more attributes than anyone has a use for")
        if position + 4 > len(data):
            raise StunError("attribute cut short")
        attribute, size = _attribute_header.unpack_from(data, position)
        end = position + 4 + size
        if end > len(data):
            raise StunError("attribute cut short")
        value = data[position + 4 : end]
        if attribute == FINGERPRINT:
            if size != 4 or int.from_bytes(value) != zlib.crc32(data[:position]) ^ _FINGERPRINT_XOR:
                raise StunError("wrong fingerprint")
        elif covered is not None:
            pass  # after MESSAGE-INTEGRITY only FINGERPRINT counts (RFC 8489, section 14.5)
        elif attribute == MESSAGE_INTEGRITY:
            if size != 20:
                raise StunError("message integrity of a wrong length")
            covered = data[:2] + struct.pack("!H", end - HEADER_SIZE) + data[4:position]
            attributes[attribute] = value
        else:
            attributes.setdefault(attribute, value)
        position = end + -size % 4
    return StunMessage(kind, transaction_id, attributes, covered)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _message(kind: int, transaction_id: bytes, body: bytes, password: str) -> bytes:
    """Add MESSAGE-INTEGRITY and FINGERPRINT (RFC 8489, sections 14.5 and 14.7)."""
    covered = _header.pack(kind, len(body) + 24, COOKIE, transaction_id) + body
    body += _attribute(MESSAGE_INTEGRITY, hmac.digest(password.encode(), covered, "sha1"))
    message = _header.pack(kind, len(body) + 8, COOKIE, transaction_id) + body
    return message + _attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(message) ^ _FINGERPRINT_XOR))


def build_request(username: str, password: str, *, priority: int, tie_breaker: int, nominate: bool) -> bytes:
    """Make the connectivity check of a controlling agent (RFC 8445, section 7.1)."""
    body = _attribute(USERNAME, username.encode()) + _attribute(PRIORITY, struct.pack("!I", priority))
    body += _attribute(ICE_CONTROLLING, struct.pack("!Q", tie_breaker))
    if nominate:
        body += _attribute(USE_CANDIDATE, b"")
    return _message(BINDING_REQUEST, secrets.token_bytes(12), body, password)


def build_success(transaction_id: bytes, address: Address, password: str) -> bytes:
    """Answer a check; `address` is where it came from (RFC 8489, section 14.2)."""
    family, packed = pack_ip(address[0])
    key = struct.pack("!I", COOKIE) + transaction_id
    value = struct.pack("!BBH", 0, family, address[1] ^ COOKIE >> 16) + bytes(
        a ^ b for a, b in zip(packed, key, strict=False)
    )
    return _message(BINDING_SUCCESS, transaction_id, _attribute(XOR_MAPPED_ADDRESS, value), password)


def build_error(transaction_id: bytes, code: int, reason: str, password: str) -> bytes:
    """Refuse a check (RFC 8489, section 14.8)."""
    value = struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()
    return _message(BINDING_ERROR, transaction_id, _attribute(ERROR_CODE, value), password)


def pack_ip(host: str) -> tuple[int, bytes]:
    """STUN's family number and the bytes of an IP address; an IPv4 address in IPv6 form counts as IPv4."""
    if ":" not in host:
        return 1, socket.inet_aton(host)
    packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    if packed[:12] == b"\x00" * 10 + b"\xff\xff":
        return 1, packed[12:]
    return 2, packed
