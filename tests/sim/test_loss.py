import pytest

from sfu.codecs import Codec
from tests.sim import media, peer
from tests.sim.conftest import MakeWorld
from tests.sim.network import Link
from tests.thorough import choose


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.2])
@pytest.mark.parametrize("seed", range(choose(1, 3)))
def test_everyone_joins_whatever_the_network_loses(make_world: MakeWorld, loss: float, seed: int) -> None:
    world = make_world(seed, Link(jitter=0.05, loss=loss, duplicates=0.02))
    for name in "abcde":
        world.join(name, audio_slots=1, video_slots=1, publish=())
    took = world.connect()
    assert took < (0.5 if loss == 0 else 6.0)


@pytest.mark.parametrize("seed", choose([1], [1, 2]))
def test_video_goes_on_without_a_long_freeze_at_ten_percent_loss_both_ways(make_world: MakeWorld, seed: int) -> None:
    world = make_world(seed, Link(jitter=0.01, loss=0.1, duplicates=0.01))
    sender, viewer = world.join("a"), world.join("b")
    world.connect()
    world.show(viewer, "v0", "a.camera")
    world.run_until(lambda: bool(viewer.video["v0"].frames), limit=4.0)
    start = world.now
    world.run(30.0)
    video = viewer.video["v0"]
    assert video.longest_freeze(start, world.now) < 2.0
    assert {frame.sender for frame in video.frames} == {sender.number}
    assert len(video.frames) > 250
    assert video.repaired > 50
    assert video.given_up <= 5
    heard = viewer.audio["a0"].senders(start)
    assert heard[sender.number] > 0.75 * 30 * 50


def test_on_a_long_lossy_way_packets_are_repaired_rather_than_replaced_by_keyframes(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.3 s and 5 % of loss each way: what is lost on both ways takes two round trips, and three if a request is lost.
    Keyframes instead would cost everyone's bitrate, and take as long.
    """
    monkeypatch.setattr(peer, "ROUND_TRIP", 0.6)
    monkeypatch.setattr(media, "GIVE_UP_AFTER", 3.0)  # as browsers do
    world = make_world(2, Link(delay=0.3, loss=0.05, jitter=0.005))
    sender, viewer = world.join("a"), world.join("b")
    world.connect()
    world.show(viewer, "v0", "a.camera", 360)
    world.show(sender, "v0", "b.camera", 360)
    world.run(5.0)
    assert sender.transport.receiver.round_trip > 0.5
    since, before = world.now, sum(camera.keyframes for camera in sender.cameras)
    world.run(40.0)
    video = viewer.video["v0"]
    assert video.repaired > 20
    assert sum(camera.keyframes for camera in sender.cameras) - before <= 2
    assert video.longest_freeze(since, world.now) < 2.0


def test_nothing_is_undecodable_where_nothing_is_lost(make_world: MakeWorld) -> None:
    world = make_world(5, Link(jitter=0.03, duplicates=0.1))
    world.join("a")
    viewer = world.join("b")
    world.connect()
    world.show(viewer, "v0", "a.camera")
    world.run(10.0)
    video = viewer.video["v0"]
    assert len(video.frames) > 90
    assert (video.undecodable, video.given_up) == (0, 0)
    assert not viewer.unknown_ssrcs


def test_a_narrow_link_loses_packets_and_disturbs_nobody_else(make_world: MakeWorld) -> None:
    world = make_world(6)
    world.join("a")
    narrow, wide = world.join("b", publish=()), world.join("c", publish=())
    world.connect()
    world.show(narrow, "v0", "a.camera")
    world.show(wide, "v0", "a.camera")
    world.run(1.0)
    narrow.down.bandwidth, narrow.down.queue = 20_000.0, 0.1
    before = len(wide.video["v0"].frames)
    start = world.now
    world.run(5.0)
    assert narrow.transport.sender.loss > 0.1
    assert len(wide.video["v0"].frames) - before >= 45
    assert wide.video["v0"].longest_freeze(start, world.now) < 0.7


@pytest.mark.parametrize(("lacking", "lossy"), [("VIEWER_VP8", "down"), ("VP8", "up")])
def test_video_is_repaired_where_a_side_has_no_retransmission_stream(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, lacking: str, lossy: str
) -> None:
    codec = getattr(peer, lacking)
    monkeypatch.setattr(peer, lacking, Codec(codec.name, codec.payload_type, codec.clock_rate))
    world = make_world(11)
    sender, viewer = world.join("a", publish=("camera",), simulcast=False), world.join("b", publish=())
    sender.cameras[0].parts, sender.cameras[0].interval = 5, 1 / 20
    world.connect()
    world.show(viewer, "v0", "a.camera")
    world.run(2.0)
    (viewer.down if lossy == "down" else sender.up).loss = 0.03
    video, start, keyframes = viewer.video["v0"], world.now, sender.cameras[0].keyframes
    before = len(video.frames)
    world.run(30.0)
    assert len(video.frames) - before > 590
    assert video.longest_freeze(start, world.now) < 0.5
    assert sender.cameras[0].keyframes == keyframes
    assert (video.given_up, video.undecodable) == (0, 0)


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_no_budget_is_used_up_by_who_watches_many_over_a_bad_link(make_world: MakeWorld, loss: float) -> None:
    world = make_world(21, Link(loss=loss, jitter=0.02))
    senders = [world.join(name, audio_slots=0, video_slots=0) for name in "abcdefgh"]
    viewer = world.join("v", publish=(), video_slots=9)
    world.connect()
    for number, sender in enumerate(senders):
        world.show(viewer, f"v{number}", f"{sender.name}.camera")
    world.run(3.0)
    for number in range(len(senders)):  # a page turned, and turned back: everything is asked for again
        world.show(viewer, f"v{number}", f"{senders[-1 - number].name}.camera")
    world.run(2.0)
    limits = ("over_budget", "stream_restarted_too_often", "too_many_ssrcs", "rtcp_too_many_packets")
    assert {
        reason: count for reason, count in world.relay.drops.items() if any(each in reason for each in limits)
    } == {}
    assert viewer.transport.sender.loss <= loss + 0.15
