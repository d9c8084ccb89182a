from sfu.sent import MAX_BYTES, SentPackets


def test_the_latest_packets_are_kept_up_to_a_number_of_bytes() -> None:
    sent = SentPackets()
    for number in range(200_000):
        sent.put(1 + number % 2, number, number.to_bytes(4) * 300)
        assert sent.octets <= MAX_BYTES
    last = 199_999
    kept = MAX_BYTES // 1200
    assert sent.get(1 + last % 2, last) == last.to_bytes(4) * 300
    assert sent.get(1 + (last - kept + 1) % 2, (last - kept + 1) & 0xFFFF) is not None
    assert sent.get(1 + (last - kept) % 2, last - kept) is None
    assert sent.get(1, last) is None  # the number of another stream


def test_a_number_that_comes_round_again_names_the_newer_packet() -> None:
    sent = SentPackets()
    sent.put(1, 5, b"old")
    sent.put(1, 5 + 65_536, b"newer")
    assert sent.get(1, 5) == b"newer"
    assert sent.octets == 5
