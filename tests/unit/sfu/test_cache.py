from sfu.cache import SIZE, PacketCache
from sfu.packet import Packet


def packet(seq: int) -> Packet:
    return Packet(96, 0, seq, 0, b"x", 0.0, {})


def test_the_latest_packets_are_found_over_the_end_of_the_numbers() -> None:
    cache = PacketCache()
    sequence = [seq & 0xFFFF for seq in range(65_536 - 2 * SIZE, 65_536 + SIZE)]
    kept = {seq: packet(seq) for seq in sequence}
    for seq in sequence:
        cache.put(kept[seq])
    for seq in sequence[-SIZE:]:
        assert cache.get(seq) is kept[seq]
    for seq in sequence[:-SIZE]:
        assert cache.get(seq) is None


def test_what_never_came_is_not_found() -> None:
    cache = PacketCache()
    assert cache.get(5) is None
    cache.put(packet(5))
    assert cache.get(5 + SIZE) is None
    assert cache.get(5) is not None
