"""Everything that leaves towards one viewer: where to, under which keys and numbers, and what waits to be sent.

A forwarder reads and writes these fields itself while it puts packets into the arena: a method call for each packet
would cost more than the rewriting. An egress knows nothing of what it serves, so that an ended one is freed at once.
"""

import secrets
from collections import Counter
from typing import Any, Protocol

from sfu.path.arena import Arena, SendSegments
from sfu.path.batch import Batch
from sfu.secure.srtp import OutgoingSrtp
from sfu.sent import SentPackets
from sfu.wire.rtp import Ssrc
from sfu.wire.stun import Address


class Writer(Protocol):
    """Who puts packets of one outgoing stream into the arena: a forwarder."""

    def write(self, batch: Batch, arena: Arena, send: SendSegments, now: float) -> None:
        """Put a batch into the arena, encrypted. `send`: to make room in the arena."""


class Departures:
    """The egresses of one relay that have something to do at the end of this drain of the socket."""

    __slots__ = ("ready", "switched")

    def __init__(self) -> None:
        self.ready: list[Egress] = []
        """Those with `batches`."""
        self.switched: list[Egress] = []
        """Those with slots that switched."""


class Egress:
    """What all streams to one viewer share."""

    __slots__ = (
        "address",
        "batches",
        "context",
        "datagrams",
        "departures",
        "drops",
        "overhead",
        "sent",
        "srtp",
        "switched",
        "wide_seq",
    )

    def __init__(self, departures: Departures, drops: Counter[str]) -> None:
        self.departures = departures
        self.drops = drops
        """Packets that led to nothing, by reason; one counter for the whole relay."""
        self.address: Address | None = None
        """Where to send to; None until a check has come from there."""
        self.srtp: OutgoingSrtp | None = None
        """None: nothing can be sent yet."""
        self.context: Any = None
        """That of `srtp`, for `protect_rtp`."""
        self.overhead = 0
        """Bytes that encryption adds to a packet."""
        self.wide_seq = secrets.randbelow(1 << 15)
        """The latest transport-wide sequence number, 16 bits."""
        self.batches: list[tuple[Writer, Batch]] = []
        """What is to be written in this drain of the socket."""
        self.datagrams: list[bytes] = []
        """Encrypted already, or in need of no encryption."""
        self.sent = SentPackets()
        self.switched: dict[Ssrc, None] = {}
        """Slots, by SSRC, that have gone over to another encoding since the router last asked."""

    def open(self, srtp: OutgoingSrtp) -> None:
        """Send under these keys from now on."""
        self.srtp, self.context, self.overhead = srtp, srtp.context, srtp.overhead

    def note_switch(self, ssrc: Ssrc) -> None:
        """Tell the router that a slot went over to another encoding."""
        if not self.switched:
            self.departures.switched.append(self)
        self.switched[ssrc] = None
