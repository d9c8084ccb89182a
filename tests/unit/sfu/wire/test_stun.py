import struct
import zlib

import pytest

from sfu.wire import stun
from sfu.wire.stun import StunError

REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "00060009" + b"evtj:h6vY".hex() + "202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
"""RFC 5769, section 2.1: a request with the user evtj:h6vY and the password VOkJxbRl1RmTxUk/WvJxBt."""

RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b" + b"test vector".hex() + "20"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
"""RFC 5769, section 2.2: its answer, over IPv4, with the mapped address 192.0.2.1:32853."""

PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt"


def with_fingerprint(message: bytes) -> bytes:
    message = message[:2] + struct.pack("!H", len(message) + 8 - 20) + message[4:]
    return message + struct.pack("!HHI", 0x8028, 4, zlib.crc32(message) ^ 0x5354554E)


def test_the_request_of_rfc_5769_is_authentic() -> None:
    message = stun.parse(REQUEST)
    assert message.kind == stun.BINDING_REQUEST
    assert message.username == "evtj:h6vY"
    assert message.attributes[stun.PRIORITY] == bytes.fromhex("6e0001ff")
    assert message.verify(PASSWORD)
    assert not message.verify(PASSWORD + "x")


def test_the_answer_of_rfc_5769_is_authentic() -> None:
    message = stun.parse(RESPONSE)
    assert message.kind == stun.BINDING_SUCCESS
    assert message.verify(PASSWORD)
    assert message.attributes[stun.XOR_MAPPED_ADDRESS] == bytes.fromhex("0001a147e112a643")


def test_our_answer_maps_the_address_as_rfc_5769_does() -> None:
    transaction = bytes.fromhex("b7e7a701bc34d686fa87dfae")
    message = stun.parse(stun.build_success(transaction, ("192.0.2.1", 32_853), PASSWORD))
    assert message.transaction_id == transaction
    assert message.attributes[stun.XOR_MAPPED_ADDRESS] == bytes.fromhex("0001a147e112a643")
    assert message.verify(PASSWORD)


def test_an_ipv6_address_is_mapped_as_in_rfc_5769() -> None:
    transaction = bytes.fromhex("b7e7a701bc34d686fa87dfae")
    address = ("2001:db8:1234:5678:11:2233:4455:6677", 32_853, 0, 0)
    message = stun.parse(stun.build_success(transaction, address, PASSWORD))
    expected = "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    assert message.attributes[stun.XOR_MAPPED_ADDRESS] == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("10.0.0.1", (1, b"\x0a\x00\x00\x01")),
        ("::ffff:10.0.0.1", (1, b"\x0a\x00\x00\x01")),
        ("fe80::1%eth0", (2, bytes.fromhex("fe80" + "00" * 13 + "01"))),
    ],
)
def test_addresses_are_packed(host: str, expected: tuple[int, bytes]) -> None:
    assert stun.pack_ip(host) == expected


def test_a_request_of_ours_is_authentic_and_says_what_it_should() -> None:
    message = stun.parse(stun.build_request("a:b", "secret", priority=7, tie_breaker=1 << 63, nominate=True))
    assert message.username == "a:b"
    assert message.verify("secret")
    assert message.attributes[stun.PRIORITY] == bytes((0, 0, 0, 7))
    assert message.attributes[stun.ICE_CONTROLLING] == bytes((128, 0, 0, 0, 0, 0, 0, 0))
    assert stun.USE_CANDIDATE in message.attributes


def test_an_error_carries_its_code() -> None:
    message = stun.parse(stun.build_error(bytes(12), 487, "Role Conflict", "secret"))
    assert message.kind == stun.BINDING_ERROR
    assert message.attributes[stun.ERROR_CODE] == bytes((0, 0, 4, 87)) + b"Role Conflict"
    assert message.verify("secret")


@pytest.mark.parametrize("position", range(0, len(REQUEST), 3))
def test_any_changed_byte_makes_it_another_message(position: int) -> None:
    data = bytearray(REQUEST)
    data[position] ^= 0x10
    with pytest.raises(StunError):
        stun.parse(bytes(data))


@pytest.mark.parametrize("position", range(20, 84, 5))
def test_a_changed_byte_under_a_right_fingerprint_is_not_authentic(position: int) -> None:
    data = bytearray(REQUEST[:-8])
    data[position] ^= 0x01
    try:
        message = stun.parse(with_fingerprint(bytes(data)))
    except StunError:
        return
    assert not message.verify(PASSWORD)


@pytest.mark.parametrize("size", range(len(REQUEST)))
def test_a_truncated_message_is_refused(size: int) -> None:
    with pytest.raises(StunError):
        stun.parse(REQUEST[:size])


@pytest.mark.parametrize("kind", [0x0011, 0x0003, 0x0113, 0x3FFF])
def test_other_kinds_are_refused(kind: int) -> None:
    with pytest.raises(StunError):
        stun.parse(struct.pack("!HHI12s", kind, 0, stun.COOKIE, bytes(12)))


def test_a_message_without_integrity_is_never_authentic() -> None:
    message = stun.parse(with_fingerprint(struct.pack("!HHI12s", 1, 0, stun.COOKIE, bytes(12))))
    assert not message.verify("")
    assert message.username is None


def test_what_follows_the_integrity_does_not_count() -> None:
    body = REQUEST[:-8] + struct.pack("!HH", stun.USE_CANDIDATE, 0)
    message = stun.parse(with_fingerprint(body))
    assert stun.USE_CANDIDATE not in message.attributes
    assert message.verify(PASSWORD)


def test_the_first_of_equal_attributes_counts() -> None:
    names = struct.pack("!HH4s", stun.USERNAME, 4, b"good") + struct.pack("!HH4s", stun.USERNAME, 4, b"evil")
    message = stun.parse(struct.pack("!HHI12s", 1, len(names), stun.COOKIE, bytes(12)) + names)
    assert message.username == "good"


def test_a_user_name_that_is_no_utf_8_is_none() -> None:
    names = struct.pack("!HH4s", stun.USERNAME, 4, b"\xff\xfe\xfd\xfc")
    assert stun.parse(struct.pack("!HHI12s", 1, len(names), stun.COOKIE, bytes(12)) + names).username is None


@pytest.mark.parametrize("size", [0, 16, 19, 21, 24])
def test_an_integrity_of_a_wrong_length_is_refused(size: int) -> None:
    attribute = struct.pack("!HH", stun.MESSAGE_INTEGRITY, size) + bytes(size + -size % 4)
    with pytest.raises(StunError):
        stun.parse(struct.pack("!HHI12s", 1, len(attribute), stun.COOKIE, bytes(12)) + attribute)


def attributes(count: int, *behind: bytes) -> bytes:
    body = b"".join(struct.pack("!HH", 0x8100 + number, 0) for number in range(count)) + b"".join(behind)
    return struct.pack("!HHI", 1, len(body), stun.COOKIE) + bytes(12) + body


USER = struct.pack("!HH", stun.USERNAME, 6) + b"ab:cde" + bytes(2)


@pytest.mark.parametrize(
    ("data", "user"),
    [
        (REQUEST, "evtj"),
        (RESPONSE, ""),
        (attributes(0, USER), "ab"),
        (attributes(6, USER), "ab"),
        (attributes(7, USER), ""),
        (attributes(300), ""),
        (attributes(0, USER[:-4]), "ab"),
        (attributes(0, USER[:2] + b"\xff\xff" + USER[4:]), "ab"),
        (attributes(0, b"\x00\x01\xff\xff"), ""),
        (attributes(0, USER[:4] + b"\xff\xfe\xfd\xfc\xfb\xfa"), "\xff\xfe\xfd\xfc\xfb\xfa"),
    ],
)
def test_the_user_is_found_among_the_first_attributes(data: bytes, user: str) -> None:
    assert stun.user_untrusted(data) == user


@pytest.mark.parametrize("data", [b"", REQUEST[:19], REQUEST[:4] + b"\x21\x12\xa4\x43" + REQUEST[8:]])
def test_what_has_no_stun_header_has_no_user(data: bytes) -> None:
    with pytest.raises(StunError):
        stun.user_untrusted(data)


def test_a_message_of_many_attributes_is_refused() -> None:
    assert len(stun.parse(attributes(stun.MAX_ATTRIBUTES)).attributes) == stun.MAX_ATTRIBUTES
    with pytest.raises(StunError):
        stun.parse(attributes(stun.MAX_ATTRIBUTES + 1))
