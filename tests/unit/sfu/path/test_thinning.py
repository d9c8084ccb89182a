"""Viewers who get fewer layers: numbers without gaps, work done once for all of them, and everything repairable."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from sfu.codecs import Codec, vp8
from sfu.path import batch as batch_module
from sfu.path.cache import SIZE, PacketCache
from sfu.path.layout import Layout
from sfu.path.thinning import ALL_LAYERS, Layers, Thinned, can_step, next_layers
from sfu.sections import SendSection
from sfu.slot import Slot
from sfu.wire import rtp
from sfu.wire.packet import Packet, make_place
from sfu.wire.rtp import RtpHeader, seq_delta
from tests.sim.media import decode_video
from tests.sim.peer import RIDS, SEND_IDS
from tests.thorough import choose
from tests.unit.sfu.rig import CAMERA, Client, Rig, Sent

T0, T1 = Layers(7, 0), Layers(7, 1)
TEMPORAL = (0, 2, 1, 2)
"""Layers of four frames in a row, as libwebrtc sends three temporal layers: the second and third are sync frames."""


def temporal(frame: int) -> int:
    return TEMPORAL[frame % 4]


def frame_packets(rig: Rig, frame: int, parts: int, *, key: bool = False, seq: int | None = None) -> Iterator[bytes]:
    """A frame of three temporal layers; frame 0 begins at sequence number 65,000."""
    first = 65_000 + frame * parts if seq is None else seq
    for part in range(parts):
        yield rig.video_packet(
            0,
            first + part,
            frame,
            part,
            key=key,
            parts=parts,
            tl0=frame // 4,
            temporal=temporal(frame),
            sync=frame % 4 in (1, 2),
        )


def send(rig: Rig, frame: int, parts: int = 2, *, key: bool = False) -> None:
    for packet in frame_packets(rig, frame, parts, key=key):
        rig.deliver(packet)
    rig.flush()


def start(rig: Rig, slot: Slot, parts: int = 2) -> None:
    """Let a viewer have the first frame, a keyframe."""
    if not rig.camera.encodings:
        rig.deliver(rig.video_packet(0, 64_999, 0, 0, key=True, parts=1))
        rig.flush()
        rig.now += 10.0
    slot.forwarder.set_target(rig.encoding(0))
    send(rig, 0, parts, key=True)


def frames(client: Client) -> list[int]:
    return list(dict.fromkeys(decode_video(sent.payload)[2].frame for sent in client.got if sent.payload))


def numbers(client: Client) -> list[int]:
    first = client.got[0].header.seq
    return [seq_delta(sent.header.seq, first) for sent in client.got]


def descriptors(client: Client) -> list[vp8.Vp8Descriptor]:
    """Of each frame's first packet."""
    return [
        decode_video(sent.payload)[0] for sent in client.got if sent.payload and not decode_video(sent.payload)[2].part
    ]


@pytest.mark.parametrize(("layers", "highest"), [(T0, 0), (T1, 1), (Layers(7, 2), 2), (ALL_LAYERS, 2)])
def test_upper_layers_are_left_out_and_leave_no_gaps(layers: Layers, highest: int) -> None:
    rig = Rig()
    client, slot = rig.viewer()
    start(rig, slot)
    slot.forwarder.set_layers(layers)
    for frame in range(1, 81):
        send(rig, frame)
    got = frames(client)
    assert got[-10:] == [frame for frame in range(81) if temporal(frame) <= highest][-10:]
    assert len(got) <= 4 + sum(temporal(frame) <= highest for frame in range(81))
    assert numbers(client) == list(range(len(client.got)))
    found = descriptors(client)
    first = found[0].picture_id or 0
    assert [each.picture_id for each in found] == [(first + index) & 0x7FFF for index in range(len(found))]
    base = [(found[0].tl0_index or 0) + frame // 4 & 0xFF for frame in got]
    assert [each.tl0_index for each in found] == base
    assert [sent.header.marker for sent in client.got] == [0, 0x80] * (len(client.got) // 2)


@pytest.mark.parametrize(("per_second", "parts"), [(60, 8), (SIZE, 1), (30, 16)])
@pytest.mark.parametrize("layers", [T0, T1])
def test_every_packet_of_the_last_second_can_be_repaired_at_the_highest_rate(
    per_second: int, parts: int, layers: Layers
) -> None:
    """The highest that a stream may have: as many packets a second as its cache holds."""
    rig = Rig()
    client, slot = rig.viewer()
    start(rig, slot, parts)
    slot.forwarder.set_layers(layers)
    second: list[tuple[float, Sent]] = []
    for frame in range(1, 3 * per_second):
        rig.now += 1 / per_second
        client.got.clear()
        send(rig, frame, parts)
        second += [(rig.now, sent) for sent in client.got]
        if frame % 37 and frame < 3 * per_second - 4:
            continue
        second = [(at, sent) for at, sent in second if rig.now - at < 1.0 - 1 / per_second]
        for _, sent in second:
            again = slot.forwarder.retransmit(sent.header.seq)
            assert again is not None
            header = RtpHeader(again, len(again))
            assert again[header.payload_start : header.payload_end] == sent.header.seq.to_bytes(2) + sent.payload
            assert (header.timestamp, header.marker) == (sent.header.timestamp, sent.header.marker)
    kept = sum(temporal(frame) <= layers.temporal for frame in range(per_second))
    assert len(second) >= (kept - 2) * parts
    assert len(slot.forwarder.munger._segments) <= 3, "a stretch for each run of packets"


def test_viewers_of_the_same_layers_share_one_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    made: list[int] = []

    class Counted(Layout):
        __slots__ = ()

        def __init__(self, packets: list[Packet], *rest: object) -> None:
            made.append(len(packets))
            super().__init__(packets, *rest)  # type: ignore[arg-type]

    viewers = [rig.viewer() for _ in range(6)]
    for number, (_, slot) in enumerate(viewers):
        start(rig, slot) if not number else slot.forwarder.set_target(rig.encoding(0))
    for frame in range(1, 5):
        send(rig, frame, key=frame == 4)
    for number, (_, slot) in enumerate(viewers):
        slot.forwarder.set_layers((T0, T1, ALL_LAYERS)[number // 2])
    for frame in range(5, 20):
        send(rig, frame)
    assert [slot.forwarder.layers for _, slot in viewers] == [T0, T0, T1, T1, ALL_LAYERS, ALL_LAYERS]
    monkeypatch.setattr(batch_module, "Layout", Counted)
    send(rig, 20)
    assert made == [2, 2, 2]
    made.clear()
    send(rig, 21)
    assert sorted(made) == [0, 0, 2]
    assert set(rig.encoding(0).thinned) == {T0, T1}
    for _, slot in viewers:
        slot.forwarder.set_target(None)
    assert not rig.encoding(0).thinned, "layers are left out for nobody"


def test_a_viewer_goes_down_with_the_next_picture_it_keeps_and_up_at_sync_frames() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    start(rig, slot)
    slot.forwarder.set_layers(T0)
    for frame in range(1, 7):
        send(rig, frame)
    assert frames(client) == [0, 1, 2, 3, 4]
    slot.forwarder.set_layers(ALL_LAYERS)
    for frame in range(7, 20):
        send(rig, frame)
    # Frame 10 is the sync frame of the second layer, 13 that of the third.
    assert frames(client)[5:] == [8, 10, 12, 13, 14, 15, 16, 17, 18, 19]
    assert numbers(client) == list(range(len(client.got)))


def test_a_keyframe_lets_a_viewer_up_to_all_layers_at_once() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    start(rig, slot)
    slot.forwarder.set_layers(T0)
    for frame in range(1, 6):
        send(rig, frame)
    slot.forwarder.set_layers(ALL_LAYERS)
    send(rig, 6)
    send(rig, 7)
    for frame in range(8, 14):
        send(rig, frame, key=frame == 8)
    assert frames(client) == [0, 1, 2, 3, 4, *range(8, 14)]
    assert slot.forwarder.layers is ALL_LAYERS
    assert not rig.encoding(0).thinned


def test_a_late_packet_of_a_left_out_layer_comes_as_an_empty_one_under_its_number() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    start(rig, slot)
    slot.forwarder.set_layers(T0)
    for frame in range(1, 9):
        send(rig, frame)
    client.got.clear()
    late = list(frame_packets(rig, 10, 2))
    for frame in (9, 11, 12):
        send(rig, frame)
    assert frames(client) == [12]
    for packet in late:
        rig.deliver(packet)
    rig.flush()
    assert [sent.payload for sent in client.got[2:]] == [b"", b""]
    assert sorted(numbers(client)) == list(range(-2, 2))
    again = slot.forwarder.retransmit(client.got[2].header.seq)
    assert again is not None
    assert RtpHeader(again, len(again)).payload_end - RtpHeader(again, len(again)).payload_start == 2


def test_the_next_step_is_down_at_once_and_up_by_one_temporal_layer() -> None:
    assert next_layers(ALL_LAYERS, T0) == T0
    assert next_layers(Layers(2, 2), Layers(0, 1)) == Layers(0, 1)
    assert next_layers(T0, ALL_LAYERS) == T1
    assert next_layers(Layers(7, 6), ALL_LAYERS) is ALL_LAYERS
    assert next_layers(Layers(0, 0), Layers(2, 1)) == Layers(0, 1)
    assert next_layers(Layers(0, 2), Layers(2, 0)) == Layers(0, 0)


def placed(place: int, *, keyframe: bool = False) -> Packet:
    packet = Packet(98, 0, 1, 0, b"x", 0.0, {})
    packet.place, packet.keyframe = place, keyframe
    return packet


@pytest.mark.parametrize(
    ("first", "have", "step", "expected"),
    [
        (placed(make_place(0, begins=True, ends=False)), ALL_LAYERS, T0, True),
        (placed(make_place(1, begins=True, ends=False)), ALL_LAYERS, T0, False),
        (placed(make_place(0, begins=False, ends=True)), ALL_LAYERS, T0, False),
        (placed(make_place(0, 1, begins=True, ends=True)), ALL_LAYERS, Layers(1, 0), False),
        (placed(make_place(0, begins=True, ends=True)), T0, T1, False),
        (placed(make_place(1, begins=True, ends=True, up_from=0, up_to=1)), T0, T1, True),
        (placed(make_place(2, begins=True, ends=True, up_from=1, up_to=2)), T0, T1, False),
        (placed(make_place(0, begins=True, ends=True), keyframe=True), Layers(0, 0), Layers(2, 2), True),
        (placed(make_place(0, begins=True, ends=True, up_to=7)), Layers(0, 0), Layers(1, 1), False),
    ],
)
def test_where_a_viewer_can_go_over(first: Packet, have: Layers, step: Layers, *, expected: bool) -> None:
    assert can_step(first, have, step) is expected


VP9, VIEWER_VP9 = Codec("VP9", 98, 90_000, 99), Codec("VP9", 122, 90_000, 123)


def vp9_packet(rig: Rig, seq: int, picture: int, spatial: int, part: int, *, key: bool = False) -> bytes:
    """One of two packets of a spatial layer's frame; the picture has three such frames. The first is a keyframe."""
    key = key or picture == 0
    flags = 0xA0 | (0x40 if not key or spatial else 0) | (0x08 if part == 0 else 0) | (0x04 if part == 1 else 0)
    payload = bytes((flags, 0x80 | picture >> 8, picture & 0xFF, spatial << 1, 0)) + bytes((picture, spatial, part))
    values = {1: CAMERA.encode(), 2: RIDS[0].encode()}
    last = spatial == 2 and part == 1
    return rig.publisher.protect.protect(
        rtp.build_packet(98, seq & 0xFFFF, picture * 3000, 1000, payload, marker=last, extensions=values)
    )


@pytest.mark.parametrize("spatial", [0, 1, 2])
def test_the_last_packet_kept_of_a_picture_has_the_marker(spatial: int) -> None:
    rig = Rig()
    rig.publisher.transport.negotiate([SendSection(CAMERA, "video", {98: VP9}, RIDS)], [], SEND_IDS)
    client, slot = rig.viewer(video=VIEWER_VP9)
    seq = 65_500
    for picture in range(30):
        for layer in range(3):
            for part in range(2):
                rig.deliver(vp9_packet(rig, seq, picture, layer, part))
                seq += 1
        rig.flush()
        if picture == 0:
            slot.forwarder.set_target(rig.encoding(0))
            slot.forwarder.set_layers(Layers(spatial, 7))
    got = [tuple(sent.payload[-3:]) for sent in client.got]
    assert got[-12:] == [(p, s, part) for p in range(18, 30) for s in range(spatial + 1) for part in range(2)][-12:]
    assert numbers(client) == list(range(len(got)))
    marked = [tuple(sent.payload[-2:]) for sent in client.got if sent.header.marker and sent.payload[-3] > 5]
    assert set(marked) == {(spatial, 1)}
    assert len(marked) == 24
    for sent in client.got[-20:]:
        again = slot.forwarder.retransmit(sent.header.seq)
        assert again is not None
        header = RtpHeader(again, len(again))
        assert header.marker == sent.header.marker
        assert again[header.payload_start + 2 : header.payload_end] == sent.payload


def test_a_keyframe_is_asked_for_where_a_viewer_should_get_a_higher_spatial_layer_and_nowhere_else() -> None:
    rig = Rig()
    rig.publisher.transport.negotiate([SendSection(CAMERA, "video", {98: VP9}, RIDS)], [], SEND_IDS)
    client, slot = rig.viewer(video=VIEWER_VP9)

    def send_picture(picture: int, *, key: bool = False) -> None:
        for index in range(6):
            rig.deliver(vp9_packet(rig, 100 + 6 * picture + index, picture, index // 2, index % 2, key=key))
        rig.flush()

    send_picture(0, key=True)
    encoding = rig.encoding(0)
    slot.forwarder.set_layers(Layers(0, 7))
    slot.forwarder.set_target(encoding)
    for picture in range(1, 5):
        send_picture(picture)
    assert slot.forwarder.layers == Layers(0, 7)
    assert not encoding.keyframes.wanted
    slot.forwarder.set_layers(ALL_LAYERS)
    send_picture(5)
    assert encoding.keyframes.wanted
    assert {sent.payload[-2] for sent in client.got[-2:]} == {0}
    send_picture(6, key=True)
    assert slot.forwarder.layers == ALL_LAYERS
    slot.forwarder.set_layers(Layers(1, 0))
    for picture in range(7, 10):
        send_picture(picture)
    slot.forwarder.set_layers(Layers(1, 7))
    send_picture(10)
    assert not encoding.keyframes.wanted
    assert [tuple(sent.payload[-3:-1]) for sent in client.got[-4:]] == [(10, 0), (10, 0), (10, 1), (10, 1)]
    assert numbers(client) == list(range(len(client.got)))


@dataclass
class Decoder:
    """Checks that each frame has what it depends on, and that numbers go on."""

    client: Client
    sent: dict[int, Sent] = field(default_factory=dict)
    have: set[int] = field(default_factory=set)
    pictures: list[int] = field(default_factory=list)

    def take(self) -> None:
        for sent in self.client.got:
            assert sent.header.seq not in self.sent
            self.sent[sent.header.seq] = sent
            descriptor, key, content = decode_video(sent.payload)
            frame = content.frame
            if content.part:
                assert frame in self.have
                continue
            needed = {0: frame - 4, 1: frame - 1, 2: frame - 2, 3: frame - 1}[frame % 4]
            assert key or needed in self.have, f"frame {frame} can't be decoded"
            self.have.add(frame)
            self.pictures.append(descriptor.picture_id or 0)
        self.client.got.clear()


@pytest.mark.parametrize("seed", range(choose(4, 10)))
def test_whatever_layers_are_asked_for_every_frame_that_comes_can_be_decoded(seed: int) -> None:
    """Packets are drained at random places; three viewers, whose wishes change all the time."""
    rig, rng = Rig(seed), random.Random(seed)
    viewers = [rig.viewer() for _ in range(3)]
    for _, slot in viewers[1:]:
        slot.forwarder.set_layers(T0)
    start(rig, viewers[0][1], 3)
    decoders = [Decoder(client) for client, _ in viewers]
    for _, slot in viewers[1:]:
        slot.forwarder.set_target(rig.encoding(0))
    taken = [0, 0, 0]
    for frame in range(1, 400):
        for packet in frame_packets(rig, frame, 3, key=frame % 100 == 0):
            rig.deliver(packet)
            if rng.random() < 0.3:
                rig.flush()
        rig.now += 0.033
        if rng.random() < 0.1:
            number = rng.randrange(3)
            viewers[number][1].forwarder.set_layers(rng.choice((T0, T1, Layers(7, 2), ALL_LAYERS)))
        for number, decoder in enumerate(decoders):
            decoder.take()
            taken[number] = len(decoder.have)
    rig.flush()
    for decoder in decoders:
        decoder.take()
        assert len(decoder.have) > 100
        first = decoder.pictures[0]
        assert decoder.pictures == [(first + index) & 0x7FFF for index in range(len(decoder.pictures))]
        seqs = list(decoder.sent)
        assert seqs == [(seqs[0] + index) & 0xFFFF for index in range(len(seqs))]
    assert len({*map(len, (decoder.have for decoder in decoders))}) > 1


def test_layers_taken_over_from_the_last_who_had_them_leave_no_gap() -> None:
    """Someone goes on to all layers with the keyframe with which someone else begins with theirs."""
    rig = Rig()
    (_, before), (client, after) = rig.viewer(), rig.viewer()
    before.forwarder.set_layers(T1)
    start(rig, before)
    for frame in range(1, 40):
        send(rig, frame)
    before.forwarder.set_layers(ALL_LAYERS)
    after.forwarder.set_layers(T1)
    after.forwarder.set_target(rig.encoding(0))
    rig.now += 10.0
    for frame in range(40, 100):
        send(rig, frame, key=frame == 40)
    assert after.forwarder.layers == T1
    assert numbers(client) == list(range(len(client.got)))
    assert frames(client)[-1] > 90


def test_numbers_of_a_thinned_stream_are_traced_back_to_what_the_cache_has() -> None:
    cache = PacketCache()

    class Stream:
        def __init__(self) -> None:
            self.cache = cache

    thinned = Thinned(Stream(), T0)
    kept: list[Packet] = []
    for seq in range(100, 400):
        packet = Packet(96, 0, seq, seq, b"%d" % seq, 0.0, {})
        packet.place = make_place(seq % 3, begins=True, ends=True)
        cache.put(packet)
        kept += thinned.take([packet])
    assert [packet.seq for packet in kept] == list(range(kept[0].seq, kept[0].seq + 100))
    for packet in kept:
        found = thinned.get(packet.seq)
        assert found is not None
        assert (found.payload, found.seq) == (packet.payload, packet.seq)
    assert thinned.get(kept[-1].seq + 1) is None
