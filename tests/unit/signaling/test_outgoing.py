import json
from typing import Any

import pytest

from signaling import messages
from signaling.limits import MESSAGE_OVERHEAD
from signaling.mailbox import Body
from signaling.outgoing import (
    FRAME_BYTES,
    LONGEST_INTERVAL,
    PROMPT_BURST,
    PROMPTS_PER_SECOND,
    SECONDS_PER_PERSON,
    Outgoing,
    interval,
)

CROWD = range(300)


def body(text: str = "x", *, prompt: bool = False) -> Body:
    made = Body(messages.Reaction(participant="a", emoji=text))
    made.prompt = prompt
    return made


class Room:
    """Somebody's queue, whose frames are written as they are due."""

    def __init__(self, people: range | None = CROWD) -> None:
        self.queue = Outgoing()
        if people is not None:
            self.queue.gather(people)
        self.seq = 0
        self.frames: list[tuple[float, list[int] | str]] = []

    def event(self, now: float, *, prompt: bool = False, text: str = "x") -> None:
        self.seq += 1
        self.queue.put_event(self.seq, body(text, prompt=prompt), now)

    def write(self, now: float) -> None:
        while self.queue and self.queue.due(now) <= now:
            text = self.queue.take(now)
            self.frames.append((now, numbers(text) if text.startswith("{") else text))

    def pass_time(self, begin: float, end: float) -> None:
        """Write at the times for which timers would be set."""
        now = begin
        self.write(now)
        while self.queue and (now := self.queue.due(now)) <= end:
            self.write(now)


def numbers(text: str) -> list[int]:
    message: dict[str, Any] = json.loads(text)
    if message["type"] == "event":
        return [message["seq"]]
    return [seq for seq, _ in enumerate(message["events"], message["seq"])]


def test_after_a_quiet_time_an_event_goes_at_once_and_those_that_follow_go_together() -> None:
    room = Room()
    room.event(5.0)
    room.write(5.0)
    for now in (5.01, 5.05, 5.09):
        room.event(now)
        room.write(now)
    assert room.queue.due(5.09) == pytest.approx(5.1)
    room.pass_time(5.09, 5.2)
    room.event(9.0)
    room.write(9.0)
    assert room.frames == [(5.0, [1]), (pytest.approx(5.1), [2, 3, 4]), (9.0, [5])]


def test_what_happens_in_one_turn_of_the_loop_is_one_frame_from_the_first_on() -> None:
    room = Room(range(3))
    for _ in range(5):
        room.event(1.0)
    room.write(1.0)
    assert room.frames == [(1.0, [1, 2, 3, 4, 5])]
    assert (room.queue.bytes, len(room.queue)) == (0, 0)


def test_a_frame_of_events_is_what_the_protocol_describes() -> None:
    queue = Outgoing()
    queue.gather(CROWD)
    for seq in (7, 8):
        queue.put_event(seq, body("\N{GRINNING FACE}"), 0.0)
    event = messages.Reaction(participant="a", emoji="\N{GRINNING FACE}")
    assert queue.take(0.0) == messages.Events(seq=7, events=[event, event]).model_dump_json()
    queue.put_event(9, body("\N{GRINNING FACE}"), 0.0)
    assert queue.take(0.0) == messages.Event(seq=9, event=event).model_dump_json()


def test_the_interval_grows_with_the_room_up_to_a_limit() -> None:
    assert interval(0) == 0
    assert interval(2) == 2 * SECONDS_PER_PERSON < 0.005
    assert interval(50) == interval(1000) == LONGEST_INTERVAL
    people: list[int] = []
    queue = Outgoing()
    queue.gather(people)
    queue.put_event(1, body(), 1.0)
    queue.take(1.0)
    queue.put_event(2, body(), 1.0)
    people.extend(range(25))
    assert queue.due(1.0) == pytest.approx(1.05)


@pytest.mark.parametrize("rate", [5, 50, 1000])
def test_however_much_happens_frames_are_bounded_and_none_is_lost_or_changes_places(rate: int) -> None:
    room = Room()
    for number in range(10 * rate):
        now = number / rate
        room.event(now)
        room.pass_time(now, (number + 1) / rate - 1e-9)
    room.pass_time(10.0, 11.0)
    assert [seq for _, seqs in room.frames for seq in seqs] == list(range(1, 10 * rate + 1))
    assert len(room.frames) <= min(rate, 1 / LONGEST_INTERVAL) * 10 + 1


def test_a_reply_goes_at_once_and_events_before_it_go_first() -> None:
    room = Room()
    room.event(1.0)
    room.write(1.0)
    room.event(1.01)
    room.event(1.01)
    room.queue.put("reply")
    room.event(1.01)
    assert room.queue.hurried
    room.write(1.01)
    assert room.frames == [(1.0, [1]), (1.01, [2, 3]), (1.01, "reply")]
    assert room.queue.due(1.01) == pytest.approx(1.11)


def test_an_event_that_cant_wait_takes_the_others_along() -> None:
    room = Room()
    room.event(1.0)
    room.write(1.0)
    room.event(1.02)
    room.event(1.02, prompt=True)
    room.event(1.02)
    room.write(1.02)
    assert room.frames == [(1.0, [1]), (1.02, [2, 3, 4])]
    assert not room.queue.hurried


def test_events_that_cant_wait_are_gathered_too_once_there_are_too_many() -> None:
    room = Room()
    for number in range(1000):
        now = number / 100
        room.event(now, prompt=True)
        room.pass_time(now, now + 0.00999)
    room.pass_time(10.0, 11.0)
    assert sum(len(seqs) for _, seqs in room.frames) == 1000
    first = [now for now, _ in room.frames if now < 1]
    assert len(first) <= PROMPT_BURST + PROMPTS_PER_SECOND + 1 / LONGEST_INTERVAL
    assert len(room.frames) <= PROMPT_BURST + 10 * (PROMPTS_PER_SECOND + 1 / LONGEST_INTERVAL)


def test_a_backlog_goes_in_frames_of_bounded_size_without_a_pause() -> None:
    room = Room()
    room.queue.put("resumed")
    for _ in range(3000):
        room.event(1.0, text="x" * 50)
    texts = []
    while room.queue:
        assert room.queue.due(1.0) == 1.0
        texts.append(room.queue.take(1.0))
    assert texts[0] == "resumed"
    assert [seq for text in texts[1:] for seq in numbers(text)] == list(range(1, 3001))
    assert FRAME_BYTES / 3 < max(map(len, texts)) <= FRAME_BYTES
    assert len(texts) < 20


def test_an_event_longer_than_a_frame_should_be_goes_alone() -> None:
    queue = Outgoing()
    queue.gather(CROWD)
    long = Body(messages.ChatDeleted(message=10**4000))
    long.text += " " * FRAME_BYTES
    long.cost += FRAME_BYTES
    for seq, each in enumerate((body(), long, body()), 1):
        queue.put_event(seq, each, 1.0)
    assert [numbers(queue.take(1.0)) for _ in range(3)] == [[1], [2], [3]]
    assert queue.bytes == 0


def test_a_client_of_the_first_release_gets_each_event_at_once_and_alone() -> None:
    room = Room(None)
    for now in (1.0, 1.001, 1.001, 1.002):
        room.event(now)
        room.write(now)
    assert room.frames == [(1.0, [1]), (1.001, [2]), (1.001, [3]), (1.002, [4])]


def test_what_waits_is_counted_in_bytes() -> None:
    queue = Outgoing()
    queue.gather(CROWD)
    event = body()
    queue.put("\N{GRINNING FACE}")
    for seq in (1, 2):
        queue.put_event(seq, event, 0.0)
    assert queue.bytes == 4 + MESSAGE_OVERHEAD + 2 * event.cost
    queue.take(0.0)
    assert queue.bytes == 2 * event.cost
    queue.clear()
    assert (queue.bytes, len(queue), queue.hurried) == (0, 0, False)
