"""Dependency descriptors on their way to viewers: long ones in the two-byte form, frame numbers that go on."""

import itertools
import struct

import pytest

from sfu.codecs import Codec
from sfu.path.thinning import Layers
from sfu.sections import SendSection
from sfu.wire import extensions, rtp
from sfu.wire.extensions import AUDIO_LEVEL, DEPENDENCY_DESCRIPTOR, TRANSPORT_WIDE, ExtensionMap
from sfu.wire.rtp import RtpHeader
from tests.sim.peer import RIDS, SEND_IDS
from tests.unit.sfu.codecs.test_places import L1T3, with_structure
from tests.unit.sfu.rig import CAMERA, Client, Rig

AV1, VIEWER_AV1 = Codec("AV1", 45, 90_000, 46), Codec("AV1", 35, 90_000, 36)
SENT, WIDE, TAKEN = 9, 7, 10
"""Ids of the descriptor as sent, of transport-wide numbers, and of the descriptor as taken."""
FRAMES = (0, 2, 1, 2)
"""Templates of four frames in a row."""


def rig_with_viewer(ids: dict[str, int] | None = None) -> tuple[Rig, Client]:
    rig = Rig()
    rig.publisher.transport.negotiate(
        [SendSection(CAMERA, "video", {45: AV1}, RIDS)], [], {**SEND_IDS, SENT: DEPENDENCY_DESCRIPTOR}
    )
    client, _ = rig.viewer({TRANSPORT_WIDE: WIDE, DEPENDENCY_DESCRIPTOR: TAKEN} if ids is None else ids, VIEWER_AV1)
    return rig, client


def descriptor(frame: int, number: int, *, key: bool) -> bytes:
    """Of the only packet of a frame; a keyframe's is longer than the one-byte form allows."""
    if key:
        return bytes((0xC0, number >> 8, number & 0xFF)) + with_structure(*L1T3)[3:] + bytes(20)
    return bytes((0xC0 | FRAMES[frame % 4], number >> 8, number & 0xFF))


def send(rig: Rig, layer: int, frame: int, number: int, *, key: bool = False) -> bytes:
    """A frame in one packet; its descriptor."""
    value = descriptor(frame, number, key=key)
    values = {1: CAMERA.encode(), 2: RIDS[layer].encode(), SENT: value}
    block = b"".join(bytes((identifier, len(each))) + each for identifier, each in values.items())
    block += bytes(-len(block) % 4)
    header = rtp.HEADER.pack(0x90, 0x80 | 45, (65_530 + frame) & 0xFFFF, frame * 3000, 1000 + layer)
    payload = bytes((0x18 if key else 0x10, layer, frame & 0xFF))
    packet = header + struct.pack("!HH", 0x1000, len(block) // 4) + block + payload
    rig.deliver(rig.publisher.protect.protect(packet))
    return value


def descriptors(client: Client) -> list[bytes]:
    return [sent.header.extensions[TAKEN] for sent in client.got]


def test_a_long_descriptor_passes_in_the_two_byte_form_and_short_ones_in_the_other() -> None:
    rig, client = rig_with_viewer()
    send(rig, 0, 0, 5, key=True)
    rig.flush()
    client.transport.sender.slots[next(iter(client.transport.sender.slots))].forwarder.set_target(rig.encoding(0))
    profiles: list[int] = []
    rig.on_datagram = lambda datagram: profiles.append(int.from_bytes(datagram[12:14]))
    values = [send(rig, 0, frame, 5 + frame, key=frame == 1) for frame in range(1, 4)]
    rig.flush()  # together, so that all have the form that the first needs
    for frame in range(4, 9):
        values.append(send(rig, 0, frame, 5 + frame))
        rig.flush()
    assert profiles == [0x1000] * 3 + [0xBEDE] * 5
    assert [value[3:] for value in descriptors(client)] == [value[3:] for value in values]
    assert [value[0] for value in descriptors(client)] == [value[0] for value in values]
    wide = [int.from_bytes(sent.header.extensions[WIDE]) for sent in client.got]
    assert wide == [(wide[0] + index) & 0xFFFF for index in range(8)]
    assert [sent.payload[2] for sent in client.got] == list(range(1, 9))


def test_a_long_descriptor_is_sent_again_whole() -> None:
    rig, client = rig_with_viewer()
    send(rig, 0, 0, 5, key=True)
    rig.flush()
    (slot,) = (each for each in client.transport.sender.slots.values() if each.kind == "video")
    slot.forwarder.set_target(rig.encoding(0))
    value = send(rig, 0, 1, 6, key=True)
    rig.flush()
    again = slot.forwarder.retransmit(client.got[0].header.seq)
    assert again is not None
    header = RtpHeader(again, len(again))
    assert header.extensions[TAKEN] == descriptors(client)[0]
    assert header.extensions[TAKEN][3:] == value[3:]
    assert again[header.payload_start + 2 :] == client.got[0].payload
    number = int.from_bytes(header.extensions[WIDE])
    assert number == (int.from_bytes(client.got[0].header.extensions[WIDE]) + 1) & 0xFFFF


def test_frame_numbers_go_on_over_a_switch() -> None:
    rig, client = rig_with_viewer()
    numbers = {0: 60_000, 1: 3}
    (slot,) = (each for each in client.transport.sender.slots.values() if each.kind == "video")
    for layer in numbers:
        send(rig, layer, 0, numbers[layer], key=True)
    rig.flush()
    for frame in range(1, 30):
        if frame in (1, 15):
            slot.forwarder.set_target(rig.encoding(frame // 15))
        for layer in numbers:
            numbers[layer] += 1
            send(rig, layer, frame, numbers[layer], key=frame in (1, 15))
        rig.flush()
    found = [int.from_bytes(value[1:3]) for value in descriptors(client)]
    assert [sent.payload[1] for sent in client.got] == [0] * 14 + [1] * 15
    assert found == [(found[0] + index) & 0xFFFF for index in range(29)]


def test_layers_are_left_out_by_descriptors() -> None:
    rig, client = rig_with_viewer()
    send(rig, 0, 0, 0, key=True)
    rig.flush()
    (slot,) = (each for each in client.transport.sender.slots.values() if each.kind == "video")
    slot.forwarder.set_target(rig.encoding(0))
    slot.forwarder.set_layers(Layers(7, 1))
    for frame in range(1, 41):
        send(rig, 0, frame, frame, key=frame == 4)
        rig.flush()
    assert [sent.payload[2] for sent in client.got][-10:] == [frame for frame in range(41) if frame % 2 == 0][-10:]
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == [(seqs[0] + index) & 0xFFFF for index in range(len(seqs))]
    found = [int.from_bytes(value[1:3]) for value in descriptors(client)][-10:]
    assert [later - earlier & 0xFFFF for earlier, later in itertools.pairwise(found)] == [2] * 9


def test_a_viewer_without_descriptors_gets_none() -> None:
    rig, client = rig_with_viewer({TRANSPORT_WIDE: WIDE})
    send(rig, 0, 0, 5, key=True)
    rig.flush()
    (slot,) = (each for each in client.transport.sender.slots.values() if each.kind == "video")
    slot.forwarder.set_target(rig.encoding(0))
    send(rig, 0, 1, 6, key=True)
    rig.flush()
    assert [set(sent.header.extensions) for sent in client.got] == [{WIDE}]


@pytest.mark.parametrize("length", [1, 16, 17, 255])
def test_only_descriptors_may_be_long(length: int) -> None:
    rig = Rig()
    values = {1: CAMERA.encode(), 2: RIDS[0].encode(), 5: bytes(length)}
    block = b"".join(bytes((identifier, len(each))) + each for identifier, each in values.items())
    block += bytes(-len(block) % 4)
    header = rtp.HEADER.pack(0x90, 96, 1, 0, 1000) + struct.pack("!HH", 0x1000, len(block) // 4) + block
    rig.deliver(rig.publisher.protect.protect(header + b"\x10\x00payload"))
    packet = rig.encoding(0).pending[0]
    assert (AUDIO_LEVEL in packet.extensions) is (length <= extensions.MAX_SHORT)


def test_the_two_byte_form_is_only_made_where_values_may_need_it() -> None:
    assert ExtensionMap({TRANSPORT_WIDE: 1, AUDIO_LEVEL: 2}).two_byte is None
    assert ExtensionMap({TRANSPORT_WIDE: 16, DEPENDENCY_DESCRIPTOR: 2}).two_byte is None
    assert ExtensionMap({TRANSPORT_WIDE: 1, DEPENDENCY_DESCRIPTOR: 2}).two_byte is not None
