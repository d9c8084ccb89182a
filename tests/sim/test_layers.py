"""Temporal layers left out and sent again on lossy paths: no viewer's picture stands still for it."""

import itertools

import pytest

from sfu.allotment import Allotment
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.wire.rtp import Mid
from tests.sim.conftest import MakeWorld
from tests.sim.media import TEMPORAL
from tests.sim.network import World
from tests.sim.peer import Peer
from tests.thorough import choose

T0, T1 = Layers(7, 0), Layers(7, 1)
FPS = 30


def layered_call(make_world: MakeWorld, seed: int, viewers: str) -> tuple[World, Peer, list[Peer]]:
    """One camera with three temporal layers, and who watches it."""
    world = make_world(seed)
    sender = world.join("a", publish=("camera",), simulcast=False)
    watching = [world.join(name, publish=()) for name in viewers]
    camera = sender.cameras[0]
    camera.layered, camera.parts, camera.interval = True, 4, 1 / FPS
    for viewer in watching:
        viewer.video["v0"].layered = True
    world.connect()
    for viewer in watching:
        world.show(viewer, "v0", "a.camera")
    world.run(1.0)
    return world, sender, watching


def set_layers(viewer: Peer, layers: Layers) -> None:
    viewer.transport.sender.slots[Mid("v0")].forwarder.set_layers(layers)


def temporals(viewer: Peer, since: float) -> list[int]:
    return [TEMPORAL[frame.number % 4] for frame in viewer.video["v0"].frames if frame.at >= since]


@pytest.mark.parametrize("seed", choose(range(1), range(3)))
@pytest.mark.parametrize(("up", "down"), [(0.0, 0.0), (0.03, 0.0), (0.0, 0.05), (0.03, 0.05)])
def test_viewers_go_down_and_up_without_a_keyframe(make_world: MakeWorld, up: float, down: float, seed: int) -> None:
    world, sender, (still, moving) = layered_call(make_world, seed, "bc")
    start = world.now
    sender.up.loss = up
    still.down.loss = moving.down.loss = down
    keyframes = sender.cameras[0].keyframes
    for layers, rate in ((T0, FPS / 4), (T1, FPS / 2), (ALL_LAYERS, FPS), (T1, FPS / 2), (T0, FPS / 4)):
        set_layers(moving, layers)
        world.run(2.0)
        settled = world.now
        world.run(3.0)
        found = temporals(moving, settled)
        assert set(found) <= set(range(layers.temporal + 1))
        assert 0.85 * rate <= len(found) / 3.0 <= 1.1 * rate
    assert sender.cameras[0].keyframes == keyframes
    for viewer in (still, moving):
        video = viewer.video["v0"]
        assert (video.given_up, video.undecodable) == (0, 0)
        assert video.longest_freeze(start, world.now) < 0.7
    assert max(temporals(still, start)) == 2
    assert len(temporals(still, start)) > 0.9 * FPS * (world.now - start)
    numbers = [frame.number for frame in still.video["v0"].frames]
    assert all(later > earlier for earlier, later in itertools.pairwise(numbers))


def test_a_viewer_of_the_base_layer_stays_there_over_a_change_of_what_is_shown(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Allotment, "update", lambda *_: [])  # this test says which layers
    world, _, (viewer,) = layered_call(make_world, 7, "b")
    set_layers(viewer, T0)
    world.run(1.0)
    world.show(viewer, "v0", None)
    world.run(0.5)
    world.show(viewer, "v0", "a.camera")
    world.run(1.0)
    settled = world.now
    world.run(2.0)
    assert set(temporals(viewer, settled)) == {0}
    assert viewer.video["v0"].longest_freeze(settled, world.now) < 0.3
