"""The plane of one process: commands are carried out at once, slots and events come from `work`."""

from dataclasses import replace

import pytest

from sfu.codecs import Codec
from sfu.local_plane import LocalPlane
from sfu.plane import (
    Candidate,
    ConnectError,
    ConnectionChanged,
    ConnectionClosed,
    EncodingPlan,
    MediaAnswer,
    MediaOffer,
    MuteChange,
    PlaneEvent,
    PublicationPlan,
    QualityChanged,
    SlotChanged,
    SlotWish,
    SpeakersChanged,
)
from sfu.publication import Encoding
from sfu.relay import Relay
from sfu.router import Router
from sfu.sections import ReceiveSection, SendSection
from sfu.secure.dtls import Certificate, Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.transport import CLOSED_BY_PEER, MAX_SECTIONS, State
from sfu.wire.rtp import Mid, Rid, Ssrc
from tests.coroutines import at_once

CERTIFICATE = Certificate()
VP8, OPUS = Codec("VP8", 96, 90000, 97), Codec("opus", 111, 48000)
SOUND, PICTURE, SLOT = Mid("0"), Mid("1"), Mid("2")

OFFER = MediaOffer(
    credentials=Credentials("abcd", "p" * 24),
    fingerprint=Fingerprint("sha-256", "AB"),
    session="1",
    sends=(SendSection(SOUND, "audio", {111: OPUS}), SendSection(PICTURE, "video", {96: VP8}, (Rid("q"), Rid("f")))),
    receives=(ReceiveSection(SLOT, "video", {"VP8": VP8}, {}),),
    extension_ids={},
    idle=frozenset(),
)


class Rig:
    """A plane whose events are kept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.relay = Relay(CERTIFICATE)
        self.plane = LocalPlane(self.relay, lambda: self.now, lambda: (Candidate("udp", 3478),))
        self.plane.events = self._take
        self.events: list[PlaneEvent] = []
        self.calls = 0
        self.plane.on_work = self._called

    def _take(self, event: PlaneEvent) -> None:
        self.events.append(event)

    def _called(self) -> None:
        self.calls += 1

    def connect(self, member: str, epoch: int = 1, offer: MediaOffer = OFFER, room: str = "r") -> MediaAnswer:
        return at_once(self.plane.connect(room, member, epoch, offer))

    def settle(self) -> list[PlaneEvent]:
        """Work until nothing is left; the events of that."""
        self.plane.take_changes()
        while self.plane.work():
            pass
        assert not self.plane.due
        found, self.events = self.events, []
        return found

    def shows(self) -> None:
        """`a` publishes its camera, which `b` watches."""
        for member in ("a", "b"):
            self.connect(member)
        self.plane.publish("r", "a", 1, PublicationPlan(PICTURE, "camera", muted=False))
        self.plane.watch("r", "b", 1, (SlotWish(SLOT, "a.camera", 360),))


def test_an_answer_tells_how_the_relay_can_be_reached_and_what_slots_carry() -> None:
    rig = Rig()
    answer = rig.connect("a")
    member = rig.plane.find("r", "a")
    assert member is not None
    (slot,) = member.transport.sender.slots.values()
    assert (answer.credentials, answer.fingerprint) == (member.transport.ice.local, CERTIFICATE.fingerprint)
    assert [(each.protocol, each.port) for each in answer.candidates] == [("udp", 3478)]
    assert [(each.mid, each.ssrc, each.rtx_ssrc) for each in answer.slots] == [
        (SLOT, slot.forwarder.ssrc, slot.forwarder.rtx_ssrc)
    ]
    assert not answer.replaced


def test_slots_are_told_of_by_work_alone_and_once() -> None:
    rig = Rig()
    rig.shows()
    assert rig.events == []
    assert rig.settle() == [SlotChanged("r", "b", 1, SLOT, "a.camera", None, "waiting")]
    rig.plane.mute("r", (MuteChange("a", "camera", True), MuteChange("a", "camera", False), MuteChange("x", "x", True)))
    assert rig.settle() == []
    rig.plane.mute("r", (MuteChange("a", "camera", True),))
    assert rig.settle() == [SlotChanged("r", "b", 1, SLOT, "a.camera", None, "muted")]
    rig.plane.unpublish("r", "a", 1, "camera")
    rig.plane.unpublish("r", "a", 1, "camera")
    assert rig.settle() == [SlotChanged("r", "b", 1, SLOT, None, None, None)]


def test_a_room_is_reconciled_once_whatever_happened_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.shows()
    rig.settle()
    router = rig.plane.rooms["r"].router
    reconciled: list[float] = []
    reconcile = router.reconcile

    def counted(now: float, heard_until: float) -> object:
        reconciled.append(now)
        return reconcile(now, heard_until)

    monkeypatch.setattr(router, "reconcile", counted)
    for height in (90, 180, 720):
        rig.plane.watch("r", "b", 1, (SlotWish(SLOT, "a.camera", height),))
    rig.settle()
    assert reconciled == []  # wishes alone are fulfilled without looking at everybody
    encodings = (EncodingPlan(Rid("f"), 360),)
    rig.plane.publish("r", "a", 1, PublicationPlan(PICTURE, "camera", muted=False, encodings=encodings))
    rig.plane.publish("r", "a", 1, PublicationPlan(SOUND, "microphone", muted=False))
    rig.plane.disconnect("r", "b", 1, "left")
    rig.settle()
    assert reconciled == [0.0]


def test_what_is_of_an_earlier_epoch_comes_too_late() -> None:
    rig = Rig()
    rig.connect("a", 1)
    other = replace(OFFER, fingerprint=Fingerprint("sha-256", "CD"))
    assert rig.connect("a", 2, other).replaced
    rig.plane.publish("r", "a", 1, PublicationPlan(PICTURE, "camera", muted=False))
    rig.plane.watch("r", "a", 1, (SlotWish(SLOT, "a.camera", 360),))
    rig.plane.disconnect("r", "a", 1, "too late")
    assert len(rig.relay.transports) == 1
    assert rig.plane.rooms["r"].router._publications == {}
    rig.plane.disconnect("r", "a", 3, "also if its offer was never taken")
    assert rig.relay.transports == []
    for command in (rig.plane.disconnect, rig.plane.unpublish):
        command("r", "a", 3, "gone")
    rig.plane.mute("r", (MuteChange("a", "camera", True),))
    assert rig.settle() == []
    rig.plane.mute("r", ())
    assert rig.plane.rooms == {}


def test_a_refused_offer_leaves_everything_as_it_is() -> None:
    rig = Rig()
    rig.connect("a")
    member = rig.plane.find("r", "a")
    assert member is not None
    before = member.transport
    many = tuple(SendSection(Mid(f"m{number}"), "audio", {111: OPUS}) for number in range(MAX_SECTIONS + 1))
    for fingerprint in (OFFER.fingerprint, Fingerprint("sha-256", "CD")):
        with pytest.raises(ConnectError) as caught:
            rig.connect("a", 2, replace(OFFER, fingerprint=fingerprint, sends=many))
        assert caught.value.code == "bad_offer"
    found = rig.plane.find("r", "a")
    assert found is member
    assert (member.transport, member.epoch) == (before, 1)
    assert rig.relay.transports == [before]


def test_a_connection_is_told_of_when_it_changes_and_when_it_ends() -> None:
    rig = Rig()
    answer = rig.connect("a")
    member = rig.plane.find("r", "a")
    assert member is not None
    transport = member.transport

    def becomes(state: State) -> list[PlaneEvent]:
        transport.state, transport.altered = state, True
        rig.relay.changed += [transport, transport]
        return rig.settle()

    assert becomes(State.CONNECTED) == [ConnectionChanged("r", "a", 1, "connected")]
    assert becomes(State.LOST) == [ConnectionChanged("r", "a", 1, "lost")]
    rig.plane.tick()
    assert rig.settle() == [QualityChanged("r", "a", 1, "lost", 0.0, None)]
    transport.close_reason = CLOSED_BY_PEER
    ufrag = answer.credentials.ufrag
    assert becomes(State.CLOSED) == [ConnectionClosed("r", "a", 1, ufrag, "closed", CLOSED_BY_PEER)]
    # It never had keys, so its client may try again.
    assert rig.connect("a", 2).replaced


def test_time_brings_who_speaks_and_the_last_who_leaves_takes_it_away() -> None:
    rig = Rig()
    rig.shows()
    rig.plane.publish("r", "a", 1, PublicationPlan(SOUND, "microphone", muted=False))
    rig.settle()
    rig.plane.rooms["r"].router.speakers = ["b"]
    rig.now = 1.0
    rig.plane.tick()
    rig.plane.tick()
    assert rig.settle() == [SpeakersChanged("r", ())]
    rig.plane.rooms["r"].router.speakers = ["a"]
    for member in ("a", "b"):
        rig.plane.disconnect("r", member, 1, "left")
    assert SpeakersChanged("r", ()) in rig.settle()
    assert rig.plane.rooms == {}


def test_what_fails_in_one_room_keeps_no_other_from_being_told() -> None:
    rig = Rig()
    rig.shows()
    for member in ("a", "b"):
        rig.connect(member, room="s")
    rig.plane.publish("s", "a", 1, PublicationPlan(PICTURE, "camera", muted=False))
    rig.plane.watch("s", "b", 1, (SlotWish(SLOT, "a.camera", 360),))
    told: list[str] = []

    def take(event: PlaneEvent) -> None:
        told.append(event.room)
        if event.room == "r":
            raise RuntimeError

    rig.plane.events = take
    rig.settle()
    assert told == ["r", "s"]


def test_work_is_asked_for_when_there_is_some_and_ends_with_its_slice() -> None:
    rig = Rig()
    ticking = iter(range(1000))
    plane = LocalPlane(rig.relay, lambda: float(next(ticking)), lambda: (Candidate("udp", 3478),), slice=0.5)
    plane.on_work = rig._called
    for room in ("r", "s", "t"):
        at_once(plane.connect(room, "a", 1, OFFER))
    assert rig.calls == 3
    assert [plane.work(), plane.work(), plane.work()] == [True, True, False]


def hall(rig: Rig, people: int) -> Router:
    """A room of people with microphones and one audio slot each."""
    offer = replace(OFFER, receives=(ReceiveSection(Mid("s0"), "audio", {"opus": OPUS}, {}),))
    for number in range(people):
        rig.connect(f"p{number}", offer=offer)
        rig.plane.publish("r", f"p{number}", 1, PublicationPlan(SOUND, "microphone", muted=False))
    rig.settle()
    rig.now = rig.relay.heard_until = 1.0
    rig.plane.tick()
    rig.settle()
    return rig.plane.rooms["r"].router


def test_rooms_with_more_voices_than_slots_are_searched_for_speakers_between_ticks() -> None:
    rig = Rig()
    assert not rig.plane.crowded
    rig.plane.hear()
    assert not rig.plane.due
    router = hall(rig, 3)
    assert rig.plane.crowded
    receiver = rig.plane.rooms["r"].members["p2"].transport.receiver
    publication = receiver.publications[SOUND]
    publication.encodings[Rid("")] = encoding = Encoding(publication, Rid(""), Ssrc(7), OPUS, rig.now)
    events: list[PlaneEvent] = []
    for number in range(4):
        rig.now += 0.05
        for _ in range(3):
            publication.update_level(30)
            encoding.stats.received(number, 0, 80, rig.now)
        rig.relay.heard_until = rig.now
        rig.plane.hear()
        assert rig.plane.due
        events = rig.settle()
        if events:
            break
    assert {(event.member, event.publication) for event in events if isinstance(event, SlotChanged)} == {
        ("p0", "p2.microphone"),
        ("p1", "p2.microphone"),
    }
    assert rig.now < 1.2
    assert not router.hear(rig.now)


def test_a_failure_in_one_room_does_not_keep_others_from_being_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    router = hall(rig, 3)
    searched = []

    def fail(now: float) -> bool:
        searched.append(now)
        raise RuntimeError

    monkeypatch.setattr(router.__class__, "hear", lambda self, now: fail(now))
    rig.plane.hear()
    rig.settle()
    rig.plane.hear()
    rig.settle()
    assert len(searched) == 2


def test_connections_are_examined_in_turn_and_stay_poor_for_a_while() -> None:
    rig = Rig()
    for member in "abcdefghij":
        rig.connect(member)
    rig.settle()
    members = rig.plane.rooms["r"].members

    def ticks(count: int) -> list[str]:
        found: list[str] = []
        for _ in range(count):
            rig.now += 0.1
            rig.plane.tick()
            found += [event.level for event in rig.settle() if isinstance(event, QualityChanged)]
        return found

    ticks(20)
    for each in members.values():
        each.transport.sender.loss = 0.2
    in_each = [len(ticks(1)) for _ in range(15)]
    assert (sum(in_each), max(in_each)) == (10, 2)
    assert [each.quality for each in members.values()] == ["poor"] * 10
    for each in members.values():
        each.transport.sender.loss = 0.0
    assert ticks(20) == []
    assert ticks(45) == ["good"] * 10


def test_a_relay_that_cannot_read_all_that_arrives_makes_every_room_give_way() -> None:
    rig = Rig()
    rig.shows()
    rig.settle()
    for late in (0.0, 1.0, 1.0, 1.0):
        rig.now += 1.0
        rig.plane.tick(late)
        rig.settle()
    assert rig.relay.governor.level == 2
    assert rig.plane.rooms["r"].router.level == 2
