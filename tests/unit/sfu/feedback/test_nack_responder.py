from sfu.feedback.nack_responder import BURST, LEAST, MIN_INTERVAL, SHARE, NackResponder


def test_a_packet_is_sent_again_once_a_round_trip() -> None:
    responder = NackResponder()
    assert responder.allow(1, 7, 100, 0.0, 0.1)
    assert not responder.allow(1, 7, 100, 0.05, 0.1)
    assert responder.allow(1, 8, 100, 0.05, 0.1)
    assert responder.allow(2, 7, 100, 0.05, 0.1)
    assert responder.allow(1, 7, 100, 0.09, 0.1)


def test_without_a_round_trip_there_is_a_least_interval() -> None:
    responder = NackResponder()
    assert responder.allow(1, 7, 100, 0.0, 0.0)
    assert not responder.allow(1, 7, 100, MIN_INTERVAL * 0.9, 0.0)
    assert responder.allow(1, 7, 100, MIN_INTERVAL, 0.0)


def test_what_is_sent_again_is_a_burst_and_then_a_share_of_the_media() -> None:
    responder = NackResponder()
    sent = 0
    for step in range(200_000):
        responder.earned(step * 10)
        if responder.allow(1, step & 0xFFFF, 1000, step / 100, 0.0):
            sent += 1000
    assert BURST + SHARE * 1_900_000 < sent <= BURST + SHARE * 2_000_000


def test_a_burst_is_not_saved_up() -> None:
    responder = NackResponder()
    responder.earned(1 << 30)
    sent = sum(responder.allow(1, seq, 1000, 0.0, 0.0) for seq in range(1000))
    assert sent == BURST // 1000


def test_what_is_remembered_is_bounded() -> None:
    responder = NackResponder()
    for seq in range(5000):
        responder.allow(1, seq, 1, 0.0, 0.0)
    assert len(responder._recent) <= 256


def test_a_tiny_packet_counts_for_the_work_that_it_makes() -> None:
    responder = NackResponder()
    assert not responder.exhausted
    sent = sum(responder.allow(1, seq, 1, 0.0, 0.0) for seq in range(10_000))
    assert sent == BURST // LEAST
    assert responder.exhausted
    responder.earned(2 * LEAST)
    assert not responder.exhausted
