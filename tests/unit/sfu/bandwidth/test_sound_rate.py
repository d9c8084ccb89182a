from dataclasses import dataclass

from sfu.bandwidth.sound_rate import LEAST, SoundRate

PACKETS_PER_SECOND = 50


@dataclass
class Counted:
    """One slot's counters."""

    packets: int = 0
    octets: int = 0

    def send(self, seconds: float, octets: int) -> None:
        """Send 20 ms packets with payloads of so many bytes."""
        packets = round(seconds * PACKETS_PER_SECOND)
        self.packets += packets
        self.octets += packets * octets


def test_a_voice_without_redundancy_takes_half_of_what_is_received() -> None:
    rate, slot = SoundRate(), Counted()
    assert rate.measure(0.0, [("0", slot, 88_000.0)]) == 88_000  # nothing was sent yet
    now = 0.0
    for _ in range(20):
        now = round(now + 0.2, 3)
        slot.send(0.2, 75)
        found = rate.measure(now, [("0", slot, 88_000.0)])
    assert 45_000 <= found <= 49_000  # (75 + 40) bytes, 50 a second


def test_redundancy_that_begins_is_noticed_within_two_seconds() -> None:
    rate, slot = SoundRate(), Counted()
    now = 0.0
    rate.measure(now, [("0", slot, 0.0)])
    for size in (75,) * 16 + (170,) * 8:
        now = round(now + 0.2, 3)
        slot.send(0.2, size)
        found = rate.measure(now, [("0", slot, 88_000.0)])
    assert 72_000 <= found <= 84_000


def test_each_voice_keeps_its_share_while_it_pauses() -> None:
    rate, ada, ben = SoundRate(), Counted(), Counted()
    now = 0.0
    for _ in range(20):
        now = round(now + 0.2, 3)
        ada.send(0.2, 75)
        rate.measure(now, [("0", ada, 88_000.0), ("1", ben, 0.0)])
    spoken = rate.measure(now, [("0", ada, 88_000.0), ("1", ben, 0.0)])
    paused = rate.measure(now + 60.0, [("0", ada, 0.0), ("1", ben, 0.0)])
    assert paused == spoken
    assert spoken >= 45_000 + LEAST
    ada.send(0.5, 75)
    assert abs(rate.measure(now + 60.5, [("0", ada, 88_000.0), ("1", ben, 0.0)]) - spoken) < 3_000


def test_no_voice_needs_nothing_and_a_slot_that_starts_again_is_measured_again() -> None:
    rate = SoundRate()
    assert rate.measure(0.0, []) == 0
    assert rate.measure(1.0, [("0", Counted(100, 100 * 75), 50_000.0)]) == 50_000
    assert rate.measure(2.0, [("0", Counted(), 30_000.0)]) == 30_000
