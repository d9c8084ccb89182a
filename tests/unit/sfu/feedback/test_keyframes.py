import itertools

import pytest

from sfu.feedback.keyframes import (
    BURST,
    INTERVAL,
    MAX_INTERVAL,
    PATIENCE,
    SHARE,
    STRAINED_INTERVAL,
    TRIES,
    KeyframeRequester,
)


def test_any_number_of_wishes_is_one_request_an_interval() -> None:
    requester = KeyframeRequester()
    sent = []
    for step in range(3000):
        requester.want()
        if requester.poll(step / 1000):
            sent.append(step / 1000)
    assert sent == pytest.approx([0.0, INTERVAL, 2 * INTERVAL, 3 * INTERVAL, 4 * INTERVAL, 5 * INTERVAL])


def test_a_request_is_repeated_until_a_keyframe_has_come() -> None:
    requester = KeyframeRequester()
    assert requester.timeout() is None
    requester.want()
    assert requester.poll(10.0)
    assert requester.timeout() == 10.0 + INTERVAL
    assert not requester.poll(10.4)
    assert requester.poll(10.5)
    requester.received()
    assert requester.timeout() is None
    assert not requester.poll(20.0)


def test_a_wish_right_after_a_keyframe_still_waits_for_the_interval() -> None:
    requester = KeyframeRequester()
    requester.want()
    assert requester.poll(1.0)
    requester.received()
    requester.want()
    assert not requester.poll(1.2)
    assert requester.poll(1.5)


def test_a_wish_that_nobody_renews_ends() -> None:
    requester = KeyframeRequester()
    requester.want()
    sent = [step / 10 for step in range(600) if requester.poll(step / 10)]
    assert sent == pytest.approx([number * INTERVAL for number in range(TRIES)])
    assert requester.timeout() is None
    requester.want()
    assert requester.poll(60.0)


def test_a_sender_that_never_answers_is_asked_less_and_less() -> None:
    requester = KeyframeRequester()
    sent = []
    for step in range(1200):
        requester.want()
        if requester.poll(step / 10):
            sent.append(step / 10)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert gaps[: PATIENCE - 1] == pytest.approx([INTERVAL] * (PATIENCE - 1))
    assert gaps == sorted(gaps)
    assert gaps[-5:] == pytest.approx([MAX_INTERVAL] * 5)
    requester.received()
    requester.want()
    assert requester.poll(200.0)
    assert requester.timeout() == 200.0 + INTERVAL


def test_the_silence_of_a_muted_sender_is_not_held_against_it() -> None:
    requester = KeyframeRequester()
    for step in range(600):
        requester.want()
        requester.poll(step / 10, sending=False)
    requester.want()
    assert requester.poll(60.5)


def requests_in(seconds: float, size: int, rate: int) -> int:
    """How many keyframes are requested of an encoder of that bitrate (bytes per second) that everyone asks always."""
    requester = KeyframeRequester()
    octets = 0
    for step in range(round(seconds * 20)):
        octets += rate // 20
        requester.want()
        if requester.poll(step / 20, octets=octets, size=size):
            requester.received()
    return requester.requests


def test_keyframes_that_are_asked_for_without_end_take_a_share_of_the_bitrate() -> None:
    # A twentieth of a second's bytes: as often as is allowed at all.
    assert requests_in(30, size=10_000, rate=200_000) == 60
    # Keyframes of 60 kB in 1.6 Mbit/s: a burst, then a quarter of the bytes.
    count = requests_in(60, size=60_000, rate=200_000)
    assert count > BURST
    assert count * 60_000 <= BURST * 60_000 + (SHARE + 0.05) * 60 * 200_000
    # However large they are, nobody waits longer than this.
    assert 60 / STRAINED_INTERVAL <= requests_in(60, size=1_000_000, rate=10_000) <= 60 / STRAINED_INTERVAL + BURST


def test_after_a_pause_a_burst_of_keyframes_is_allowed_again() -> None:
    requester = KeyframeRequester()
    at = []
    for now, octets in ((0.0, 0), (60.0, 12_000_000)):
        for step in range(40):
            requester.want()
            if requester.poll(now + step / 10, octets=octets + step * 20_000, size=60_000):
                requester.received()
                at.append(now + step / 10)
    first = [time for time in at if time < 60]
    assert [round(time - first[0], 1) for time in first[:BURST]] == [0.0, 0.5, 1.0, 1.5]
    assert len(at) == 2 * len(first)


def test_a_request_that_is_put_off_is_made_later() -> None:
    requester = KeyframeRequester()
    requester.want()
    requester.put_off(1.1)
    assert not requester.due(1.0)
    assert requester.timeout() == 1.1
    assert requester.poll(1.1)
    requester.put_off(1.2)
    assert requester.timeout() == 1.1 + INTERVAL, "nor is it made earlier"
