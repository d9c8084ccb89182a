"""A seeded network under a virtual clock: one relay and its router, several peers, and imperfect links.

Nothing here waits: `World.run(60)` takes a minute of virtual time and a second or two of real time.
"""

import functools
import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sfu.plane import SlotWish
from sfu.relay import Relay
from sfu.router import LayerChange, Router, SlotChange
from sfu.secure.dtls import Certificate
from sfu.transport import State
from sfu.wire.rtp import Mid
from sfu.wire.stun import Address
from tests.sim.peer import PUBLISH_ALL, Peer

RELAY_ADDRESS: Address = ("192.0.2.1", 3478)
WALL_CLOCK_AT_START = 1_750_000_000.0
RECONCILE_INTERVAL = 0.2
SIGNALING_DELAY = 0.05
"""Seconds from the room to a peer, over its WebSocket."""

_GRAIN = 0.001
"""Seconds: datagrams that arrive within one grain are one drain of the socket."""

_certificates = [Certificate() for _ in range(4)]
_relay_certificate = Certificate()


@dataclass(slots=True)
class Link:
    """One direction of a path. Times in seconds, `loss` and `duplicates` are shares, `bandwidth` in bits per second."""

    delay: float = 0.02
    jitter: float = 0.0
    loss: float = 0.0
    duplicates: float = 0.0
    bandwidth: float = math.inf
    queue: float = 0.3
    cut: bool = False
    waits: list[float] | None = None
    """Set it to a list to record for how long each datagram waits in the queue."""
    dropped: int = 0
    """Datagrams for which the queue had no room."""
    _busy_until: float = field(default=0.0, init=False)

    def arrivals(self, size: int, now: float, rng: random.Random) -> list[float]:
        """When copies of a datagram arrive at the other end."""
        if self.cut or rng.random() < self.loss:
            return []
        self._busy_until = max(self._busy_until, now) + size * 8 / self.bandwidth
        if self._busy_until - now > self.queue:
            self._busy_until -= size * 8 / self.bandwidth
            self.dropped += 1
            return []
        if self.waits is not None:
            self.waits.append(self._busy_until - now)
        copies = 2 if rng.random() < self.duplicates else 1
        out = self._busy_until + self.delay
        arrivals = [math.ceil((out + rng.random() * self.jitter) / _GRAIN) * _GRAIN]
        if copies == 2:
            arrivals.append(math.ceil((out + rng.random() * self.jitter) / _GRAIN) * _GRAIN)
        return arrivals


class World:
    """A relay, a room's router, peers, and the datagrams on their way."""

    def __init__(self, seed: int, link: Link | None = None) -> None:
        self.random = random.Random(seed)
        self.now = 100.0
        self.relay = Relay(_relay_certificate, lambda: WALL_CLOCK_AT_START + self.now)
        self.router = Router()
        self.peers: dict[str, Peer] = {}
        self.changes: list[tuple[float, SlotChange]] = []
        self.layer_changes: list[tuple[float, LayerChange]] = []
        """Encodings that members should send."""
        self.sent_to: Counter[Address] = Counter()
        """Datagrams that the relay sent, by address."""
        self.captured: list[tuple[bytes, Address]] | None = None
        """Set it to a list to record the datagrams that reach the relay."""
        self._link = link or Link()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._next_reconcile = self.now

    def at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._number), action))

    def _copy_of_link(self) -> Link:
        link = self._link
        return Link(link.delay, link.jitter, link.loss, link.duplicates, link.bandwidth, link.queue)

    def join(
        self,
        name: str,
        publish: Iterable[str] = PUBLISH_ALL,
        *,
        audio_slots: int = 2,
        video_slots: int = 2,
        simulcast: bool = True,
    ) -> Peer:
        """Add a peer, as signaling would; media connects while the world runs."""
        number = len(self.peers)
        peer = Peer(
            name,
            number,
            (f"198.51.100.{number + 1}", 40_000),
            self.random,
            _certificates[number % len(_certificates)],
            up=self._copy_of_link(),
            down=self._copy_of_link(),
        )
        self.peers[name] = peer
        peer.transport = self.relay.add(peer.endpoint.local, peer.endpoint.certificate.fingerprint, self.now)
        peer.negotiate(publish, audio_slots, video_slots, simulcast=simulcast)
        self.router.join(name, peer.transport)
        for mid, source, heights in peer.published():
            self.router.publish(name, mid, source, muted=False, heights=heights)
        peer.endpoint.connect(peer.transport.ice.local, _relay_certificate.fingerprint, RELAY_ADDRESS, self.now)
        self._tick(peer)
        return peer

    def leave(self, peer: Peer) -> None:
        """Take a peer out of the room, as signaling would."""
        peer.gone = True
        self.router.leave(peer.name)
        self.relay.remove(peer.transport, "left")
        self.reconcile()

    def _tick(self, peer: Peer) -> None:
        if peer.gone:
            return
        if not peer.silent:
            peer.tick(self.now)
            self.carry_up(peer)
        self.at(round(self.now + 0.01, 3), lambda: self._tick(peer))

    def carry_up(self, peer: Peer) -> None:
        """Put a peer's outgoing datagrams onto its link."""
        if not peer.endpoint.outgoing:
            return
        address = peer.address
        for datagram in peer.endpoint.outgoing:
            for when in peer.up.arrivals(len(datagram), self.now, self.random):
                self.at(when, functools.partial(self.deliver, datagram, address))
        peer.endpoint.outgoing.clear()

    def deliver(self, datagram: bytes, address: Address) -> None:
        """Hand a datagram to the relay, without any link."""
        if self.captured is not None:
            self.captured.append((datagram, address))
        self.relay.buffer.data[: len(datagram)] = datagram[: self.relay.buffer.size]
        self.relay.receive(len(datagram), address, self.now)

    def flush(self) -> None:
        """Do what the edge does after a drain of the socket."""
        self.relay.flush(self.now, self._send)
        if self.relay.changed:
            self.relay.changed.clear()
            self.reconcile()

    def reconcile(self) -> None:
        self.router.listen(self.now)
        self.changes += [(self.now, change) for change in self.router.reconcile(self.now)]
        for change in self.router.take_layer_news():
            self.layer_changes.append((self.now, change))
            peer = self.peers[change.member]
            if peer.obeys and "camera" in change.wanted:
                wanted = change.wanted["camera"]
                self.at(self.now + SIGNALING_DELAY, functools.partial(peer.send_only, wanted))

    def _send(self, data: memoryview, segment: int, address: Address) -> None:
        for start in range(0, len(data), segment):
            self._carry_down(bytes(data[start : start + segment]), address)

    def _carry_down(self, datagram: bytes, address: Address) -> None:
        assert 0 < len(datagram) <= 1500
        self.sent_to[address] += 1
        for peer in self.peers.values():
            if peer.address == address:
                for when in peer.down.arrivals(len(datagram), self.now, self.random):
                    self.at(when, functools.partial(self._arrive, peer, datagram, address))
                return

    def _arrive(self, peer: Peer, datagram: bytes, address: Address) -> None:
        if not peer.silent and not peer.gone and peer.address == address:
            peer.endpoint.receive(datagram, self.now)
            self.carry_up(peer)

    def run(self, seconds: float) -> None:
        """Let that much virtual time pass."""
        end = self.now + seconds
        events = self._events
        while True:
            due = self._next_reconcile
            timer = self.relay.timeout()
            if timer is not None and timer < due:
                due = timer
            if events and events[0][0] < due:
                due = events[0][0]
            if due > end:
                break
            self.now = max(self.now, due)
            while events and events[0][0] <= self.now:
                heapq.heappop(events)[2]()
            self.relay.poll(self.now)
            self.flush()
            if self.now >= self._next_reconcile:
                self._next_reconcile = self.now + RECONCILE_INTERVAL
                self.reconcile()
        self.now = end

    def connect(self, limit: float = 10.0) -> float:
        """Run until everyone is connected; returns the seconds it took."""
        return self.run_until(
            lambda: all(
                peer.transport.state is State.CONNECTED and peer.endpoint.connected for peer in self.peers.values()
            ),
            limit,
        )

    def show(self, viewer: Peer, slot: str, publication: str | None, height: int = 720) -> None:
        """Set what a viewer's slot should show."""
        self.router.watch(viewer.name, [SlotWish(Mid(slot), publication, height)])
        self.reconcile()

    def run_until(self, condition: Callable[[], bool], limit: float) -> float:
        """Run until the condition holds; returns the seconds it took. `AssertionError` after `limit` seconds."""
        start = self.now
        while not condition():
            assert self.now - start < limit, f"not within {limit} s"
            self.run(0.05)
        return self.now - start
