"""ICE, the lite side: credentials, checks answered, the client's address learnt (RFC 8445 sections 2.5, 7.3)."""

import secrets
from dataclasses import dataclass

from sfu import stun
from sfu.stun import Address, StunMessage

CONSENT_TIMEOUT = 30.0
"""Seconds without an authenticated check after which sending must stop (RFC 7675, section 5.1)."""

MAX_ADDRESSES = 16
"""Addresses that may be in use by one client at a time: network interfaces times candidates, and some rebinding."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name fragment and password of one side (RFC 8839, section 5.4)."""

    ufrag: str
    password: str

    @classmethod
    def generate(cls) -> "Credentials":
        """Fresh ones, with 71 and 142 bits of randomness."""
        return cls(
            "".join(secrets.choice(_ALPHABET) for _ in range(12)), "".join(secrets.choice(_ALPHABET) for _ in range(24))
        )


class IceLite:
    """One client's checks. Follows its newest authenticated nomination, as Firefox nominates more than once."""

    __slots__ = ("_forgotten", "_previous", "address", "addresses", "last_check", "local", "remote")

    def __init__(self, local: Credentials, remote: Credentials, now: float) -> None:
        self.local = local
        self.remote = remote
        self._previous: Credentials | None = None
        self.address: Address | None = None
        """Where to send to; None until the client has nominated."""
        self.addresses: dict[Address, None] = {}
        """Addresses that have passed a check, oldest first."""
        self._forgotten: list[Address] = []
        self.last_check = now

    def restart(self, local: Credentials, remote: Credentials) -> None:
        """Take new credentials; the old path stays until a check with them nominates one (RFC 8445, section 9)."""
        self._previous = self.local
        self.local = local
        self.remote = remote

    @property
    def ufrags(self) -> list[str]:
        """The local fragments by which checks may come in."""
        return [self.local.ufrag] if self._previous is None else [self.local.ufrag, self._previous.ufrag]

    def check(self, message: StunMessage, address: Address, now: float) -> bytes | None:
        """Handle a Binding request whose user name begins with one of `ufrags`.

        Gives the response; None where the request isn't authentic, and then nothing has changed.
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
        self._remember(address)
        if self.address is None or (stun.USE_CANDIDATE in message.attributes and ufrag == self.local.ufrag):
            self.address = address
            if ufrag == self.local.ufrag:
                self._previous = None
        return stun.build_success(message.transaction_id, address, password)

    def _remember(self, address: Address) -> None:
        self.addresses.pop(address, None)
        self.addresses[address] = None
        if len(self.addresses) > MAX_ADDRESSES:
            oldest = next(known for known in self.addresses if known != self.address)
            del self.addresses[oldest]
            self._forgotten.append(oldest)

    def take_forgotten(self) -> list[Address]:
        """Addresses that have given way to newer ones since the last call."""
        forgotten, self._forgotten = self._forgotten, []
        return forgotten

    def consent_expires(self) -> float:
        """When sending must stop unless another check comes."""
        return self.last_check + CONSENT_TIMEOUT
