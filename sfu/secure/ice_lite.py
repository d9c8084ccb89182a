"""The lite side of ICE: credentials, answers to checks, the client's address (RFC 8445 sections 2.5, 7.3)."""

import secrets
from dataclasses import dataclass

from sfu.wire import stun
from sfu.wire.stun import Address, StreamAddress, StunMessage

CONSENT_TIMEOUT = 30.0
"""Seconds without an authenticated check after which sending must stop (RFC 7675, section 5.1)."""

REBIND_SILENCE = 2.0
"""Seconds that the address in use must have been silent before a check without nomination moves it. Firefox nominates
once and then only checks, every 4 to 6 s: after a NAT has given it another port, nothing else reveals that."""

MAX_ADDRESSES = 16
"""Addresses that one client may have at a time: network interfaces times candidates, and some rebinding."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name fragment and password of one side (RFC 8839, section 5.4)."""

    ufrag: str
    password: str

    @classmethod
    def generate(cls) -> "Credentials":
        """Make new ones, with 71 and 142 bits of randomness."""
        return cls(
            "".join(secrets.choice(_ALPHABET) for _ in range(12)), "".join(secrets.choice(_ALPHABET) for _ in range(24))
        )


class IceLite:
    """One client's checks. Only checks move the address in use: the newest authenticated nomination does at once, as
    Firefox nominates more than once, and any authenticated check does if the address in use is silent.

    UDP is preferred: clients that nominate every pair that works, as Firefox does, use the best one themselves.
    """

    __slots__ = (
        "_checked_here",
        "_closed",
        "_forgotten",
        "_nominated_at",
        "_other",
        "_other_since",
        "_previous",
        "address",
        "addresses",
        "last_check",
        "local",
        "remote",
    )

    def __init__(self, local: Credentials, remote: Credentials, now: float) -> None:
        self.local = local
        self.remote = remote
        self._previous: Credentials | None = None
        self.address: Address | None = None
        """Where to send; None until the client has nominated."""
        self.addresses: dict[Address, float] = {}
        """Addresses that have passed a check, and the time of their last one; oldest first."""
        self._forgotten: list[Address] = []
        self.last_check = now
        self._checked_here = now
        """The last check from the address in use."""
        self._nominated_at = float("-inf")
        """The last nomination of the address in use."""
        self._closed = False
        """Whether the address in use is that of a connection that is closed."""
        self._other: Address | None = None
        """Another address that sent a check; it is used once the one in use has been silent for long enough."""
        self._other_since = now

    def restart(self, local: Credentials, remote: Credentials) -> None:
        """Take new credentials; the old path stays until a check with them nominates one (RFC 8445, section 9)."""
        self._previous = self.local
        self.local = local
        self.remote = remote

    @property
    def ufrags(self) -> list[str]:
        """The local user name fragments that checks may use."""
        return [self.local.ufrag] if self._previous is None else [self.local.ufrag, self._previous.ufrag]

    def check(self, message: StunMessage, address: Address, now: float) -> bytes | None:
        """Handle a Binding request whose user name begins with one of `ufrags`.

        Returns the response; None: the request isn't authentic, and nothing has changed.
        """
        ufrag, _, remote = (message.username or "").partition(":")
        previous = self._previous
        if ufrag == self.local.ufrag:
            password = self.local.password
            if remote != self.remote.ufrag:
                return None
        elif previous is not None and ufrag == previous.ufrag:
            password = previous.password
        else:
            return None
        if not message.verify(password):
            return None
        if stun.ICE_CONTROLLED in message.attributes:
            return stun.build_error(message.transaction_id, 487, "Role Conflict", password)
        self.last_check = now
        self._remember(address, now)
        nominates = stun.USE_CANDIDATE in message.attributes and ufrag == self.local.ufrag
        if self.address is None or self._closed or (nominates and self._may_move(address, now)):
            self._use(address, now)
            if nominates:
                self._nominated_at = now
            if ufrag == self.local.ufrag:
                self._previous = None
        elif address == self.address:
            self._checked_here = now
            self._other = None
        else:
            self._other, self._other_since = address, now
        return stun.build_success(message.transaction_id, address, password)

    def _may_move(self, address: Address, now: float) -> bool:
        """Whether a nomination counts: not if it would leave UDP for TCP while UDP is nominated too."""
        leaves_udp = isinstance(address, StreamAddress) and not isinstance(self.address, StreamAddress)
        return not leaves_udp or now >= self._nominated_at + REBIND_SILENCE

    def close(self, address: StreamAddress) -> None:
        """Forget the address of a connection that is closed. If it is in use, the next check gives another."""
        self.addresses.pop(address, None)
        if address == self.address:
            self._closed = True
        if address == self._other:
            self._other = None

    def _use(self, address: Address, now: float) -> None:
        self.address = address
        self._closed = False
        self._nominated_at = float("-inf")
        self._checked_here = now
        self._other = None

    def moves_at(self, media_heard: float) -> float | None:
        """When to call `move` if nothing more arrives; `media_heard`: the time of the last media from `address`."""
        return None if self._other is None else max(media_heard, self._checked_here) + REBIND_SILENCE

    def move(self, media_heard: float, now: float) -> None:
        """Use the other address that sent a check, if the one in use has been silent for long enough."""
        if self._other is None:
            return
        heard = max(media_heard, self._checked_here)
        if heard > self._other_since:
            self._other = None  # both are alive: then only a nomination counts
        elif now >= heard + REBIND_SILENCE:
            self._use(self._other, now)

    def _remember(self, address: Address, now: float) -> None:
        self.addresses.pop(address, None)
        self.addresses[address] = now
        if len(self.addresses) > MAX_ADDRESSES:
            oldest = next(known for known in self.addresses if known != self.address)
            del self.addresses[oldest]
            self._forgotten.append(oldest)
            if oldest == self._other:
                self._other = None

    def take_forgotten(self) -> list[Address]:
        """Addresses replaced by newer ones since the last call."""
        forgotten, self._forgotten = self._forgotten, []
        return forgotten

    def consent_expires(self) -> float:
        """When sending must stop unless another check comes."""
        return self.last_check + CONSENT_TIMEOUT
