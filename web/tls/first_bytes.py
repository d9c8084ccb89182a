"""What a TCP connection speaks, by its first bytes: HTTPS, HTTP and framed STUN share one port number."""

from enum import Enum

NEEDED = 10
"""Bytes that suffice for all."""

_HANDSHAKE = 22
"""Content type of a TLS record with which a handshake begins (RFC 8446, section 5.1)."""
_COOKIE = bytes.fromhex("2112a442")
"""STUN's magic cookie (RFC 8489, section 5)."""
_STUN_HEADER = 20


class Speaks(Enum):
    """A protocol. `FRAMED`: STUN with a length in front (RFC 4571), as ICE over TCP begins (RFC 6544, section 10)."""

    TLS = "tls"
    HTTP = "http"
    FRAMED = "framed"


def recognise(first: bytes) -> Speaks | None:
    """Return what the connection speaks; None: more bytes are needed. HTTP's parser is for all that isn't known."""
    if not first:
        return None
    if first[0] == _HANDSHAKE:
        return Speaks.TLS
    if first[0] > 0x1F:  # a method begins with a letter, and no STUN message is so long
        return Speaks.HTTP
    if len(first) < NEEDED:
        return None
    length = int.from_bytes(first[:2])
    if length >= _STUN_HEADER and first[2] < 4 and first[6:10] == _COOKIE:
        return Speaks.FRAMED
    return Speaks.HTTP
