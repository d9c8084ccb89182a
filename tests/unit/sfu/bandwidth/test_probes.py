import math
import random

import pytest

from sfu.bandwidth.aimd import MAX_BITRATE
from sfu.bandwidth.probes import (
    AGAIN,
    BURSTS,
    CALM,
    FIRST,
    GAP,
    LONGEST_GAP,
    MAX_STEP,
    NEXT,
    RETRIES,
    TIMEOUT,
    ProbeController,
)
from sfu.bandwidth.send_record import Flush, SendRecord

NEVER = -math.inf


def burst(probes: ProbeController, estimate: float, now: float) -> list[tuple[float, int, int]]:
    """Send a whole probe: departure, number and bytes of each burst."""
    sent = []
    while (number_and_octets := probes.poll(estimate, NEVER, now))[0]:
        sent.append((now, *number_and_octets))
        now += GAP
    return sent


def reports(sent: list[tuple[float, int, int]], capacity: float, delivered: float = 1.0) -> list[Flush]:
    """What a link of that capacity makes of a probe, in packets of 1/10 of a burst."""
    flushes, busy = [], 0.0
    for departure, number, octets in sent:
        first = max(busy, departure) + octets / 10 * 8 / capacity
        busy = max(busy, departure) + octets * 8 / capacity
        got = round(10 * delivered)
        arrived = octets * got // 10
        flushes.append(
            Flush(
                departure, 50 + busy, arrived, got, 10 - got, octets - arrived, number, 50 + first, True, octets // 10
            )
        )
    return flushes


def rate(sent: list[tuple[float, int, int]]) -> float:
    return sent[0][2] * 8 / GAP


def test_nothing_is_probed_while_nothing_is_wanted() -> None:
    probes = ProbeController()
    assert probes.next_at is None
    assert probes.poll(1e6, NEVER, 10.0) == (0, 0)
    probes.want(2_000_000)
    probes.want(None)
    assert probes.next_at is None
    assert probes.poll(1e6, NEVER, 10.0) == (0, 0)


def test_the_first_probe_comes_at_once_and_is_three_times_the_estimate() -> None:
    probes = ProbeController()
    probes.want(10_000_000)
    sent = burst(probes, 1e6, 10.0)
    assert len(sent) == BURSTS
    assert rate(sent) == pytest.approx(FIRST * 1e6)


@pytest.mark.parametrize("wanted", [1_200_000, 1_500_000, 100_000_000])
def test_a_probe_is_at_most_one_and_a_half_times_what_is_wanted(wanted: int) -> None:
    probes = ProbeController()
    probes.want(wanted)
    sent = burst(probes, 1e6 if wanted < 1e7 else 40e6, 10.0)
    assert rate(sent) == pytest.approx(min(MAX_STEP * wanted, MAX_BITRATE), rel=0.001)
    assert probes.sent_octets == sum(octets for _, _, octets in sent)


def test_a_link_that_carries_more_than_is_wanted_is_not_probed() -> None:
    probes = ProbeController()
    probes.want(1_000_000)
    assert burst(probes, 1.5e6, 10.0) == []
    assert probes.next_at == 10.0 + RETRIES[-1]


def test_a_probe_that_got_through_finds_its_rate_and_a_faster_one_follows() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    sent = burst(probes, 1e6, 10.0)
    assert probes.take(reports(sent, 100e6), 10.2) == pytest.approx(FIRST * 1e6, rel=0.01)
    assert probes.next_at == 10.2
    faster = burst(probes, FIRST * 1e6, 10.2)
    assert rate(faster) == pytest.approx(NEXT * FIRST * 1e6, rel=0.01)


def test_a_probe_that_filled_the_link_finds_less_than_its_capacity() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    sent = burst(probes, 2e6, 10.0)
    found = probes.take(reports(sent, 3e6), 10.2)
    assert found is not None
    assert 2.2e6 < found < 3e6
    assert probes.next_at == 10.2 + RETRIES[0]


def test_the_first_packet_of_a_probe_says_nothing_of_the_rate_however_large_it_is() -> None:
    """It was on its way before the clock started: packets of 1,000 bytes go ahead of small ones of padding."""
    record, probes = SendRecord(0), ProbeController()
    probes.want(20_000_000)
    now, busy = 10.0, 0.0
    arrivals: list[int | None] = []
    while (number_and_octets := probes.poll(1e6, NEVER, now))[0]:
        sizes = (1_040, *[260] * 4)
        record.probe = number_and_octets[0]
        record.add(sizes, now)
        for size in sizes:
            busy = max(busy, now) + size * 8 / 1e6
            arrivals.append(round((busy + 50) * 4000))
        now += GAP
    found = probes.take(record.take(0, arrivals), now)
    assert found == pytest.approx(0.95e6, rel=0.02)


def test_the_rate_wanted_ends_the_series() -> None:
    probes = ProbeController()
    probes.want(2_000_000)
    sent = burst(probes, 1e6, 10.0)
    assert probes.take(reports(sent, 100e6), 10.2) == pytest.approx(3e6, rel=0.01)
    assert burst(probes, 3e6, 10.2 + RETRIES[-1]) == []


def test_a_probe_that_mostly_got_lost_finds_nothing() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    sent = burst(probes, 1e6, 10.0)
    assert probes.take(reports(sent, 100e6, delivered=0.5), 10.2) is None
    assert probes.next_at == 10.2 + RETRIES[0]


def fail(probes: ProbeController, estimate: float, now: float) -> tuple[float, float]:
    """Send a probe of which the link carries just the estimate; its rate, and the seconds until the next."""
    sent = burst(probes, estimate, now)
    probes.take(reports(sent, estimate), now + 0.2)
    assert probes.next_at is not None
    return rate(sent), probes.next_at - now - 0.2


def test_a_full_link_is_probed_again_soon_but_less_and_less_often_and_not_as_fast() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    found = [fail(probes, 2e6, 10.0 + 5 * number) for number in range(6)]
    assert [pause for _, pause in found] == pytest.approx([*RETRIES, RETRIES[-1], RETRIES[-1]])
    assert [speed for speed, _ in found] == pytest.approx([FIRST * 2e6, *[AGAIN * 2e6] * 5], rel=0.01)
    assert probes.failed_at == 35.2


@pytest.mark.parametrize("change", ["estimate", "wish", "success"])
def test_after_a_change_retries_come_soon_again(change: str) -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    for number in range(5):
        fail(probes, 2e6, 10.0 + 5 * number)
    estimate = 2e6
    if change == "estimate":
        estimate = 1e6
    elif change == "wish":
        probes.want(None)
        probes.want(20_000_000)
    else:
        probes.take(reports(burst(probes, 2e6, 40.0), 100e6), 40.2)
    assert fail(probes, estimate, 50.0)[1] == pytest.approx(RETRIES[0])


def test_a_larger_wish_is_looked_into_at_once() -> None:
    probes = ProbeController()
    probes.want(2_000_000)
    probes.take(reports(burst(probes, 1e6, 10.0), 100e6), 10.2)
    assert probes.poll(3e6, NEVER, 10.3) == (0, 0)
    probes.want(2_050_000)
    assert probes.poll(3e6, NEVER, 10.4) == (0, 0)
    probes.want(4_000_000)
    assert rate(burst(probes, 3e6, 10.5)) == pytest.approx(MAX_STEP * 4e6, rel=0.01)


def test_a_probe_without_feedback_is_given_up() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    first = burst(probes, 1e6, 10.0)
    due = probes.next_at
    assert due == pytest.approx(10.0 + (BURSTS - 1) * GAP + TIMEOUT)
    assert due is not None
    second = burst(probes, 1e6, due)
    assert second[0][1] != first[0][1]
    assert probes.take(reports(first, 100e6), due + 0.1) is None  # the feedback came too late


def test_a_link_that_was_just_overused_is_left_alone() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    assert probes.poll(1e6, 9.5, 10.0) == (0, 0)
    assert probes.next_at == 9.5 + CALM
    assert probes.poll(1e6, 9.5, 9.5 + CALM)[1] > 0


def test_feedback_may_report_on_parts_of_a_burst() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    sent = burst(probes, 1e6, 10.0)
    whole = reports(sent, 100e6)
    head = whole[0]._replace(octets=whole[0].octets // 2, received=5, ends=False)
    assert probes.take([head], 10.1) is None
    assert probes.take([head._replace(ends=True), *whole[1:]], 10.2) == pytest.approx(3e6, rel=0.02)


def late_burst(probes: ProbeController, estimate: float, now: float, gaps: list[float]) -> list[tuple[float, int, int]]:
    """Send a whole probe whose bursts come so many seconds after one another."""
    sent = []
    for gap in [0.0, *gaps]:
        now += gap
        sent.append((now, *probes.poll(estimate, NEVER, now)))
    return sent


@pytest.mark.parametrize("gaps", [[0.009] * 3, [0.005, 0.028, 0.006], [0.02, 0.02, 0.005]])
def test_a_relay_that_is_late_probes_at_the_rate_that_it_meant_to(gaps: list[float]) -> None:
    probes = ProbeController()
    probes.want(2_000_000)
    sent = late_burst(probes, 1e6, 10.0, gaps)
    assert probes.take(reports(sent, 100e6), 10.2) == pytest.approx(3e6, rel=0.01)
    assert probes.failed_at == NEVER


def test_a_relay_that_is_much_too_late_does_not_take_that_for_the_link() -> None:
    probes = ProbeController()
    probes.want(2_000_000)
    sent = late_burst(probes, 1e6, 10.0, [0.2] * 3)
    assert max(octets for _, _, octets in sent) * 8 == pytest.approx(3e6 * LONGEST_GAP, rel=0.01)
    found = probes.take(reports(sent, 100e6), 10.9)
    assert found is not None
    assert found < 1e6
    assert probes.failed_at == NEVER
    assert probes.next_at == 10.9 + RETRIES[0]
    assert rate(burst(probes, 1e6, 10.9 + RETRIES[0])) == pytest.approx(3e6, rel=0.01)


def test_a_late_probe_still_finds_a_narrow_link() -> None:
    probes = ProbeController()
    probes.want(20_000_000)
    sent = late_burst(probes, 2e6, 10.0, [0.012, 0.02, 0.009])
    found = probes.take(reports(sent, 3e6), 10.2)
    assert found is not None
    assert 2.2e6 < found < 3.3e6
    assert probes.failed_at == 10.2


def over_jitter(probes: ProbeController, estimate: float, capacity: float, now: float, seed: int) -> float | None:
    """Probe a link whose packets take up to 50 ms longer, each as chance has it; what the probe found."""
    rng, sent = random.Random(seed), []
    assert probes.next_at is not None
    now = max(now, probes.next_at)
    while (number_and_octets := probes.poll(estimate, NEVER, now))[0]:
        sent.append((now, *number_and_octets))
        assert probes.next_at is not None
        if probes.next_at - now >= TIMEOUT:
            break
        now = probes.next_at
    flushes = []
    for flush in reports(sent, capacity):
        later = 0.05 * rng.random()
        flushes.append(flush._replace(arrival=flush.arrival + later, first_arrival=flush.first_arrival + later))
    return probes.take(flushes, now + 0.1)


def test_where_packets_take_unequally_long_a_longer_probe_still_finds_a_wide_link() -> None:
    found = []
    for seed in range(20):
        probes = ProbeController()
        probes.want(1_000_000)
        results = [
            over_jitter(probes, 0.6e6, 100e6, 10.0 + 5 * number, 10 * seed + number) or 0.0 for number in range(4)
        ]
        found.append(max(results))
    assert sum(each > 0.85e6 for each in found) >= 19


def test_where_packets_take_unequally_long_a_longer_probe_still_finds_a_narrow_link() -> None:
    found = []
    for seed in range(20):
        probes = ProbeController()
        probes.want(3_000_000)
        over_jitter(probes, 1e6, 1e6, 10.0, seed)
        probes.want(3_000_000)
        found.append(over_jitter(probes, 1e6, 1e6, 15.0, 100 + seed) or 0.0)
    assert sum(each < 1.25e6 for each in found) >= 15
    assert max(found) < 1.7e6


def test_a_probe_counts_without_the_part_whose_feedback_was_lost() -> None:
    probes = ProbeController()
    probes.want(2_000_000)
    sent = burst(probes, 1e6, 10.0)
    flushes = reports(sent, 100e6)
    assert probes.take(flushes[:3], 10.1) is None
    media = Flush(sent[-1][0] + 0.01, 60.1, 1000, 1, 0, 0)
    assert probes.take([media], 10.2) == pytest.approx(3e6, rel=0.01)
