"""Who is to be heard where more people send sound than there are places.

Loudness alone would give the places to hiss, and to clients that lie about it. What counts is sound that stands out
from the same microphone's noise, and how long somebody has waited to be heard. All is judged a few times a second.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from math import log2

WINDOW = 5
"""Seconds back for the quietest moment, which is taken for noise. Nobody speaks so long without a pause."""

ONSET, ONSET_BY_SIZE = 9.0, 15.0
"""How much, in dB, sound must stand out from the noise. By size: guessed from the size of packets, where 20 dB are
twice the bytes."""

FAINT = 45.0
"""Loudness below which nothing is to be heard: -82 dBov."""

IMPLAUSIBLE = 121.0
"""Mean loudness that no voice has: -6 dBov, that of a square wave at half of full scale."""

SILENT_SIZE, SILENT_RED_SIZE = 8.0, 16.0
"""Mean bytes of a packet of silence at most, of Opus with discontinuous transmission and of RED."""

HOLD = 1.5
"""Seconds after the last sound for which somebody still speaks: pauses between sentences."""

CAP = 24.0
"""dB above the noise that count at most: who is still louder isn't more important."""

LEAD = 10.0
"""How much more, in dB, is asked of newcomers than of those who are heard."""

PATIENCE = 2.0
"""dB that somebody gains for each second of speaking without being heard."""

MOST_PATIENCE = 60.0

TURN = 3.0
"""Seconds that somebody who speaks is heard at least: a sentence."""

FORGETTING = 30.0
"""Seconds in which the claim of somebody who spoke falls by half."""

_SPEAKING, _SPOKE = 200.0, 100.0
"""Claims, in dB, of those who speak, and of those who have just stopped."""

_STEADY = 50.0
"""Claim of the one steady sound that has any, as of somebody who spoke lately. If it is shared it counts as a voice."""

_BY_SIZE_ALONE = 6.0
"""dB above noise that are assumed of clients which send neither levels nor packets of different sizes."""


class Voice:
    """What is known of one source of sound."""

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
        """Whether it is the sound of something that is shown, such as music."""
        self.level = 0.0
        """Loudness, 0 to 127, where it can be believed."""
        self.excess = 0.0
        """dB that it stood out from the noise lately."""
        self.spoke_at: float | None = None
        self.onset_at = 0.0
        """When somebody began to speak, after a pause."""
        self.entered_at = 0.0
        """When it was last given a place."""
        self.waited_since: float | None = None
        """Since when it has spoken without being heard."""
        self._minima: deque[float] = deque([0.0] * WINDOW, maxlen=WINDOW)
        """Of each of the last seconds. What was before the first packet counts as silence."""
        self._bucket = 127.0
        self._bucket_ends: float | None = None
        self._packets = self._octets = 0
        self._spoken = 0.0
        """The level at `spoke_at`."""
        self._by_size = False
        self._informative = False
        """Whether sizes of packets have told speech from silence."""

    def update(self, now: float, loudness: float | None, packets: int, octets: int, *, red: bool = False) -> None:
        """Take the smoothed loudness (None: no levels come), and how many packets and bytes have come so far."""
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
            # No pause: the noise has become as loud as that, so it wasn't a voice.
            self.spoke_at = min(self.spoke_at, now - HOLD)
        if speaks:
            if not self.speaks(now):
                self.onset_at, self.excess = now, 0.0
            self.excess = max(above, 0.9 * self.excess)
            self.spoke_at, self._spoken = now, level

    def _note(self, level: float, now: float) -> float:
        """Remember a level; the lowest of late."""
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
        """How much it deserves to be heard, in dB."""
        if not self.speaks(now):
            recent = 0.0 if self.spoke_at is None else _SPOKE * 0.5 ** ((now - self.spoke_at) / FORGETTING)
            return recent + (LEAD if heard else 0.0)
        claim = _SPEAKING + min(self.excess, CAP)
        if heard:
            return claim + (LEAD if now - self.entered_at >= TURN else 1000.0)
        waited = 0.0 if self.waited_since is None else now - self.waited_since
        return claim + min(PATIENCE * waited, MOST_PATIENCE)


class Stage:
    """Orders the voices of a room, those first that are to be heard. Their order is steady while levels jump about."""

    __slots__ = ("_heard", "_steady", "sounding")

    def __init__(self) -> None:
        self.sounding: set[str] = set()
        """Those who speak, and the one steady sound that is let through."""
        self._heard: set[str] = set()
        self._steady: str | None = None

    def rank(self, voices: Mapping[str, Voice], silent: Iterable[str], places: int, now: float) -> list[str]:
        """All names: those of the first `places` are to be heard, then the rest in order. `silent`: send nothing."""
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
        # A viewer with fewer places hears who began to speak last.
        first.sort(key=lambda name: (claims[name] < _SPEAKING, -voices[name].onset_at))
        return first + rest

    def _find_steady(self, voices: Mapping[str, Voice], mute: set[str], now: float) -> str | None:
        """The loudest sound that never pauses. It may be music; noise of many must not take the places of voices."""

        def loudness(name: str) -> float:
            return voices[name].level + 127.0 * voices[name].shared + LEAD * (name == self._steady)

        candidates = [
            name
            for name, voice in voices.items()
            if name not in mute and voice.level >= FAINT and not voice.speaks(now)
        ]
        self._steady = max(candidates, key=loudness, default=None)
        return self._steady
