"""Chooses who is heard if more people send audio than there are places.

Loudness alone would give the places to hiss, and to clients that lie about it. What counts is how far sound stands out
from the same microphone's noise, and how long somebody has waited to be heard. It is judged a few times a second.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from math import log2

WINDOW = 5
"""Seconds within which the quietest moment counts as noise: nobody speaks that long without a pause."""

ONSET, ONSET_BY_SIZE = 9.0, 15.0
"""How far, in dB, sound must stand out from the noise; the second if it is guessed from packet sizes, where twice the
bytes count as 20 dB."""

FAINT = 45.0
"""Loudness below which nothing can be heard: -82 dBov."""

IMPLAUSIBLE = 121.0
"""Mean loudness that no voice has: -6 dBov, that of a square wave at half of full scale."""

SILENT_SIZE, SILENT_RED_SIZE = 8.0, 16.0
"""Largest mean size of packets of silence, in bytes: of Opus with discontinuous transmission, and of RED."""

HOLD = 1.5
"""Seconds after the last sound for which somebody still counts as speaking: pauses between sentences."""

CAP = 24.0
"""dB above the noise that count at most: louder people aren't more important."""

LEAD = 10.0
"""How many dB more newcomers need than those who are heard."""

PATIENCE = 2.0
"""dB that somebody gains for each second of speaking unheard."""

MOST_PATIENCE = 60.0

TURN = 3.0
"""Least seconds that a speaker is heard: a sentence."""

FORGETTING = 30.0
"""Seconds in which the claim of a former speaker halves."""

_SPEAKING, _SPOKE = 200.0, 100.0
"""Claims, in dB, of speakers, and of those who have just stopped."""

_STEADY = 50.0
"""Claim, in dB, of the one steady sound that is let through: that of a recent speaker. Shared, it counts as a voice."""

_BY_SIZE_ALONE = 6.0
"""dB above the noise assumed of clients that send neither levels nor packets of different sizes."""


class Voice:
    """The state of one source of sound."""

    __slots__ = (
        "_bucket",
        "_bucket_ends",
        "_by_size",
        "_informative",
        "_minima",
        "_octets",
        "_packets",
        "_spoken",
        "entered_at",
        "excess",
        "level",
        "onset_at",
        "shared",
        "spoke_at",
        "waited_since",
    )

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        """Whether it is the sound of a shared screen, such as music."""
        self.level = 0.0
        """Loudness, 0 to 127, if it is plausible."""
        self.excess = 0.0
        """How far it stood out from the noise lately, in dB."""
        self.spoke_at: float | None = None
        self.onset_at = 0.0
        """When somebody last began to speak after a pause."""
        self.entered_at = 0.0
        """When it was last given a place."""
        self.waited_since: float | None = None
        """Since when it has been speaking unheard."""
        self._minima: deque[float] = deque([0.0] * WINDOW, maxlen=WINDOW)
        """Lowest level of each of the last seconds. The time before the first packet counts as silence."""
        self._bucket = 127.0
        self._bucket_ends: float | None = None
        self._packets = self._octets = 0
        self._spoken = 0.0
        """The level at `spoke_at`."""
        self._by_size = False
        self._informative = False
        """Whether packet sizes have distinguished speech from silence."""

    def update(self, now: float, loudness: float | None, packets: int, octets: int, *, red: bool = False) -> None:
        """Take the smoothed loudness (None: no levels are sent), and the packets and bytes received so far."""
        new = packets - self._packets
        size = (octets - self._octets) / new if new > 0 else 0.0
        self._packets, self._octets = packets, octets
        if new <= 0:
            return
        silent = size <= (SILENT_RED_SIZE if red else SILENT_SIZE)
        by_size = loudness is None
        if by_size != self._by_size:
            self._by_size = by_size
            self._minima.extend([0.0] * WINDOW)
        if loudness is None:
            level = 0.0 if silent else min(127.0, 20.0 * log2(size))
        else:
            level = 0.0 if silent or loudness > IMPLAUSIBLE else loudness
        floor = self._note(level, now)
        above = level - floor
        speaks = level >= FAINT and above >= (ONSET_BY_SIZE if by_size else ONSET)
        if by_size and silent:
            self._informative = True
        elif by_size:
            self._informative = self._informative or (speaks and all(self._minima))
            if not speaks and not self._informative:
                speaks, above = True, _BY_SIZE_ALONE
        self.level = level
        if not speaks and self.spoke_at is not None and level > self._spoken - ONSET:
            # There was no pause: the noise has reached this level, so it wasn't a voice.
            self.spoke_at = min(self.spoke_at, now - HOLD)
        if speaks:
            if not self.speaks(now):
                self.onset_at, self.excess = now, 0.0
            self.excess = max(above, 0.9 * self.excess)
            self.spoke_at, self._spoken = now, level

    def _note(self, level: float, now: float) -> float:
        """Remember a level; returns the lowest of the last seconds."""
        if self._bucket_ends is None:
            self._bucket_ends = now + 1.0
        elif now >= self._bucket_ends:
            self._minima.append(self._bucket)
            self._bucket, self._bucket_ends = 127.0, now + 1.0
        self._bucket = min(self._bucket, level)
        return min(self._bucket, *self._minima)

    def speaks(self, now: float) -> bool:
        """Whether somebody speaks, pauses between sentences included."""
        return self.spoke_at is not None and now - self.spoke_at < HOLD

    def claim(self, now: float, *, heard: bool) -> float:
        """Its claim to be heard, in dB."""
        if not self.speaks(now):
            recent = 0.0 if self.spoke_at is None else _SPOKE * 0.5 ** ((now - self.spoke_at) / FORGETTING)
            return recent + (LEAD if heard else 0.0)
        claim = _SPEAKING + min(self.excess, CAP)
        if heard:
            return claim + (LEAD if now - self.entered_at >= TURN else 1000.0)
        waited = 0.0 if self.waited_since is None else now - self.waited_since
        return claim + min(PATIENCE * waited, MOST_PATIENCE)


class Stage:
    """Orders the voices of a room; those to be heard come first. The order is steady while levels jump about."""

    __slots__ = ("_heard", "_steady", "sounding")

    def __init__(self) -> None:
        self.sounding: set[str] = set()
        """Speakers, and the one steady sound that is let through."""
        self._heard: set[str] = set()
        self._steady: str | None = None

    def rank(self, voices: Mapping[str, Voice], silent: Iterable[str], places: int, now: float) -> list[str]:
        """All names in order; the first `places` are to be heard. `silent`: those who send nothing."""
        mute = set(silent)
        steady = self._find_steady(voices, mute, now)
        if steady is not None and voices[steady].shared:
            voices[steady].spoke_at, voices[steady].excess = now, CAP
        claims = {name: voice.claim(now, heard=name in self._heard) for name, voice in voices.items()}
        for name in mute:
            claims[name] = -1.0
        if steady is not None:
            claims[steady] = max(claims[steady], _STEADY + (LEAD if steady in self._heard else 0.0))
        order = sorted(claims, key=lambda name: -claims[name])
        first, rest = order[:places], order[places:]
        for name in first:
            if name not in self._heard:
                voices[name].entered_at = now
            voices[name].waited_since = None
        for name in rest:
            voice = voices[name]
            if not voice.speaks(now):
                voice.waited_since = None
            elif voice.waited_since is None:
                voice.waited_since = now
        self._heard = set(first)
        self.sounding = {name for name, voice in voices.items() if name == steady or voice.speaks(now)} - mute
        # A viewer with fewer places hears those who began to speak last.
        first.sort(key=lambda name: (claims[name] < _SPEAKING, -voices[name].onset_at))
        return first + rest

    def _find_steady(self, voices: Mapping[str, Voice], mute: set[str], now: float) -> str | None:
        """Find the loudest sound that never pauses. It may be music; noise must not take the places of voices."""

        def loudness(name: str) -> float:
            return voices[name].level + 127.0 * voices[name].shared + LEAD * (name == self._steady)

        candidates = [
            name
            for name, voice in voices.items()
            if name not in mute and voice.level >= FAINT and not voice.speaks(now)
        ]
        self._steady = max(candidates, key=loudness, default=None)
        return self._steady
