"""Every message of the clients and servers of released versions still means something to today's models."""

import json
from typing import Any

import pytest

from signaling import messages
from tests.recordings import RECORDINGS, missing, read

STEPS = [(name, number, step) for name in RECORDINGS for number, step in enumerate(read(name), 1)]


def steps(kind: str) -> list[Any]:
    return [pytest.param(step[kind], id=f"{name}:{number}") for name, number, step in STEPS if kind in step]


def test_the_recordings_are_there_and_hold_what_matters() -> None:
    assert {"page_0.1.0", "python_0.1.0"} <= set(RECORDINGS)
    sent = {step["send"]["type"] for name, _, step in STEPS if "send" in step and name == "page_0.1.0"}
    received = {
        step["receive"]["event"]["type"]
        for name, _, step in STEPS
        if "receive" in step and step["receive"]["type"] == "event" and name == "page_0.1.0"
    }
    kept = {"join", "resume", "offer", "publish", "unpublish", "mute", "watch", "chat", "hand", "react", "history"}
    assert sent == kept | {"moderate", "leave"}
    assert len(received) == 18


@pytest.mark.parametrize("request_", steps("send"))
def test_a_request_is_read_with_everything_in_it(request_: dict[str, Any]) -> None:
    parsed = messages.parse_client_message(json.dumps(request_))
    assert missing(request_, parsed.model_dump()) == []


@pytest.mark.parametrize("message", steps("receive"))
def test_a_message_of_the_server_keeps_its_fields(message: dict[str, Any]) -> None:
    """A field that a model lost is not in what it writes, though it was in what was recorded."""
    (parsed,) = messages.parse_server_messages(json.dumps(message))
    assert not isinstance(parsed, messages.Unknown)
    assert missing(message, json.loads(parsed.model_dump_json())) == []
