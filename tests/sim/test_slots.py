"""What a viewer's slots carry: layers, pauses, people who come and go, the loudest."""

import functools
import itertools
from dataclasses import replace

import pytest

from sfu.codecs import Codec
from sfu.slot import KEYFRAME_BURST, KEYFRAMES_PER_SECOND
from sfu.wire import rtcp, rtp
from sfu.wire.rtp import Mid
from tests.sim.conftest import MakeWorld
from tests.sim.media import VideoReceiver
from tests.sim.network import Link, World
from tests.sim.peer import CAMERA, SEND_IDS, VIEWER_VP8, Peer
from tests.thorough import choose


def last_layer(video: VideoReceiver) -> int:
    return video.frames[-1].layer


def shows(video: VideoReceiver, layer: int) -> bool:
    return bool(video.frames) and last_layer(video) == layer


def has_more_than(video: VideoReceiver, count: int) -> bool:
    return len(video.frames) > count


def two(make_world: MakeWorld, seed: int = 1, link: Link | None = None) -> tuple[World, Peer, Peer]:
    world = make_world(seed, link)
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.connect()
    return world, sender, viewer


@pytest.mark.parametrize("link", [Link(), Link(loss=0.05, jitter=0.03)], ids=["clean", "lossy"])
@pytest.mark.parametrize(("height", "layer"), [(100, 0), (240, 0), (241, 1), (480, 1), (481, 2), (2000, 2)])
def test_the_smallest_layer_that_fills_the_tile_is_shown(
    make_world: MakeWorld, link: Link, height: int, layer: int
) -> None:
    world, _, viewer = two(make_world, link=link)
    world.run(1.0)
    world.show(viewer, "v0", "a.camera", height)
    world.run(3.0)
    assert last_layer(viewer.video["v0"]) == layer


@pytest.mark.parametrize("link", [Link(), Link(loss=0.05, jitter=0.03)], ids=["clean", "lossy"])
def test_every_switch_of_layers_begins_with_a_keyframe_and_goes_on_in_time(make_world: MakeWorld, link: Link) -> None:
    world, _, viewer = two(make_world, 2, link)
    video = viewer.video["v0"]
    layers = [2, 0, 1, 2, 1, 0] * 2
    world.run(1.5)
    for layer in layers:
        world.show(viewer, "v0", "a.camera", (150, 350, 720)[layer])
        world.run_until(functools.partial(shows, video, layer), limit=3.0)
        world.run(0.5)
    switches = 0
    for before, after in itertools.pairwise(video.frames):
        media = rtp.timestamp_delta(after.timestamp, before.timestamp) / 90_000
        assert media == pytest.approx(after.at - before.at, abs=0.08 if link.loss == 0 else 1.5)
        if before.layer != after.layer:
            switches += 1
            assert after.key
    assert switches == len(layers) - 1
    if link.loss == 0:
        assert video.undecodable == 0
        assert video.longest_freeze(video.frames[0].at, world.now) < 0.7


def test_a_slot_that_changes_publications_shows_nothing_of_the_old_one_afterwards(make_world: MakeWorld) -> None:
    world = make_world(3)
    a, b, viewer = world.join("a"), world.join("b"), world.join("c", publish=())
    world.connect()
    world.run(0.5)
    video = viewer.video["v0"]
    for sender, publication in ((a, "a.camera"), (b, "b.camera")) * 5:
        world.show(viewer, "v0", publication)
        changed_at = world.now
        world.run(1.0)
        shown = {frame.sender for frame in video.frames if frame.at > changed_at + 0.03}
        assert shown == {sender.number}
    assert video.undecodable == 0
    switches = [n for o, n in itertools.pairwise(video.frames) if o.sender != n.sender]
    assert len(switches) == 9
    assert all(frame.key for frame in switches)


def test_two_slots_show_two_layers_of_one_camera(make_world: MakeWorld) -> None:
    world, _, viewer = two(make_world)
    world.show(viewer, "v0", "a.camera", 720)
    world.show(viewer, "v1", "a.camera", 150)
    world.run(3.0)
    assert (last_layer(viewer.video["v0"]), last_layer(viewer.video["v1"])) == (2, 0)


@pytest.mark.parametrize("link", [Link(), Link(loss=0.1, jitter=0.05, duplicates=0.1)], ids=["clean", "lossy"])
def test_a_slot_that_is_hidden_gets_nothing_and_goes_on_when_shown(make_world: MakeWorld, link: Link) -> None:
    world, _, viewer = two(make_world, 4, link)
    video = viewer.video["v0"]
    for _ in range(6):
        world.show(viewer, "v0", "a.camera")
        count = len(video.frames)
        world.run_until(functools.partial(has_more_than, video, count), limit=3.0)
        world.run(0.7)
        world.show(viewer, "v0", "a.camera", 0)
        world.run(0.3)
        count = len(video.frames)
        world.run(1.0)
        assert len(video.frames) == count
    assert len(video.frames) > 25


def test_a_publisher_who_leaves_is_gone_from_all_slots(make_world: MakeWorld) -> None:
    world = make_world(5)
    a, b = world.join("a"), world.join("b", publish=())
    world.connect()
    world.show(b, "v0", "a.camera")
    world.run(2.0)
    assert b.video["v0"].frames
    world.leave(a)
    world.run(0.2)
    sent, frames = b.transport.sender.slots, len(b.video["v0"].frames)
    world.run(2.0)
    assert len(b.video["v0"].frames) == frames
    assert all(slot.forwarder.current is None and slot.forwarder.target is None for slot in sent.values())
    assert [change.state.publication for _, change in world.changes if change.slot == "v0"][-1] is None
    assert len(world.relay.transports) == 1


def test_a_late_joiner_gets_a_picture_within_a_second_and_disturbs_nobody(make_world: MakeWorld) -> None:
    world, sender, viewer = two(make_world, 6)
    world.show(viewer, "v0", "a.camera")
    world.run(5.0)
    late = world.join("c", publish=())
    world.connect()
    world.show(late, "v0", "a.camera")
    joined = world.now
    took = world.run_until(lambda: bool(late.video["v0"].frames), limit=1.0)
    assert took <= 1.0
    world.run(2.0)
    assert viewer.video["v0"].longest_freeze(joined, world.now) < 0.3
    assert late.video["v0"].frames[0].key
    assert last_layer(late.video["v0"]) == 2
    assert late.audio["a0"].senders(joined)[sender.number] > 50


def test_mute_stops_forwarding_at_the_relay_and_unmute_goes_on(make_world: MakeWorld) -> None:
    world, sender, viewer = two(make_world, 7)
    world.show(viewer, "v0", "a.camera")
    world.run(1.0)
    for source in ("microphone", "camera"):
        world.router.mute("a", source, muted=True)
    world.reconcile()
    world.run(0.1)
    audio, frames = len(viewer.audio["a0"].heard), len(viewer.video["v0"].frames)
    forwarded = world.relay.forwarded
    world.run(2.0)
    assert (len(viewer.audio["a0"].heard), len(viewer.video["v0"].frames)) == (audio, frames)
    assert world.relay.forwarded == forwarded
    for source in ("microphone", "camera"):
        world.router.mute("a", source, muted=False)
    world.reconcile()
    back = world.now
    world.run(1.0)
    assert viewer.video["v0"].frames[-1].at > back
    assert viewer.audio["a0"].senders(back)[sender.number] + viewer.audio["a1"].senders(back)[sender.number] > 45


def test_audio_slots_hold_everyone_while_they_fit(make_world: MakeWorld) -> None:
    world = make_world(8)
    for name in "abc":
        world.join(name, publish=("microphone",), audio_slots=2, video_slots=0)
    world.connect()
    start = world.now
    world.run(1.0)
    for peer in world.peers.values():
        heard = {sender for audio in peer.audio.values() for sender in audio.senders(start)}
        assert heard == {0, 1, 2} - {peer.number}


def test_audio_slots_go_to_the_loudest_and_nobody_hears_oneself(make_world: MakeWorld) -> None:
    world = make_world(9)
    peers = [world.join(name, publish=("microphone",), audio_slots=2, video_slots=0) for name in "abcde"]
    for loud in ({3, 4}, {0, 4}, {1, 2}):
        for peer in peers:
            assert peer.microphone is not None
            peer.microphone.level = 20 if peer.number in loud else 90
        world.run(3.0)
        since = world.now
        world.run(1.0)
        for peer in peers:
            heard = {sender for audio in peer.audio.values() for sender in audio.senders(since)}
            assert peer.number not in heard
            assert heard >= loud - {peer.number}
            assert len(heard) == 2
        assert set(world.router.speakers) == {peers[number].name for number in loud}


@pytest.mark.parametrize(("noise", "voice"), choose([(60, 56), (45, 42)], [(60, 35), (60, 56), (45, 42)]))
def test_a_soft_voice_is_heard_though_noises_have_all_the_slots(make_world: MakeWorld, noise: int, voice: int) -> None:
    world = make_world(19)
    peers = [world.join(name, publish=("microphone",), audio_slots=0, video_slots=0) for name in "abcde"]
    viewer = world.join("viewer", publish=(), audio_slots=4)
    speaker = peers[-1]
    for peer in peers:
        assert peer.microphone is not None
        peer.microphone.level = 127 if peer is speaker else noise
    world.connect()
    world.run(8.0)
    assert speaker.microphone is not None
    speaker.microphone.level = voice
    began = world.now
    world.run(10.0)
    heard = [at for audio in viewer.audio.values() for at, sender, _ in audio.heard if sender == speaker.number]
    assert min(at for at in heard if at > began) < began + 0.5
    assert sum(at > began for at in heard) > 470


def test_sound_is_in_the_slot_beside_the_picture_of_whom_it_is(make_world: MakeWorld) -> None:
    world = make_world(20)
    peers = [world.join(name, video_slots=0) for name in "abc"]
    viewer = world.join("viewer", publish=(), audio_slots=3, video_slots=4)
    world.connect()

    def sound_beside(slot: str) -> set[int]:
        since = world.now
        world.run(0.5)
        return set(viewer.audio[slot].senders(since + 0.1))

    for order in ("abc", "cab", "bca"):
        for index, name in enumerate(order):
            world.show(viewer, f"v{index}", f"{name}.camera", 180)
        world.run(0.3)
        for index, name in enumerate(order):
            assert sound_beside(f"a{index}") == {"abc".index(name)}
    # Shown twice: beside the larger picture. Not shown: anywhere.
    world.show(viewer, "v0", "a.camera", 180)
    world.show(viewer, "v1", "a.camera", 720)
    world.show(viewer, "v2", None)
    world.run(0.3)
    assert sound_beside("a1") == {peers[0].number}
    assert sound_beside("a0") | sound_beside("a2") == {1, 2}


def test_a_sender_that_stops_its_upper_layers_is_shown_in_a_lower_one(make_world: MakeWorld) -> None:
    world, sender, viewer = two(make_world, 10)
    world.show(viewer, "v0", "a.camera")
    world.run(2.0)
    video = viewer.video["v0"]
    assert last_layer(video) == 2
    sender.cameras[2].paused = sender.cameras[1].paused = True
    stopped = world.now
    world.run(4.0)
    assert last_layer(video) == 0
    assert video.longest_freeze(stopped, world.now) < 2.0
    sender.cameras[2].paused = False
    world.run(3.0)
    assert last_layer(video) == 2


def test_a_camera_without_simulcast_is_shown_at_any_height(make_world: MakeWorld) -> None:
    world = make_world(11)
    world.join("a", simulcast=False)
    viewer = world.join("b", publish=())
    world.connect()
    for height in (90, 720):
        world.show(viewer, "v0", "a.camera", height)
        before = len(viewer.video["v0"].frames)
        world.run(1.5)
        assert len(viewer.video["v0"].frames) - before > 8


def test_a_sender_reports_lead_both_streams_to_the_same_moment(make_world: MakeWorld) -> None:
    world, _, viewer = two(make_world, 12, Link(jitter=0.02))
    world.show(viewer, "v0", "a.camera")
    world.run(5.0)
    video, audio = viewer.video["v0"], viewer.audio["a0"]
    frame = video.frames[-1]
    shown = video.clock.convert(frame.timestamp, audio.clock)
    assert shown is not None
    newest = max(audio._seen)
    heard = audio._seen[newest][0]
    apart = rtp.timestamp_delta(heard, shown) / 48_000
    assert apart == pytest.approx(world.now - 0.04 - (frame.at - 0.04), abs=0.08)


def test_the_first_sequence_number_of_every_slot_is_in_the_lower_half(make_world: MakeWorld) -> None:
    world = make_world(13)
    peers = [world.join(name, audio_slots=4, video_slots=4) for name in "abcd"]
    world.connect()
    for viewer in peers:
        others = [peer for peer in peers if peer is not viewer]
        for index, peer in enumerate(others):
            world.show(viewer, f"v{index}", f"{peer.name}.camera", 150)
    world.run(2.0)
    firsts = [stream.first_seq for peer in peers for stream in [*peer.video.values(), *peer.audio.values()]]
    known = [first for first in firsts if first is not None]
    assert len(known) == 4 * 6
    assert max(known) < 1 << 15


def offer_video_codec(viewer: Peer, codec: Codec) -> None:
    """Offer that codec alone in all sections that receive video."""
    receives = [
        replace(section, codecs={codec.name: codec}) if section.kind == "video" else section
        for section in viewer.receives
    ]
    viewer.transport.negotiate(viewer.sends, receives, SEND_IDS)


@pytest.mark.parametrize("simulcast", [False, True])
def test_a_viewer_that_lacks_the_codec_costs_the_publisher_no_keyframe(
    make_world: MakeWorld, *, simulcast: bool
) -> None:
    world = make_world(14)
    sender = world.join("a", publish=("camera",), simulcast=simulcast)
    viewer, other = world.join("b", publish=()), world.join("c", publish=())
    offer_video_codec(other, Codec("H264", 122, 90_000, 123))
    world.connect()
    for peer in (viewer, other):
        world.show(peer, "v0", "a.camera")
    world.run(3.0)
    requests, keyframes = len(sender.keyframe_requests), sum(camera.keyframes for camera in sender.cameras)
    seconds = choose(20.0, 60.0)
    world.run(seconds)
    assert len(sender.keyframe_requests) == requests
    assert sum(camera.keyframes for camera in sender.cameras) == keyframes
    assert other.transport.sender.slots[Mid("v0")].last_sent.why == "codec"
    assert viewer.video["v0"].longest_freeze(world.now - seconds, world.now) < 0.3
    offer_video_codec(other, VIEWER_VP8)
    world.reconcile()
    world.run(1.0)
    assert other.video["v0"].frames


@pytest.mark.parametrize("simulcast", [False, True])
def test_a_publisher_whom_nobody_can_decode_is_asked_for_no_keyframe_whatever_the_viewer_asks_for(
    make_world: MakeWorld, *, simulcast: bool
) -> None:
    world = make_world(16)
    sender, viewer = world.join("a", publish=("camera",), simulcast=simulcast), world.join("b", publish=())
    offer_video_codec(viewer, Codec("H264", 122, 90_000, 123))
    world.show(viewer, "v0", "a.camera")  # before it is connected, when keyframes are requested ahead
    whys = [change.state.why for _, change in world.changes if (change.member, change.slot) == ("b", "v0")]
    assert whys == ["codec"]
    world.connect()
    for _ in range(20):
        viewer.endpoint.send_rtcp(rtcp.build_pli(1, viewer.ssrc_of("v0")))
        world.run(0.5)
    assert all(camera.packets > 100 for camera in sender.cameras)
    assert sender.keyframe_requests == []
    assert viewer.transport.sender.slots[Mid("v0")].last_sent.why == "codec"
    assert viewer.transport.sender.slots[Mid("v0")].forwarder.packets == 0


@pytest.mark.parametrize("end", ["paused", "viewer gone", "sender muted", "hidden"])
def test_a_keyframe_that_nobody_makes_or_needs_any_more_is_not_asked_for_without_end(
    make_world: MakeWorld, end: str
) -> None:
    world = make_world(15)
    sender = world.join("a", publish=("camera",), simulcast=False)
    viewer = world.join("b", publish=())
    world.connect()
    world.run(2.0)
    (camera,) = sender.cameras
    camera.paused = True
    world.run(1.0)
    world.show(viewer, "v0", "a.camera")
    world.run(0.1)
    if end == "viewer gone":
        world.leave(viewer)
    elif end == "sender muted":
        world.router.mute("a", "camera", muted=True)
    elif end == "hidden":
        world.show(viewer, "v0", "a.camera", 0)
    world.reconcile()
    world.run(5.0)
    requests = len(sender.keyframe_requests)
    assert requests <= 3
    world.run(60.0)
    assert len(sender.keyframe_requests) == requests
    if end == "paused":
        camera.paused = False
        back = world.now
        world.run_until(lambda: bool(viewer.video["v0"].frames), limit=1.0)
        assert world.now - back <= 1.0


def test_when_the_stream_that_a_viewer_goes_over_to_ends_the_one_it_has_goes_on(make_world: MakeWorld) -> None:
    world, sender, viewer = two(make_world, 16)
    world.show(viewer, "v0", "a.camera")
    world.run(3.0)
    smallest = sender.cameras[0]
    sender.name_again(world.now)
    world.show(viewer, "v0", "a.camera", 180)
    smallest.restart(0x7777, 0x7778)
    changed = world.now
    world.run(4.0)
    video = viewer.video["v0"]
    assert video.longest_freeze(changed, world.now) < 0.4
    assert last_layer(video) == 0


@pytest.mark.parametrize("interval", [0.2, 1.1, 4.0])
def test_a_picture_that_stands_still_stays_in_its_layer(make_world: MakeWorld, interval: float) -> None:
    world, sender, viewer = two(make_world, 17)
    world.show(viewer, "v0", "a.camera")
    world.run(3.0)
    sender.up.jitter = 0.03
    for number, camera in enumerate(sender.cameras):
        camera.interval, camera.next_at = interval, world.now + 1.0 + 0.03 * number
    world.run(2.0)
    still, requests = world.now, len(sender.keyframe_requests)
    world.run(choose(40.0, 120.0))
    assert {frame.layer for frame in viewer.video["v0"].frames if frame.at > still} == {2}
    assert len(sender.keyframe_requests) == requests
    sender.cameras[2].paused = True
    stopped = world.now
    world.run_until(functools.partial(shows, viewer.video["v0"], 1), limit=6 * interval + 2.0)
    assert viewer.video["v0"].longest_freeze(stopped, world.now) < 6 * interval + 2.0


def test_an_inactive_section_is_not_forwarded_and_an_active_one_is_again(make_world: MakeWorld) -> None:
    world, sender, viewer = two(make_world, 18)
    world.show(viewer, "v0", "a.camera")
    world.run(2.0)
    for peer, mid, sends, receives in (
        (sender, CAMERA, sender.sends[:1], sender.receives),
        (viewer, Mid("v0"), [], [section for section in viewer.receives if section.mid != "v0"]),
    ):
        peer.transport.negotiate(sends, receives, SEND_IDS, {mid})
        world.reconcile()
        world.run(0.2)
        count = len(viewer.video["v0"].frames)
        world.run(1.0)
        assert len(viewer.video["v0"].frames) == count
        peer.transport.negotiate(peer.sends, peer.receives, SEND_IDS)
        world.reconcile()
        world.run_until(functools.partial(has_more_than, viewer.video["v0"], count + 5), limit=2.0)


def test_a_viewer_that_no_keyframe_helps_does_not_make_everyone_get_them(make_world: MakeWorld) -> None:
    world = make_world(8)
    sender = world.join("a", publish=("camera",))
    viewer, other = world.join("b", publish=()), world.join("c", publish=())
    world.connect()
    for peer in (viewer, other):
        world.show(peer, "v0", "a.camera")
    world.run(3.0)
    viewer.down.bandwidth = 28_000.0  # a fraction of what it watches
    requests = len(sender.keyframe_requests)
    seconds = choose(20.0, 60.0)
    world.run(seconds)
    assert len(sender.keyframe_requests) - requests <= KEYFRAME_BURST + seconds * KEYFRAMES_PER_SECOND + 1
    assert other.video["v0"].longest_freeze(world.now - seconds, world.now) < 0.3
    assert world.relay.drops["pli_over_limit"] > 0
