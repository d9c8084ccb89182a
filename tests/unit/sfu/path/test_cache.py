import gc

from sfu.path.cache import KEPT_PACKETS, KEPT_SECONDS, SIZE, PacketCache
from sfu.wire.packet import Packet

EXTENSIONS = {"audio level": b"x", "capture time": b"", "rotation": b"\x01"}
FIELDS = (
    *("arrival", "extensions", "keyframe", "marker", "payload", "payload_type", "picture", "place", "seq", "timestamp"),
)


def packet(seq: int) -> Packet:
    made = Packet(96, 1, seq, seq * 3000, b"x%d" % seq, seq / 100, dict(list(EXTENSIONS.items())[: seq % 4]))
    made.keyframe, made.picture, made.padding = seq % 3 == 0, (1, seq, 3, seq & 255) if seq & 2 else None, 7
    made.place = seq * 7 & 0x3FFF
    return made


def same(one: Packet | None, other: Packet) -> bool:
    return one is not None and all(getattr(one, name) == getattr(other, name) for name in FIELDS)


def test_the_latest_packets_are_found_over_the_end_of_the_numbers() -> None:
    cache = PacketCache()
    sequence = [seq & 0xFFFF for seq in range(65_536 - 2 * SIZE, 65_536 + SIZE)]
    kept = {seq: packet(seq) for seq in sequence}
    for seq in sequence:
        cache.put(kept[seq])
    for seq in sequence[-SIZE:]:
        assert same(cache.get(seq), kept[seq])
    for seq in sequence[:-SIZE]:
        assert cache.get(seq) is None


def test_what_never_came_is_not_found() -> None:
    cache = PacketCache()
    assert cache.get(5) is None
    cache.put(packet(5))
    assert cache.get(5 + SIZE) is None
    assert cache.get(5) is not None


def test_what_is_kept_is_nothing_that_the_garbage_collector_visits_again() -> None:
    gc.collect()
    before, caches = len(gc.get_objects()), [PacketCache() for _ in range(10)]
    for cache in caches:
        for seq in range(SIZE):
            cache.put(packet(seq))
    gc.collect()
    assert len(gc.get_objects()) - before < 100


def filled(count: int, interval: float) -> PacketCache:
    cache = PacketCache()
    for seq in range(count):
        cache.put(Packet(96, 0, seq, 0, b"x", seq * interval, {}))
        if seq % 50 == 49:
            cache.trim(seq, seq * interval)
    return cache


def kept(cache: PacketCache, count: int) -> list[int]:
    return [seq for seq in range(count) if cache.get(seq) is not None]


def test_old_packets_of_a_slow_stream_are_let_go_of() -> None:
    cache = filled(2000, interval=0.02)
    cache.trim(1999, 1999 * 0.02)
    assert kept(cache, 2000) == list(range(1999 - round(KEPT_SECONDS / 0.02), 2000))


def test_the_latest_packets_stay_however_old() -> None:
    cache = filled(2000, interval=0.02)
    cache.trim(1999, 1e6)
    assert kept(cache, 2000) == list(range(2000 - KEPT_PACKETS, 2000))
    cache.put(Packet(96, 0, 2000, 0, b"x", 1e6, {}))
    cache.trim(2000, 1e6 + 1)
    assert kept(cache, 2001)[-1] == 2000


def test_gaps_and_jumps_do_not_stop_trimming() -> None:
    cache = PacketCache()
    for seq in [*range(0, 300, 3), *range(50_000, 50_300, 3)]:
        cache.put(Packet(96, 0, seq, 0, b"x", 0.0, {}))
    cache.trim(50_297, 10.0)
    latest = list(range(50_000, 50_300, 3))[-(KEPT_PACKETS // 3) :]
    assert kept(cache, 50_300)[-len(latest) :] == latest
    assert len(kept(cache, 50_300)) <= KEPT_PACKETS


def test_a_fast_stream_is_bounded_by_the_ring_alone() -> None:
    cache = filled(3000, interval=0.001)
    cache.trim(2999, 3.0)
    assert kept(cache, 3000) == list(range(3000 - SIZE, 3000))
