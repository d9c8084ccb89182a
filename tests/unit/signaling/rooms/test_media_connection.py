"""What a participant's media connection goes through, seen from the room: made, ended, made again."""

import asyncio
import re
from collections.abc import Generator
from typing import cast

import pytest

from sfu.endpoint import Endpoint
from sfu.plane import MediaAnswer, PauseReason, SlotChanged
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import CONSENT_TIMEOUT, Credentials
from sfu.wire.rtp import Mid
from sfu.wire.stun import Address
from signaling.client.offer import build_offer, read_answer
from signaling.errors import RoomError
from signaling.messages import Publish
from signaling.rooms.media_connection import MediaConnection
from signaling.rooms.room import Room
from tests.coroutines import at_once
from tests.unit.signaling.people import CERTIFICATE, PORT, Someone, make_room, plane_of

RELAY = ("192.0.2.1", PORT)
CLIENT: Address = ("198.51.100.1", 40_000)


class Media:
    """A client's peer connection: its offers, and its packets to and from the relay."""

    def __init__(
        self, room: Room, someone: Someone, session: str = "77", certificate: Certificate = CERTIFICATE
    ) -> None:
        self.room, self.someone, self.session = room, someone, session
        self.endpoint = Endpoint(certificate)

    def text(self) -> str:
        """An offer."""
        local, certificate = self.endpoint.local, self.endpoint.certificate
        text = build_offer(local, certificate.fingerprint, audio_slots=1, video_slots=1, simulcast=False)
        return re.sub(r"o=- \d+ ", f"o=- {self.session} ", text)

    def offer(self, now: float) -> str:
        """Make an offer; the ICE user name in its answer."""
        plane_of(self.room).now = now
        answer = read_answer(at_once(self.room.offer(self.someone.participant, self.text(), [RELAY[0]])))
        if self.endpoint.remote is None:
            self.endpoint.connect(answer.remote, answer.fingerprint, RELAY, now)
        return answer.remote.ufrag

    def connect(self, now: float) -> None:
        """Carry packets both ways until the connection stands."""
        relay = plane_of(self.room).relay
        for _ in range(10):
            for datagram in self.endpoint.outgoing:
                relay.buffer.data[: len(datagram)] = datagram
                relay.receive(len(datagram), CLIENT, now)
            self.endpoint.outgoing.clear()
            relay.flush(now, lambda data, *_: self.endpoint.receive(bytes(data), now))
        assert self.endpoint.connected
        settle(self.room, now)

    def goodbye(self, now: float) -> None:
        """Close it from this side."""
        self.endpoint.close()
        relay = plane_of(self.room).relay
        for datagram in self.endpoint.outgoing:
            relay.buffer.data[: len(datagram)] = datagram
            relay.receive(len(datagram), CLIENT, now)
        settle(self.room, now)


def settle(room: Room, now: float) -> None:
    """Let time pass for the relay, and tell the room what has changed."""
    plane_of(room).pass_time(now)


def connected() -> tuple[Room, Someone, Media, str]:
    room = make_room()
    ada = Someone(room, "ada")
    media = Media(room, ada)
    ufrag = media.offer(0.0)
    media.connect(0.1)
    assert ada.participant.media.lives
    return room, ada, media, ufrag


def test_who_was_silent_for_too_long_is_told_and_can_t_go_on_with_that_connection() -> None:
    room, ada, media, ufrag = connected()
    settle(room, 0.2 + CONSENT_TIMEOUT)
    assert ada.told("media.closed") == [{"type": "media.closed", "ice_ufrag": ufrag, "why": "silent"}]
    assert ada.participant.connection == "lost"
    assert not ada.participant.media.lives
    media.endpoint.local = Credentials.generate()  # an ICE restart
    for _ in range(2):
        with pytest.raises(RoomError) as caught:
            media.offer(40.0)
        assert caught.value.code == "media_closed"


def test_a_new_peer_connection_takes_the_place_of_the_one_that_ended() -> None:
    room, ada, _, _ = connected()
    settle(room, 0.2 + CONSENT_TIMEOUT)
    again = Media(room, ada, session="78")  # programs may use one certificate for all their connections
    again.offer(40.0)
    again.connect(40.1)
    assert ada.participant.connection == "connected"
    assert ada.participant.media.lives
    assert len(ada.told("media.closed")) == 1


def test_the_event_names_the_connection_as_its_latest_answer_did() -> None:
    _, ada, media, first = connected()
    media.endpoint.local = Credentials.generate()
    restarted = media.offer(1.0)
    assert restarted != first
    media.goodbye(2.0)
    assert ada.told("media.closed") == [{"type": "media.closed", "ice_ufrag": restarted, "why": "closed"}]


def test_a_connection_that_never_came_about_stands_in_nobody_s_way() -> None:
    room = make_room()
    ada = Someone(room, "ada")
    media = Media(room, ada)
    media.offer(0.0)
    settle(room, 31.0)
    assert [event["why"] for event in ada.told("media.closed")] == ["silent"]
    media.endpoint.remote = None
    media.offer(32.0)
    media.connect(32.1)
    assert ada.participant.connection == "connected"


class _Nothing:
    """Never comes."""

    def __await__(self) -> Generator[None, None, MediaAnswer]:
        yield
        raise AssertionError("it was cancelled")


def test_without_an_answer_nothing_is_left_of_the_connection_and_its_client_has_to_make_another() -> None:
    room, ada, media, _ = connected()
    ben = Someone(room, "ben")
    room.publish(ada.participant, Publish(id=1, mid="1", source="camera"))
    plane = plane_of(room)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plane, "connect", lambda *_: _Nothing())
        offering = room.offer(ada.participant, media.text(), [RELAY[0]])
        offering.send(None)
        with pytest.raises(asyncio.CancelledError):
            offering.throw(asyncio.CancelledError())
    assert plane.relay.transports == []
    assert [event["connection"] for event in ben.told("participant.updated")] == ["lost"]
    assert len(ben.told("publication.removed")) == 1
    assert ada.participant.publications == {}
    with pytest.raises(RoomError) as caught:
        media.offer(2.0)
    assert caught.value.code == "media_closed"
    again = Media(room, ada, session="78")
    again.offer(3.0)
    again.connect(3.1)
    assert ben.told("participant.updated")[-1]["connection"] == "connected"


def test_a_connection_that_the_room_ended_or_replaced_is_not_told_of() -> None:
    room, ada, _, _ = connected()
    before = plane_of(room).transport(room, ada.participant)
    Media(room, ada, session="78", certificate=Certificate()).offer(1.0)
    assert plane_of(room).transport(room, ada.participant) is not before
    settle(room, 2.0)
    ada.leaves()
    settle(room, 40.0)
    assert ada.told("media.closed") == []


def test_a_slot_shows_another_publication_only_when_it_changes() -> None:
    media = MediaConnection()
    assert [media.shows(Mid("4"), each) for each in ("a", "a", "b", None, None, "b")] == [
        True, False, True, False, False, True,
    ]  # fmt: skip
    assert media.shows(Mid("5"), "b")
    media.drop()
    assert media.shows(Mid("4"), "b")


def test_only_an_event_that_gives_a_slot_another_publication_cant_wait() -> None:
    room = make_room()
    someone = Someone(room, "ada")
    media = someone.participant.media
    media.epoch = 1
    before = someone.participant.last_event
    for publication, layer, why in (("x", "q", None), ("x", "h", None), ("x", None, "bandwidth"), ("y", "q", None)):
        room.take(SlotChanged("id", someone.id, 1, Mid("4"), publication, layer, cast(PauseReason | None, why)))
    told = someone.participant.missed(before)
    assert [body.prompt for _, body in told] == [True, False, False, True]
