import json

import pytest

from signaling import messages
from signaling.messages import BadMessageError


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
        assert messages.parse_server_message(message.model_dump_json()) == message
    with pytest.raises(BadMessageError):
        messages.parse_server_message("{}")
