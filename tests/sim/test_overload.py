"""A relay that can't keep up: pictures give way, sound doesn't."""

import pytest

from sfu.budget import Budget
from sfu.governor import MAX_LEVEL, SMALLEST, STILL_WORSE, WORSE
from sfu.plane import SlotWish
from sfu.wire.rtp import Mid
from tests.sim.conftest import MakeWorld
from tests.sim.network import World
from tests.sim.peer import Peer

TICK = 0.25


def late(world: World, seconds: float) -> None:
    """Let the relay be a second behind for so long."""
    until = world.now + seconds
    while world.now < until - 1e-9:
        world.run(TICK)
        world.relay.governor.update(world.now, 1.0)
        world.router.level = world.relay.governor.level


def sending(sender: Peer) -> list[str]:
    return [camera.rid for camera in sender.cameras if not camera.paused]


def pictures_since(viewer: Peer, slot: str, since: float) -> int:
    return sum(frame.at > since for frame in viewer.video[slot].frames)


def test_cameras_are_shed_while_too_much_waits_and_go_on_from_a_keyframe(make_world: MakeWorld) -> None:
    world = make_world(3)
    sender = world.join("a", publish=("camera", "microphone"))
    viewer = world.join("b", publish=())
    world.connect()
    world.show(viewer, "v0", "a.camera", 720)
    world.run(3.0)
    began = world.now
    late(world, WORSE)
    assert world.relay.drops["video_overload"] == 0, "it may have been stopped for a moment"
    late(world, 2 * TICK)
    assert world.relay.governor.shedding
    world.run(0.1)  # what had been read goes out
    repaired, shed = [camera.rtx_seq for camera in sender.cameras], world.now
    world.run(0.4)
    assert world.relay.drops["video_overload"] > 10
    assert pictures_since(viewer, "v0", shed) == 0
    asked = len(sender.keyframe_requests)
    world.relay.governor.update(world.now, 0.0)
    caught_up = world.now
    world.run_until(lambda: pictures_since(viewer, "v0", caught_up) > 0, limit=0.6)
    assert len(sender.keyframe_requests) > asked
    assert [camera.rtx_seq for camera in sender.cameras] == repaired, "what the relay dropped isn't asked for"
    world.run(1.0)
    heard = [number for audio in viewer.audio.values() for at, _, number in audio.heard if at > began]
    assert len(heard) > 100
    assert heard == list(range(heard[0], heard[0] + len(heard)))


def test_a_shared_screen_is_not_shed(make_world: MakeWorld) -> None:
    world = make_world(4)
    sender = world.join("a", publish=("camera",))
    viewer = world.join("b", publish=())
    world.connect()
    (publication,) = sender.transport.receiver.publications.values()
    publication.source = "screen"
    world.show(viewer, "v0", "a.camera", 720)
    world.run(3.0)
    late(world, WORSE + 2 * TICK)
    assert world.relay.governor.shedding
    world.run(1.0)
    assert world.relay.drops["video_overload"] == 0
    assert pictures_since(viewer, "v0", world.now - 0.5) > 0


@pytest.fixture
def grid(make_world: MakeWorld) -> tuple[World, list[Peer], Peer]:
    """Four cameras in a viewer's tiles."""
    world = make_world(5)
    senders = [world.join(name, publish=("camera",)) for name in "abcd"]
    viewer = world.join("v", publish=(), video_slots=4)
    for sender in senders:
        sender.obeys = True
    world.connect()
    for number, sender in enumerate(senders):
        world.show(viewer, f"v{number}", f"{sender.name}.camera", 360)
    world.run(2.0)
    return world, senders, viewer


def test_at_last_only_the_smallest_pictures_are_sent_to_the_relay(grid: tuple[World, list[Peer], Peer]) -> None:
    world, senders, viewer = grid
    assert [sending(sender) for sender in senders] == [["q", "h"]] * 4
    world.router.level = SMALLEST
    world.run(2.2)
    assert [sending(sender) for sender in senders] == [["q"]] * 4
    assert {viewer.video[f"v{number}"].frames[-1].layer for number in range(4)} == {0}
    world.router.level = SMALLEST - 1
    world.run(1.0)
    assert [sending(sender) for sender in senders] == [["q", "h"]] * 4


def test_then_viewers_get_fewer_cameras_and_are_told_why(grid: tuple[World, list[Peer], Peer]) -> None:
    world, senders, viewer = grid
    for level, shown in ((SMALLEST + 1, 2), (MAX_LEVEL, 1)):
        world.router.level = level
        world.run(2.4)
        slots = list(viewer.transport.sender.slots.values())
        why = [slot.state().why for slot in slots if slot.kind == "video"]
        assert why == [None] * shown + ["overload"] * (4 - shown)
        assert [sending(sender) for sender in senders] == [["q"]] * shown + [[]] * (4 - shown)
        assert pictures_since(viewer, "v0", world.now - 1.0) >= 2
    told = [change.state.why for _, change in world.changes if change.member == "v"]
    assert told.count("overload") == 3
    world.router.level, eased = 0, world.now
    world.run(2.0)
    assert [sending(sender) for sender in senders] == [["q", "h"]] * 4
    assert [bool(pictures_since(viewer, f"v{number}", eased)) for number in range(4)] == [True] * 4


def test_what_a_viewer_names_as_important_is_left(grid: tuple[World, list[Peer], Peer]) -> None:
    world, _, viewer = grid
    world.router.level = MAX_LEVEL
    world.run(1.0)
    world.router.watch("v", [SlotWish(Mid("v3"), "d.camera", 360, priority=1)])
    world.run(2.0)
    changed = world.now
    world.run(1.0)
    assert [bool(pictures_since(viewer, f"v{number}", changed)) for number in range(4)] == [False] * 3 + [True]


def test_not_everyone_is_asked_for_a_keyframe_at_once(grid: tuple[World, list[Peer], Peer]) -> None:
    world, senders, viewer = grid
    world.relay.governor._keyframes = Budget(1, 2.0)
    late(world, WORSE + 4 * TICK)
    assert world.relay.governor.shedding
    asked = sum(len(sender.keyframe_requests) for sender in senders)
    world.relay.governor.update(world.now, 0.0)
    caught_up = world.now
    world.run(1.0)
    assert 1 <= sum(len(sender.keyframe_requests) for sender in senders) - asked <= 3
    world.run(4.0)
    assert [bool(pictures_since(viewer, f"v{number}", caught_up)) for number in range(4)] == [True] * 4


def test_steps_come_sooner_once_one_was_not_enough(make_world: MakeWorld) -> None:
    world = make_world(6)
    late(world, TICK + WORSE)
    assert world.relay.governor.level == 1
    late(world, STILL_WORSE)
    assert world.relay.governor.level == 2
