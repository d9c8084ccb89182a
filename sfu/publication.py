"""What a participant sends: publications, and the encodings that they consist of."""

import itertools
from collections import deque
from typing import Protocol

from sfu import codecs
from sfu.bandwidth.ladder import Offer, default_bitrate
from sfu.bandwidth.layer_rates import LayerRates
from sfu.budget import Budget
from sfu.codecs import Codec, find_playable
from sfu.codecs.dependency import Structure
from sfu.feedback.clock import StreamClock
from sfu.feedback.keyframes import KeyframeRequester
from sfu.feedback.nack import NackGenerator
from sfu.feedback.receive_stats import ReceiveStats
from sfu.ingress import Ingress
from sfu.layer_switch import LayerSwitch
from sfu.path.batch import Batch, plain
from sfu.path.cache import PacketCache
from sfu.path.thinning import Layers, Thinned
from sfu.sections import SendSection
from sfu.totals import Totals
from sfu.voices import MOST_FRAMES, Voice
from sfu.wire.extensions import DEPENDENCY_DESCRIPTOR
from sfu.wire.packet import Packet
from sfu.wire.rtp import Rid, Ssrc

REPLAY_AGE, REPLAY_PACKETS, REPLAY_BYTES = 0.5, 128, 120_000
"""A newcomer is started from the cache if the latest keyframe is at most so many seconds, packets and bytes back: the
receiver catches up unnoticed, and the sender needn't make another. More would be too large a burst for its link."""

HISTORY = 20
"""Latest packets of sound that are kept, usually 0.4 s: it takes less to notice that somebody has begun to speak."""

LEAD_IN = 0.04
"""Seconds of sound before a word that are sent with it: consonants begin softly."""

STREAM_BURST, STREAMS_PER_SECOND = 12, 1.0
"""Streams of a publication that may begin at once, and in the long run. Each of them needs new caches, and reconciles
the room. Three layers that change their codec and come back are six."""

ALIVE = 1.0
"""Seconds within which an encoding that is sent at a usual frame rate has had a picture."""

STOPPED = 0.4
"""Seconds after the last picture of an encoding that its sender was told to stop, from which it counts as stopped."""

MISSED = 3
"""Samples in a row in which other encodings of the publication sent something and this one didn't, after which it
counts as not sent. Time alone doesn't tell: a still screen gives each encoding one frame a second or fewer."""

PASSED = 6
"""Pictures of a camera in its other encodings since the last packet of one, after which that one counts as not sent:
each picture is encoded for all of them. An encoder that skips a few to keep its bitrate goes on sooner."""

SLOW_START = 1.5
"""Seconds after its sender was told to send an encoding, from which a keyframe is requested if nothing has come."""

LEFT_BEHIND = 8.0
"""Seconds by which an encoding's last picture may be older than the others', however little is sent."""

ALL_LAYERS_ARRIVE = 0.3
"""Seconds within which a picture arrives in all encodings that are sent."""

MAX_KEYFRAME_PACKETS = 256
"""Packets of a keyframe that are counted: 300 kB."""

NOT_BEGUN = float("-inf")
"""`last_packet_at` of a stream that the SDP names and that hasn't begun."""

LOUDER, QUIETER = 0.25, 0.05
"""Weight of a new audio level that is higher or lower than before: at 50 packets/s a word counts within a tenth of a
second, a click of one packet doesn't, and a pause between words changes little."""


class Sink(Protocol):
    """Takes the packets of encodings: the forwarder of a viewer's slot, a recorder, a link to another relay.

    It subscribes to an encoding, is asked with each batch whether it starts there, and once it has started it gets all
    batches until it leaves. It may leave one encoding when it starts with another. A sink that raises an exception is
    unsubscribed.
    """

    @property
    def wants_keyframe(self) -> bool:
        """Whether to ask the sender for a keyframe while this sink waits."""

    def start_at(self, encoding: "Encoding", batch: Batch, now: float) -> bool:
        """Whether it starts with this batch, which `take` then brings. False: it goes on waiting."""

    def take(self, encoding: "Encoding", batch: Batch) -> None:
        """Take a batch. The packet path waits for this call: only put the batch aside."""

    def stopped(self, encoding: "Encoding") -> None:
        """Stop taking packets: the publication was muted or withdrawn. The sink may subscribe again."""

    def ended(self, encoding: "Encoding") -> None:
        """The stream has ended: release everything that belongs to it."""


class Encoding:
    """One stream of packets of a publication: the only one, or one of its simulcast streams."""

    __slots__ = (
        "_annotate",
        "_counted",
        "_pictures",
        "_turned",
        "cache",
        "clock",
        "codec",
        "history",
        "keyframes",
        "last_keyframe",
        "last_packet_at",
        "missed",
        "nack",
        "needs_keyframe",
        "passed",
        "pending",
        "publication",
        "rates",
        "resting_since",
        "rid",
        "rtx_ssrc",
        "sinks",
        "ssrc",
        "stats",
        "structure",
        "thinned",
        "waiting",
    )

    def __init__(self, publication: "Publication", rid: Rid, ssrc: Ssrc, codec: Codec, now: float) -> None:
        self.publication = publication
        self.rid = rid
        self.ssrc = ssrc
        self.rtx_ssrc: Ssrc | None = None
        self.codec = codec
        self.needs_keyframe = publication.kind == "video"
        self.nack = NackGenerator()
        self.cache = PacketCache()
        self.history: deque[Packet] = deque(maxlen=HISTORY)
        """The latest packets of sound."""
        self.stats = ReceiveStats(codec.clock_rate)
        self.clock = StreamClock(codec.clock_rate)
        self.rates = LayerRates()
        self.keyframes = KeyframeRequester()
        self.last_keyframe: Packet | None = None
        """First packet of the latest keyframe."""
        self.last_packet_at = now
        """When it last had a packet with media: padding, which senders probe with, doesn't count."""
        self.missed = 0
        """In how many samples in a row others of its publication sent something and it didn't."""
        self.passed = 0
        """Pictures that another one had in these samples."""
        self.resting_since: float | None = None
        """When its sender was told to send it again, if it hasn't begun yet: it will with a keyframe."""
        self._counted = self._pictures = 0
        self.pending: list[Packet] = []
        """Packets received in this drain of the socket, not forwarded yet."""
        self.sinks: dict[Sink, None] = {}
        """Sinks that get its packets."""
        self.waiting: dict[Sink, None] = {}
        """Sinks that will start at a keyframe."""
        self.structure: Structure | None = None
        """Reads dependency descriptors, if its packets have any."""
        self.thinned: dict[Layers, Thinned[Encoding]] = {}
        """The stream without upper layers, for viewers who don't get all of them."""
        self._annotate = codecs.annotate.get(codec.name)
        self._turned = False
        """Whether `pending` may hold packets of several codecs."""

    def subscribe(self, sink: Sink) -> None:
        """Hand the packets to a sink, from where it can start."""
        self.waiting[sink] = None

    def begin(self, sink: Sink) -> None:
        """Note that a waiting sink has started."""
        self.waiting.pop(sink, None)
        self.sinks[sink] = None

    def leave(self, sink: Sink) -> None:
        """Stop handing packets to a sink."""
        self.waiting.pop(sink, None)
        self.sinks.pop(sink, None)

    @property
    def wanted(self) -> bool:
        """Whether any sink gets it or waits for it."""
        return bool(self.sinks or self.waiting)

    @property
    def whole(self) -> "Encoding":
        """Itself: the counterpart of `Thinned.whole`."""
        return self

    def get(self, seq: int) -> Packet | None:
        """A packet that is kept for retransmission."""
        return self.cache.get(seq)

    def thin(self, layers: Layers) -> "Thinned[Encoding]":
        """The stream without upper layers, from the next packet on. Call `release` once for each call."""
        thinned = self.thinned.get(layers)
        if thinned is None:
            thinned = self.thinned[layers] = Thinned(self, layers)
        thinned.users += 1
        return thinned

    def release(self, thinned: "Thinned[Encoding]") -> None:
        """Stop leaving out layers for a viewer; what was sent can still be repaired."""
        thinned.users -= 1
        if not thinned.users and self.thinned.get(thinned.layers) is thinned:
            del self.thinned[thinned.layers]

    def turn(self, codec: Codec) -> None:
        """Change the codec within the same sequence numbers and timestamps, as browsers do between RED and Opus."""
        self._turned = self._turned or bool(self.pending)
        self.codec = codec

    def received(self, packet: Packet, now: float) -> bool:
        """Take a packet, retransmitted or not. False: it is a duplicate."""
        index = self.nack.accept(packet.seq, now)
        if index is None:
            return False
        packet.seq = index
        if packet.payload:
            self.last_packet_at = now
        if self._annotate is not None:
            self._annotate(packet)
            self._pictures += packet.marker > 0
            if DEPENDENCY_DESCRIPTOR in packet.extensions:
                self.structure = codecs.annotate_by_dependencies(packet, self.structure)
            if packet.keyframe:
                self.keyframes.received()
                self.last_keyframe = packet
            self.cache.put(packet)
        else:
            self.history.append(packet)
        self.pending.append(packet)
        return True

    def take_batch(self) -> Batch:
        """The packets since the last call, up to a change of codec; the rest stays pending."""
        packets, self.pending = self.pending, []
        codec = self.codec
        if self._turned:
            packets, codec = self._first_of_one_codec(packets)
        batch = Batch(packets)
        batch.codec, batch.ingress = codec, self.publication.ingress
        for layers, thinned in self.thinned.items():
            kept = batch.thinned[layers] = Batch(thinned.take(packets))
            kept.follows, kept.source = thinned.follows, thinned
        return batch

    def _first_of_one_codec(self, packets: list[Packet]) -> tuple[list[Packet], Codec]:
        kind = packets[0].payload_type
        first = list(itertools.takewhile(lambda packet: packet.payload_type == kind, packets))
        self.pending = packets[len(first) :]
        self._turned = bool(self.pending)
        return first, self.publication.codecs.get(kind, self.codec)

    def replay(self, before: Packet, now: float) -> Batch | None:
        """The packets from a recent keyframe up to this one, to start a newcomer with; None: ask for another.

        Of sound: those since the word began by which it was noticed that somebody speaks; None: nobody has just begun.
        """
        if not self.needs_keyframe:
            return self._replay_word(before, now)
        first = self.last_keyframe
        if first is None or now - first.arrival > REPLAY_AGE:
            return None
        count = before.seq - first.seq
        if not 0 < count <= REPLAY_PACKETS:
            return None
        packets = [self.cache.get(first.seq + index) for index in range(count)]
        found = [packet for packet in packets if packet is not None and packet.payload]
        if len(found) < count or sum(len(packet.payload) for packet in found) > REPLAY_BYTES:
            return None
        batch = Batch(found)
        batch.codec, batch.ingress = self.codec, self.publication.ingress
        return batch

    def measure(self, now: float) -> None:
        """Measure its bitrate. Call it a few times a second."""
        self.rates.sample(now, self.stats, self.cache, self.nack.highest)

    def _replay_word(self, before: Packet, now: float) -> Batch | None:
        voice = self.publication.voice
        if voice is None or now - voice.noticed_at > REPLAY_AGE:
            return None
        begins, newest = voice.began_at - LEAD_IN, before.seq
        kept = (each for each in self.history if each.arrival >= begins and each.seq < newest)
        found = sorted(kept, key=lambda packet: packet.seq)
        if not found:
            return None
        known, kind = self.publication.codecs, found[-1].payload_type
        if any(each.payload_type != kind for each in found):
            # The sender went over to Opus or to RED within the word: all of it is sent as Opus.
            reds = {number for number, codec in known.items() if codec.name == codecs.red.NAME}
            found = [plain(each) if each.payload_type in reds else each for each in found]
            kind = next((number for number in known if number not in reds), kind)
        batch = Batch(found)
        batch.codec, batch.ingress = known.get(kind, self.codec), self.publication.ingress
        return batch

    def has_recent_keyframe(self, now: float) -> bool:
        """Whether a newcomer may be started without a new keyframe."""
        return self.last_keyframe is not None and now - self.last_keyframe.arrival <= REPLAY_AGE

    def measure_keyframe(self) -> int:
        """Bytes of the latest keyframe, as far as its packets have come and are kept; 0: none."""
        first = self.last_keyframe
        if first is None:
            return 0
        size = 0
        for seq in range(first.seq, first.seq + MAX_KEYFRAME_PACKETS):
            packet = self.cache.get(seq)
            if packet is None or packet.timestamp != first.timestamp:
                break
            size += len(packet.payload)
        return size

    def trim(self, now: float) -> None:
        """Drop packets from the cache that no viewer will ask for again."""
        newest = self.nack.highest
        if newest is not None:
            self.cache.trim(newest, now)

    def alive(self, now: float) -> bool:
        """Whether it has had a picture lately."""
        return now - self.last_packet_at < ALIVE

    def wake(self, now: float) -> None:
        """Ask for a keyframe if its sender was told to send it again and doesn't: it may know no such events."""
        if self.resting_since is not None and now - self.resting_since >= SLOW_START:
            self.resting_since = None
            if self.waiting:
                self.keyframes.want()

    def count(self) -> tuple[bool, int]:
        """Whether media came since the last call, and the pictures that ended."""
        before, self._counted = self._counted, self.stats.bytes
        pictures, self._pictures = self._pictures, 0
        return before != self._counted, pictures

    def stop(self) -> None:
        """Stop forwarding it. Waiting sinks are dropped too, until the next `reconcile`."""
        for sink in [*self.sinks, *self.waiting]:
            sink.stopped(self)
        self.sinks.clear()
        self.waiting.clear()

    def totals(self) -> Totals:
        """What was received so far."""
        stats = self.stats
        return Totals(
            received_packets=stats.packets, received_bytes=stats.bytes, keyframe_requests=self.keyframes.requests
        )

    def close(self) -> None:
        """End the stream and release its sinks."""
        self.publication.ingress.ended.add(self.totals())
        for sink in [*self.sinks, *self.waiting]:
            sink.ended(self)
        self.sinks.clear()
        self.waiting.clear()
        self.thinned.clear()


class Publication:
    """A track that a participant sends, in one media section."""

    __slots__ = (
        "active",
        "bitrates",
        "codecs",
        "encodings",
        "heights",
        "id",
        "ingress",
        "kind",
        "layers",
        "levels",
        "loudness",
        "mid",
        "muted",
        "rids",
        "source",
        "streams",
        "voice",
        "wanted_height",
    )

    def __init__(self, section: SendSection, ingress: Ingress) -> None:
        self.mid = section.mid
        self.kind = section.kind
        self.codecs = section.codecs
        self.rids = section.rids
        self.ingress = ingress
        self.active = True
        """False: its section is inactive."""
        self.id = ""
        """Its id in the room; empty until it is published."""
        self.source = ""
        self.muted = False
        self.heights: dict[Rid, int] = {}
        """Picture height of each encoding, pixels, as its sender announced it."""
        self.bitrates: dict[Rid, int] = {}
        """The most that each encoding takes, bits per second, as its sender announced it."""
        self.encodings: dict[Rid, Encoding] = {}
        self.layers = LayerSwitch()
        self.wanted_height = 0
        """Height of the largest tile in which a viewer wants to see it, pixels; 0: nobody does."""
        self.streams = Budget(STREAM_BURST, STREAMS_PER_SECOND)
        """Spent when a stream begins or changes its codec."""
        self.levels: deque[float] = deque(maxlen=MOST_FRAMES)
        """The loudness of each packet since `update_voice`."""
        self.loudness = 0.0
        """Smoothed audio level: 0 is silence, 127 the loudest."""
        self.voice = Voice() if section.kind == "audio" else None

    def update_level(self, level: int) -> None:
        """Take an audio packet's level, in -dBov: 0 is the loudest, 127 is silence (RFC 6464, section 3)."""
        loudness = 127 - level
        self.levels.append(loudness)
        difference = loudness - self.loudness
        self.loudness += difference * (LOUDER if difference > 0 else QUIETER)

    @property
    def audible(self) -> bool:
        """Whether it is audio that may be forwarded."""
        return self.kind == "audio" and self.active and not self.muted

    def update_voice(self, now: float) -> None:
        """Judge the audio since the last call. Call it a few times a second."""
        encoding = next(iter(self.encodings.values()), None)
        if encoding is None or self.voice is None:
            return
        levels, stats = self.levels, encoding.stats
        loudness = self.loudness if levels else None
        is_red = encoding.codec.name == codecs.red.NAME
        self.voice.update(now, loudness, stats.packets, stats.bytes, red=is_red, levels=levels)
        levels.clear()

    def alive(self, now: float) -> bool:
        """Whether anything of it is being sent."""
        return any(encoding.alive(now) for encoding in self.encodings.values())

    def height_of(self, encoding: Encoding) -> int:
        """Picture height of an encoding, pixels; guessed from its place in the SDP if its sender announced none."""
        return self._height_of(encoding.rid)

    def _height_of(self, rid: Rid) -> int:
        announced = self.heights.get(rid)
        if announced is not None:
            return announced
        if rid in self.rids:
            return 720 >> (len(self.rids) - 1 - self.rids.index(rid))
        return 720

    def wanted_rids(self) -> tuple[Rid, ...]:
        """The encodings that its sender should send, the smallest first."""
        return tuple(rid for rid in self._smallest_first() if rid not in self.layers.off)

    def _smallest_first(self) -> list[Rid]:
        rids = self.rids or (Rid(""),)
        announced = [rid for rid in rids if rid in self.heights]  # of a small picture not all that the SDP names
        return sorted(announced or rids, key=self._height_of)

    def switch_layers(self, now: float) -> bool:
        """Switch encodings on and off by what viewers want or take. True: tell its sender.

        Call it a few times a second, and when `wanted_height` has changed.
        """
        if self.kind != "video" or not self.active:
            return False
        rids = self._smallest_first()
        wanted = 0
        if self.wanted_height:
            fitting = (number for number, rid in enumerate(rids, 1) if self._fills(rid, self.wanted_height))
            wanted = next(fitting, len(rids))
        for number, rid in enumerate(rids[wanted:], wanted + 1):
            encoding = self.encodings.get(rid)
            if encoding is not None and encoding.wanted:
                wanted = number
        for encoding in self.encodings.values():
            encoding.wake(now)
        before = self.layers.off
        if not self.layers.update(rids, wanted, now):
            return False
        for encoding in self.encodings.values():
            if encoding.rid in before - self.layers.off:
                encoding.resting_since = now if now - encoding.last_packet_at >= STOPPED else None
            elif encoding.rid in self.layers.off - before:
                encoding.missed, encoding.resting_since = MISSED, None
        return True

    def _fills(self, rid: Rid, height: int) -> bool:
        """Whether an encoding fills a tile. A quarter less is enough: nobody sees it, and it costs half as much."""
        return self._height_of(rid) >= 0.75 * height

    def compare_encodings(self) -> None:
        """Note which encodings are still sent while others are. Call it a few times a second."""
        if len(self.encodings) < 2:
            return
        counted = [(encoding, *encoding.count()) for encoding in self.encodings.values()]
        most = max(pictures for _, _, pictures in counted)
        if not any(sent for _, sent, _ in counted):
            return
        for encoding, sent, _ in counted:
            encoding.missed, encoding.passed = (0, 0) if sent else (encoding.missed + 1, encoding.passed + most)

    def sent(self, now: float) -> list[Encoding]:
        """The encodings that are being sent; none if all have been silent for long.

        The only place where that is decided. Padding doesn't count, nor does what still comes of an encoding just
        switched off. A still screen has a picture in each encoding only now and then: one is missing once the others
        have gone on without it several times.
        """
        newest = max((encoding.last_packet_at for encoding in self.encodings.values()), default=NOT_BEGUN)
        if not self.active or now - newest >= LEFT_BEHIND:
            return []
        settled = now - newest >= ALL_LAYERS_ARRIVE
        since = newest - LEFT_BEHIND if settled else NOT_BEGUN
        return [encoding for encoding in self.encodings.values() if self._is_sent(encoding, now, since)]

    def _is_sent(self, encoding: Encoding, now: float, since: float) -> bool:
        last = encoding.last_packet_at
        if encoding.resting_since is not None:
            return False
        if encoding.rid in self.layers.off:
            return now - last < STOPPED
        if self._is_passed(encoding, now):
            return False
        return now - last < ALIVE or (encoding.missed < MISSED and last > since)

    def _is_passed(self, encoding: Encoding, now: float) -> bool:
        """Whether the others have gone on without it. What came since they were compared last counts, too."""
        silent = now - encoding.last_packet_at >= ALL_LAYERS_ARRIVE
        return silent and encoding.passed >= PASSED and self.source != "screen"

    def playable_by(self, taken: dict[str, Codec]) -> list[Encoding]:
        """The encodings that a viewer with these codecs, by name, can decode."""
        return [encoding for encoding in self.encodings.values() if find_playable(taken, encoding.codec) is not None]

    def choose(
        self, height: int, now: float, current: Encoding | None = None, taken: dict[str, Codec] | None = None
    ) -> Encoding | None:
        """The encoding for a tile of that height: the smallest that fills it, of those being sent.

        While a larger one is off or starting, a viewer gets the next smaller one. `taken`: the codecs that the viewer
        can decode, by name; None: all of them.
        """
        if not self.active:
            return None
        playable = list(self.encodings.values()) if taken is None else self.playable_by(taken)
        alive = [encoding for encoding in self.sent(now) if encoding in playable]
        if not alive:
            if current in playable:
                return current
            alive = [encoding for encoding in playable if encoding.resting_since is not None]
        if not alive:
            on = (encoding for encoding in playable if encoding.rid not in self.layers.off)
            return next(on, None) or next(iter(playable), None)
        alive.sort(key=self.height_of)
        if current in playable and current not in alive and self._is_passed(current, now):
            return alive[0]  # its sender's uplink breaks down: the smallest keyframe comes through first
        return next((encoding for encoding in alive if self._fills(encoding.rid, height)), alive[-1])

    def offers(self, now: float, taken: dict[str, Codec]) -> list[Offer]:
        """The encodings that a viewer with these codecs can get, with bitrates as measured, announced or guessed."""
        playable = self.playable_by(taken)
        return [self._offer(encoding) for encoding in self.sent(now) if encoding in playable]

    def _offer(self, encoding: Encoding) -> Offer:
        height, measured = self.height_of(encoding), encoding.rates.bitrates()
        if measured is None:
            measured = {Layers(0, 0): self.bitrates.get(encoding.rid) or default_bitrate(height)}
        return Offer(encoding.rid, height, measured)

    def stop(self) -> None:
        """Stop forwarding all encodings."""
        for encoding in self.encodings.values():
            encoding.stop()

    def close(self) -> None:
        """End all encodings."""
        for encoding in self.encodings.values():
            encoding.close()
        self.encodings.clear()
