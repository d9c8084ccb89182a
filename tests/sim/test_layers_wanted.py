"""Publishers send only the encodings that somebody watches."""

import functools

import pytest

from tests.sim.conftest import MakeWorld
from tests.sim.media import VideoReceiver, VideoSource
from tests.sim.network import World
from tests.sim.peer import Peer

SWITCHED_OFF = 2.0
"""Seconds within which an encoding that nobody wants has to be off."""


def call(make_world: MakeWorld, viewers: int = 1) -> tuple[World, Peer, list[Peer]]:
    world = make_world(5)
    sender = world.join("a", publish=("camera",))
    sender.obeys = True
    watching = [world.join(f"v{number}", publish=()) for number in range(viewers)]
    world.connect()
    return world, sender, watching


def sending(sender: Peer) -> list[str]:
    return [camera.rid for camera in sender.cameras if not camera.paused]


def shows(video: VideoReceiver, layer: int) -> bool:
    return bool(video.frames) and video.frames[-1].layer == layer


def kilobits_per_second(world: World, sources: list[VideoSource], seconds: float) -> float:
    before = sum(source.octets for source in sources)
    world.run(seconds)
    return (sum(source.octets for source in sources) - before) * 8 / seconds / 1000


def test_what_nobody_wants_is_off_within_two_seconds_and_comes_back_with_one_keyframe(make_world: MakeWorld) -> None:
    world, sender, (viewer,) = call(make_world)
    video = viewer.video["v0"]
    world.show(viewer, "v0", "a.camera", 720)
    world.run(2.0)
    assert sending(sender) == ["q", "h", "f"]
    for _ in range(2):
        world.show(viewer, "v0", "a.camera", 180)
        world.run(SWITCHED_OFF)
        assert sending(sender) == ["q"]
        world.run(1.0)
        assert shows(video, 0)
        changed, requests = world.now, len(sender.keyframe_requests)
        keyframes = [camera.keyframes for camera in sender.cameras]
        world.show(viewer, "v0", "a.camera", 720)
        world.run_until(functools.partial(shows, video, 2), limit=0.5)
        world.run(2.0)
        assert [camera.keyframes for camera in sender.cameras] == [keyframes[0], keyframes[1] + 1, keyframes[2] + 1]
        assert len(sender.keyframe_requests) == requests, "a stream that begins has its keyframe already"
        assert video.longest_freeze(changed, world.now) < 0.35, "the smaller one goes on meanwhile"
    assert video.undecodable == 0


def test_alone_one_sends_no_video_and_who_comes_sees_a_picture_at_once(make_world: MakeWorld) -> None:
    world = make_world(6)
    sender = world.join("a", publish=("camera",))
    sender.obeys = True
    world.connect()
    world.run(SWITCHED_OFF)
    assert sending(sender) == []
    assert kilobits_per_second(world, sender.cameras, 10.0) == 0
    viewer = world.join("b", publish=())
    world.show(viewer, "v0", "a.camera", 360)
    came = world.now
    world.run_until(functools.partial(shows, viewer.video["v0"], 1), limit=1.0)
    assert sending(sender) == ["q", "h"]
    assert [camera.keyframes for camera in sender.cameras[:2]] == [2, 2]
    world.run(1.0)
    assert {frame.layer for frame in viewer.video["v0"].frames if frame.at > came + 0.7} == {1}
    world.leave(viewer)
    world.run(SWITCHED_OFF)
    assert sending(sender) == []


def test_the_largest_tile_of_all_viewers_counts(make_world: MakeWorld) -> None:
    world, sender, viewers = call(make_world, 3)
    for viewer, height in zip(viewers, (90, 360, 0), strict=True):
        world.show(viewer, "v0", "a.camera", height)
    world.run(SWITCHED_OFF)
    assert sending(sender) == ["q", "h"]
    world.show(viewers[2], "v1", "a.camera", 720)
    world.run(0.2)
    assert sending(sender) == ["q", "h", "f"]
    world.leave(viewers[2])
    world.run(SWITCHED_OFF)
    assert sending(sender) == ["q", "h"]
    world.show(viewers[1], "v0", None, 360)
    world.run(SWITCHED_OFF)
    assert sending(sender) == ["q"]
    viewers[0].transport.close("test")
    world.run(SWITCHED_OFF)
    assert sending(sender) == []


def test_muting_switches_nothing_so_that_the_picture_comes_back_at_once(make_world: MakeWorld) -> None:
    world, sender, (viewer,) = call(make_world)
    world.show(viewer, "v0", "a.camera", 720)
    world.run(2.0)
    world.router.mute("a", "camera", muted=True)
    world.run(5.0)
    assert sending(sender) == ["q", "h", "f"]
    world.router.mute("a", "camera", muted=False)
    world.run_until(lambda: viewer.video["v0"].frames[-1].at > world.now - 0.1, limit=0.5)
    world.show(viewer, "v0", "a.camera", 0)
    world.router.mute("a", "camera", muted=True)
    world.run(SWITCHED_OFF)
    assert sending(sender) == []
    world.show(viewer, "v0", "a.camera", 720)
    world.router.mute("a", "camera", muted=False)
    world.run_until(functools.partial(shows, viewer.video["v0"], 2), limit=0.7)


def test_layouts_that_flap_do_not_flap_encoders(make_world: MakeWorld) -> None:
    world, sender, (viewer,) = call(make_world)
    world.show(viewer, "v0", "a.camera", 720)
    world.run(2.0)
    world.layer_changes.clear()
    for height in (90, 720) * 5:
        world.show(viewer, "v0", "a.camera", height)
        world.run(0.7)
    assert world.layer_changes == []
    assert sending(sender) == ["q", "h", "f"]


@pytest.mark.parametrize(("interval", "seconds"), [(1.1, 12.0), (10.0, 32.0)])
def test_a_still_screen_flaps_nothing_while_layers_are_off(
    make_world: MakeWorld, interval: float, seconds: float
) -> None:
    world, sender, (viewer,) = call(make_world)
    world.show(viewer, "v0", "a.camera", 360)
    world.run(4.0)
    assert sending(sender) == ["q", "h"]
    sender.up.jitter = 0.03
    for number, camera in enumerate(sender.cameras):
        camera.interval, camera.next_at = interval, world.now + 1.0 + 0.03 * number
    world.run(2.0)
    still, requests = world.now, len(sender.keyframe_requests)
    world.layer_changes.clear()
    world.changes.clear()
    world.run(seconds)
    assert {frame.layer for frame in viewer.video["v0"].frames if frame.at > still} == {1}
    assert (len(sender.keyframe_requests), world.layer_changes, world.changes) == (requests, [], [])


def test_a_publisher_that_ignores_it_is_watched_as_before(make_world: MakeWorld) -> None:
    world, sender, (viewer,) = call(make_world)
    sender.obeys = False
    world.show(viewer, "v0", "a.camera", 90)
    world.run(5.0)
    assert sending(sender) == ["q", "h", "f"]
    requests = len(sender.keyframe_requests)
    world.show(viewer, "v0", "a.camera", 720)
    world.run_until(functools.partial(shows, viewer.video["v0"], 2), limit=0.7)
    assert len(sender.keyframe_requests) == requests + 1


def test_a_publisher_that_begins_again_without_a_keyframe_is_asked_for_it(make_world: MakeWorld) -> None:
    world, sender, (viewer,) = call(make_world)
    world.show(viewer, "v0", "a.camera", 90)
    world.run(4.0)
    sender.obeys = False
    world.show(viewer, "v0", "a.camera", 720)
    world.run(0.3)
    assert shows(viewer.video["v0"], 0)
    requests = len(sender.keyframe_requests)
    sender.cameras[2].paused = False
    world.run_until(functools.partial(shows, viewer.video["v0"], 2), limit=0.7)
    assert len(sender.keyframe_requests) == requests + 1
