"""Which slot feeds which track, which tracks end, and which go on after joining again."""

import asyncio

import pytest

from signaling.client.incoming import Incoming
from signaling.client.offer import SlotDescription
from signaling.client.people import Published
from signaling.client.receive import Slot
from signaling.client.state import RoomState
from signaling.messages import Participant, Publication, Room, Welcome
from signaling.messages.parts import Kind, Source

pytestmark = pytest.mark.asyncio


def publication(participant: str, source: Source = "camera") -> Publication:
    kind: Kind = "video" if source in ("camera", "screen") else "audio"
    return Publication(id=f"{participant}.{source}", participant=participant, source=source, kind=kind, muted=False)


def state(*people: tuple[str, str, str]) -> RoomState:
    """A room with people of these ids, persons and names, each with a camera."""
    everybody = [
        Participant(id=each, person=person, name=name, connection="connected", publications=[publication(each)])
        for each, person, name in people
    ]
    you = Participant(id="you", person="self", name="Bot", connection="connected")
    welcome = Welcome.model_construct(
        room=Room(id="r", code="c", title=""), rights=None, you=you, participants=everybody, chat=[], waiting=[]
    )
    return RoomState(welcome)


def slot(mid: str, carries: str | None = None) -> Slot:
    made = Slot(SlotDescription(mid, "video", 1, 2))
    made.publication = carries
    return made


ALONE = state(("a", "p1", "Ada"))


class Tracks:
    """An `Incoming` that notes what it asks for."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.asked: list[str] = []
        self.incoming = Incoming(lambda slot: self.asked.append(slot.mid), self.ended.append)


async def test_a_track_is_fed_from_the_slot_that_carries_its_publication_and_from_no_other() -> None:
    tracks, one, two = Tracks(), slot("v0", "a.camera"), slot("v1")
    track = tracks.incoming.open(publication("a"), [one, two], ALONE)
    assert (one.on_media, two.on_media) == (track.feed, None)
    two.publication = "a.camera"
    tracks.incoming.route(two)
    assert (one.on_media, two.on_media) == (None, track.feed)
    two.publication = "b.camera"
    tracks.incoming.route(two)
    assert two.on_media is None
    two.publication = "a.camera"
    tracks.incoming.route(two)
    track.stop()
    assert (two.on_media, tracks.ended, tracks.incoming.find("a.camera")) == (None, ["a.camera"], None)


async def test_tracks_end_with_their_publication_or_person() -> None:
    tracks = Tracks()
    first = tracks.incoming.open(publication("a"), [], ALONE)
    second = tracks.incoming.open(publication("a", "microphone"), [], ALONE)
    third = tracks.incoming.open(publication("b"), [], ALONE)
    tracks.incoming.ended("a.camera")
    tracks.incoming.ended("a.camera")
    assert [each.readyState for each in (first, second, third)] == ["ended", "live", "live"]
    assert tracks.incoming.of("a") == ["a.microphone"]
    assert not tracks.incoming.removed("a.microphone")
    assert [each.readyState for each in (first, second, third)] == ["ended", "ended", "live"]
    await tracks.incoming.close()
    assert third.readyState == "ended"
    assert tracks.ended == ["a.camera", "a.microphone", "b.camera"]


async def test_after_joining_again_tracks_are_matched_by_people_and_not_by_names() -> None:
    tracks = Tracks()
    before = state(("a", "p1", "Twin"), ("b", "p2", "Twin (2)"))
    one, two = (tracks.incoming.open(publication(each), [], before) for each in "ab")
    tracks.incoming.lose(before)
    after = state(("c", "p2", "Twin"), ("d", "p1", "Twin (2)"))
    for each in "cd":
        tracks.incoming.match(after, publication(each))
    assert tracks.incoming.find("c.camera") is two
    assert tracks.incoming.find("d.camera") is one
    tracks.incoming.give_up()
    assert tracks.ended == []


async def test_what_is_withdrawn_for_a_moment_while_everybody_comes_back_goes_on() -> None:
    tracks = Tracks()
    track = tracks.incoming.open(publication("a"), [], ALONE)
    tracks.incoming.lose(ALONE)
    again = state(("c", "p1", "Ada"))
    tracks.incoming.match(again, publication("c"))
    assert tracks.incoming.removed("c.camera")
    tracks.incoming.match(again, publication("c"))
    tracks.incoming.give_up("c.camera")
    assert tracks.incoming.find("c.camera") is track
    assert tracks.incoming.removed("c.camera")
    tracks.incoming.give_up("c.camera")
    assert track.readyState == "ended"


async def test_who_does_not_come_back_loses_the_track_in_the_end() -> None:
    tracks = Tracks()
    track = tracks.incoming.open(publication("a"), [], ALONE)
    tracks.incoming.lose(state(("a", "p1", "Ada")))
    tracks.incoming.match(state(("c", "p2", "Ada")), publication("c"))
    assert track.readyState == "live"
    tracks.incoming.give_up()
    assert track.readyState == "ended"
    with pytest.raises(Exception, match=r"^$"):
        await asyncio.wait_for(track.recv(), 1)


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ([("a", "p1", "Ada")], ("x", "p1", "Ada B."), True),
        ([("a", "p1", "Ada"), ("b", "p1", "Ada (2)")], ("x", "p1", "Ada (2)"), False),
        ([("a", "p1", "Ada"), ("b", "p1", "Ada (2)")], ("x", "p1", "Ada"), True),
        ([("a", "p1", "Ada")], ("x", "p2", "Ada"), False),
        ([("a", "", "Ada")], ("x", "", "Ada"), True),
        ([("a", "", "Ada")], ("x", "", "Bo"), False),
    ],
    ids=["renamed", "other device", "same device", "other person", "old server", "old server, other name"],
)
async def test_who_is_who(before: list[tuple[str, str, str]], now: tuple[str, str, str], same: bool) -> None:
    published = Published.find(state(*before), "a.camera")
    assert published is not None
    assert published.is_same(state(now), publication("x")) is same
    assert not published.is_same(state(now), publication("x", "screen"))
    assert Published.find(state(*before), "gone.camera") is None
