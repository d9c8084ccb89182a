"""Whole calls over narrow links: real relay, estimator and allocator, cameras of real bitrates. Longer ones are in
`tests/long/test_narrow_links.py`.
"""

import pytest

from sfu.bandwidth.downlink import Downlink
from tests.sim.conftest import MakeWorld
from tests.sim.narrow import FPS, Call, quantile, run_breakdown
from tests.sim.network import Link


def lost_by_keyframes(make_world: MakeWorld) -> tuple[int, float, float]:
    """Three large keyframes over 1 Mbit/s and a queue of 60 ms: datagrams lost, longest freeze and p95 of the voice."""
    call = Call(make_world(1), 1, Link(bandwidth=1e6, queue=0.06), height=360)
    call.world.run(4.0)
    since, camera = call.world.now, call.publishers[0].cameras[1]
    assert call.layer() == 1
    before = call.viewer.down.dropped
    camera.key_parts = 35
    for _ in range(3):
        camera.key_wanted = True
        call.world.run(1.5)
    return call.viewer.down.dropped - before, max(call.gaps(since)), quantile(call.voice(since)[1], 0.95)


def test_paced_keyframes_pass_a_short_queue_and_others_do_not(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, freeze, voice = lost_by_keyframes(make_world)
    monkeypatch.setattr(Downlink, "pace", lambda *_: None)
    lost_before, freeze_before, voice_before = lost_by_keyframes(make_world)
    assert lost == 0
    assert freeze < 0.55  # a keyframe takes 0.35 s of the link, and viewers report each 100 ms
    assert lost_before > 50
    assert freeze_before > freeze
    assert voice < voice_before


def test_one_publisher_on_one_megabit_stays_whole_in_its_middle_size(make_world: MakeWorld) -> None:
    call = Call(make_world(1), 1, Link(bandwidth=1e6))
    call.world.run(3.0)
    since, call.viewer.down.waits = call.world.now, []
    call.world.run(5.0)  # two of three layers of the largest take 930 kbit/s: they may be tried for a moment
    settled = call.world.now
    call.world.run(8.0)
    shown = call.frames(settled)
    assert {frame.layer for frame in shown} == {1}
    assert len(shown) > 0.98 * FPS * 8
    assert max(call.gaps(settled)) < 0.3
    assert max(call.gaps(since)) < 0.5
    missing, delays = call.voice(since)
    assert missing == 0
    assert quantile(delays, 0.95) < 0.1
    assert quantile(call.viewer.down.waits, 0.95) < 0.1


def test_a_tile_goes_on_while_its_link_breaks_down_and_is_whole_soon_after(make_world: MakeWorld) -> None:
    found = run_breakdown(make_world(1), Link(bandwidth=5e6), height=360, seconds=10.0)
    assert found.joined <= 3.0
    assert found.voice_lost <= 0.02
    assert found.frozen <= 0.1
    assert found.recovered <= 5.0


def test_full_quality_after_a_join_and_after_a_breakdown_comes_within_seconds(make_world: MakeWorld) -> None:
    found = run_breakdown(make_world(2), Link(bandwidth=5e6, delay=0.1, loss=0.02), height=720, seconds=6.0)
    assert found.joined <= 3.0
    assert found.recovered <= 5.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_link_too_narrow_for_the_smallest_of_all_pictures_shows_some_instead_of_none(
    make_world: MakeWorld, seed: int
) -> None:
    """Its queue is full before anything is known of it, and stays so: only sending less shows what the losses are."""
    call = Call(make_world(seed), 3, Link(bandwidth=0.3e6, loss=0.02), height=360)
    call.world.run(6.0)
    since = call.world.now
    call.world.run(10.0)
    assert min(call.frozen(since, tile) for tile in range(3)) < 0.1
    assert call.voice(since)[0] < 0.05
    assert quantile(call.voice(since)[1], 0.95) < 0.3
