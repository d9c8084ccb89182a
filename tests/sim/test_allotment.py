"""Viewers on narrow links, whose bandwidth is known: what they get, and that nobody else notices.

The bitrates are an eighth of those of real cameras, so that a second of a call has hundreds of packets.
"""

import math

from tests.sim.conftest import MakeWorld
from tests.sim.network import World
from tests.sim.peer import Peer

FPS = 15
PARTS = (1, 3, 10)
"""Packets of a frame in each encoding: 18, 55 and 180 kbit/s."""

WIDE = 1_000_000
QUEUE = 0.3


class KnownLink:
    """A viewer's link, the bandwidth of which is known at once."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.wished: int | None = None

    @property
    def usable(self) -> int:
        return WIDE if math.isinf(self.peer.down.bandwidth) else round(0.9 * self.peer.down.bandwidth)

    def is_guess(self, now: float) -> bool:
        return False

    def wish(self, bits_per_second: int | None) -> None:
        self.wished = bits_per_second


def call(make_world: MakeWorld, seed: int, viewers: int) -> tuple[World, Peer, list[Peer]]:
    """Someone with a camera in three sizes, each with three temporal layers, and viewers who want the largest."""
    world = make_world(seed)
    sender = world.join("a")
    watching = [world.join(f"b{number}", publish=(), audio_slots=1, video_slots=1) for number in range(viewers)]
    for camera, parts in zip(sender.cameras, PARTS, strict=True):
        camera.layered, camera.parts, camera.interval = True, parts, 1 / FPS
    world.connect()
    for viewer in watching:
        viewer.video["v0"].layered = True
        world.router.join(viewer.name, viewer.transport, KnownLink(viewer))
        world.show(viewer, "v0", "a.camera")
    world.run(3.0)
    return world, sender, watching


def pictures(viewer: Peer, since: float) -> list[tuple[int, float]]:
    """Layer and time of each picture."""
    return [(frame.layer, frame.at) for frame in viewer.video["v0"].frames if frame.at >= since]


def test_on_a_narrow_link_the_middle_size_stays_whole(make_world: MakeWorld) -> None:
    world, _, (viewer,) = call(make_world, 1, 1)
    viewer.down.bandwidth = 130_000
    world.run(3.0)
    settled = world.now
    world.run(6.0)
    shown = pictures(viewer, settled)
    assert {layer for layer, _ in shown} == {1}
    assert len(shown) > 0.97 * FPS * 6
    assert viewer.video["v0"].longest_freeze(settled, world.now) < 0.3
    assert len(viewer.audio["a0"].heard) > 0.99 * 50 * (world.now - viewer.audio["a0"].heard[0][0])


def test_a_link_that_breaks_down_and_recovers(make_world: MakeWorld) -> None:
    world, _, (viewer,) = call(make_world, 2, 1)
    start = world.now
    assert {layer for layer, _ in pictures(viewer, start - 1.0)} == {2}
    viewer.down.bandwidth = 60_000
    world.run(6.0)
    low = pictures(viewer, start + 2.0)
    assert {layer for layer, _ in low} == {0}
    assert viewer.video["v0"].longest_freeze(start, world.now) < 1.0
    back = world.now
    viewer.down.bandwidth = 600_000
    world.run_until(lambda: pictures(viewer, back)[-1:] != [] and pictures(viewer, back)[-1][0] == 2, limit=5.0)
    world.run(2.0)
    assert viewer.video["v0"].longest_freeze(back, world.now) < 0.3
    heard = [at for at, _, _ in viewer.audio["a0"].heard if at >= start]
    assert len(heard) > 0.98 * 50 * (world.now - start)


def test_one_bad_viewer_among_ten_costs_the_others_nothing(make_world: MakeWorld) -> None:
    world, sender, watching = call(make_world, 3, 10)
    bad, others = watching[0], watching[1:]
    keyframes, start = sender.cameras[2].keyframes, world.now
    bad.down.bandwidth = 45_000
    bad.down.loss = 0.02
    world.run(4.0)
    assert sender.cameras[2].keyframes == keyframes
    for viewer in others:
        shown = pictures(viewer, start)
        assert {layer for layer, _ in shown} == {2}
        assert len(shown) > 0.97 * FPS * 4
        assert viewer.video["v0"].longest_freeze(start, world.now) < 0.2
    assert {layer for layer, _ in pictures(bad, start + 2.0)} == {0}
