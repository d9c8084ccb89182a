import pytest

from signaling import limits, messages
from signaling.limits import MESSAGE_OVERHEAD, RESUME_BYTES
from signaling.mailbox import Backlog, Backlogs, Body, CannotResumeError, Mailbox

EVENT = messages.Reaction(participant="x", emoji="\N{THUMBS UP SIGN}")
BIG = messages.ChatDeleted(message=10**4000)
"""Some 4 kB."""


def mailbox(count: int = 0, event: messages.EventBody = EVENT, backlog: Backlog | None = None) -> Mailbox:
    made = Mailbox(Backlog() if backlog is None else backlog)
    for _ in range(count):
        made.tell(event)
    return made


Numbered = list[tuple[int, Body]]


def numbers(events: Numbered) -> list[int]:
    return [seq for seq, _ in events]


def test_an_event_is_the_message_that_the_protocol_describes() -> None:
    made, seen = mailbox(6), Numbered()
    made.attach(lambda *event: seen.append(event))
    made.tell(EVENT)
    ((seq, body),) = seen
    assert body.numbered(seq) == messages.Event(seq=7, event=EVENT).model_dump_json()
    assert seen == made.missed(6)


def test_a_body_costs_at_least_as_much_as_any_message_that_it_is_sent_in() -> None:
    for event in (EVENT, BIG):
        body = Body(event)
        assert len(body.numbered(2**53).encode()) + MESSAGE_OVERHEAD <= body.cost


@pytest.mark.parametrize(("last", "expected"), [(0, [1, 2, 3]), (1, [2, 3]), (3, [])])
def test_missed_events_are_kept(last: int, expected: list[int]) -> None:
    assert numbers(mailbox(3).missed(last)) == expected


@pytest.mark.parametrize(("count", "last"), [(3, 4), (0, 1), (3, -1)])
def test_events_that_were_never_told_cant_be_resumed_from(count: int, last: int) -> None:
    with pytest.raises(CannotResumeError):
        mailbox(count).missed(last)


def test_kept_events_are_bounded_in_bytes_and_what_is_gone_is_refused() -> None:
    made = mailbox(1000, BIG)
    assert 200 < made.kept < 1000
    first = made.last_event - made.kept + 1
    missed = made.missed(first - 1)
    assert numbers(missed) == list(range(first, 1001))
    sizes = [limits.size_of(body.numbered(seq)) + MESSAGE_OVERHEAD for seq, body in missed]
    assert RESUME_BYTES * 0.9 < sum(sizes) <= RESUME_BYTES
    with pytest.raises(CannotResumeError):
        made.missed(first - 2)


def test_a_body_that_many_are_told_counts_once() -> None:
    server = Backlogs()
    backlog = Backlog(server)
    boxes = [mailbox(backlog=backlog) for _ in range(100)]
    body = Body(BIG)
    for box in boxes:
        box.tell_body(body)
    assert body.cost < server.bytes == backlog.bytes < 4 * body.cost
    for box in boxes:
        box.close()
    assert (server.bytes, backlog.bytes, body.keepers, server.rooms) == (0, 0, 0, {})


def test_the_room_that_keeps_most_gives_way_when_the_server_keeps_too_much() -> None:
    server = Backlogs(limit=100_000)
    small, large = Backlog(server), Backlog(server)
    quiet = mailbox(3, BIG, small)
    for _ in range(200):
        loud = mailbox(backlog=large)
        loud.tell(BIG)
        assert server.bytes <= server.limit
    assert len(quiet.missed(0)) == 3
    assert large.bytes > small.bytes


def test_nothing_is_kept_for_who_has_left_but_a_goodbye_still_arrives() -> None:
    backlog = Backlog()
    made, seen = mailbox(3, backlog=backlog), Numbered()
    made.attach(lambda *event: seen.append(event))
    made.close()
    made.tell(messages.Bye(why="left"))
    made.close()
    assert numbers(seen) == [4]
    assert (made.kept, backlog.bytes, backlog.mailboxes) == (0, 0, {})
    with pytest.raises(CannotResumeError):
        made.missed(3)
