"""A recorder takes an encoding's packets as a viewer does, without the relay knowing what it is."""

import itertools
from collections import defaultdict

from sfu.path.batch import Batch
from sfu.path.forwarder import Forwarder
from sfu.publication import Encoding
from sfu.transport import State
from sfu.wire.packet import Packet
from tests.sim.conftest import MakeWorld
from tests.sim.media import decode_video
from tests.sim.peer import CAMERA, RIDS, Peer


class Recorder:
    """Keeps the packets of one encoding after another, each from a keyframe on."""

    wants_keyframe = True

    def __init__(self) -> None:
        self.takes: list[tuple[Encoding, dict[int, Packet]]] = []
        """Each encoding that it has followed, and its packets by sequence number."""
        self.current: Encoding | None = None
        self.ends = 0
        self._from = 0

    def start_at(self, encoding: Encoding, batch: Batch, now: float) -> bool:
        if batch.keyframe_at < 0:
            return False
        self.stop()
        self.current, self._from = encoding, batch.packets[batch.keyframe_at].seq
        self.takes.append((encoding, {}))
        return True

    def take(self, encoding: Encoding, batch: Batch) -> None:
        assert encoding is self.current
        packets = self.takes[-1][1]
        for packet in batch.packets:
            if packet.payload and packet.seq >= self._from:
                assert packet.seq not in packets
                packets[packet.seq] = packet

    def stopped(self, encoding: Encoding) -> None:
        encoding.leave(self)
        self.current = None

    def ended(self, encoding: Encoding) -> None:
        self.stopped(encoding)
        self.ends += 1

    def stop(self) -> None:
        if self.current is not None:
            self.current.leave(self)
            self.current = None

    def frames(self, take: int) -> list[int]:
        """Numbers of the frames of a take that are whole, in order. `AssertionError` for a frame of another layer."""
        encoding, packets = self.takes[take]
        parts = defaultdict[int, set[int]](set)
        sizes: dict[int, int] = {}
        for number, (seq, packet) in enumerate(sorted(packets.items())):
            _, key, content = decode_video(packet.payload)
            assert RIDS[content.layer] == encoding.rid
            assert number or key, "the recording doesn't begin with a keyframe"
            assert seq == packet.seq
            parts[content.frame].add(content.part)
            sizes[content.frame] = content.parts
        return [frame for frame, found in sorted(parts.items()) if len(found) == sizes[frame]]


def camera(peer: Peer) -> dict[str, Encoding]:
    return {str(rid): encoding for rid, encoding in peer.transport.receiver.publications[CAMERA].encodings.items()}


def consecutive(numbers: list[int]) -> bool:
    return all(later == earlier + 1 for earlier, later in itertools.pairwise(numbers))


def test_a_recording_has_every_frame_through_a_switch_and_loss(make_world: MakeWorld) -> None:
    world = make_world(seed=3)
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.connect()
    world.show(viewer, "v0", "a.camera")
    world.run(1.0)
    start, encodings = world.now, camera(sender)
    recorder = Recorder()
    encodings["q"].subscribe(recorder)
    sender.up.loss = 0.1
    world.run(6.0)
    encodings["f"].subscribe(recorder)
    world.run(6.0)
    sender.up.loss = 0.0
    world.run(2.0)
    recorder.stop()
    assert [encoding.rid for encoding, _ in recorder.takes] == ["q", "f"]
    for take in range(2):
        frames = recorder.frames(take)
        assert len(frames) > 50
        assert consecutive(frames), "a frame is missing"
        arrivals = [packet.arrival for _, packet in sorted(recorder.takes[take][1].items())]
        assert arrivals != sorted(arrivals), "nothing was lost and repaired"
    assert not any(recorder in encoding.sinks for encoding in encodings.values())
    assert viewer.video["v0"].longest_freeze(start, world.now) < 1.5


def test_a_recorder_causes_a_keyframe_and_takes_nothing_before_it(make_world: MakeWorld) -> None:
    world = make_world(seed=4)
    sender = world.join("a")
    world.connect()
    world.run(2.0)
    source = sender.cameras[2]
    before = source.keyframes
    recorder = Recorder()
    camera(sender)["f"].subscribe(recorder)
    world.run(1.0)
    assert source.keyframes == before + 1
    assert consecutive(recorder.frames(0))


def test_a_muted_publication_is_not_recorded_and_an_ended_one_is_let_go(make_world: MakeWorld) -> None:
    world = make_world(seed=5)
    sender = world.join("a")
    world.connect()
    world.run(1.0)
    encoding = camera(sender)["q"]
    recorder = Recorder()
    encoding.subscribe(recorder)
    world.run(1.0)
    world.router.mute("a", "camera", muted=True)
    recorded = len(recorder.takes[0][1])
    assert recorded > 5
    world.run(1.0)
    assert (len(recorder.takes[0][1]), recorder.ends, encoding.wanted) == (recorded, 0, False)
    encoding.subscribe(recorder)
    world.run(1.0)
    assert len(recorder.takes) == 2
    world.leave(sender)
    assert (recorder.ends, recorder.current, encoding.wanted) == (1, None, False)


class Faulty(Recorder):
    """Raises at its tenth batch."""

    def __init__(self) -> None:
        super().__init__()
        self.batches = 0

    def take(self, encoding: Encoding, batch: Batch) -> None:
        self.batches += 1
        if self.batches == 10:
            raise OSError("disk full")
        super().take(encoding, batch)


def test_a_sink_that_raises_is_left_out_and_nobody_else_misses_a_packet(make_world: MakeWorld) -> None:
    world = make_world(seed=6)
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.connect()
    recorder, faulty = Recorder(), Faulty()
    world.run(0.5)
    encoding = camera(sender)["f"]
    encoding.subscribe(faulty)
    encoding.subscribe(recorder)
    world.show(viewer, "v0", "a.camera")
    world.run(4.0)
    assert world.relay.drops["exception_hand_to_sink"] == 1
    assert faulty.batches == 10
    others = [sink for sink in encoding.sinks if sink is not recorder]
    assert len(others) == 1
    assert isinstance(others[0], Forwarder)
    assert {peer.transport.state for peer in (sender, viewer)} == {State.CONNECTED}
    assert consecutive(recorder.frames(0))
    assert len(recorder.frames(0)) > 30
    assert viewer.video["v0"].stats.expected == viewer.video["v0"].stats.packets
    assert viewer.video["v0"].longest_freeze(world.now - 3.0, world.now) < 0.3
