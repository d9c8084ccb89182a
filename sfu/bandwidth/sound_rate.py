"""What the voices that a viewer gets need of its link, measured by what is sent to it.

What their senders send would be too much: without the redundancy of RED (RFC 2198), which is left out where no packets
are lost, a voice takes half of it, and on a narrow link the other half is the difference between a picture and none.
"""

from collections.abc import Iterable
from typing import Protocol

from sfu.bandwidth.layer_rates import OVERHEAD

LEAST = 24_000
"""Bits per second kept free for each voice, though it may be silent at the moment."""

PERIOD, LONGEST = 0.5, 1.0
"""Seconds of a sample. One over a longer time would take a pause for part of the voice."""

WEIGHT = 0.5
"""Weight of a sample."""


class Sent(Protocol):
    """Counts what was sent in one audio slot: packets, and bytes of their payloads."""

    packets: int
    octets: int


class _Voice:
    """One slot."""

    __slots__ = ("octets", "packets", "rate", "sampled_at")

    def __init__(self, now: float, sent: Sent, rate: float) -> None:
        self.sampled_at, self.packets, self.octets = now, sent.packets, sent.octets
        self.rate = rate


class SoundRate:
    """Measures one viewer's audio slots."""

    __slots__ = ("_voices",)

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}

    def measure(self, now: float, slots: Iterable[tuple[str, Sent, float]]) -> int:
        """Return bits per second for all voices together. Call it at any time.

        `slots`: for each with a voice its mid, what was sent in it, and the bitrate at which the voice is received,
        which counts until something was sent. A pause doesn't make a voice need less.
        """
        need = 0.0
        for mid, sent, received in slots:
            voice = self._voices.get(mid)
            if voice is None or sent.packets < voice.packets:
                voice = self._voices[mid] = _Voice(now, sent, received)
            elapsed, packets = now - voice.sampled_at, sent.packets - voice.packets
            if packets == 0 or elapsed > LONGEST:
                voice.sampled_at, voice.packets, voice.octets = now, sent.packets, sent.octets
            elif elapsed >= PERIOD:
                rate = (sent.octets - voice.octets + packets * OVERHEAD) * 8 / elapsed
                voice.rate += (rate - voice.rate) * WEIGHT
                voice.sampled_at, voice.packets, voice.octets = now, sent.packets, sent.octets
            need += max(LEAST, voice.rate)
        return round(need)
