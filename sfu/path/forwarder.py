"""Makes one outgoing stream of the encodings of publications: switches between them, and rewrites each packet."""

import secrets
import struct
from collections.abc import Collection, Sequence

from sfu.codecs import Codec, annotate, find_playable, red
from sfu.codecs.dependency import MANDATORY
from sfu.egress import Egress
from sfu.path.arena import Arena, SendSegments
from sfu.path.batch import Batch, Form
from sfu.path.layout import Layout, Numbers, Row
from sfu.path.munger import MAX_GAP, Munger, Segment
from sfu.path.thinning import ALL_LAYERS, Layers, Thinned, can_step, next_layers
from sfu.publication import Encoding
from sfu.secure.srtp import protect_rtp
from sfu.wire import rtp
from sfu.wire.extensions import DEPENDENCY_DESCRIPTOR, MAX_ONE_BYTE_ID, ExtensionMap
from sfu.wire.packet import Packet
from sfu.wire.rtp import Ssrc

Source = Encoding | Thinned[Encoding]
"""The source of a segment of the outgoing stream: an encoding with all its layers, or without some."""

Kept = tuple[Segment[Source], Packet]
"""A packet that can be sent again, and the segment in which it was sent."""

_wide = struct.Struct("!IIIII")
_write_wide = _wide.pack_into
"""RTP header, extension header, and the transport-wide number with its tag; the byte after it is written again."""

_write_short = struct.Struct("!III").pack_into
"""The RTP header alone."""

PADDING = 224
"""Bytes of padding in a packet of nothing else, as libwebrtc sends them (kMaxPaddingLength)."""

_MAX_STEP = 1 << 30
"""Largest step of the timestamp over a pause, 3.3 hours of video: a step of half its range would count as backwards."""

_write_16 = struct.Struct("!H").pack_into


class Forwarder:
    """One outgoing SSRC with its retransmission stream, for the life of a slot: a sink of the encodings it shows."""

    __slots__ = (
        "_form",
        "_keeps_sent",
        "_last_row",
        "_last_segment",
        "_last_sent_at",
        "_layers",
        "_payload_type",
        "_received",
        "_rtx_payload_type",
        "_rtx_seq",
        "_spares",
        "_stripped",
        "_thinned",
        "_wanted_layers",
        "codecs",
        "current",
        "egress",
        "extensions",
        "munger",
        "octets",
        "packets",
        "rtx_ssrc",
        "ssrc",
        "target",
    )

    wants_keyframe = True

    def __init__(self, egress: Egress, codecs: dict[str, Codec], extensions: ExtensionMap) -> None:
        self.egress = egress
        self.codecs = codecs
        """The viewer's codecs, by name."""
        self.extensions = extensions
        self.ssrc = Ssrc(secrets.randbits(31) + 1)
        self.rtx_ssrc = Ssrc(secrets.randbits(31) + 1)
        self.munger: Munger[Source] = Munger()
        self.current: Encoding | None = None
        """The encoding that is being sent."""
        self.target: Encoding | None = None
        """The encoding to switch to at its next keyframe."""
        self.packets = 0
        self.octets = 0
        self._payload_type = 0
        self._rtx_payload_type: int | None = None
        self._rtx_seq = secrets.randbelow(1 << 14)
        self._form: Form | None = None
        """None: to be computed with each batch, as long as the viewer should get other layers than it does."""
        self._layers = self._wanted_layers = ALL_LAYERS
        """The layers that the viewer gets of the current encoding, and those that it should get."""
        self._thinned: dict[Layers, Thinned[Encoding]] = {}
        """The current encoding thinned to those layers, and to the layers to go over to."""
        self._last_row: Row | None = None
        """The newest packet sent, and its segment."""
        self._last_segment: Segment[Source] | None = None
        self._last_sent_at = 0.0
        self._received: Codec | None = None
        """The sender's codec, if packets go out unchanged."""
        self._stripped: Codec | None = None
        """RED, if its redundancy is left out for this viewer."""
        self._spares = False
        """Whether redundancy is left out although the viewer takes RED: no packets are lost on the way."""
        self._keeps_sent = False
        """Whether packets are kept as sent: video for a viewer without retransmission streams."""

    def negotiate(self, codecs: dict[str, Codec], extensions: ExtensionMap) -> None:
        """Set the viewer's codecs and extensions, and stop an encoding that it can't decode any more."""
        self.codecs = codecs
        self.extensions = extensions
        self._form = None
        if self.current is not None:
            codec = self._codec_for(self.current.codec)
            if codec is None:
                self._leave_current()
            else:
                self._send_as(codec, self.current.codec)
        if self.target is not None and find_playable(codecs, self.target.codec) is None:
            self.stay()

    def spare_redundancy(self, *, spare: bool) -> None:
        """Leave RED's redundancy out from the next packet on, or send it."""
        if spare != self._spares:
            self._spares = spare
            self._received = self._stripped = None  # the next batch decides again

    @property
    def sends_redundancy(self) -> bool:
        """Whether RED is sent as it was received."""
        return self._received is not None and self._received.name == red.NAME

    def _codec_for(self, received: Codec) -> Codec | None:
        """The codec in which the viewer gets this one; None: it can't decode it."""
        plain = self.codecs.get("opus") if self._spares and received.name == red.NAME else None
        return plain or find_playable(self.codecs, received)

    def _send_as(self, codec: Codec, received: Codec) -> None:
        strips = received.name == red.NAME != codec.name
        self._received, self._stripped = (None, received) if strips else (received, None)
        self._payload_type, self._rtx_payload_type = codec.payload_type, codec.rtx_payload_type
        self._keeps_sent = codec.rtx_payload_type is None and received.name in annotate

    def _adapted(self, batch: Batch) -> Batch:
        """A batch of another codec than the ones before it, as this viewer takes it."""
        if batch.codec is None:
            return batch
        codec = self._codec_for(batch.codec)
        if codec is None:
            return Batch([])
        self._send_as(codec, batch.codec)
        return batch.without_redundancy() if self._stripped else batch

    def set_target(self, encoding: Encoding | None) -> None:
        """Switch to another encoding as soon as it can be decoded; None: stop now."""
        self.stay()
        if encoding is None:
            self._leave_current()
        elif encoding is not self.current:
            if self.current is not None and self.current.publication is not encoding.publication:
                self._leave_current()
            self.target = encoding
            encoding.subscribe(self)

    def stay(self) -> None:
        """Cancel a switch to another encoding."""
        if self.target is not None:
            self.target.leave(self)
            self.target = None

    def _leave_current(self) -> None:
        if self.current is not None:
            self._hold_layers(())
            self._layers, self._form = ALL_LAYERS, None
            self.current.leave(self)
            self.current = None
            self.munger.pause()

    def close(self) -> None:
        """Stop for good, whatever state an exception has left it in."""
        for encoding in (self.target, self.current):
            if encoding is not None:
                encoding.leave(self)
        self._hold_layers(())
        self.target = self.current = None
        self.munger.pause()

    def stopped(self, encoding: Encoding) -> None:
        """Stop sending, and cancel a switch."""
        self.set_target(None)

    def ended(self, encoding: Encoding) -> None:
        """Release an encoding that has ended."""
        if encoding is self.target:
            self.stay()
        if encoding is self.current:
            self._leave_current()
        for source in self.munger.sources:
            if source.whole is encoding:
                self.munger.forget(source)

    def start_at(self, target: Encoding, batch: Batch, now: float) -> bool:
        """Switch to the target if this batch of it has a packet to start with; packets before that aren't sent."""
        egress = self.egress
        if egress.srtp is None:
            return False
        start = batch.keyframe_at if target.needs_keyframe else 0
        received = batch.codec or target.codec
        codec = self._codec_for(received)
        if start < 0 or codec is None:
            return False
        packet = batch.packets[start]
        self._bring_up_munger()
        timestamp = self._timestamp_for(target, packet, packet.arrival)
        self._leave_current()
        self.current, self.target = target, None
        self._send_as(codec, received)
        self.munger.switch(target, packet.seq, packet.timestamp, timestamp, packet.picture, _frame_of(packet))
        # Packets of the old encoding in this drain must not go out under the new one's numbers.
        egress.batches[:] = [each for each in egress.batches if each[0] is not self]
        if egress.pacer is not None:
            egress.pacer.forget(self)
        egress.note_switch(self.ssrc)
        return True

    def take(self, encoding: Encoding, batch: Batch) -> None:
        """Write the batch at the end of this drain of the socket."""
        egress = self.egress
        batches = egress.batches
        if not batches:
            egress.departures.ready.append(egress)
        batches.append((self, batch))

    def _timestamp_for(self, target: Encoding, packet: Packet, now: float) -> int:
        """The outgoing timestamp of a new source's first packet, as the receiver's clock expects it.

        Sender reports put two encodings of one publication on one time line; otherwise, and if the result is
        implausible, the time since the last packet is used.
        """
        munger, rate = self.munger, target.codec.clock_rate
        elapsed = max(1, min(round((now - self._last_sent_at) * rate), _MAX_STEP)) if self._last_sent_at else 0
        if elapsed and not target.needs_keyframe:
            # A word that is sent again began before the last packet: it follows that, and doesn't overlap it.
            elapsed = max(elapsed, rate // 50)
        segment = munger.segment
        if segment is not None and self.current is not None and self.current.publication is target.publication:
            same = target.clock.convert(packet.timestamp, self.current.clock)
            if same is not None:
                wanted = (same + segment.timestamp_offset) & 0xFFFFFFFF
                if 0 < rtp.timestamp_delta(wanted, munger.last_timestamp) < elapsed + rate:
                    return wanted
        return (munger.last_timestamp + elapsed) & 0xFFFFFFFF

    def write(self, batch: Batch, arena: Arena, send: SendSegments, now: float) -> None:
        """Put a batch of the current encoding into the arena, encrypted."""
        munger = self.munger
        segment = munger.segment
        if segment is None:
            return
        if batch.codec is not self._received:
            batch = batch.without_redundancy() if batch.codec is self._stripped else self._adapted(batch)
        form = self._form
        if form is None:
            form = self._work_out_form(batch)
            segment = munger.segment
            assert segment is not None
        layout = batch.layouts.get(form) or batch.layout(form)
        if arena.position and arena.lacks_room(layout.size):
            self._make_room(arena, send)
        rows = layout.rows
        if layout.ascending and 0 < rows[0][2] - munger.highest <= MAX_GAP:
            last = rows[-1]
            munger.highest = highest = last[2]
            munger.last_seq = highest + segment.seq_offset
            self._write_layout(layout, segment, arena)
            self._last_row, self._last_segment = last, segment
        else:
            self._write_one_by_one(batch.kept(form[2]).packets, batch.singles(form), arena, send)
        self.octets += layout.octets
        self._last_sent_at = now

    def write_some(
        self, batch: Batch, begin: int, octets: float, arena: Arena, send: SendSegments, now: float
    ) -> tuple[int | None, int]:
        """Put a part of a batch into the arena, for a pacer: see `PacedWriter`."""
        if self.munger.segment is None:
            return None, 0
        if batch.codec is not self._received:
            batch = self._adapted(batch)
        form = self._form
        if form is None:
            form = (self.extensions, self.egress.overhead, self._layers) if begin else self._work_out_form(batch)
        packets, layouts = batch.kept(form[2]).packets, batch.singles(form)
        end, written = begin, 0
        while end < len(packets) and written < octets:
            written += layouts[end].size
            self.octets += len(packets[end].payload)
            end += 1
        self._write_one_by_one(packets[begin:end], layouts[begin:end], arena, send)
        self._last_sent_at = now
        return (end if end < len(packets) else None), written

    def kept_octets(self, batch: Batch) -> int:
        """Bytes of payload of a batch that the viewer gets."""
        return batch.thinned.get(self._layers, batch).octets

    @property
    def urgent(self) -> bool:
        """Whether it sends sound, which never waits."""
        return self.current is None or not self.current.needs_keyframe

    @property
    def layers(self) -> Layers:
        """The highest layers that the viewer gets at this moment."""
        return self._layers

    def set_layers(self, layers: Layers) -> None:
        """Leave out higher layers as soon as a picture begins, and add layers up to these where a decoder can go over:
        temporal ones one by one at switching points, all at a keyframe. Higher spatial layers need a keyframe, which is
        asked for. Applies to later encodings too.
        """
        if layers == self._wanted_layers:
            return
        self._wanted_layers = ALL_LAYERS if layers == ALL_LAYERS else layers
        self._form = None
        self._hold_layers({self._layers, self._wanted_layers})

    def _hold_layers(self, needed: Collection[Layers]) -> None:
        """Thin the current encoding to just these layers."""
        encoding = self.current
        if encoding is None:
            return
        for layers in [each for each in self._thinned if each not in needed]:
            encoding.release(self._thinned.pop(layers))
        for layers in needed:
            if layers is not ALL_LAYERS and layers not in self._thinned:
                self._thinned[layers] = encoding.thin(layers)

    def _work_out_form(self, batch: Batch) -> Form:
        """The form of the batch, after going over to other layers if it allows that."""
        if self._layers != self._wanted_layers:
            self._step_layers(batch)
        form = self.extensions, self.egress.overhead, self._layers
        if self._layers == self._wanted_layers:
            self._form = form
        return form

    def _step_layers(self, batch: Batch) -> None:
        """Go over to other layers if the batch begins with a packet that allows it, and no earlier packet is missing: a
        late one would have no number.
        """
        encoding = self.current
        assert encoding is not None
        have, wanted = self._layers, self._wanted_layers
        self._hold_layers({have, wanted, next_layers(have, wanted)})
        if wanted.spatial > have.spatial and batch.keyframe_at < 0:
            encoding.keyframes.want()
        if not batch.ascending or encoding.nack.missing:
            return
        first = batch.packets[0]
        step = wanted if first.keyframe else next_layers(have, wanted)
        layers = have if step is ALL_LAYERS else step
        thinned = batch.thinned.get(layers)
        # If the last viewer with those layers left in this drain, the batch still has the old stream's numbers, and the
        # next one has other numbers.
        if thinned is None or thinned.source is not self._thinned[layers]:
            return
        if not thinned.follows or not can_step(first, have, step):
            return
        kept = batch.kept(step).packets[0]
        self._bring_up_munger()
        source = encoding if step is ALL_LAYERS else self._thinned[step]
        self.munger.go_on_as(source, kept.seq, kept.picture)
        self._layers = step
        self._hold_layers({step, wanted, next_layers(step, wanted)})

    def _write_one_by_one(self, packets: list[Packet], layouts: list[Layout], arena: Arena, send: SendSegments) -> None:
        """Write packets of which some are late or left out, or which don't fit together."""
        munger = self.munger
        for packet, layout in zip(packets, layouts, strict=True):
            if not packet.payload and munger.leave_out(packet.seq):
                continue
            ahead = packet.seq > munger.highest
            segment = munger.place(packet.seq)
            if segment is not None:
                if arena.lacks_room(layout.size):
                    self._make_room(arena, send)
                self._write_layout(layout, segment, arena)
                if ahead:
                    self._last_row, self._last_segment = layout.rows[0], segment

    def _make_room(self, arena: Arena, send: SendSegments) -> None:
        address = self.egress.address
        assert address is not None  # no keys without a check
        arena.flush(send, address)

    def _bring_up_munger(self) -> None:
        """Tell the munger the last packet sent; it needs that only when sources change."""
        segment = self._last_segment
        if self._last_row is None or segment is None:
            return
        *_, timestamp, _, _, _, numbers = self._last_row
        munger = self.munger
        munger.last_timestamp = (timestamp + segment.timestamp_offset) & 0xFFFFFFFF
        if numbers is not None:
            munger.last_picture = (numbers[1] + segment.picture_offset) & 0x7FFF
            munger.last_tl0 = (numbers[3] + segment.tl0_offset) & 0xFF
            munger.last_frame = (numbers[5] + segment.frame_offset) & 0xFFFF

    def _write_layout(self, layout: Layout, segment: Segment[Source], arena: Arena) -> None:
        """Headers and encryption: the innermost loop of the relay."""
        egress, ssrc = self.egress, self.ssrc
        seq_offset, timestamp_offset = segment.seq_offset, segment.timestamp_offset
        rewrite = segment.picture_offset or segment.tl0_offset or segment.frame_offset
        head_part = self._payload_type << 16
        tag, shift = layout.tag, layout.shift
        number = egress.wide_seq
        context, wide = egress.context, layout.wide
        refused: list[int] | None = None
        buffer, base, rows = arena.buffer, arena.position, layout.rows
        data, length = buffer.data, buffer.length
        data[base : base + layout.size] = layout.plain
        pointers = layout.pointers.get(base) or layout.pointers_at(base, buffer.pointer)
        for (at, head, seq, timestamp, word, tail, size, numbers), pointer in zip(rows, pointers):  # noqa: B905
            head |= head_part | (seq + seq_offset) & 0xFFFF
            timestamp = (timestamp + timestamp_offset) & 0xFFFFFFFF
            if wide:
                number = (number + 1) & 0xFFFF
                _write_wide(data, base + at, head, timestamp, ssrc, word, tag | number << shift | tail)
            else:
                _write_short(data, base + at, head, timestamp, ssrc)
            if rewrite and numbers is not None:
                _rewrite_numbers(data, base + at, numbers, segment)
            length[0] = size
            if protect_rtp(context, pointer, length):
                refused = [*(refused or ()), at]
        if wide:
            egress.wide_seq = number
            egress.sizes = egress.sizes + layout.sizes if egress.sizes else layout.sizes
        self.packets += len(rows)
        if self._keeps_sent:
            self._keep(layout, buffer.view[base:], seq_offset, refused or ())
        if refused:
            egress.drops["srtp_encryption_failed"] += len(refused)
            arena.added(layout.runs_without(refused), layout.size)
        elif base:
            arena.added(layout.runs, layout.size)
        else:
            arena.position, arena.runs = layout.size, layout.runs

    def _keep(self, layout: Layout, view: memoryview, seq_offset: int, refused: Sequence[int]) -> None:
        """Keep packets as they were encrypted, except the ones that libsrtp refused."""
        sent = self.egress.sent
        for at, _, seq, _, _, _, size, _ in layout.rows:
            if at not in refused:
                sent.put(self.ssrc, seq + seq_offset, bytes(view[at : at + size + layout.overhead]))

    def kept(self, out_seq: int) -> Kept | None:
        """The packet sent as `out_seq`, and its segment; None: it isn't kept any more, or was never sent."""
        found = self.munger.find(out_seq)
        if found is None:
            return None
        packet = found[0].source.get(found[1])
        return None if packet is None else (found[0], packet)

    def size_of(self, out_seq: int) -> int | None:
        """Bytes of payload of the packet sent as `out_seq`; None: it can't be sent again."""
        found = self.kept(out_seq)
        return None if found is None else len(found[1].payload)

    def retransmit(self, out_seq: int) -> bytes | None:
        """The packet sent as `out_seq`, as a retransmission, unencrypted; None where it can't be sent again."""
        found = self.kept(out_seq)
        return None if found is None else self.repeat(found, out_seq)

    @property
    def can_pad(self) -> bool:
        """Whether the viewer takes padding, and reports on it: it needs a retransmission stream."""
        known = 0 < self.extensions.transport_wide <= MAX_ONE_BYTE_ID
        return known and _first_rtx(self.codecs) is not None

    def padding(self) -> bytes:
        """A packet of padding alone on the retransmission stream, unencrypted (RFC 3550, section 5.1)."""
        payload_type, egress = self._rtx_payload_type or _first_rtx(self.codecs), self.egress
        assert payload_type is not None
        egress.wide_seq = (egress.wide_seq + 1) & 0xFFFF
        extensions = self.extensions
        packet = rtp.build_packet(
            payload_type,
            self._rtx_seq,
            self.munger.last_timestamp,
            self.rtx_ssrc,
            bytes(PADDING - 1) + bytes((PADDING,)),
            extensions={extensions.transport_wide: egress.wide_seq.to_bytes(2)},
        )
        self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
        egress.sizes = (*egress.sizes, len(packet) + egress.overhead)
        return bytes((packet[0] | 0x20,)) + packet[1:]

    def repeat(self, kept: Kept, out_seq: int) -> bytes | None:
        """A kept packet as a retransmission, unencrypted (RFC 4588, section 4).

        None: the viewer takes no retransmissions, or none of that codec.
        """
        segment, packet = kept
        if self._rtx_payload_type is None or find_playable(self.codecs, segment.source.whole.codec) is None:
            return None
        layout = Layout([packet], self.extensions, 0)
        _, head, _, timestamp, word, tail, size, numbers = layout.rows[0]
        egress = self.egress
        data = bytearray(layout.plain) + bytes(_wide.size)
        head |= self._rtx_payload_type << 16 | self._rtx_seq
        timestamp = (timestamp + segment.timestamp_offset) & 0xFFFFFFFF
        if layout.wide:
            egress.wide_seq = (egress.wide_seq + 1) & 0xFFFF
            number = egress.wide_seq << layout.shift
            _write_wide(data, 0, head, timestamp, self.rtx_ssrc, word, layout.tag | number | tail)
            egress.sizes = (*egress.sizes, size + 2 + egress.overhead)
        else:
            _write_short(data, 0, head, timestamp, self.rtx_ssrc)
        if numbers is not None:
            _rewrite_numbers(data, 0, numbers, segment)
        payload_at = size - len(packet.payload) - packet.padding
        self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
        return bytes(data[:payload_at]) + out_seq.to_bytes(2) + bytes(data[payload_at:size])


def _first_rtx(codecs: dict[str, Codec]) -> int | None:
    """The payload type of retransmissions of any of the codecs; None: there are none."""
    return next((codec.rtx_payload_type for codec in codecs.values() if codec.rtx_payload_type is not None), None)


def _frame_of(packet: Packet) -> int | None:
    """The frame number in a packet's dependency descriptor."""
    value = packet.extensions.get(DEPENDENCY_DESCRIPTOR, b"")
    return value[1] << 8 | value[2] if len(value) >= MANDATORY else None


def _rewrite_numbers(data: bytearray, position: int, numbers: Numbers, segment: Segment[Source]) -> None:
    """Continue the numbers of VP8 pictures (RFC 7741, section 4.2) and of dependency descriptors across sources."""
    at, number, tl0_at, tl0, frame_at, frame = numbers
    if at:
        _write_16(data, position + at, 0x8000 | (number + segment.picture_offset) & 0x7FFF)
    if tl0_at:
        data[position + tl0_at] = (tl0 + segment.tl0_offset) & 0xFF
    if frame_at:
        _write_16(data, position + frame_at, (frame + segment.frame_offset) & 0xFFFF)
