"""Whether a source of sound is speech, judged over an immediate, a medium and a long time.

After I. Volfin and I. Cohen, "Dominant speaker identification for multipoint videoconferencing", Computer Speech and
Language 27 (2013), 895-910. As there, each source is judged by itself: a stretch of time consists of smaller ones, and
its score is the logarithm of how much likelier its count of active parts is under speech (binomial) than under silence
(exponential). A click has a high immediate score and a low medium one.

The paper counts active frequency bands in a frame. A relay doesn't decode, so steps of the level above the noise take
their place, as in Jitsi and mediasoup, whose factors of the exponential are taken over for the medium and long time.
The paper chooses one speaker; `voices` chooses as many as there are places, and lets everyone have a turn.
"""

from math import comb, log

STEP, STEPS = 3.0, 8
"""dB above the threshold for each active part of a frame, and how many parts there are."""

FRAMES = 5
"""Frames, usually of 20 ms, of a medium time: 0.1 s, shorter than a syllable and longer than a click."""

BLOCKS = 10
"""Medium times of a long one: a second."""

BEGIN, GO_ON = 4, 2
"""Active frames of a medium time with which speech begins, and with which it goes on: clicks and comfort noise have one
or two."""

_MASK = (1 << FRAMES * BLOCKS) - 1
_BLOCK = (1 << FRAMES) - 1
_ACTIVE_BLOCK = 3
"""Active frames that make a medium time an active part of a long one."""


def _scores(parts: int, factor: float) -> tuple[float, ...]:
    """The score of each count of active parts, as a share of the highest."""
    raw = [log(comb(parts, active)) - parts * log(2) - log(factor) + factor * active for active in range(parts + 1)]
    lowest, highest = raw[0], raw[-1]
    return tuple((score - lowest) / (highest - lowest) for score in raw)


_IMMEDIATE = _scores(STEPS, 3.0)
_MEDIUM = _scores(FRAMES, 24.0)
_LONG = _scores(BLOCKS, 47.0)


class Activity:
    """The recent frames of one source."""

    __slots__ = ("_bits", "_steps")

    def __init__(self) -> None:
        self._bits = 0
        """Frames of the last second, the newest in the lowest bit."""
        self._steps = 0
        """Active parts of the newest frame."""

    def add(self, excess: float) -> int:
        """Take a frame, by how far it is above the threshold, in dB.

        Returns the active frames of the medium time that it ends; 0 if it isn't active itself.
        """
        if excess < 0:
            self._steps = 0
            self._bits = self._bits << 1 & _MASK
            return 0
        self._steps = min(STEPS, 1 + int(excess / STEP))
        self._bits = (self._bits << 1 | 1) & _MASK
        return (self._bits & _BLOCK).bit_count()

    def skip(self, frames: int) -> None:
        """Take a pause in which nothing was sent."""
        self._steps = 0
        self._bits = self._bits << min(frames, FRAMES * BLOCKS) & _MASK

    @property
    def run(self) -> int:
        """How many frames ago the sound of the last frames began, over gaps of a frame: at most the medium time and
        what goes before it without a longer pause.
        """
        bits, length = self._bits, 0
        while bits & 0b11:
            bits >>= 1
            length += 1
        return length

    def score(self) -> float:
        """How much it resembles speech, 0 to 1: the mean of the three scores."""
        bits = self._bits
        active = 0
        for _ in range(BLOCKS):
            active += (bits & _BLOCK).bit_count() >= _ACTIVE_BLOCK
            bits >>= FRAMES
        medium = (self._bits & _BLOCK).bit_count()
        return (_IMMEDIATE[self._steps] + _MEDIUM[medium] + _LONG[active]) / 3
