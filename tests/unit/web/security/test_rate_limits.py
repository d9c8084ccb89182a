import threading
import tracemalloc

import pytest

from tests.thorough import choose
from web.security.rate_limits import Per, RateLimits, Rule, address_key

LOGIN = Rule("login-address", "3/minute", Per.ADDRESS)
ACCOUNT = Rule("login-account", "2/minute;5/hour", Per.ACCOUNT)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> RateLimits:
    return RateLimits([LOGIN, ACCOUNT], max_keys=1000, clock=clock)


def test_the_window_moves_with_each_hit(limits: RateLimits, clock: Clock) -> None:
    for second in (0, 10, 20):
        clock.now = 1000.0 + second
        assert limits.hit("login-address", "192.0.2.1") is None
    assert limits.hit("login-address", "192.0.2.1") == pytest.approx(40, abs=0.01)
    clock.now += 39.9
    assert limits.hit("login-address", "192.0.2.1") == pytest.approx(0.1, abs=0.01)
    clock.now += 0.2
    assert limits.hit("login-address", "192.0.2.1") is None
    # The next place is free a minute after the second hit, as refused ones weren't counted.
    assert limits.hit("login-address", "192.0.2.1") == pytest.approx(9.9, abs=0.01)


def test_waiting_as_long_as_told_is_enough(limits: RateLimits, clock: Clock) -> None:
    clock.now = 0.1 + 0.2
    for _ in range(50):
        wait = limits.hit("login-address", "192.0.2.1")
        if wait is not None:
            clock.now += wait
            assert limits.hit("login-address", "192.0.2.1") is None


def test_a_subscriber_with_many_networks_may_do_more_but_not_as_much_as_all(limits: RateLimits) -> None:
    done = sum(
        limits.hit("login-address", f"2001:db8:0:{network:x}::1") is None for network in range(0x100) for _ in range(3)
    )
    assert done == 3 * 4
    assert limits.hit("login-address", "2001:db8:0:100::1") is None
    # Accounts aren't addresses, whatever they look like.
    for network in range(20):
        assert limits.hit("login-account", f"2001:db8:0:{network:x}::1") is None


def test_every_part_of_a_rule_must_hold(limits: RateLimits, clock: Clock) -> None:
    allowed = 0
    for _ in range(10):
        for _ in range(3):
            allowed += limits.hit("login-account", "ada@example.org") is None
        clock.now += 60.5
    assert allowed == 5
    assert limits.hit("login-account", "ada@example.org") == pytest.approx(3600 - 605, abs=0.01)


def test_rules_and_keys_are_separate(limits: RateLimits) -> None:
    for _ in range(3):
        assert limits.hit("login-address", "192.0.2.1") is None
    assert limits.hit("login-address", "192.0.2.1") is not None
    assert limits.hit("login-address", "192.0.2.2") is None
    assert limits.hit("login-account", "192.0.2.1") is None
    with pytest.raises(KeyError):
        limits.hit("unknown", "192.0.2.1")


def test_an_account_is_one_however_it_is_written(limits: RateLimits) -> None:
    assert limits.hit("login-account", "Ada@Example.org") is None
    assert limits.hit("login-account", " ada@example.org ") is None
    assert limits.hit("login-account", "ADA@EXAMPLE.ORG") is not None
    limits.clear("login-account", "ada@example.org")
    assert limits.hit("login-account", "ADA@EXAMPLE.ORG") is None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:0201", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", "?"),
        ("garbage", "?"),
        ("192.0.2.1:80", "?"),
        ("\ud800", "?"),
    ],
)
def test_what_an_address_is_counted_as(address: str, key: str) -> None:
    assert address_key(address) == key


def test_addresses_of_one_ipv6_network_share_a_limit(limits: RateLimits) -> None:
    assert [limits.hit("login-address", f"2001:db8::{host:x}") is None for host in range(5)] == [True] * 3 + [False] * 2
    assert limits.hit("login-address", "2001:db8:0:1::1") is None


@pytest.mark.parametrize("key", ["", "\0", "\ud800", "é" * 1_000_000, "'; DROP TABLE", "login-account/x/2/1/minute"])
def test_any_text_is_a_key(limits: RateLimits, key: str) -> None:
    assert limits.hit("login-account", key) is None
    assert limits.hit("login-address", key) is None


def test_memory_is_bounded_under_a_flood_of_keys(clock: Clock) -> None:
    threads = threading.active_count()  # some may still be those of other tests
    limits = RateLimits([ACCOUNT], max_keys=500, clock=clock)
    for number in range(1000):
        limits.hit("login-account", f"{number}@example.org")
    tracemalloc.start()
    for number in range(1000, choose(5_000, 20_000)):
        limits.hit("login-account", f"{number}@example.org")
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(limits) == 2 * 500
    # 1,000 keys of a few hundred bytes; 4,000 of them would be far more.
    assert grown < 500_000
    assert threading.active_count() <= threads


def test_keys_that_are_over_are_let_go(limits: RateLimits, clock: Clock) -> None:
    for number in range(500):
        limits.hit("login-address", f"192.0.{number % 2}.{number % 256}")
    full = len(limits)
    clock.now += 61
    for _ in range(full):
        limits.hit("login-address", "198.51.100.1")
        clock.now += 20
    assert len(limits) == 1


def test_a_flood_of_keys_frees_nobody_who_keeps_trying(limits: RateLimits) -> None:
    for _ in range(3):
        limits.hit("login-address", "192.0.2.1")
    for number in range(choose(5_000, 20_000)):
        limits.hit("login-address", f"2001:db8:{number >> 8:x}:{number & 255:x}::1")
        if number % 500 == 0:
            assert limits.hit("login-address", "192.0.2.1") is not None


def test_a_limit_that_can_t_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="parse"):
        RateLimits([Rule("x", "a few", Per.ACCOUNT)])
