"""H.264 in two sizes with two temporal layers, as an encoder makes it: viewers can decode every picture they get."""

import random
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import pytest

from sfu.codecs import Codec
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.sections import SendSection
from sfu.slot import Slot
from sfu.wire import rtp
from sfu.wire.extensions import DEPENDENCY_DESCRIPTOR, TRANSPORT_WIDE
from signaling.client.media import H264Assembler, nal_units, packetise_h264
from tests.sim.peer import RIDS, SEND_IDS
from tests.unit.sfu.codecs.test_places import with_structure
from tests.unit.sfu.rig import CAMERA, Client, Rig

H264 = Codec("H264", 102, 90_000, 103, "packetization-mode=1;profile-level-id=4d001f")
VIEWER_H264 = Codec("H264", 108, 90_000, 109, "packetization-mode=1;profile-level-id=64001f")
SENT, TAKEN = 9, 10
"""Ids of the dependency descriptor as sent and as taken."""
L1T2 = with_structure([(0, "SS"), (1, "-D"), (3, "")], 2)[3:]
SIZES = ((64, 48), (256, 192))
FRAMES, KEYFRAMES_EVERY = 80, 20


@dataclass(frozen=True)
class Picture:
    """A picture of the stream, in the order of decoding."""

    number: int
    """In the order of display; its brightness is worked out from it."""
    payloads: tuple[bytes, ...]
    keyframe: bool
    temporal: int


def brightness(number: int) -> int:
    return 40 + 4 * (number % 40)


@cache
def encode(size: tuple[int, int]) -> tuple[Picture, ...]:
    """Every second picture is one that no other needs (`nal_ref_idc` 0): the upper temporal layer."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(30), Fraction(1, 30)
    encoder.profile = "Main"
    encoder.options = {
        "x264-params": f"bframes=1:b-adapt=0:b-pyramid=none:open-gop=0:scenecut=0:keyint={KEYFRAMES_EVERY}:qp=6"
        f":min-keyint={KEYFRAMES_EVERY}:weightp=0:repeat-headers=1"
    }
    packets = []
    squares = [at * at % 23 for at in range(23)]
    for number in range(FRAMES):
        frame = av.VideoFrame(*size, "yuv420p")
        grey, *colours = frame.planes
        # Some noise, so that larger pictures need several packets.
        noise = bytes(brightness(number) + (number * 7 + square) % 23 // 8 for square in squares)
        grey.update((noise * (grey.buffer_size // 23 + 1))[: grey.buffer_size])
        for plane in colours:
            plane.update(bytes((128,)) * plane.buffer_size)
        frame.pts, frame.time_base = number, Fraction(1, 30)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    found = []
    for packet in packets:
        units = nal_units(bytes(packet))
        disposable = all(unit[0] & 0x60 == 0 for unit in units if 1 <= unit[0] & 0x1F <= 5)
        found.append(Picture(packet.pts or 0, tuple(packetise_h264(units)), packet.is_keyframe, int(disposable)))
    return tuple(found)


def send(rig: Rig, layer: int, at: int) -> None:
    """Send a picture in its packets, each with a dependency descriptor."""
    pictures = encode(SIZES[layer])
    seq = 65_400 + sum(len(each.payloads) for each in pictures[:at])
    picture = pictures[at]
    last = len(picture.payloads) - 1
    for index, payload in enumerate(picture.payloads):
        marks = (0x80 if index == 0 else 0) | (0x40 if index == last else 0)
        value = bytes((marks | picture.temporal, at >> 8, at & 0xFF)) + (
            L1T2 if picture.keyframe and not index else b""
        )
        values = {1: CAMERA.encode(), 2: RIDS[layer].encode(), SENT: value}
        block = b"".join(bytes((identifier, len(each))) + each for identifier, each in values.items())
        block += bytes(-len(block) % 4)
        kind = H264.payload_type | (0x80 if index == last else 0)
        header = rtp.HEADER.pack(0x90, kind, (seq + index) & 0xFFFF, picture.number * 3000 + 90_000, 1000 + layer)
        packet = header + struct.pack("!HH", 0x1000, len(block) // 4) + block + payload
        rig.deliver(rig.publisher.protect.protect(packet))


def rig_with_viewer() -> tuple[Rig, Client, Slot]:
    rig = Rig()
    section = SendSection(CAMERA, "video", {H264.payload_type: H264}, RIDS)
    rig.publisher.transport.negotiate([section], [], {**SEND_IDS, SENT: DEPENDENCY_DESCRIPTOR})
    client, slot = rig.viewer({TRANSPORT_WIDE: 7, DEPENDENCY_DESCRIPTOR: TAKEN}, VIEWER_H264)
    return rig, client, slot


class Decoder:
    """Decodes pictures in the order in which they come; `shown` has their number and what is seen of them."""

    def __init__(self) -> None:
        made = av.CodecContext.create("h264", "r")
        assert isinstance(made, av.VideoCodecContext)
        self._context = made
        self.shown: list[tuple[int, int, bytes]] = []
        """Height, number and brightness of pixels."""

    def decode(self, picture: Picture | None) -> None:
        packet = None
        if picture is not None:
            assembler = H264Assembler()
            for payload in picture.payloads:
                assembler.add(payload)
            packet = av.Packet(bytes(assembler.data))
            packet.pts = picture.number
        for frame in self._context.decode(packet):
            self.shown.append((frame.height, frame.pts or 0, bytes(frame.planes[0])))


@cache
def original(size: tuple[int, int]) -> dict[int, tuple[int, int, bytes]]:
    """What is seen of every picture by those who get all of them."""
    decoder = Decoder()
    for picture in (*encode(size), None):
        decoder.decode(picture)
    return {each[1]: each for each in decoder.shown}


def received(client: Client) -> list[tuple[tuple[int, int], Picture]]:
    """The pictures that have come to a viewer, with their sizes, as they came."""
    known = {picture.payloads: (size, picture) for size in SIZES for picture in encode(size)}
    pictures, payloads = [], []
    for sent in client.got:
        payloads.append(sent.payload)
        if sent.header.marker:
            pictures.append(known[tuple(payloads)])
            payloads = []
    assert not payloads
    return pictures


def assert_decodable(client: Client) -> None:
    """Every picture that came looks as it does to those who get all of them, and no number is missing."""
    decoder = Decoder()
    came = received(client)
    for _, picture in came:
        decoder.decode(picture)
    decoder.decode(None)
    assert sorted(decoder.shown) == sorted(original(size)[picture.number] for size, picture in came)
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == [(seqs[0] + index) & 0xFFFF for index in range(len(seqs))]


def test_the_encoder_makes_pictures_of_two_layers_and_several_packets() -> None:
    for size in SIZES:
        pictures = encode(size)
        assert [each.keyframe for each in pictures].count(True) == FRAMES // KEYFRAMES_EVERY
        assert 0.4 < sum(each.temporal for each in pictures) / FRAMES < 0.6
    assert max(len(each.payloads) for each in encode(SIZES[1])) > 2


def test_a_viewer_without_the_upper_temporal_layer_decodes_all_of_the_lower_one() -> None:
    rig, client, slot = rig_with_viewer()
    slot.forwarder.set_layers(Layers(7, 0))
    for at in range(FRAMES):
        send(rig, 0, at)
        rig.flush()
        if at == 0:
            slot.forwarder.set_target(rig.encoding(0))
    came = [picture for _, picture in received(client)]
    assert [each for each in came if not each.temporal] == [each for each in encode(SIZES[0]) if not each.temporal]
    assert not any(each.temporal for each in came[3:])
    assert_decodable(client)


def test_a_viewer_goes_up_to_the_other_layer_and_over_to_the_other_size() -> None:
    rig, client, slot = rig_with_viewer()
    slot.forwarder.set_layers(Layers(7, 0))
    for at in range(FRAMES):
        for layer in range(2):
            send(rig, layer, at)
        rig.flush()
        rig.now += 0.1  # too long for a keyframe to be replayed from the cache when the size changes
        if at == 0:
            slot.forwarder.set_target(rig.encoding(0))
        elif at == 12:
            slot.forwarder.set_layers(ALL_LAYERS)
        elif at == 30:
            slot.forwarder.set_target(rig.encoding(1))
    came = received(client)
    large = [picture for size, picture in came if size == SIZES[1]]
    assert large == list(encode(SIZES[1])[40:])
    small = [picture for size, picture in came if size == SIZES[0]]
    assert small[-25:] == list(encode(SIZES[0])[15:40])
    assert_decodable(client)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_layers_and_sizes_are_asked_for_every_picture_that_comes_can_be_decoded(seed: int) -> None:
    rng = random.Random(seed)
    rig, client, slot = rig_with_viewer()
    for at in range(FRAMES):
        for layer in range(2):
            send(rig, layer, at)
        rig.flush()
        if at % 5 == 0:
            slot.forwarder.set_layers(rng.choice((Layers(7, 0), ALL_LAYERS)))
        if at % 15 == 0:
            slot.forwarder.set_target(rig.encoding(rng.randrange(2)))
    assert len(received(client)) > FRAMES // 3
    assert_decodable(client)


@pytest.mark.parametrize(
    ("stated", "playable"),
    [
        ("packetization-mode=1;profile-level-id=42e01f", False),
        ("packetization-mode=0;profile-level-id=64001f", False),
        ("packetization-mode=1;profile-level-id=4d000a", False),
        ("packetization-mode=1;profile-level-id=4d001f", True),
        ("packetization-mode=1;profile-level-id=640034", True),
    ],
)
def test_a_viewer_gets_the_stream_only_if_profile_level_and_packetization_mode_go_with_it(
    stated: str, *, playable: bool
) -> None:
    rig, _, _ = rig_with_viewer()
    client, slot = rig.viewer({TRANSPORT_WIDE: 7}, Codec("H264", 108, 90_000, 109, stated))
    send(rig, 0, 0)
    rig.flush()
    assert (rig.camera.playable_by(slot.forwarder.codecs) == [rig.encoding(0)]) is playable
    assert slot.lacks_codec(rig.camera) is not playable
    slot.forwarder.set_target(rig.encoding(0))
    send(rig, 0, 1)
    rig.flush()
    assert bool(client.got) is playable
