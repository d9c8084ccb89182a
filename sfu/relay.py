"""All transports behind one UDP port: finds a datagram's sender, forwards packets, and runs timers.

Sans-IO: `receive` takes a datagram, `flush` sends through the function it is given, `poll` is called at `timeout`.

No exception leaves those three, and an exception in one transport's packets or timers doesn't stop another's: the
transport at fault is closed at the end of `flush`, and the loop continues after it. Each `try` is around a loop, not in
it, so it costs nothing while nothing is raised.
"""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable

from sfu.egress import Departures, Egress
from sfu.failures import Failures
from sfu.governor import Governor
from sfu.histogram import Histogram
from sfu.path.arena import Arena, SendSegments
from sfu.path.batch import Batch
from sfu.path.forwarder import Forwarder
from sfu.publication import Encoding, Sink
from sfu.secure.dtls import Certificate, Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.secure.srtp import Buffer
from sfu.timers import Timers
from sfu.totals import Totals
from sfu.transport import State, Transport
from sfu.wire import rtcp, rtp, stun
from sfu.wire.rtp import Ssrc
from sfu.wire.stun import Address, StreamAddress

ADDRESS_IDLE = 5.0
"""Seconds that an address must have been silent before another transport may take it: a forged source address must not
take media from anyone, but a NAT may give a freed port to another client."""

LATE, AGAIN = 0.5, 0.1
"""Seconds without reading everything after which a relay counts as late, and seconds until it checks a transport again
whose silence it couldn't judge for that reason."""

FAILED = "internal error"
"""Reason for closing a transport whose packets or timers raised an exception."""

CONNECT_BOUNDS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
"""Seconds: from two round trips and a handshake up to the 10 s that a handshake may take."""

Broken = tuple[Egress, Batch, Exception]
"""A batch that could not be written for a viewer."""


class Relay:
    """Receives and forwards for a set of transports, and runs their timers."""

    def __init__(self, certificate: Certificate | None = None, unix_clock: Callable[[], float] = time.time) -> None:
        self.clock: Callable[[], float] | None = None
        """The clock of `now`, read as each viewer's packets leave: one drain takes milliseconds where there are many
        viewers, which would look like delay on the links. None: they leave at the `now` of `flush`."""
        self._unix_clock = unix_clock
        self.certificate = certificate or Certificate()
        self.buffer = Buffer(2048)
        """The edge puts a datagram here before it calls `receive`."""
        self.drops: Counter[str] = Counter()
        """Dropped datagrams and packets, by reason."""
        self.governor = Governor()
        """By how much viewers get less than they want, as there is no time for more."""
        self.forwarded = 0
        self.received = 0
        self.connect_seconds = Histogram(CONNECT_BOUNDS)
        """How long clients took from their first offer to the end of the DTLS handshake."""
        self.changed: list[Transport] = []
        """Transports that are `altered` or have slots that switched; the reader clears the list."""
        self.heard_until = math.inf
        """Everything that arrived before this time was read; set by the edge. Silence is counted up to then: a late
        relay has packets that it hasn't read yet."""
        self._transports: dict[str, Transport] = {}
        self._by_address: dict[Address, Transport] = {}
        """By the address in use."""
        self._elsewhere: dict[Address, Transport] = {}
        """By other addresses that have passed a check; separate, so that the usual packet costs no more."""
        self._by_egress: dict[Egress, Transport] = {}
        self._departures = Departures()
        self._touched: dict[Transport, State] = {}
        self._timers: Timers[Transport] = Timers()
        self._pacing: Timers[Egress] = Timers()
        """When more may leave towards viewers with a pacer."""
        self._arena = Arena()
        self._direct: list[tuple[bytes, Address]] = []
        self.failures = Failures(self.drops)
        self._failed: dict[Transport, None] = {}
        """Transports to be closed at the end of the next `flush`."""
        self._ended = Totals()
        """Totals of transports that have ended."""

    def add(self, remote: Credentials, peer: Fingerprint, now: float) -> Transport:
        """Add a transport for a client with these credentials and this certificate."""
        local = Credentials.generate()
        egress = Egress(self._departures, self.drops)
        transport = Transport(self.certificate, local, remote, peer, egress, now, self._unix_clock)
        transport.receiver.governor = self.governor
        self._transports[local.ufrag] = self._by_egress[egress] = transport
        self._schedule(transport)
        return transport

    def restart_ice(self, transport: Transport, remote: Credentials) -> None:
        """Give a transport fresh credentials (RFC 8445, section 9); DTLS and SRTP go on."""
        before = transport.ice.ufrags
        transport.ice.restart(Credentials.generate(), remote)
        self._forget_ufrags(transport, before)
        self._transports[transport.ice.local.ufrag] = transport

    def remove(self, transport: Transport, reason: str) -> None:
        """End a transport and forget it. The other side is told at the next `flush`."""
        transport.close(reason)
        self._forget(transport)

    def _forget(self, transport: Transport) -> None:
        if transport.ice.address is not None:
            self._direct += [(datagram, transport.ice.address) for datagram in transport.egress.datagrams]
        transport.egress.datagrams.clear()
        known = [self._transports.pop(ufrag, None) for ufrag in transport.ice.ufrags]
        if any(known):
            self._ended.add(transport.totals())
        for address in transport.ice.addresses:
            self._forget_address(transport, address)
        self._by_egress.pop(transport.egress, None)
        self._touched.pop(transport, None)
        self._timers.cancel(transport)
        self._pacing.cancel(transport.egress)
        transport.egress.drop_pacer()  # what waits there refers to forwarders, and they to the egress

    def _forget_ufrags(self, transport: Transport, before: list[str]) -> None:
        for ufrag in before:
            if ufrag not in transport.ice.ufrags:
                del self._transports[ufrag]

    @property
    def transports(self) -> list[Transport]:
        """The transports that haven't ended."""
        return list(dict.fromkeys(self._transports.values()))

    def totals(self) -> Totals:
        """What all transports, ended ones included, have received and sent so far."""
        found = Totals()
        for totals in (self._ended, *(transport.totals() for transport in self.transports)):
            found.add(totals)
        return found

    def receive(self, size: int, address: Address, now: float) -> None:
        """Take the datagram in the first `size` bytes of `buffer`. Nothing is trusted until it is authenticated."""
        self.received += 1
        buffer = self.buffer
        if not 0 < size <= rtp.MAX_DATAGRAM:
            self.drops["datagram_size"] += 1
            return
        first = buffer.data[0]
        transport = self._by_address.get(address)
        try:
            if rtp.is_stun(first):
                self._receive_stun_untrusted(bytes(buffer.view[:size]), address, now)
                return
            if transport is None:
                transport = self._elsewhere.get(address)
                if transport is None:
                    self.drops["unknown_address"] += 1
                    return
                if rtp.is_rtp_or_rtcp(first):
                    self._touched.setdefault(transport, transport.state)
                    transport.receive_elsewhere(buffer, size, now)
                    return
            if transport not in self._touched:
                self._touched[transport] = transport.state
            if rtp.is_rtp_or_rtcp(first):
                if self.governor.late and self._sheds_untrusted(transport, size):
                    return
                transport.receive_media(buffer, size, now)
            elif rtp.is_dtls(first):
                transport.receive_dtls(bytes(buffer.view[:size]), now)
            else:
                self.drops["unknown_protocol"] += 1
        except Exception as error:
            self._fail(self._sender_untrusted(transport, first), "receive_datagram", error, now)

    def _sheds_untrusted(self, transport: Transport, size: int) -> bool:
        """Whether to drop a datagram unread, as the relay can't keep up (see `Governor`). Who forges one can only make
        the stream of its SSRC begin again with a keyframe.
        """
        view = self.buffer.view[:size]
        if rtcp.is_nack(view):
            self.drops["nack_overload"] += 1
            return True
        if not self.governor.shedding or size < rtp.HEADER_SIZE or rtp.is_rtcp(view[1]):
            return False
        if not transport.receiver.shed_untrusted(int.from_bytes(view[8:12])):
            return False
        self.drops["video_overload"] += 1
        return True

    def _sender_untrusted(self, transport: Transport | None, first: int) -> Transport | None:
        """The transport to close for a datagram that raised an exception; None: the datagram may be forged.

        Media is authenticated by then, as nothing before decryption raises; STUN and, once connected, DTLS may be
        from anyone.
        """
        if transport is None or rtp.is_rtp_or_rtcp(first):
            return transport
        return transport if rtp.is_dtls(first) and transport.outgoing_srtp is None else None

    def _receive_stun_untrusted(self, datagram: bytes, address: Address, now: float) -> None:
        """Take a connectivity check, or noise. Without the right user name and integrity: no answer and no state."""
        # The cheapest checks come first: anyone can send any number of these.
        try:
            user = stun.user_untrusted(datagram)
        except stun.StunError:
            self.drops["stun_malformed"] += 1
            return
        if not stun.is_request(datagram):
            self.drops["stun_not_request"] += 1
            return
        transport = self._transports.get(user)
        if transport is None:
            self.drops["stun_unknown_user"] += 1
            return
        owner = self._by_address.get(address) or self._elsewhere.get(address)
        if owner is not None and owner is not transport and now - owner.heard_from(address) < ADDRESS_IDLE:
            self.drops["stun_address_taken"] += 1
            return
        if not transport.may_check_untrusted(address, now):
            self.drops["stun_over_budget"] += 1
            return
        try:
            message = stun.parse(datagram)
        except stun.StunError:
            self.drops["stun_malformed"] += 1
            return
        self._touched.setdefault(transport, transport.state)
        ufrags, before = transport.ice.ufrags, transport.ice.address
        response = transport.receive_check(message, address, now)
        if response is None:
            self.drops["stun_not_authentic"] += 1
            return
        self._direct.append((response, address))
        if owner is not None and owner is not transport:
            self._forget_address(owner, address)
        if address in transport.ice.addresses and address != transport.ice.address:
            self._elsewhere[address] = transport
        self._follow(transport, before)
        self._forget_ufrags(transport, ufrags)
        for old in transport.ice.take_forgotten():
            self._forget_address(transport, old)
        moves = transport.ice.moves_at(transport.last_media)
        if moves is not None:
            self._timers.bring_forward(transport, moves)

    def _follow(self, transport: Transport, before: Address | None) -> None:
        """Index a transport by its present address."""
        address = transport.ice.address
        if address is None or address == before:
            return
        if before is not None and self._by_address.get(before) is transport:
            del self._by_address[before]
            self._elsewhere[before] = transport
        self._elsewhere.pop(address, None)
        self._by_address[address] = transport

    def _forget_address(self, transport: Transport, address: Address) -> None:
        for known in (self._by_address, self._elsewhere):
            if known.get(address) is transport:
                del known[address]

    def knows(self, address: Address) -> bool:
        """Whether a check of one of the transports has come from there."""
        return address in self._by_address or address in self._elsewhere

    def closed(self, address: StreamAddress) -> None:
        """Note that a connection is closed; its client may have others, or come back."""
        transport = self._by_address.get(address) or self._elsewhere.get(address)
        if transport is not None:
            self._forget_address(transport, address)
            transport.ice.close(address)

    def is_video(self, address: Address, ssrc: Ssrc) -> bool:
        """Whether a packet to that address is of a picture, or repeats one."""
        transport = self._by_address.get(address)
        return transport is not None and transport.sender.is_video(ssrc)

    def flush(self, now: float, send: SendSegments) -> None:
        """Forward the packets received, and send everything that waits."""
        self._distribute_all(now)
        departures = self._departures
        if departures.switched:
            self._note_switched(departures.switched)
        if departures.ready:
            self._write_all(departures.ready, now, send)
        if departures.paced.ready:
            self._pace_all(departures.paced.ready, now, send)
        touched, self._touched = self._touched, {}
        self._settle_all(touched, now, send)
        if self._failed:
            self._close_failed(now)
        if self._direct:
            self._send_direct(now, send)

    def _distribute_all(self, now: float) -> None:
        """Hand every encoding's batch to its viewers."""
        remaining = iter(self._touched)
        transport = None
        while True:
            try:
                for transport in remaining:
                    receiver = transport.receiver
                    if receiver.dirty:
                        for encoding in receiver.dirty:
                            self._distribute(encoding, now)
                        receiver.dirty.clear()
                return
            except Exception as error:
                assert transport is not None
                transport.receiver.dirty.clear()
                self._fail(transport, "distribute_packets", error, now)

    def _note_switched(self, switched: list[Egress]) -> None:
        for egress in switched:
            transport = self._by_egress.get(egress)
            if transport is not None:
                self.changed.append(transport)
        switched.clear()

    def _write_all(self, ready: list[Egress], now: float, send: SendSegments) -> None:
        """Write and send each viewer's packets: the hottest loop after the one in `Forwarder`."""
        arena, clock = self._arena, self.clock
        broken: list[Broken] = []
        remaining = iter(ready)
        while True:
            try:
                for egress in remaining:
                    batches = egress.batches
                    for writer, batch in batches:
                        writer.write(batch, arena, send, now)
                    batches.clear()
                    address = egress.address
                    assert address is not None  # no keys without a check
                    arena.flush(send, address)
                    if egress.sizes:
                        egress.record.add(egress.sizes, now if clock is None else clock())
                        egress.sizes = ()
                break
            except Exception as error:
                if batches:
                    broken.append((egress, batch, error))
                    del batches[: batches.index((writer, batch)) + 1]
                    self._write_rest(egress, now, send, broken)
                else:
                    self._fail(self._by_egress.get(egress), "send_packets", error, now)
        ready.clear()
        if broken:
            self._blame(broken, now)

    def _write_rest(self, egress: Egress, now: float, send: SendSegments, broken: list[Broken]) -> None:
        """Write a viewer's other packets after some could not be written."""
        arena = self._arena
        batches, egress.batches = egress.batches, []
        for writer, batch in batches:
            try:
                writer.write(batch, arena, send, now)
            except Exception as error:
                broken.append((egress, batch, error))
        try:
            assert egress.address is not None
            arena.flush(send, egress.address)
        except Exception as error:
            self._fail(self._by_egress.get(egress), "send_packets", error, now)

    def _pace_all(self, ready: list[Egress], now: float, send: SendSegments) -> None:
        """Send to viewers with a pacer what may leave now; `ready` may name one twice."""
        broken: list[Broken] = []
        for egress in ready:
            try:
                self._pace(egress, now, send, broken)
            except Exception as error:
                self._fail(self._by_egress.get(egress), "send_packets", error, now)
        ready.clear()
        if broken:
            self._blame(broken, now)

    def _pace(self, egress: Egress, now: float, send: SendSegments, broken: list[Broken]) -> None:
        """Sound at once, then what is repeated, then video, as far as its pacer lets it leave."""
        pacer, address, transport, arena = egress.pacer, egress.address, self._by_egress.get(egress), self._arena
        batches, egress.batches = egress.batches, []
        if pacer is None or address is None or transport is None:
            return
        for writer, batch in batches:
            try:
                if writer.urgent:
                    pacer.left(batch.octets, now)
                    writer.write(batch, arena, send, now)
                else:
                    pacer.put(writer, batch, now)
            except Exception as error:
                broken.append((egress, batch, error))
        arena.flush(send, address)
        if pacer.repeats:
            transport.sender.repeat_waiting(pacer, now)
            self._send_datagrams(transport, send)
        while (piece := pacer.take(now)) is not None:
            rest, written = None, 0
            try:
                rest, written = piece.writer.write_some(piece.batch, piece.begin, pacer.quota(now), arena, send, now)
            except Exception as error:
                broken.append((egress, piece.batch, error))
            pacer.put_back(piece, rest, written, now)
        arena.flush(send, address)
        if egress.sizes:
            egress.note_departure(now if self.clock is None else self.clock())
        if pacer.next_at is not None:
            self._pacing.bring_forward(egress, pacer.next_at)
        egress.settle_pacer()

    def _blame(self, broken: list[Broken], now: float) -> None:
        """Fail the transport at fault for unwritten packets: their sender's, if several viewers failed."""
        viewers = Counter(id(batch) for _, batch, _ in broken)
        senders = {transport.receiver.ingress: transport for transport in self.transports}
        for egress, batch, error in broken:
            sent_by = None if batch.ingress is None else senders.get(batch.ingress)
            at_fault = sent_by if viewers[id(batch)] > 1 else self._by_egress.get(egress)
            self._fail(at_fault, "forward_packets", error, now)

    def _settle_all(self, touched: dict[Transport, State], now: float, send: SendSegments) -> None:
        remaining = iter(touched.items())
        transport = None
        while True:
            try:
                for transport, before in remaining:
                    self._settle(transport, before, now, send)
                return
            except Exception as error:
                self._fail(transport, "answer_transport", error, now)

    def _send_direct(self, now: float, send: SendSegments) -> None:
        direct, self._direct = self._direct, []
        remaining = iter(direct)
        while True:
            try:
                for datagram, address in remaining:
                    send(memoryview(datagram), len(datagram), address)
                return
            except Exception as error:
                self._fail(None, "send_datagram", error, now)

    def _fail(self, transport: Transport | None, step: str, error: Exception, now: float) -> None:
        """Note an exception; the transport at fault, if any, is closed at the end of `flush`."""
        self.failures.note(step, error, now)
        if transport is not None:
            self._failed[transport] = None

    def _close_failed(self, now: float) -> None:
        """Close transports at fault; their rooms are told as for any transport that ends."""
        failed, self._failed = self._failed, {}
        for transport in failed:
            try:
                transport.egress.batches.clear()
                transport.receiver.dirty.clear()
                transport.close(FAILED)
                self._forget(transport)
            except Exception as error:
                self.failures.note("close_transport", error, now)
            transport.altered = True
            self.changed.append(transport)

    def _distribute(self, encoding: Encoding, now: float) -> None:
        """Hand an encoding's packets to its sinks: one batch, unless the codec has changed."""
        while encoding.pending:
            batch = encoding.take_batch()
            if encoding.waiting:
                self._start_waiting(encoding, batch, now)
            sinks = tuple(encoding.sinks)  # a sink that raises is removed meanwhile
            self.forwarded += len(batch.packets) * len(sinks)
            remaining = iter(sinks)
            while True:
                try:
                    for sink in remaining:
                        sink.take(encoding, batch)
                    break
                except Exception as error:
                    self._fail(self._drop_sink(encoding, sink), "hand_to_sink", error, now)

    def _start_waiting(self, encoding: Encoding, batch: Batch, now: float) -> None:
        """Start sinks that wait for a keyframe: with one in this batch, or with a recent one from the cache."""
        replay = encoding.replay(batch.packets[0], now) if batch.ascending and batch.keyframe_at < 0 else None
        for sink in list(encoding.waiting):
            try:
                if sink.start_at(encoding, replay or batch, now):
                    encoding.begin(sink)
                    if replay is not None:
                        sink.take(encoding, replay)
                        self.forwarded += len(replay.packets)
            except Exception as error:
                self._fail(self._drop_sink(encoding, sink), "switch_slot", error, now)
        if not encoding.needs_keyframe or encoding.has_recent_keyframe(now):
            return
        if any(sink.wants_keyframe for sink in encoding.waiting):
            encoding.keyframes.want()

    def _drop_sink(self, encoding: Encoding, sink: Sink) -> Transport | None:
        """Remove a sink that raised an exception; returns the transport to close for it, if it has one."""
        encoding.leave(sink)
        return self._by_egress.get(sink.egress) if isinstance(sink, Forwarder) else None

    def _settle(self, transport: Transport, before: State, now: float, send: SendSegments) -> None:
        """Finish a transport's turn: send its own packets, note changes, set its timer."""
        self._send_datagrams(transport, send)
        egress = transport.egress
        if egress.sizes:
            egress.note_departure(now if self.clock is None else self.clock())
        if transport.state is not before or transport.receiver.new_encodings:
            transport.receiver.new_encodings = False
            transport.altered = True
            if before is State.CONNECTING and transport.state is State.CONNECTED:
                self.connect_seconds.note(transport.connect_seconds)
            self.changed.append(transport)
        if transport.state is State.CLOSED:
            self._forget(transport)
        elif before is State.CONNECTED:
            # A datagram can only delay the other timers, and `poll` sets all of them.
            when = transport.receiver.timeout()
            if when is not None:
                self._timers.bring_forward(transport, when)
            when = transport.bandwidth.probes.next_at
            if when is not None:
                self._timers.bring_forward(transport, when)
        else:
            self._schedule(transport)

    def _send_datagrams(self, transport: Transport, send: SendSegments) -> None:
        """Send a transport's own packets: RTCP, handshakes, retransmissions."""
        if transport.receiver.rtcp_out or transport.sender.rtp_out:
            transport.flush_control()
        egress = transport.egress
        if egress.datagrams and egress.address is not None:
            for datagram in egress.datagrams:
                send(memoryview(datagram), len(datagram), egress.address)
            egress.datagrams.clear()

    def _schedule(self, transport: Transport, polled: float = -math.inf) -> None:
        when = transport.timeout()
        # Whatever is still due waits for datagrams that haven't been read yet.
        self._timers.bring_forward(transport, when if when > polled else polled + AGAIN)

    def timeout(self) -> float | None:
        """When to call `poll`; None: not before a datagram comes."""
        due, paced = self._timers.timeout(), self._pacing.timeout()
        return paced if due is None or (paced is not None and paced < due) else due

    def poll(self, now: float, most: int = sys.maxsize) -> None:
        """Run the timers that are due, at most `most` of them, earliest first; call `flush` after it.

        Silence is judged by the datagrams that have been read (`heard_until`).
        """
        heard = now if self.heard_until > now - LATE else self.heard_until
        self._departures.paced.ready += self._pacing.due(now)
        remaining = iter(self._timers.due(now, most))
        transport = None
        while True:
            try:
                for transport in remaining:
                    self._touched.setdefault(transport, transport.state)
                    address = transport.ice.address
                    transport.poll(now, heard)
                    self._follow(transport, address)
                    self._schedule(transport, now if heard < now else -math.inf)
                return
            except Exception as error:
                self._fail(transport, "run_timer", error, now)
