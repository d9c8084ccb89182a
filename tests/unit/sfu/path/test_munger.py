from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.path.cache import SIZE
from sfu.path.munger import MAX_GAP, MAX_KEPT_SEGMENTS, MAX_SWITCHES, Munger
from sfu.wire.rtp import seq_delta
from tests.thorough import choose


def started(first: int = 100, last_out: int = 999) -> Munger[str]:
    munger: Munger[str] = Munger()
    munger.last_seq = last_out
    munger.switch("a", first, 0, 5000, None)
    assert munger.place(first) is munger.segment
    return munger


def out(munger: Munger[str], seq: int) -> int | None:
    segment = munger.place(seq)
    return None if segment is None else (seq + segment.seq_offset) & 0xFFFF


def test_the_first_number_is_in_the_lower_half() -> None:
    for _ in range(200):
        munger: Munger[str] = Munger()
        munger.switch("a", 60_000, 0, 0, None)
        first = out(munger, 60_000)
        assert first is not None
        assert first < 1 << 15


@pytest.mark.parametrize(
    ("first", "last_out", "seqs", "expected"),
    [
        (100, 999, [101, 102, 103], [1001, 1002, 1003]),
        (65_534, 999, [65_535, 0, 1], [1001, 1002, 1003]),
        (100, 65_533, [101, 102, 103], [65_535, 0, 1]),
        (100, 999, [103, 101, 102, 104], [1003, 1001, 1002, 1004]),
        (65_535, 65_535, [2, 0, 1, 3], [3, 1, 2, 4]),
        (100, 999, [99, 50, 101], [None, None, 1001]),
    ],
)
def test_gaps_stay_gaps_and_late_packets_fill_them(
    first: int, last_out: int, seqs: list[int], expected: list[int | None]
) -> None:
    munger = started(first, last_out)
    assert [out(munger, seq) for seq in seqs] == expected


def test_a_switch_goes_on_with_the_next_number_and_picture() -> None:
    munger = started()
    munger.last_picture, munger.last_tl0 = 0x7FFF, 255
    munger.switch("b", 7, 1000, 8000, (2, 50, 4, 60))
    assert out(munger, 7) == 1001
    segment = munger.segment
    assert segment is not None
    assert (50 + segment.picture_offset) & 0x7FFF == 0
    assert (60 + segment.tl0_offset) & 0xFF == 0
    assert (1000 + segment.timestamp_offset) & 0xFFFFFFFF == 8000


def test_late_packets_of_the_source_before_are_not_sent() -> None:
    munger = started()
    munger.place(105)
    munger.switch("b", 500, 0, 0, None)
    munger.place(500)
    assert out(munger, 103) is None


def test_left_out_packets_leave_no_gap() -> None:
    munger = started()
    assert munger.leave_out(101)
    assert out(munger, 102) == 1001
    assert munger.leave_out(104)
    assert out(munger, 105) == 1003
    assert out(munger, 103) == 1002
    assert not munger.leave_out(103)
    assert munger.find(1002) is not None
    assert [munger.find(number)[1] for number in (1000, 1001, 1002, 1003)] == [100, 102, 103, 105]  # type: ignore[index]


def test_packets_from_a_pause_do_not_take_numbers_of_what_came_after_it() -> None:
    munger = started(100, 999)
    munger.place(110)
    munger.pause()
    assert munger.place(111) is None
    munger.switch("a", 200, 0, 0, None)
    assert out(munger, 200) == 1011
    assert out(munger, 205) == 1016
    assert [out(munger, seq) for seq in (111, 150, 198, 199)] == [None] * 4
    assert out(munger, 105) in (None, 1005)
    assert out(munger, 203) == 1014


def traced(munger: Munger[str], number: int) -> tuple[str, int] | None:
    """Source and incoming number, wrapped, behind an outgoing one."""
    found = munger.find(number & 0xFFFF)
    return None if found is None else (found[0].source, found[1] & 0xFFFF)


def test_every_sent_number_is_traced_back() -> None:
    munger = started(100, 65_530)
    munger.place(110)
    munger.switch("b", 65_530, 0, 0, None)
    munger.place(10)
    assert traced(munger, 65_531) == ("a", 100)
    assert traced(munger, 5) == ("a", 110)
    assert traced(munger, 6) == ("b", 65_530)
    assert traced(munger, 22) == ("b", 10)
    assert traced(munger, 23) is None
    assert traced(munger, 65_530) is None


def test_a_stretch_may_be_longer_than_all_numbers() -> None:
    munger = started(100, 999)
    for number in range(101, 200_000):
        assert munger.place(number & 0xFFFF) is munger.segment
        if number % 1009 == 0:
            sent = munger.last_seq
            for back in (0, 1, 200, 511):
                if number - back >= 100:
                    assert traced(munger, sent - back) == ("a", (number - back) & 0xFFFF)
                    assert out(munger, (number - back) & 0xFFFF) == (sent - back) & 0xFFFF
            assert munger.find((sent + 1) & 0xFFFF) is None
            assert munger.last_seq == sent


def test_numbers_of_a_forgotten_source_are_not_taken_for_those_before_it() -> None:
    munger = started(100, 999)
    munger.place(110)
    munger.switch("b", 500, 0, 0, None)
    munger.place(510)
    munger.switch("c", 0, 0, 0, None)
    munger.place(5)
    munger.forget("b")
    assert traced(munger, 1010) == ("a", 110)
    assert [traced(munger, number) for number in range(1011, 1022)] == [None] * 11
    assert traced(munger, 1022) == ("c", 0)
    assert out(munger, 4) == 1026


def test_padding_between_all_packets_leaves_the_last_512_traceable() -> None:
    munger = started(0, 0)
    numbers: dict[int, int] = {munger.last_seq: 0}
    for seq in range(1, 70_000):
        if seq % 2:
            assert munger.leave_out(seq & 0xFFFF)
        else:
            assert munger.place(seq & 0xFFFF) is not None
            numbers[munger.last_seq] = seq
    for back in range(SIZE // 2):
        number = munger.last_seq - back
        assert traced(munger, number) == ("a", numbers[number] & 0xFFFF)
        late = munger.place(numbers[number])
        assert late is not None
        assert numbers[number] + late.seq_offset == number
    assert len(munger._segments) <= MAX_KEPT_SEGMENTS


def test_padding_packets_in_a_row_need_one_segment() -> None:
    munger = started(100, 999)
    for seq in range(101, 5000):
        assert munger.leave_out(seq)
    assert out(munger, 5000) == 1001
    assert len(munger._segments) == 2


def test_a_jump_of_the_source_does_not_become_one_of_the_slot() -> None:
    munger = started(100, 999)
    assert out(munger, 100 + MAX_GAP) == 999 + 1 + MAX_GAP
    last = munger.last_seq
    assert out(munger, 100 + 30_000) == last + MAX_GAP + 1
    assert [munger.find(last + skipped) for skipped in range(1, MAX_GAP + 1)] == [None] * MAX_GAP
    assert out(munger, 100 + 29_999) is None
    assert munger.leave_out(100 + 60_000)
    assert out(munger, 100 + 60_001) == last + 2 * (MAX_GAP + 1)
    assert out(munger, 100 + 60_003) == last + 2 * (MAX_GAP + 1) + 2
    assert out(munger, 100 + 60_002) == last + 2 * (MAX_GAP + 1) + 1
    assert traced(munger, last) == ("a", 100 + MAX_GAP)


def test_a_source_begun_again_further_back_takes_late_packets() -> None:
    """As after a replay from the cache: the second stretch begins before the end of the first."""
    munger = started(100, 999)
    munger.place(150)
    munger.pause()
    munger.switch("a", 120, 0, 0, None)
    munger.place(160)
    assert out(munger, 155) == 1051 + 35
    assert out(munger, 110) == 1010
    munger.pause()
    munger.switch("a", 90, 0, 0, None)
    munger.place(170)
    assert out(munger, 165) == munger.last_seq - 5
    assert out(munger, 89) is None


def test_only_the_latest_switches_are_remembered() -> None:
    munger: Munger[str] = Munger()
    for number in range(1000):
        munger.switch(f"source {number}", 5, 0, 0, None)
        munger.place(5)
    assert len(munger._segments) == MAX_SWITCHES
    assert traced(munger, munger.last_seq) == ("source 999", 5)
    assert traced(munger, munger.last_seq - MAX_SWITCHES + 1) == (f"source {1000 - MAX_SWITCHES}", 5)
    assert traced(munger, munger.last_seq - MAX_SWITCHES) is None


def test_a_source_that_ended_is_not_kept() -> None:
    munger = started()
    munger.forget("a")
    assert (munger.segment, munger.find(1000), munger.place(101)) == (None, None, None)
    munger.switch("b", 5, 0, 0, None)
    assert out(munger, 5) == 1001


@dataclass
class Model:
    """What the numbering must be, worked out the long way."""

    munger: Munger[str]
    next_in: dict[str, int]
    current: str | None = None
    last_out: int = 0
    sent: dict[int, tuple[str, int]] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    gaps: dict[tuple[str, int], int] = field(default_factory=dict)
    """Missing packets, with the number that only they may get."""
    unsent: list[tuple[str, int]] = field(default_factory=list)
    """Packets from pauses, and other sources' while they weren't shown: they never get a number."""

    def send(self, seq: int, expected: int | None) -> None:
        number = out(self.munger, seq)
        assert self.current is not None
        if expected is None:
            assert number is None
        elif number is not None:
            assert number == expected
            assert number not in self.sent
            self.sent[number] = (self.current, seq)
            self.order.append(number)

    def packet(self, gap: int, *, left_out: bool) -> None:
        if self.current is None:
            return
        start = self.next_in[self.current]
        for missing in range(start, start + gap):
            self.last_out = (self.last_out + 1) & 0xFFFF
            self.gaps[self.current, missing & 0xFFFF] = self.last_out
        seq = (start + gap) & 0xFFFF
        self.next_in[self.current] = (seq + 1) & 0xFFFF
        if left_out:
            assert self.munger.leave_out(seq)
            return
        self.last_out = (self.last_out + 1) & 0xFFFF
        before = len(self.sent)
        self.send(seq, self.last_out)
        assert len(self.sent) == before + 1, "a packet ahead of all others was not sent"

    def late(self, index: int) -> None:
        mine = [seq for source, seq in self.gaps if source == self.current]
        if mine and self.current is not None:
            seq = mine[index % len(mine)]
            self.send(seq, self.gaps.pop((self.current, seq)))

    def stray(self, index: int) -> None:
        mine = [seq for source, seq in self.unsent if source == self.current]
        if mine:
            self.send(mine[index % len(mine)], None)

    def switch(self, source: str, gap: int) -> None:
        start = self.next_in[source]
        skipped = [(source, seq & 0xFFFF) for seq in range(start, start + gap)]
        self.unsent = [*self.unsent, *skipped][-50:]
        if source != self.current:
            # What the other one still misses can only come too late, unless it is shown again at once.
            self.gaps = {key: number for key, number in self.gaps.items() if key[0] == source}
        seq = (start + gap) & 0xFFFF
        self.next_in[source] = (seq + 1) & 0xFFFF
        self.current = source
        self.munger.switch(source, seq, 0, 0, None)
        self.last_out = (self.last_out + 1) & 0xFFFF
        before = len(self.sent)
        self.send(seq, self.last_out)
        assert len(self.sent) == before + 1

    def pause(self) -> None:
        self.munger.pause()
        self.current = None


_gap = st.integers(0, 4)
_operation = st.one_of(
    st.tuples(st.just("packet"), _gap),
    st.tuples(st.just("packet"), st.just(0)),
    st.tuples(st.just("pad"), _gap),
    st.tuples(st.just("late"), st.integers(0, 100)),
    st.tuples(st.just("stray"), st.integers(0, 100)),
    st.tuples(st.sampled_from(["switch a", "switch b"]), st.integers(0, 30)),
    st.tuples(st.just("pause"), st.just(0)),
)


@given(st.lists(_operation, max_size=120), st.integers(0, 65_535), st.integers(0, 65_535))
@settings(derandomize=True, max_examples=choose(150, 400), deadline=None)
def test_whatever_happens_numbers_are_continuous_unique_and_traceable(
    operations: list[tuple[str, int]], first_in: int, last_out: int
) -> None:
    munger: Munger[str] = Munger()
    munger.last_seq = last_out
    model = Model(munger, {"a": first_in, "b": (first_in * 7) & 0xFFFF}, last_out=last_out)
    for name, value in operations:
        match name:
            case "packet" | "pad":
                model.packet(value, left_out=name == "pad")
            case "late":
                model.late(value)
            case "stray":
                model.stray(value)
            case "pause":
                model.pause()
            case _:
                model.switch(name[-1], value)
        assert munger.last_seq & 0xFFFF == model.last_out
    assert munger.find((model.last_out + 1) & 0xFFFF) is None
    oldest = munger._segments[0].first_out if munger._segments else 0
    for number, (source, seq) in model.sent.items():
        found = munger.find(number)
        if seq_delta(number, oldest) >= 0:
            assert found is not None
            assert (found[0].source, found[1] & 0xFFFF) == (source, seq)
