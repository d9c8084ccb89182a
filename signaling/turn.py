"""TURN servers for clients that reach the relay in no other way (RFC 8656), with passwords that end by themselves.

A TURN server shares a secret with this one, as coturn does with `use-auth-secret`: a user name begins with the time of
its end, and the password proves that the secret's owner made it. Nothing else is told to that server.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signaling.messages import IceServer, IceServersRenewed
from signaling.rooms.participant import Participant

LIFETIME = 86_400.0
"""Seconds for which a client may use TURN servers with a password."""


@dataclass(frozen=True, slots=True)
class TurnServers:
    """The operator's TURN servers, which share a secret with this server."""

    urls: Sequence[str]
    secret: str
    lifetime: float = LIFETIME
    """Seconds for which a password is good."""

    def servers(self, name: str, now: float) -> list[IceServer]:
        """Return what a client needs to use them, at a time in seconds since 1970. `name` is for their log."""
        username = f"{int(now + self.lifetime)}:{name}"
        password = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return [
            IceServer(urls=list(self.urls), username=username, credential=base64.b64encode(password).decode("ascii"))
        ]

    def for_client(self, participant: Participant, now: float, unix_now: float) -> list[IceServer]:
        """Return what a participant's client needs, and note when it was told."""
        participant.turn_since = now
        return self.servers(participant.id, unix_now)

    def renew(self, participants: Iterable[Participant], now: float, unix_now: float) -> None:
        """Tell participants of fresh passwords once half their time is over: the old ones stay good for as long."""
        before = now - self.lifetime / 2
        for participant in participants:
            if participant.turn_since <= before:
                fresh = self.for_client(participant, now, unix_now)
                participant.tell(IceServersRenewed(ice_servers=fresh))
