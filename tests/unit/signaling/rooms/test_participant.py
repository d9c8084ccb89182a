from signaling import messages
from signaling.mailbox import Body
from signaling.messages import Rights
from signaling.rooms.participant import Participant, Person


def told(count: int) -> Participant:
    participant = Participant(Person("p", "Ada"), Rights())
    for number in range(count):
        participant.tell(messages.Reaction(participant="x", emoji=str(number)))
    return participant


def test_events_are_numbered_and_delivered_while_there_is_a_websocket() -> None:
    participant, seen = told(2), list[int]()
    participant.attach(lambda seq, _: seen.append(seq))
    participant.tell(messages.Reaction(participant="x", emoji="a"))
    assert seen == [3]
    participant.lose(print, 5.0)
    assert participant.attached
    assert participant.resume_until is None


def test_only_the_newest_websocket_can_detach() -> None:
    participant = told(0)

    def first(seq: int, body: Body) -> None: ...

    def second(seq: int, body: Body) -> None: ...

    participant.attach(first)
    participant.attach(second)
    participant.lose(first, 5.0)
    assert participant.attached
    participant.lose(second, 5.0)
    assert (participant.attached, participant.resume_until) == (False, 5.0)


def test_whoever_is_sent_away_is_told_why_where_there_is_a_websocket() -> None:
    participant, seen = told(0), list[str]()
    participant.end("removed")

    def deliver(seq: int, body: Body) -> None: ...

    participant.attach(deliver, seen.append)
    participant.end("removed")
    participant.detach(deliver)
    participant.end("removed")
    assert seen == ["removed"]


def test_tokens_and_ids_are_never_the_same() -> None:
    made = [Participant(Person("p", "Ada"), Rights()) for _ in range(50)]
    assert len({each.resume_token for each in made} | {each.id for each in made}) == 100
