"""One long stream through the whole relay, without a switch: some of its packets late, lost, doubled or empty."""

import random
from collections import deque
from collections.abc import Iterator

from sfu.path.cache import SIZE
from sfu.wire import rtp
from tests.sim.conftest import MakeWorld
from tests.unit.sfu.rig import Rig

_LATEST = 40
"""A late packet comes after so many others at the latest."""


def _arrivals(rig: Rig, rng: random.Random, count: int, padding: float) -> Iterator[bytes]:
    """Protected packets in order of arrival; lost ones never come."""
    late: deque[tuple[int, bytes]] = deque()
    frame = 1
    for number in range(count):
        seq = 65_531 + number
        if number and rng.random() < padding:
            empty = rtp.build_packet(96, seq & 0xFFFF, 0, 1000, b"")
            yield rig.publisher.protect.protect(empty)
        else:
            packet = rig.video_packet(0, seq, frame, 0, key=number == 0, parts=1)
            frame += 1
            fate = rng.random() if number else 1.0
            if fate < 0.02:
                pass
            elif fate < 0.05:
                late.append((number + rng.randrange(1, _LATEST), packet))
            else:
                yield packet
                if fate > 0.97:
                    yield packet
        while late and late[0][0] <= number:
            yield late.popleft()[1]


def check_repairs(count: int, seed: int, *, padding: float) -> None:
    """`AssertionError` if any of the latest packets can't be repeated at any time, or has another's payload.

    `padding`: share of packets without a payload; each ends a segment of the numbering.
    """
    rng = random.Random(seed)
    rig = Rig(seed)
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 65_530, 0, 0, key=True, parts=1))
    rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    reach = int((SIZE - 2 * _LATEST) * (1 - padding) * 0.8)  # padding takes places in the cache too
    sent: dict[int, bytes] = {}
    payloads: set[bytes] = set()
    unwrapper = rtp.Unwrapper()
    for number, datagram in enumerate(_arrivals(rig, rng, count, padding)):
        rig.deliver(datagram)
        if number % 7:
            continue
        rig.flush()
        rig.now += 0.02
        for packet in client.got:
            out = unwrapper.unwrap(packet.header.seq)
            assert out not in sent, "two packets under one number"
            sent[out] = packet.payload
            if packet.payload:
                assert packet.payload not in payloads, "one packet under two numbers"
                payloads.add(packet.payload)
        client.got.clear()
        highest = unwrapper.highest
        assert highest is not None
        for _ in range(3):
            out = highest - rng.randrange(reach)
            again = slot.forwarder.retransmit(out & 0xFFFF)
            if out in sent:
                assert again is not None, f"packet {out} can't be repeated"
                header = rtp.RtpHeader(again, len(again))
                assert again[header.payload_start : header.payload_end] == (out & 0xFFFF).to_bytes(2) + sent[out]
            else:
                assert again is None, "a packet that was never sent is repeated"
        if number % 700 == 0:
            for out in [old for old in sent if old < highest - 2 * SIZE]:
                payloads.discard(sent.pop(out))
    rig.flush()
    assert rig.relay.drops["srtp_encryption_failed"] == 0
    assert slot.forwarder.packets > (0.9 - padding) * count


def repairs_by_minute(make_world: MakeWorld, minutes: int, *, loss: float, seed: int) -> list[int]:
    """Packets repaired per minute for a viewer who loses that share; the picture must never freeze."""
    world = make_world(seed)
    sender, viewer = world.join("a", publish=("camera",), simulcast=False), world.join("b", publish=())
    sender.cameras[0].parts = 10
    sender.cameras[0].interval = 1 / 30
    world.connect()
    world.show(viewer, "v0", "a.camera")
    world.run(2.0)
    viewer.down.loss = loss
    video = viewer.video["v0"]
    repaired = []
    for minute in range(minutes):
        before, start = video.repaired, world.now
        world.run(60.0)
        repaired.append(video.repaired - before)
        assert video.longest_freeze(start, world.now) < 1.0, f"minute {minute}"
        del video.frames[:-10]
        video.raw.clear()
    return repaired
