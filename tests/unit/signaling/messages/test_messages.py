import json
from typing import Any

import pytest
from pydantic import ValidationError

from signaling import messages
from signaling.messages import MAX_MESSAGE_BYTES, BadMessageError
from tests import cpu_cost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type":"join","id":1,"token":"x"}', messages.Join(id=1, token="x")),
        ('{"type":"resume","id":1,"token":"x","last_event":0}', messages.Resume(id=1, token="x", last_event=0)),
        ('{"type":"offer","id":2,"sdp":"v=0"}', messages.Offer(id=2, sdp="v=0")),
        ('{"type":"mute","id":3,"source":"camera","muted":true}', messages.Mute(id=3, source="camera", muted=True)),
        ('{"type":"chat","id":4,"text":"hi"}', messages.Chat(id=4, text="hi")),
        ('{"type":"hand","id":5,"raised":false}', messages.Hand(id=5, raised=False)),
        ('{"type":"ping","id":0}', messages.Ping(id=0)),
        ('{"type":"leave","id":9007199254740991}', messages.Leave(id=2**53 - 1)),
        (
            '{"type":"watch","id":6,"slots":[{"slot":"4","publication":"a.camera","height":360}]}',
            messages.Watch(id=6, slots=[messages.SlotWatch(slot="4", publication="a.camera", height=360)]),
        ),
    ],
)
def test_requests_are_read(text: str, expected: messages.ClientMessage) -> None:
    assert messages.parse_client_message(text) == expected
    assert messages.parse_client_message(expected.model_dump_json()) == expected


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("", None),
        ("null", None),
        ("[]", None),
        ("{", None),
        ('{"type":"ping"}', None),
        ('{"type":"nothing","id":7}', 7),
        ('{"id":7}', 7),
        ('{"type":"ping","id":-1}', None),
        ('{"type":"ping","id":1.5}', None),
        ('{"type":"ping","id":9007199254740992}', None),
        ('{"type":"ping","id":7,"more":1}', 7),
        ('{"type":"chat","id":7,"text":""}', 7),
        ('{"type":"chat","id":7,"text":"\\ud800"}', None),
        ('{"type":"chat","id":7,"text":"x","client_id":""}', 7),
        ('{"type":"chat","id":7,"text":"x","client_id":"0123456789abcdef0123456789abcde"}', 7),
        ('{"type":"chat","id":7,"text":"x","client_id":"0123456789ABCDEF0123456789abcdef"}', 7),
        ('{"type":"chat","id":7,"text":"x","client_id":"0123456789abcdef0123456789abcdef\\n"}', 7),
        ('{"type":"mute","id":7,"source":"kitchen","muted":true}', 7),
        ('{"type":"offer","id":7,"sdp":5}', 7),
        ('{"type":"watch","id":7,"slots":[{"slot":"a b"}]}', 7),
        ('{"type":"watch","id":7,"slots":[{"slot":"v","height":-1}]}', 7),
        ("[" * 100_000, None),
        ('{"type":' * 1000, None),
        (b"\xff\xfe", None),
    ],
)
def test_what_is_no_request_is_refused_and_its_id_found(text: str | bytes, identifier: int | None) -> None:
    with pytest.raises(BadMessageError) as caught:
        messages.parse_client_message(text)
    assert caught.value.id == identifier
    assert 0 < len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("kind", "field", "size"),
    [("chat", "text", 4001), ("offer", "sdp", 200_001), ("join", "token", 4097), ("react", "emoji", 17)],
)
def test_texts_are_bounded(kind: str, field: str, size: int) -> None:
    with pytest.raises(BadMessageError):
        messages.parse_client_message(json.dumps({"type": kind, "id": 1, field: "x" * size}))
    assert messages.parse_client_message(json.dumps({"type": kind, "id": 1, field: "x" * (size - 1)}))


def test_lists_are_bounded() -> None:
    slots = [{"slot": str(number)} for number in range(65)]
    with pytest.raises(BadMessageError):
        messages.parse_client_message(json.dumps({"type": "watch", "id": 1, "slots": slots}))


def test_a_server_s_message_comes_back() -> None:
    event = messages.Event(seq=1, event=messages.SlotChanged(slot="v0", publication=None, why="hidden"))
    for message in (event, messages.Ok(id=1), messages.Error(id=None, code="bad_message", message="No.")):
        assert messages.parse_server_messages(message.model_dump_json()) == [message]
    with pytest.raises(BadMessageError):
        messages.parse_server_messages("{}")


HAND = messages.Reaction(participant="a", emoji="x")
PARTICIPANT = {"id": "a", "name": "Ada", "connection": "teleporting", "aura": "green"}
CAMERA = {"id": "a.camera", "participant": "a", "source": "third_eye", "kind": "scent", "muted": False, "new": [1]}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "participant.joined", "participant": {**PARTICIPANT, "publications": [CAMERA]}, "more": None},
        {"type": "participant.updated", "participant": "a", "name": "A", "connection": "asleep", "hand": True},
        {"type": "participant.left", "participant": "a", "why": "evaporated"},
        {"type": "publication.added", "publication": CAMERA},
        {"type": "slot", "slot": "v0", "publication": None, "why": "eclipse", "scent": "rose"},
        {"type": "quality", "participant": "a", "quality": "splendid", "loss": 0},
        {"type": "room.updated", "room": {"id": "r", "code": "c", "title": "t", "access": "sesame", "smoking": False}},
        {"type": "unmute.asked", "source": "third_eye", "by": "Ada"},
        {"type": "bye", "why": "eclipse"},
    ],
)
def test_a_client_takes_what_a_later_server_adds_to_an_event(event: dict[str, Any]) -> None:
    text = json.dumps({"type": "event", "seq": 7, "event": event, "at": 1.5})
    (message,) = messages.parse_server_messages(text)
    assert isinstance(message, messages.Event)
    assert message.event.type == event["type"]
    for name in ("why", "quality", "connection", "source"):
        assert getattr(message.event, name, None) == event.get(name)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"type": "event", "seq": 7, "event": {"type": "moon.rises", "over": {"the": "sea"}}}, messages.Unknown(7)),
        ({"type": "ok", "id": 3, "result": {"type": "prophecy", "text": "?"}, "took": 1}, messages.Ok(id=3)),
        ({"type": "notice", "text": "?"}, messages.Unknown()),
        ({"type": "notice", "seq": 7}, messages.Unknown()),
        ({"type": 5}, messages.Unknown()),
    ],
)
def test_a_client_takes_kinds_of_messages_that_a_later_server_adds(message: Any, expected: object) -> None:
    assert messages.parse_server_messages(json.dumps(message)) == [expected]


def test_events_that_come_together_are_read_one_by_one_and_only_the_unknown_ones_are_skipped() -> None:
    left = {"type": "participant.left", "participant": "a", "why": "evaporated"}
    one, other = messages.Event(seq=7, event=HAND), messages.Event(seq=8, event=HAND)
    text = messages.Events(seq=7, events=[HAND, HAND]).model_dump_json()
    assert messages.parse_server_messages(text) == [one, other]
    later = {"type": "events", "seq": 7, "events": [HAND.model_dump(), {"type": "moon.rises"}, left], "new": 1}
    first, unknown, last = messages.parse_server_messages(json.dumps(later))
    assert (first, unknown) == (one, messages.Unknown(8))
    assert isinstance(last, messages.Event)
    assert (last.seq, last.event.type) == (9, "participant.left")


def test_a_client_takes_an_error_with_a_code_that_it_does_not_know() -> None:
    (error,) = messages.parse_server_messages(
        '{"type":"error","id":3,"code":"full_moon","message":"No.","retry_after":2}'
    )
    assert isinstance(error, messages.Error)
    assert (error.id, error.code, error.message) == (3, "full_moon", "No.")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "event", "seq": 0, "event": {"type": "moon.rises"}},
        {"type": "event", "event": {"type": "moon.rises"}},
        {"type": "event", "seq": 7},
        {"type": "event", "seq": 7, "event": {}},
        {"type": "event", "seq": 7, "event": {"type": "participant.left", "participant": "a", "why": 5}},
        {"type": "event", "seq": 7, "event": {"type": "speakers", "participants": "a"}},
        {"type": "events", "seq": 7},
        {"type": "events", "seq": 7, "events": []},
        {"type": "events", "seq": 7, "events": [{}]},
        {"type": "events", "seq": 0, "events": [{"type": "moon.rises"}]},
        {"type": "events", "seq": 7, "events": [{"type": "moon.rises"}, {"type": "bye"}]},
        {"type": "ok"},
        {"type": "ok", "id": None, "result": {"type": "prophecy"}},
        {"id": 1},
        [],
    ],
)
def test_a_message_that_lacks_what_every_version_has_is_refused(message: Any) -> None:
    with pytest.raises(BadMessageError):
        messages.parse_server_messages(json.dumps(message))


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "chat", "id": 7, "text": "hi", "aloud": True},
        {"type": "mute", "id": 7, "source": "third_eye", "muted": True},
        {"type": "watch", "id": 7, "slots": [{"slot": "v0", "hue": 1}]},
        {"type": "moderate", "id": 7, "action": {"do": "mute", "participant": "a", "source": "camera", "for": 5}},
        {"type": "moderate", "id": 7, "action": {"do": "mute_all", "source": "third_eye"}},
        {"type": "moderate", "id": 7, "action": {"do": "levitate"}},
        {"type": "prophesy", "id": 7},
    ],
)
def test_a_server_refuses_what_it_does_not_know(request_: dict[str, Any]) -> None:
    with pytest.raises(BadMessageError) as caught:
        messages.parse_client_message(json.dumps(request_))
    assert caught.value.id == 7


def test_a_server_can_not_send_what_is_not_in_the_protocol() -> None:
    with pytest.raises(ValidationError):
        messages.Bye(why="eclipse")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        messages.Ok(id=1, took=1)  # type: ignore[call-arg]


def _values(head: str, value: str, tail: str) -> str:
    return head + ",".join([value] * ((MAX_MESSAGE_BYTES - len(head) - len(tail)) // (len(value) + 1))) + tail


@pytest.mark.parametrize(
    "text",
    [
        _values('{"type":"ping","id":1,', '"a":0', "}"),
        '{"type":"ping","id":1,' + ",".join(f'"a{number}":0' for number in range(4_000)) + "}",
        '{"type":"moderate","id":1,"action":{"do":"mute",' + ",".join(f'"a{n}":0' for n in range(4_000)) + "}}",
        _values('{"type":"watch","id":1,"slots":[', "{}", "]}"),
        _values('{"type":"publish","id":1,"mid":"1","source":"camera","encodings":[', '{"x":1}', "]}"),
        _values("[", "1", "]"),
        "[" * MAX_MESSAGE_BYTES,
        '{"type":"ping","id":' + "9" * 250_000 + "}",
        '{"type":"' + "x" * 250_000 + '","id":1}',
        '{"type":"ping","id":1,"' + "x" * 250_000 + '":1}',
        '{"type":"chat","id":1,"text":"' + "\\ud83d\\ude00" * 20_000 + '"}',
    ],
    ids=lambda text: text[:40],
)
def test_no_message_takes_long_to_refuse_and_reasons_are_short(text: str) -> None:
    def read() -> str:
        with pytest.raises(BadMessageError) as caught:
            messages.parse_client_message(text)
        return str(caught.value)

    assert 0 < len(read()) <= 200
    assert cpu_cost.microseconds(read) < cpu_cost.limit(5_000)


def test_the_longest_messages_are_read() -> None:
    text = json.dumps({"type": "chat", "id": 1, "text": "," * 4_000})
    assert isinstance(messages.parse_client_message(text), messages.Chat)
    slot = {"slot": "x" * 16, "publication": "y" * 64, "height": 1, "priority": 1}
    assert isinstance(
        messages.parse_client_message(json.dumps({"type": "watch", "id": 1, "slots": [slot] * 64})), messages.Watch
    )
