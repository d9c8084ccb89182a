"""Calls of a minute over narrow links, and many of the shorter ones of `tests/sim/test_narrow_links.py`."""

import pytest

from sfu.wire.rtp import Rid
from tests.sim.conftest import MakeWorld, make_world
from tests.sim.narrow import FPS, Call, quantile, run_breakdown
from tests.sim.network import Link

__all__ = ["make_world"]

pytestmark = pytest.mark.long


@pytest.mark.parametrize("height", [360, 720])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nine_publishers_fill_three_megabits_without_a_freeze(make_world: MakeWorld, seed: int, height: int) -> None:
    bandwidth, seconds = 3e6, 60.0
    call = Call(make_world(seed), 9, Link(bandwidth=bandwidth), height)
    call.world.run(10.0)
    since, before, call.viewer.down.waits = call.world.now, call.media(), []
    call.world.run(seconds)
    assert (call.media() - before) * 8 / seconds >= 0.8 * bandwidth
    assert max(max(call.gaps(since, tile)) for tile in range(9)) < 0.5
    assert quantile(call.viewer.down.waits, 0.95) < 0.2
    assert call.voice(since)[0] < 0.01


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("delay", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("loss", [0.0, 0.02])
@pytest.mark.parametrize("height", [360, 720])
def test_joins_and_breakdowns(make_world: MakeWorld, seed: int, delay: float, loss: float, height: int) -> None:
    found = run_breakdown(make_world(seed), Link(bandwidth=5e6, delay=delay, loss=loss), height, seconds=20.0)
    assert found.joined <= 3.0
    assert found.recovered <= 5.0
    assert found.frozen <= 0.11  # a second at the fall: viewers report each 100 ms, as browsers do
    assert found.voice_lost <= 0.02 + loss


def test_one_bad_viewer_among_ten_costs_the_others_nothing(make_world: MakeWorld) -> None:
    call = Call(make_world(3), 1, Link(), height=720)
    world, publisher = call.world, call.publishers[0]
    others = [world.join(f"b{number}", publish=(), audio_slots=1, video_slots=1) for number in range(9)]
    world.connect()
    for viewer in others:
        viewer.video["v0"].layered = True
        world.show(viewer, "v0", "p0.camera")
    world.run(6.0)
    assert call.layer() == 2
    since, keyframes = world.now, publisher.cameras[2].keyframes
    asked = [ssrc for _, ssrc in publisher.keyframe_requests]
    call.viewer.down.bandwidth, call.viewer.down.loss = 0.3e6, 0.02
    world.run(20.0)
    assert call.layer() == 0
    assert publisher.cameras[2].keyframes == keyframes
    assert [ssrc for _, ssrc in publisher.keyframe_requests].count(publisher.cameras[2].ssrc) == asked.count(
        publisher.cameras[2].ssrc
    )
    for viewer in others:
        shown = [frame for frame in viewer.video["v0"].frames if frame.at >= since]
        assert {frame.layer for frame in shown} == {2}
        assert len(shown) > 0.99 * FPS * 20
        assert viewer.video["v0"].longest_freeze(since, world.now) < 0.2
        assert viewer.transport.egress.pacer is None


def test_a_publisher_whose_uplink_breaks_down_keeps_a_picture(make_world: MakeWorld) -> None:
    """Its browser stops the larger encodings when it notices, and begins them again one by one, as libwebrtc does."""
    call = Call(make_world(4), 1, Link(bandwidth=10e6))
    world, publisher = call.world, call.publishers[0]
    publisher.obeys = False
    world.run(6.0)
    assert call.layer() == 2
    since, publisher.up.bandwidth = world.now, 0.4e6
    world.run(1.0)
    publisher.send_only((Rid("q"),))
    world.run(10.0)
    assert call.layer() == 0
    publisher.up.bandwidth = 5e6
    world.run(2.0)
    publisher.send_only((Rid("q"), Rid("h")))
    world.run(2.0)
    publisher.send_only((Rid("q"), Rid("h"), Rid("f")))
    world.run(5.0)
    assert call.layer() == 2
    gaps = sorted(call.gaps(since))
    assert gaps[-1] < 2.5  # a second until its browser notices, half a one until the relay does, and the full queue
    assert gaps[-2] < 0.5
