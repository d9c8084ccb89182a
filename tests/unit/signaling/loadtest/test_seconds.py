from signaling.loadtest.seconds import Seconds
from signaling.loadtest.stats import Second, Stats


def second(at: int, process: int) -> Second:
    phase = "ramp" if at <= 4 else "measure"
    stats = Stats(seconds=1.0, packets=10, inside=at)
    return Second(float(at), phase, {"people": stats}, Stats(seconds=1.0, cpu=0.5), process)


def test_what_is_told_is_kept_as_it_is() -> None:
    seconds = Seconds()
    told = [second(at, process) for at in range(1, 5) for process in (0, 1)]
    for each in told:
        seconds.note(each)
    assert seconds.all == told


def test_a_long_test_is_kept_in_bounded_memory_and_nothing_is_lost() -> None:
    seconds = Seconds(most=20)
    for at in range(1, 501):
        for process in (0, 1):
            seconds.note(second(at, process))
        assert len(seconds.all) <= 21
    assert sum(each.groups["people"].packets for each in seconds.all) == 10_000
    assert sum(each.groups["people"].seconds for each in seconds.all) == 1000
    assert sum(each.tester.cpu for each in seconds.all) == 500
    assert [each.at for each in seconds.all] == sorted(each.at for each in seconds.all)
    for phase, packets in (("ramp", 80), ("measure", 9920)):
        assert sum(each.groups["people"].packets for each in seconds.all if each.phase == phase) == packets
    # Gauges are those of the last second that went in.
    for each in seconds.all:
        assert each.groups["people"].inside == each.at
