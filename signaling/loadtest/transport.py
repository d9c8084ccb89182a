"""A load test client's media: `signaling.client`'s transport with a receive path that only counts."""

import socket
import time
from collections.abc import Callable
from typing import Any, cast

from sfu.secure.dtls import Certificate
from sfu.wire.rtp import RtpError, RtpHeader
from signaling.client.media import Track
from signaling.client.offer import Answer
from signaling.client.receive import Reception
from signaling.client.send import Player
from signaling.client.transport import MediaTransport
from signaling.loadtest.clips import Clip
from signaling.loadtest.feedback import UNITS
from signaling.loadtest.impairment import Link
from signaling.loadtest.many_reads import AT_ONCE
from signaling.loadtest.poller import Poller
from signaling.loadtest.receive import HEAD_SIZE, WIDE_TAG, LeanReception, LeanSlot, unpack_head
from signaling.loadtest.send import Playout
from signaling.loadtest.stats import Stats

_CALLS = 16
"""Calls for what waits in one socket in a sweep: the others' packets wait."""


class LeanTransport(MediaTransport):
    """See `MediaTransport`. `links`: the client's network down and up, None for none; `machine`: see `timecode`."""

    def __init__(
        self,
        on_closed: Callable[[str], None],
        on_silent: Callable[[], None],
        certificate: Certificate | None,
        poller: Poller,
        stats: Stats,
        machine: int,
        links: tuple[Link, Link] | None = None,
    ) -> None:
        super().__init__(on_closed, on_silent, certificate, ("udp",))
        self.stats = stats
        self._poller = poller
        self._machine = machine
        self._down: Link | None = links[0] if links is not None else None
        self._up: Link | None = links[1] if links is not None else None
        self.before: dict[str, LeanSlot] = {}
        """Slots of the connection in whose place this one is, by mid."""
        self.lean = self._receive_lean([])
        """What is received."""
        self.reception = cast(Reception, self.lean)

    @property
    def playouts(self) -> list[Playout]:
        """What is sent."""
        return cast(list[Playout], self.players)

    @property
    def now(self) -> float:
        """By the loop's clock."""
        return self._loop.time()

    def _receive_lean(self, slots: list[Any]) -> LeanReception:
        return LeanReception(slots, self.ssrc, self.stats, self._decrypt, self._machine)

    def go_on_from(self, before: "LeanTransport") -> None:
        """Take the place of a connection that has ended: what it showed stands still until it is shown again."""
        wall = time.time()
        for slot in before.lean.slots.values():
            slot.take(wall)
        self.before = before.before | before.lean.slots

    def make_reception(self, answer: Answer) -> Reception:
        """The counting one."""
        self.lean = self._receive_lean(answer.slots)
        for mid, slot in self.lean.slots.items():
            if mid in self.before:
                slot.go_on_from(self.before[mid])
        return cast(Reception, self.lean)

    def play(self, tracks: list[tuple[Track, str, str]]) -> list[Player]:
        """Send clips from now on, in time with each other."""
        now = self._loop.time()
        started = [
            Playout(cast(Clip, clip), mid, rid, self._numbering, self.endpoint.send_rtp, now, self._machine)
            for clip, mid, rid in tracks
        ]
        for each in started:
            each.others = [other for other in started if other is not each]
        self.players += cast(list[Player], started)
        self._switch_players()
        self.wake()
        return cast(list[Player], started)

    def _switch_players(self) -> None:
        before = [each.on for each in self.playouts]
        super()._switch_players()
        for was_on, each in zip(before, self.playouts, strict=True):
            self.stats.switched_off += was_on and not each.on
            self.stats.switched_on += each.on and not was_on

    def _watch_socket(self) -> None:
        assert self._socket is not None
        self._poller.add(self._socket, self)

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._poller.remove(self._socket)
            self._socket.close()
            self._socket = None

    def readable(self, poller: Poller) -> None:
        """Read what has come."""
        if self._down is not None:
            self._read_through(poller, self._down)
        elif self._socket is not None:
            self._read(poller, self._socket)
        if self.lean.outgoing or self.endpoint.outgoing or not self.lean.now:
            self._flush(self._loop.time())
        elif self.lean.missing or self._missed:
            self._missed = bool(self.lean.missing)
            self._set_timer()

    def _read(self, poller: Poller, sock: socket.socket) -> None:
        """Read from a network that isn't impaired."""
        view, lean = poller.view, self.lean
        for _ in range(_CALLS):
            try:
                reads = poller.receive(sock)
            except OSError:
                continue  # an ICMP error of an earlier send; the next datagram is behind it
            for read in reads:
                for start, end in lean.take(poller.buffer, view, read):
                    self._take(view[start:end], end - start, read[3])
                    if self._socket is not sock:
                        return
            if len(reads) < AT_ONCE:
                return

    def _read_through(self, poller: Poller, down: Link) -> None:
        """Read from a network that is impaired."""
        view = poller.view
        for _ in range(_CALLS):
            if self._socket is None:
                return
            try:
                reads = poller.receive(self._socket)
            except OSError:
                continue
            for first, end, segment, arrival in reads:
                for start in range(first, end, segment):
                    down.push(bytes(view[start : min(start + segment, end)]), arrival)
            if len(reads) < AT_ONCE:
                break
        self._release_down()

    def _release_down(self) -> None:
        assert self._down is not None
        for arrival, datagram in self._down.pop(time.time()):
            self._take(memoryview(datagram), len(datagram), arrival)

    def _take(self, packet: memoryview, size: int, arrival: float) -> None:
        if size >= HEAD_SIZE:
            first, second, seq, timestamp, ssrc, _, _, tag, number = unpack_head(packet, 0)
            if 128 <= first < 192 and not 192 <= second < 224:
                reception = self.lean
                reception.now = arrival
                if first & 0x10:
                    if tag != WIDE_TAG:
                        number = self._find_number(packet)
                    if number >= 0:
                        reception.feedback.note(number, int(arrival * UNITS))
                slot = reception.by_ssrc.get(ssrc)
                if slot is not None:
                    slot.receive(packet, 0, size, second, seq, timestamp, arrival)
                elif ssrc in reception.by_rtx_ssrc:
                    decrypted = self._decrypt(bytes(packet))
                    if decrypted is not None:
                        reception.by_rtx_ssrc[ssrc].receive_again(decrypted, arrival)
                return
        self.endpoint.receive(bytes(packet), self._loop.time())

    _missed = False
    """Whether something was missing when the timer was set last."""

    def _find_number(self, packet: memoryview) -> int:
        try:
            value = RtpHeader(packet, len(packet)).extensions.get(WIDE_TAG >> 4)
        except RtpError:
            return -1
        return -1 if value is None or len(value) < 2 else int.from_bytes(value[:2])

    def _decrypt(self, packet: bytes) -> bytes | None:
        return self.endpoint.decrypt_rtp(packet)

    def due(self) -> None:
        """Do what the timer was set for."""
        if self._down is not None:
            self._release_down()
        self.wake()

    def wake(self) -> None:
        """Do what is due, send it, and set the timer anew."""
        if self.lean.now:
            self._heard(self._loop.time() - (time.time() - self.lean.now))
        super().wake()

    def poll_reception(self, now: float) -> None:
        """Feedback and requests."""
        self.lean.poll(now, time.time())

    def _send(self) -> None:
        if self._up is None:
            super()._send()
            return
        now = time.time()
        for datagram in self.endpoint.outgoing:
            self._up.push(datagram, now)
        self.endpoint.outgoing = [datagram for _, datagram in self._up.pop(now)]
        super()._send()

    def _set_timer(self) -> None:
        due = self.next_due()
        for link in (self._down, self._up):
            released = None if link is None else link.timeout()
            if released is not None:
                loop_time = self._loop.time() + (released - time.time())
                due = loop_time if due is None else min(due, loop_time)
        self._poller.set_timer(self, due)

    def _release(self) -> None:
        self._poller.set_timer(self, None)
        super()._release()
