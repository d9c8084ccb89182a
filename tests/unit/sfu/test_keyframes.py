import pytest

from sfu.keyframes import INTERVAL, KeyframeRequester


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
