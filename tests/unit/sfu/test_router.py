import random

import pytest

from sfu.codecs import Codec
from sfu.plane import SlotWish
from sfu.publication import ALIVE, MISSED, Encoding
from sfu.router import SAMPLE_INTERVAL, Router, RouterError, SlotChange
from sfu.sections import ReceiveSection, SendSection
from sfu.transport import State, Transport
from sfu.wire.rtp import Mid, Rid, Ssrc
from tests.sim.peer import RECEIVE_IDS, RIDS, VIEWER_OPUS, VIEWER_VP8, VP8
from tests.thorough import choose
from tests.unit.sfu.rig import AUDIO, AUDIO_SLOT, CAMERA, OPUS, SLOT, Client, Rig


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
    assert not rig.encoding(0).wanted


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
    assert not rig.encoding(0).waiting
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


def test_a_muted_publication_stops_at_once_and_its_viewers_are_told_by_the_next_reconcile() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer()
    router.join("b", client.transport)
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.flush()
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    router.reconcile(rig.now)
    rig.deliver(rig.video_packet(0, 2, 1, 0, key=True, parts=1))
    rig.flush()
    assert slot.forwarder.current is rig.encoding(0)
    router.mute("a", "camera", muted=True)
    rig.deliver(rig.video_packet(0, 3, 2, 0, key=True, parts=1))
    got = len(client.got)
    rig.flush()
    assert (len(client.got), rig.encoding(0).wanted) == (got, False)
    assert [change.state.why for change in router.reconcile(rig.now)] == ["muted"]


def test_an_encoding_is_not_dead_because_the_relay_is_late() -> None:
    rig = Rig()
    router = room(rig)
    client, slot = rig.viewer()
    router.join("b", client.transport)
    for layer in (0, 2):
        rig.deliver(rig.video_packet(layer, 1, 0, 0, key=True, parts=1))
    rig.flush()
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    router.reconcile(rig.now)
    assert slot.forwarder.target is rig.encoding(2)
    read_until = rig.now
    rig.now += 3 * ALIVE
    rig.deliver(rig.video_packet(0, 2, 1, 0, key=False, parts=1))  # the other layer's packets are still in the socket
    router.reconcile(rig.now, heard_until=read_until)
    assert slot.forwarder.target is rig.encoding(2)
    for seq in range(3, 4 + MISSED):
        rig.deliver(rig.video_packet(0, seq, seq - 1, 0, key=False, parts=1))
        router.listen(rig.now)
        rig.now += SAMPLE_INTERVAL
    router.reconcile(rig.now, heard_until=rig.now)
    assert slot.forwarder.target is rig.encoding(0)


def watched(rig: Rig) -> tuple[Router, Client]:
    """Somebody is about to see the camera of "a": the next keyframe starts it."""
    router = room(rig)
    client, _ = rig.viewer()
    router.join("b", client.transport)
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=False, parts=1))
    rig.flush()
    router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    router.reconcile(rig.now)
    return router, client


def test_a_switch_is_reported_for_its_slot_alone_and_needs_no_reconcile() -> None:
    rig = Rig()
    router, client = watched(rig)
    rig.relay.changed.clear()
    rig.deliver(rig.video_packet(0, 2, 1, 0, key=True, parts=1))
    rig.flush()
    assert rig.relay.changed == [client.transport]
    assert not client.transport.altered
    (change,) = router.report_switched("b")
    assert (change.slot, change.state.layer, change.state.why) == (SLOT, RIDS[0], None)
    assert router.report_switched("b") == []
    assert router.reconcile(rig.now) == []


def test_a_slot_that_switched_to_what_was_withdrawn_since_then_is_told_as_empty_only() -> None:
    rig = Rig()
    router, _ = watched(rig)
    rig.deliver(rig.video_packet(0, 2, 1, 0, key=True, parts=1))
    rig.flush()
    router.unpublish("a", "camera")
    assert router.report_switched("b") == []
    (change,) = router.reconcile(rig.now)
    assert (change.slot, change.state.publication, change.state.layer) == (SLOT, None, None)


class Crowd:
    """Members who do everything at random."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.rig = Rig(seed)
        self.router = Router()
        self.transports: dict[str, Transport] = {}
        self.ssrc = 5000
        for number in range(7):
            self.join(f"m{number}")

    def join(self, name: str) -> None:
        transport = self.rig.client().transport
        transport.negotiate(
            [SendSection(AUDIO, "audio", {111: OPUS}), SendSection(CAMERA, "video", {96: VP8}, RIDS)],
            [ReceiveSection(Mid(f"a{n}"), "audio", {"opus": VIEWER_OPUS}, RECEIVE_IDS) for n in range(3)]
            + [ReceiveSection(Mid(f"v{n}"), "video", {"VP8": VIEWER_VP8}, RECEIVE_IDS) for n in range(3)],
            {},
        )
        self.transports[name] = transport
        self.router.join(name, transport)

    def _begin(self, mid: Mid, rid: Rid, name: str) -> None:
        publication = self.transports[name].receiver.publications.get(mid)
        if publication is not None:
            before = publication.encodings.get(rid)
            if before is not None:
                before.close()
            self.ssrc += 1
            codec = OPUS if mid == AUDIO else VP8
            publication.encodings[rid] = Encoding(publication, rid, Ssrc(self.ssrc), codec, self.rig.now)

    def act(self) -> None:
        """One thing that happens in rooms."""
        rng, router, name = self.rng, self.router, self.rng.choice(list(self.transports))
        source, mid = rng.choice([("microphone", AUDIO), ("camera", CAMERA)])
        transport = self.transports[name]
        what = rng.randrange(12)
        try:
            if what == 0:
                router.mute(name, source, muted=rng.random() < 0.5)
            elif what == 1:
                router.publish(name, mid, source, muted=rng.random() < 0.3, heights={RIDS[0]: rng.choice([90, 700])})
            elif what == 2:
                router.unpublish(name, source)
            elif what in (3, 4):
                wishes = [
                    SlotWish(
                        Mid(f"v{n}"), rng.choice([None, *(f"m{k}.camera" for k in range(7))]), rng.choice([0, 90, 720])
                    )
                    for n in range(3)
                ]
                router.watch(name, wishes[: rng.randrange(4)])
                if rng.random() < 0.5:
                    router.fulfil(self.rig.now, self.rig.now)
            elif what == 5:
                self._begin(mid, rng.choice(RIDS) if mid == CAMERA else Rid(""), name)
            elif what in (6, 7):
                self.rig.now += rng.choice([0.1, 0.6])
                for each in self.transports.values():
                    for encoding in each.receiver.encodings():
                        if rng.random() < 0.6:
                            encoding.last_packet_at = self.rig.now
            elif what == 8:
                for publication in transport.receiver.publications.values():
                    publication.loudness = rng.random() * 127
            elif what == 9:
                if transport.state is State.CLOSED:
                    self.join(name)  # by another connection
                else:
                    transport.state = rng.choice([State.CONNECTING, State.CONNECTED, State.LOST])
            elif what == 10:
                if rng.random() < 0.3:
                    transport.close("test")
            else:
                router.leave(name)
                transport.close("test")
                self.join(name)
        except RouterError:
            pass

    def visit_all(self) -> list[SlotChange]:
        """What a reconcile changes that looks at everything."""
        for name, member in self.router._members.items():
            self.router._due.add(name)
            member.seen = None
        self.router._snapshots.clear()
        return self.router.reconcile(self.rig.now)

    def targets(self) -> list[object]:
        return [
            (slot.publication, slot.forwarder.target, slot.prepared)
            for transport in self.transports.values()
            for slot in transport.sender.slots.values()
        ]


@pytest.mark.parametrize("seed", range(choose(6, 20)))
def test_looking_only_at_what_can_have_changed_comes_to_the_same_as_looking_at_everything(seed: int) -> None:
    crowd = Crowd(seed)
    told = 0
    for _ in range(150):
        for _ in range(crowd.rng.randrange(1, 4)):
            crowd.act()
        told += len(crowd.router.reconcile(crowd.rig.now))
        targets = crowd.targets()
        assert crowd.visit_all() == []
        assert crowd.targets() == targets
    assert told > 30


def test_in_a_large_room_only_slots_that_can_have_changed_are_visited(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(0)
    for number in range(7, 60):
        crowd.join(f"m{number}")
    for name in crowd.transports:
        crowd.router.publish(name, CAMERA, "camera", muted=False, heights={})
        crowd._begin(CAMERA, RIDS[0], name)
        crowd.router.watch(name, [SlotWish(Mid("v0"), "m1.camera", 90), SlotWish(Mid("v1"), "m2.camera", 90)])
    crowd.router.reconcile(crowd.rig.now)
    visited: list[Mid] = []
    apply = Router._apply

    def counted(router: Router, slot: object, *rest: object) -> None:
        visited.append(slot.mid)  # type: ignore[attr-defined]
        apply(router, slot, *rest)  # type: ignore[arg-type]

    seated: list[object] = []
    fill_audio = Router._fill_audio

    def noted(router: Router, *rest: object) -> object:
        seated.append(rest[0])
        return fill_audio(router, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Router, "_apply", counted)
    monkeypatch.setattr(Router, "_fill_audio", noted)
    crowd.router.reconcile(crowd.rig.now)
    assert (visited, seated) == ([], [])
    crowd.router.mute("m1", "camera", muted=True)
    crowd.router.reconcile(crowd.rig.now)
    assert visited == [Mid("v0")] * 60
    visited.clear()
    crowd.router.watch("m5", [SlotWish(Mid("v0"), "m9.camera", 90)])
    crowd.router.fulfil(crowd.rig.now, crowd.rig.now)
    assert sorted(visited) == ["v0", "v1", "v2"]
