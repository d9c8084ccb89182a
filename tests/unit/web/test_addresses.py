import ipaddress

import pytest

from web import addresses


@pytest.mark.parametrize(
    ("bound", "announced", "detected", "host", "expected"),
    [
        ("", ["203.0.113.1"], ["10.0.0.1"], "x:80", ["203.0.113.1"]),
        ("10.0.0.9", ["203.0.113.1"], [], "", ["203.0.113.1"]),
        ("10.0.0.9", [], ["10.0.0.1"], "192.0.2.1", ["10.0.0.9"]),
        ("", [], ["10.0.0.1"], "meet.example", ["10.0.0.1"]),
        ("", [], ["10.0.0.1"], "192.0.2.1:8080", ["10.0.0.1", "192.0.2.1"]),
        ("", [], ["10.0.0.1"], "10.0.0.1:8080", ["10.0.0.1"]),
        ("", [], ["10.0.0.1"], "localhost:8080", ["10.0.0.1", "127.0.0.1"]),
        ("", [], [], "localhost", ["127.0.0.1"]),
        ("", [], [], "", ["127.0.0.1"]),
        ("", [], [], "[2001:db8::1]:8080", ["2001:db8::1"]),
        ("", [], [], "[2001:db8::1]", ["2001:db8::1"]),
        ("", [], [], "2001:db8::1", ["2001:db8::1"]),
        ("", [], ["10.0.0.1"], "[nonsense", ["10.0.0.1"]),
        ("", [], ["10.0.0.1"], "a:b:c\r\n", ["10.0.0.1"]),
    ],
)
def test_the_addresses_of_the_relay_for_one_client(
    bound: str, announced: list[str], detected: list[str], host: str, expected: list[str]
) -> None:
    assert addresses.candidates(bound, announced, detected, host) == expected


def test_addresses_that_change_are_read_again_and_not_more_often_than_needed() -> None:
    now, reads, found = [0.0], [0], [["10.0.0.1"]]

    def read() -> list[str]:
        reads[0] += 1
        if not found[0]:
            raise OSError("no such device")
        return found[0]

    local = addresses.LocalAddresses(read, lambda: now[0])
    assert [local.current() for _ in range(100)] == [["10.0.0.1"]] * 100
    assert reads == [1]
    found[0] = ["10.0.0.77", "2001:db8::1"]
    now[0] += addresses.MAX_AGE
    assert local.current() == ["10.0.0.77", "2001:db8::1"]
    found[0] = []
    now[0] += addresses.MAX_AGE
    assert local.current() == ["10.0.0.77", "2001:db8::1"]


def test_addresses_of_interfaces_are_usable_and_ipv4_comes_first() -> None:
    found = addresses.interface_addresses()
    parsed = [ipaddress.ip_address(text) for text in found]
    assert not any(each.is_loopback or each.is_link_local for each in parsed)
    assert [each.version for each in parsed] == sorted(each.version for each in parsed)
    assert len(set(found)) == len(found)
