"""Everything sent to one viewer: its address, its keys, its packet numbers, and the queue of this drain.

A forwarder reads and writes these fields itself while it puts packets into the arena: a method call for each packet
would cost more than the rewriting. An egress has no reference to what it serves, so an ended one is freed at once.
"""

import math
import secrets
from collections import Counter
from typing import Any, Protocol

from sfu.bandwidth.pacer import PacedWriter, Pacer
from sfu.bandwidth.send_record import SendRecord
from sfu.path.arena import Arena, SendSegments
from sfu.path.batch import Batch
from sfu.secure.srtp import OutgoingSrtp
from sfu.sent import SentPackets
from sfu.wire.rtp import Ssrc
from sfu.wire.stun import Address


class Writer(PacedWriter, Protocol):
    """Puts packets of one outgoing stream into the arena: a forwarder."""

    @property
    def urgent(self) -> bool:
        """Whether its packets never wait: they are sound."""

    def write(self, batch: Batch, arena: Arena, send: SendSegments, now: float) -> None:
        """Encrypt a batch into the arena. `send` empties the arena where it is full."""


MOST_PACED = 16
"""Viewers of one relay with a pacer. Single packets cost several times what bursts do. If many links seem narrow at
once, it is the relay that is late, and to pace them all would make it later still.
"""


class Departures:
    """The egresses of one relay that have something to do at the end of this drain of the socket."""

    __slots__ = ("paced", "plain", "ready", "switched", "viewers")

    def __init__(self, plain: "Departures | None" = None) -> None:
        """`plain`: these are the paced ones beside it."""
        self.ready: list[Egress] = []
        """Those with `batches`."""
        self.switched: list[Egress] = [] if plain is None else plain.switched
        """Those with slots that switched, of both kinds."""
        self.plain: Departures = self if plain is None else plain
        """Egresses without a pacer..."""
        self.paced: Departures = Departures(self) if plain is None else self
        """... and with one: a loop of their own, so that the others' loop doesn't have to ask."""
        self.viewers = 0
        """How many have a pacer; counted with `paced`."""


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
        "pacer",
        "record",
        "sent",
        "sizes",
        "srtp",
        "switched",
        "wide_seq",
    )

    def __init__(self, departures: Departures, drops: Counter[str]) -> None:
        self.departures = departures
        self.drops = drops
        """Dropped packets by reason; one counter for the whole relay."""
        self.address: Address | None = None
        """Where to send; None until a STUN check has come from there."""
        self.srtp: OutgoingSrtp | None = None
        """None: nothing can be sent yet."""
        self.context: Any = None
        """The libsrtp context of `srtp`, for `protect_rtp`."""
        self.overhead = 0
        """Bytes that encryption adds to a packet."""
        self.wide_seq = secrets.randbelow(1 << 15)
        """The latest transport-wide sequence number, 16 bits."""
        self.record = SendRecord(self.wide_seq + 1)
        """What was sent under which of those numbers."""
        self.sizes: tuple[int, ...] = ()
        """Bytes of the packets that were numbered since the last flush, in the order of their numbers."""
        self.batches: list[tuple[Writer, Batch]] = []
        """Batches to be written in this drain of the socket."""
        self.datagrams: list[bytes] = []
        """Datagrams to send as they are: encrypted, or in need of no encryption."""
        self.pacer: Pacer | None = None
        """None: everything leaves at once."""
        self.sent = SentPackets()
        self.switched: dict[Ssrc, None] = {}
        """SSRCs of slots that switched to another encoding since the router last asked."""

    def open(self, srtp: OutgoingSrtp) -> None:
        """Encrypt with these keys from now on."""
        self.srtp, self.context, self.overhead = srtp, srtp.context, srtp.overhead

    def pace(self, rate: float | None) -> None:
        """Send at that many bits per second; None: as it comes, once nothing waits any more. Not within a drain."""
        pacer = self.pacer
        if rate is None:
            if pacer is not None:
                pacer.rate = math.inf
                self.settle_pacer()
        elif pacer is not None:
            pacer.rate = rate
        elif self.departures.paced.viewers < MOST_PACED:
            self.pacer, self.departures = Pacer(rate), self.departures.paced
            self.departures.viewers += 1

    def settle_pacer(self) -> None:
        """Go on without a pacer if it isn't needed any more."""
        pacer = self.pacer
        if pacer is not None and pacer.rate == math.inf and not pacer.waits:
            self.drop_pacer()

    def drop_pacer(self) -> None:
        """Go on without a pacer, and without what waits in it."""
        if self.pacer is not None:
            self.departures.viewers -= 1
            self.pacer, self.departures = None, self.departures.plain

    def note_departure(self, now: float) -> None:
        """Record the packets in `sizes`: they have been handed to the socket."""
        self.record.add(self.sizes, now)
        self.sizes = ()

    def note_switch(self, ssrc: Ssrc) -> None:
        """Tell the router that a slot switched to another encoding."""
        if not self.switched:
            self.departures.switched.append(self)
        self.switched[ssrc] = None
