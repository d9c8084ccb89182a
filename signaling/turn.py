"""TURN servers for clients that reach the relay in no other way (RFC 8656), with passwords that end by themselves.

A TURN server shares a secret with this one, as coturn does with `use-auth-secret`: a user name begins with the time of
its end, and the password proves that the secret's owner made it. Nothing else is told to that server.
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from signaling.messages import IceServer

LIFETIME = 86_400.0
"""Seconds for which a client may use TURN servers: as long as a call may last, since it is told of them only once."""


@dataclass(frozen=True, slots=True)
class TurnServers:
    """The operator's TURN servers, which share a secret with this server."""

    urls: Sequence[str]
    secret: str

    def servers(self, name: str, now: float) -> list[IceServer]:
        """Return what a client needs to use them, at a time in seconds since 1970. `name` is for their log."""
        username = f"{int(now + LIFETIME)}:{name}"
        password = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return [
            IceServer(urls=list(self.urls), username=username, credential=base64.b64encode(password).decode("ascii"))
        ]
