import pytest

from sfu.codecs import Codec
from sfu.router import Router, RouterError, SlotWish
from sfu.rtp import Mid
from sfu.slot import ReceiveSection
from tests.sim.peer import RECEIVE_IDS, VIEWER_VP8
from tests.unit.sfu.rig import AUDIO, AUDIO_SLOT, CAMERA, SLOT, Rig


def room(rig: Rig) -> Router:
    router = Router()
    router.join("a", rig.publisher.transport)
    router.publish("a", CAMERA, "camera", muted=False, heights={})
    return router


def test_a_section_is_published_under_one_name_at_a_time() -> None:
    rig = Rig()
    router = room(rig)
    with pytest.raises(RouterError, match="no section 7"):
        router.publish("a", Mid("7"), "screen", muted=False, heights={})
    with pytest.raises(RouterError, match="carries camera"):
        router.publish("a", CAMERA, "screen", muted=False, heights={})
    with pytest.raises(RouterError, match="published in section 1"):
        router.publish("a", AUDIO, "camera", muted=False, heights={})
    with pytest.raises(RouterError, match="no section"):
        router.publish("nobody", CAMERA, "camera", muted=False, heights={})
    router.unpublish("a", "camera")
    assert router.publish("a", CAMERA, "screen", muted=False, heights={}).id == "a.screen"


def test_what_is_not_published_can_be_neither_muted_nor_withdrawn() -> None:
    router = room(Rig())
    with pytest.raises(RouterError, match="not published"):
        router.mute("a", "screen", muted=True)
    with pytest.raises(RouterError, match="not published"):
        router.unpublish("a", "screen")
    with pytest.raises(RouterError, match="not published"):
        router.mute("b", "camera", muted=True)


def test_a_wish_for_a_slot_that_is_not_there_changes_nothing() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer()
    router.join("b", client.transport)
    good = SlotWish(SLOT, "a.camera", 720)
    for bad in (Mid("v9"), AUDIO_SLOT):
        with pytest.raises(RouterError, match="receives video"):
            router.watch("b", [good, SlotWish(bad, "a.camera", 720)])
    router.reconcile(rig.now)
    assert slot.publication is None
    with pytest.raises(RouterError, match="no media connection"):
        router.watch("nobody", [good])


def test_changes_are_told_once_and_say_why_a_slot_is_empty() -> None:
    rig = Rig()
    router = room(rig)
    client, _ = rig.viewer()
    router.join("b", client.transport)
    wishes = [("a.camera", 720, "waiting"), ("a.camera", 0, "hidden"), ("nobody.camera", 720, None), (None, 0, None)]
    for publication, height, why in wishes:
        router.watch("b", [SlotWish(SLOT, publication, height)])
        changes = router.reconcile(rig.now)
        if publication == "a.camera" or changes:
            assert [change.state.why for change in changes] == [why]
        assert router.reconcile(rig.now) == []
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    router.mute("a", "camera", muted=True)
    assert [change.state.why for change in router.reconcile(rig.now)] == ["muted"]


def test_nobody_sees_oneself() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer()
    router.leave("a")
    router.join("b", client.transport)
    router.watch("b", [SlotWish(SLOT, "b.camera", 720)])
    router.reconcile(rig.now)
    assert slot.publication is None


def test_who_comes_back_gets_a_publication_of_the_same_name_into_the_same_slot() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer()
    router.join("b", client.transport)
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    router.reconcile(rig.now)
    router.leave("a")
    router.reconcile(rig.now)
    assert slot.publication is None
    router.join("a", rig.publisher.transport)
    again = router.publish("a", CAMERA, "camera", muted=False, heights={})
    router.reconcile(rig.now)
    assert slot.publication is again


def test_a_closed_transport_is_given_nothing_any_more() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer()
    router.join("b", client.transport)
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.flush()
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    router.reconcile(rig.now)
    assert slot.forwarder.target is not None
    client.transport.close("test")
    router.reconcile(rig.now)
    assert rig.encoding(0).waiting == []
    assert rig.encoding(0).forwarders == []


H264 = Codec("H264", 125, 90_000, 126, "profile-level-id=42e01f")


def test_a_viewer_that_lacks_the_codec_is_told_and_waits_for_nothing() -> None:
    rig = Rig()
    router = room(rig)
    client, _ = rig.viewer(video=H264)
    router.join("b", client.transport)
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    assert [change.state.why for change in router.reconcile(rig.now)] == ["codec"]
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.flush()
    assert router.reconcile(rig.now) == []
    assert rig.encoding(0).waiting == []
    assert rig.encoding(0).keyframes.timeout() is None
    router.mute("a", "camera", muted=True)
    assert [change.state.why for change in router.reconcile(rig.now)] == ["muted"]


def test_a_viewer_that_negotiates_the_codec_later_gets_the_picture_and_one_that_drops_it_gets_no_more() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer(video=H264)
    router.join("b", client.transport)
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.flush()
    router.reconcile(rig.now)

    def negotiate(*codecs: Codec) -> list[str | None]:
        section = ReceiveSection(SLOT, "video", {codec.name: codec for codec in codecs}, RECEIVE_IDS)
        client.transport.negotiate([], [section], {})
        whys = [change.state.why for change in router.reconcile(rig.now)]
        rig.deliver(rig.video_packet(0, 1 + len(told), len(told), 0, key=True, parts=1))
        rig.flush()
        return [*whys, *(change.state.why for change in router.reconcile(rig.now))]

    told: list[list[str | None]] = [[]]
    for codecs in ((H264, VIEWER_VP8), (VIEWER_VP8,), (H264,), (H264, VIEWER_VP8)):
        told.append(negotiate(*codecs))
    assert told[1:] == [["waiting", None], [], ["codec"], ["waiting", None]]
    assert {sent.header.payload_type for sent in client.got} == {VIEWER_VP8.payload_type}
    assert len(client.got) == 3
    assert slot.forwarder.current is rig.encoding(0)


def test_a_sender_that_goes_over_to_a_codec_the_viewer_lacks_is_told_of() -> None:
    rig = Rig()
    rig.camera.codecs[102] = H264
    router = room(rig)
    client, slot = rig.viewer()
    router.join("b", client.transport)
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.flush()
    router.reconcile(rig.now)
    rig.deliver(rig.video_packet(0, 2, 1, 0, key=True, parts=1))
    rig.flush()
    assert [change.state.why for change in router.reconcile(rig.now)] == [None]
    rig.publish(102, 3, 9000, 1000, bytes.fromhex("67640028"))
    rig.flush()
    assert [change.state.why for change in router.reconcile(rig.now)] == ["codec"]
    assert slot.forwarder.target is None
    rig.deliver(rig.video_packet(0, 4, 3, 0, key=True, parts=1))
    rig.flush()
    assert [change.state.why for change in router.reconcile(rig.now)] == ["waiting"]
