"""Rate limits: how often something may be tried, by an address or for an account.

The moving windows come from the library `limits`. Its own memory storage isn't used: it starts a thread that walks over
all keys after every hit, keeps an empty list for every key it ever saw, and reads the wall clock.
"""

import hashlib
import ipaddress
import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from limits import RateLimitItem, parse_many
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

Clock = Callable[[], float]

MAX_KEYS = 20_000
"""Keys remembered per window of a rule. Beyond that, the least recently used one is forgotten."""

IPV6_PREFIX = 64
"""The least that one subscriber has: limits by single addresses would have no effect."""
IPV6_WIDE_PREFIX, WIDE_FACTOR = 56, 4
"""Many subscribers have 256 such networks. In data centres, though, each /64 of a /56 may belong to someone else: so
together they may do more than one, but not 256 times as much.
"""

ROUNDING = 0.001
"""Seconds added, so that a client that waits exactly as long as told isn't early by a rounding error."""


class Per(Enum):
    """What the keys of a rule are."""

    ADDRESS = "address"
    ACCOUNT = "account"
    KEY = "key"
    """An API key."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit with a name, such as `Rule("login-address", "10/minute;100/day", Per.ADDRESS)`: every part must hold."""

    name: str
    limit: str
    per: Per


class RateLimits:
    """Counts attempts by rule and key. Rules share nothing: too many keys in one don't displace keys of another.

    A `limit` that can't be parsed raises `ValueError`.
    """

    def __init__(self, rules: Iterable[Rule], max_keys: int = MAX_KEYS, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._rules = {
            rule.name: (rule.per, [_Window(item, max_keys, clock) for item in parse_many(rule.limit)]) for rule in rules
        }
        self._wide = {
            rule.name: [_Window(_more(item), max_keys, clock) for item in parse_many(rule.limit)]
            for rule in rules
            if rule.per is Per.ADDRESS
        }

    def hit(self, rule: str, key: str) -> float | None:
        """Count an attempt. Returns None if it is allowed, otherwise the seconds to wait; refused attempts aren't
        counted. `key` is an address (`Per.ADDRESS`) or anything that names the account. An unknown rule raises
        `KeyError`.
        """
        wait = self.wait(rule, key)
        if wait is None:
            for window, counted in self._find(rule, key):
                window.hit(counted)
        return wait

    def wait(self, rule: str, key: str) -> float | None:
        """Return what `hit` would return, without counting."""
        waits = [wait for window, counted in self._find(rule, key) if (wait := window.wait(counted)) is not None]
        return max(waits) if waits else None

    def _find(self, rule: str, key: str) -> "Iterator[tuple[_Window, str]]":
        """Yield the windows that count a key, each with the key's digest."""
        per, windows = self._rules[rule]
        digest = _digest(address_key(key) if per is Per.ADDRESS else key.strip().casefold())
        yield from ((window, digest) for window in windows)
        wide = wide_key(key) if per is Per.ADDRESS else None
        if wide is not None:
            digest = _digest(wide)
            yield from ((window, digest) for window in self._wide[rule])

    def clear(self, rule: str, key: str) -> None:
        """Forget the attempts of a key, for example after a successful log-in."""
        for window, counted in self._find(rule, key):
            window.clear(counted)

    def __len__(self) -> int:
        """Return the number of keys remembered, over all windows."""
        narrow = sum(len(window.storage) for _, windows in self._rules.values() for window in windows)
        return narrow + sum(len(window.storage) for windows in self._wide.values() for window in windows)


def address_key(address: str) -> str:
    """Return the key that an address is counted under: IPv4 (also mapped into IPv6) as it is, IPv6 by its /64. Anything
    that isn't an address has the same key.
    """
    parsed = _parsed(address)
    if parsed is None:
        return "?"
    return str(parsed) if isinstance(parsed, ipaddress.IPv4Address) else _network(parsed, IPV6_PREFIX)


def wide_key(address: str) -> str | None:
    """Return the /56 of an IPv6 address; None for others."""
    parsed = _parsed(address)
    return _network(parsed, IPV6_WIDE_PREFIX) if isinstance(parsed, ipaddress.IPv6Address) else None


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, ipaddress.IPv6Address) else parsed


def _network(address: ipaddress.IPv6Address, prefix: int) -> str:
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _more(item: RateLimitItem) -> RateLimitItem:
    return type(item)(WIDE_FACTOR * item.amount, item.multiples, item.namespace)


def _digest(key: str) -> str:
    # Keys come from strangers: hashed, a megabyte takes no more memory than any other, and no address is stored.
    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=16).hexdigest()


class _Window:
    """One limit and its own storage."""

    def __init__(self, item: RateLimitItem, max_keys: int, clock: Clock) -> None:
        self._item = item
        self._clock = clock
        self.storage = MovingWindows(max_keys, clock)
        self._limiter = MovingWindowRateLimiter(self.storage)

    def wait(self, key: str) -> float | None:
        """Return the seconds until there is room again; None if there is."""
        stats = self._limiter.get_window_stats(self._item, key)
        return None if stats.remaining > 0 else max(0.0, stats.reset_time - self._clock()) + ROUNDING

    def hit(self, key: str) -> None:
        self._limiter.hit(self._item, key)

    def clear(self, key: str) -> None:
        self._limiter.clear(self._item, key)


class MovingWindows(Storage, MovingWindowSupport):
    """Storage for `limits`, in memory: no thread, at most `max_keys` keys with at most `limit` times each.

    For one limit, so all keys have the same expiry. Times are from `clock`, so setting the system's time resets no
    limit.
    """

    STORAGE_SCHEME = None

    def __init__(self, max_keys: int, clock: Clock) -> None:
        super().__init__()
        self._max_keys = max_keys
        self._clock = clock
        self._hits: OrderedDict[str, array[float]] = OrderedDict()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits if they fit."""
        now = self._clock()
        hits = self._current(key, now - expiry)
        if len(hits) + amount > limit:
            return False
        hits.extend([now] * amount)
        self._hits[key] = hits
        self._hits.move_to_end(key)
        self._tidy(now - expiry)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the oldest hit in the window was, and how many there are."""
        now = self._clock()
        hits = self._current(key, now - expiry)
        return (hits[0], len(hits)) if hits else (now, 0)

    def _current(self, key: str, since: float) -> "array[float]":
        hits = self._hits.get(key)
        if hits is None:
            return array("d")  # 8 bytes for each hit
        # A key that keeps trying stays remembered, even among many others.
        self._hits.move_to_end(key)
        del hits[: bisect_right(hits, since)]
        return hits

    def _tidy(self, since: float) -> None:
        """Forget the least recently used keys: up to two expired ones per hit, so that no hit has to clean up after a
        flood, and as many as exceed `max_keys`.
        """
        for _ in range(2):
            oldest = next(iter(self._hits.values()), None)
            if oldest and oldest[-1] > since:
                break
            self._hits.popitem(last=False)
        while len(self._hits) > self._max_keys:
            self._hits.popitem(last=False)

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._hits.pop(key, None)

    def reset(self) -> int:
        """Forget all keys; returns how many."""
        count = len(self._hits)
        self._hits.clear()
        return count

    def check(self) -> bool:
        """Return True: memory is always available."""
        return True

    def __len__(self) -> int:
        return len(self._hits)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What `limits` may wrap."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Only for other strategies than the moving window."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Only for other strategies than the moving window."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Only for other strategies than the moving window."""
        raise NotImplementedError
