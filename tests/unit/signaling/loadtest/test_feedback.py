"""Transport-wide feedback of lean clients."""

import random

from sfu.wire import rtcp
from signaling.loadtest.feedback import MAX_GAP, LeanFeedback


def told(packets: list[bytes]) -> dict[int, int | None]:
    """Numbers and their arrivals."""
    found: dict[int, int | None] = {}
    for packet in packets:
        (feedback,) = rtcp.parse(packet)
        assert isinstance(feedback, rtcp.TransportFeedback)
        found.update({(feedback.base_seq + n) & 0xFFFF: each for n, each in enumerate(feedback.arrivals)})
    return found


def test_every_packet_is_told_of_once_with_its_arrival() -> None:
    feedback, chance = LeanFeedback(), random.Random(5)
    sent = [(65_000 + n) & 0xFFFF for n in range(2000)]
    arrived = {number: 4 * n for n, number in enumerate(sent) if chance.random() > 0.1}
    found: dict[int, int | None] = {}
    for n, number in enumerate(sent):
        if number in arrived:
            feedback.note(number, arrived[number])
        if n % 450 == 449:
            found.update(told(feedback.build(1, 2)))
    found.update(told(feedback.build(1, 2)))
    first, last = min(n for n in range(2000) if sent[n] in arrived), max(n for n in range(2000) if sent[n] in arrived)
    for number in sent[first : last + 1]:
        assert found[number] == arrived.get(number)


def test_packets_out_of_order_are_put_in_order() -> None:
    feedback = LeanFeedback()
    for number, arrival in ((10, 100), (13, 101), (11, 102), (12, 103)):
        feedback.note(number, arrival)
    assert told(feedback.build(1, 2)) == {10: 100, 11: 102, 12: 103, 13: 101}


def test_a_large_gap_begins_anew() -> None:
    feedback = LeanFeedback()
    feedback.note(10, 100)
    feedback.note(11 + MAX_GAP + 1, 101)
    assert told(feedback.build(1, 2)) == {112: 101}


def test_what_is_late_changes_nothing() -> None:
    feedback = LeanFeedback()
    feedback.note(10, 100)
    feedback.build(1, 2)
    feedback.note(9, 101)
    assert feedback.build(1, 2) == []
