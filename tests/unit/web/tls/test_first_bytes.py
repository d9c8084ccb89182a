import ssl
import struct

import pytest

from web.tls.first_bytes import NEEDED, Speaks, recognise

STUN = struct.pack("!HHHI", 28, 1, 8, 0x2112A442) + bytes(20)


def client_hello() -> bytes:
    """What a TLS client begins with."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="meet.example")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    ("data", "speaks"),
    [
        (client_hello(), Speaks.TLS),
        (b"GET / HTTP/1.1\r\n", Speaks.HTTP),
        (b"PRI * HTTP/2.0\r\n", Speaks.HTTP),
        (b"get / http/1.1\r\n", Speaks.HTTP),
        (STUN, Speaks.FRAMED),
        (struct.pack("!H", 100) + STUN[2:], Speaks.FRAMED),
    ],
)
def test_protocols_are_recognised(data: bytes, speaks: Speaks) -> None:
    assert recognise(data) is speaks
    assert recognise(data[:NEEDED]) is speaks
    assert recognise(data[:1]) in (speaks, None)


def test_a_length_alone_says_nothing_yet() -> None:
    assert recognise(b"") is None
    for length in range(1, NEEDED):
        assert recognise(STUN[:length]) is None


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!HHHI", 28, 1, 8, 0x2112A443) + bytes(20),  # another cookie
        struct.pack("!HHHI", 19, 1, 8, 0x2112A442) + bytes(20),  # shorter than a header
        struct.pack("!HHHI", 28, 0x4001, 8, 0x2112A442) + bytes(20),  # not STUN's first bits
        bytes(20),
        b"\x16",
    ],
)
def test_the_rest_is_for_a_parser_that_refuses_it(data: bytes) -> None:
    assert recognise(data) in (Speaks.HTTP, Speaks.TLS)
    assert (recognise(data) is Speaks.TLS) == (data[0] == 0x16)
