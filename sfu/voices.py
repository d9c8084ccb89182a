"""Chooses who is heard if more people send audio than there are places.

Loudness alone would give the places to hiss, and to clients that lie about it. What counts is how far sound stands out
from the same microphone's noise, for how long (see `activity`), and how long somebody has waited to be heard. It is
judged several times a second. Nothing is lost at the beginning of a word, as the packets before are sent again.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from math import log2

from sfu.activity import BEGIN, GO_ON, Activity

WINDOW = 5
"""Seconds within which the quietest moment counts as noise: nobody speaks that long without a pause."""

LEAST_ONSET, ONSET, ONSET_BY_SIZE = 4.0, 9.0, 15.0
"""How far, in dB, sound must stand out from the noise: the first from noise that is steady, the second from noise that
isn't; the third if it is guessed from packet sizes, where twice the bytes count as 20 dB."""

USUAL_NOISE = 60.0
"""Noise to be assumed of the time before the first packet: -67 dBov. The first quieter packet tells better."""

STEADIEST = 3.5
"""dB by which noise is above its lowest level, as long as it isn't known: with it, `ONSET` applies."""

_SPREAD_WEIGHT = 0.05

FRAME, LONGEST_FRAME, MOST_FRAMES = 0.02, 0.06, 32
"""Seconds of sound in a packet: usually, and at most (Opus: RFC 6716, section 2.1.4). Most packets that are judged at
a time."""

PAUSE_AFTER = 0.08
"""Seconds without a packet from which on nothing is being sent, rather than a packet being late or lost."""

_LONE = 2
"""Packets between two pauses that are comfort noise rather than a word."""

FAINT = 45.0
"""Loudness below which nothing can be heard: -82 dBov."""

IMPLAUSIBLE = 121.0
"""Mean loudness that no voice has: -6 dBov, that of a square wave at half of full scale."""

SILENT_SIZE, SILENT_RED_SIZE = 8.0, 16.0
"""Largest mean size of packets of silence, in bytes: of Opus with discontinuous transmission, and of RED."""

HOLD = 1.5
"""Seconds after the last sound for which somebody still counts as speaking: pauses between sentences."""

CAP = 24.0
"""The claim of what resembles speech most, in dB."""

LEAD = 10.0
"""How many dB more newcomers need than those who are heard."""

PATIENCE = 2.0
"""dB that somebody gains for each second of speaking unheard."""

MOST_PATIENCE = 60.0

TURN = 3.0
"""Least seconds that a speaker is heard: a sentence."""

FORGETTING = 30.0
"""Seconds in which the claim of a former speaker halves."""

BREATH = 0.6
"""Seconds without sound after which a speaker's place is free for somebody who begins to speak: it is lent rather than
lost, as nothing is lost at the beginning of the next word (see `Encoding.replay`)."""

_SPEAKING, _PAUSING, _SPOKE = 200.0, 150.0, 100.0
"""Claims, in dB, of speakers, of those in a pause between sentences, and of those who have just stopped."""

_STEADY, _LOUD_STEADY = 50.0, 115.0
"""Claims, in dB, of the one steady sound that is let through: that of a former speaker, or more than any of these if
it is as loud as a voice: it may be music. Shared, it counts as a voice."""

LOUD = 75.0
"""Loudness that noise rarely has: -52 dBov."""

_BY_SIZE_ALONE = 6.0
"""dB above the noise assumed of clients that send neither levels nor packets of different sizes."""


class Voice:
    """The state of one source of sound."""

    __slots__ = (
        "_activity",
        "_bucket",
        "_bucket_ends",
        "_by_size",
        "_comfort",
        "_informative",
        "_last",
        "_minima",
        "_octets",
        "_onset_floor",
        "_packets",
        "_since_pause",
        "_spoken",
        "_spread",
        "_uncovered",
        "_updated_at",
        "began_at",
        "entered_at",
        "excess",
        "level",
        "noticed_at",
        "onset_at",
        "shared",
        "spoke_at",
        "waited",
    )

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        """Whether it is the sound of a shared screen, such as music."""
        self.level = 0.0
        """Loudness, 0 to 127, if it is plausible."""
        self.excess = 0.0
        """How much it resembled speech lately, 0 to `CAP`."""
        self.spoke_at: float | None = None
        self.onset_at = 0.0
        """When somebody last began to speak after a pause."""
        self.noticed_at = self.began_at = 0.0
        """When the latest word after a breath was noticed, and when it began."""
        self.entered_at = 0.0
        """When it was last given a place."""
        self.waited = 0.0
        """For how many seconds it has been speaking unheard, without pauses: an echo speaks less than a voice."""
        self._activity = Activity()
        self._minima: deque[float] = deque([USUAL_NOISE] * WINDOW, maxlen=WINDOW)
        """Lowest level of each of the last seconds."""
        self._bucket = 127.0
        self._bucket_ends: float | None = None
        self._packets = self._octets = 0
        self._spoken = 0.0
        """The level at `spoke_at`."""
        self._spread = STEADIEST
        """How far noise is above its lowest level, in dB, smoothed."""
        self._onset_floor = 0.0
        """The noise when somebody last began to speak."""
        self._by_size = False
        self._informative = False
        """Whether packet sizes have distinguished speech from silence."""
        self._updated_at: float | None = None
        self._uncovered = 0.0
        """Seconds up to now of which no packet came."""
        self._since_pause = 0
        """Packets since nothing was sent for a while."""
        self._last = 0.0
        """The level of the newest packet."""
        self._comfort = 0.0
        """The level of comfort noise: of lone packets between pauses (RFC 6716, section 2.1.9)."""

    def update(
        self,
        now: float,
        loudness: float | None,
        packets: int,
        octets: int,
        *,
        red: bool = False,
        levels: Collection[float] = (),
    ) -> None:
        """Take the smoothed loudness (None: no levels are sent), and the packets and bytes received so far.

        `levels`: the loudness of each packet since the last call; empty: that of all is `loudness`.
        """
        new = packets - self._packets
        size = (octets - self._octets) / new if new > 0 else 0.0
        self._packets, self._octets = packets, octets
        self._pass_time(now, new)
        if new <= 0:
            return
        silent = size <= (SILENT_RED_SIZE if red else SILENT_SIZE)
        by_size = loudness is None
        if by_size != self._by_size:
            self._by_size = by_size
            self._minima.extend([0.0 if by_size else USUAL_NOISE] * WINDOW)
        if loudness is None:
            level = 0.0 if silent else min(127.0, 20.0 * log2(size))
        else:
            level = 0.0 if silent or loudness > IMPLAUSIBLE else loudness
        frames: Collection[float] = levels
        if not levels or level == 0.0 or by_size:
            frames = [level] * min(new, MOST_FRAMES)
        self.level = level
        floor = self._note(min(frames), now)
        onset = ONSET_BY_SIZE if by_size else max(LEAST_ONSET, min(2 * self._spread + 2, ONSET))
        threshold = max(FAINT, floor + onset)
        active = self._take_frames(frames, floor, threshold)
        if by_size and silent:
            self._informative = True
        elif by_size:
            self._informative = self._informative or (active >= BEGIN and all(self._minima))
            if active < BEGIN and not self._informative:
                self._speak(now, level, floor, _BY_SIZE_ALONE / CAP)
                return
        if self.spoke_at is not None and floor > max(self._spoken - onset, self._onset_floor + onset):
            # There was no pause: the noise has reached this level, so it wasn't a voice.
            self.spoke_at = min(self.spoke_at, now - HOLD)
        if active >= (GO_ON if self.speaks(now) else BEGIN):
            self._speak(now, max(frames), floor, self._activity.score())

    def _pass_time(self, now: float, new: int) -> None:
        """Take time in which too few packets came as silence: discontinuous transmission."""
        elapsed = 0.0 if self._updated_at is None else now - self._updated_at
        self._updated_at = now
        self._uncovered = max(0.0, self._uncovered + elapsed - new * LONGEST_FRAME)
        if self._uncovered < PAUSE_AFTER:
            self._since_pause += new
            return
        self._activity.skip(int(self._uncovered / FRAME))
        self._uncovered = 0.0
        if 0 < self._since_pause <= _LONE:
            self._comfort = self._last
        self._since_pause = new
        self._note(self._comfort, now)

    def _take_frames(self, frames: Collection[float], floor: float, threshold: float) -> int:
        """Returns the most active frames that a medium time had."""
        highest = max(frames)
        if highest < threshold:  # as most of the time, in most microphones
            self._activity.skip(len(frames))
            self._last = highest
            if floor > 0.0:
                self._spread += (highest - floor - self._spread) * _SPREAD_WEIGHT
            return 0
        most, level, add = 0, 0.0, self._activity.add
        for level in frames:
            most = max(most, add(level - threshold))
        self._last = level
        return most

    def _speak(self, now: float, level: float, floor: float, score: float) -> None:
        if not self.sounds(now):
            self.noticed_at, self.began_at = now, now - FRAME * (self._activity.run + 1)
        if not self.speaks(now):
            self.onset_at, self.excess, self._onset_floor = now, 0.0, floor
        self.excess = max(CAP * score, 0.97 * self.excess)
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

    @property
    def rising(self) -> bool:
        """Whether the latest sound stood out from the noise, be it a word that begins or a click."""
        return self._activity.run > 0

    def sounds(self, now: float) -> bool:
        """Whether somebody speaks and isn't in a pause."""
        return self.spoke_at is not None and now - self.spoke_at < BREATH

    def claim(self, now: float, *, heard: bool) -> float:
        """Its claim to be heard, in dB."""
        if not self.speaks(now):
            recent = 0.0 if self.spoke_at is None else _SPOKE * 0.5 ** ((now - self.spoke_at) / FORGETTING)
            return recent + (LEAD if heard else 0.0)
        if not self.sounds(now):
            pause = now - self.spoke_at if self.spoke_at is not None else HOLD
            return _PAUSING + CAP * (1 - pause / HOLD) + (LEAD if heard else 0.0)
        claim = _SPEAKING + min(self.excess, CAP)
        if heard:
            return claim + (LEAD if now - self.entered_at >= TURN else 1000.0)
        return claim + min(PATIENCE * self.waited, MOST_PATIENCE)


class Stage:
    """Orders the voices of a room; those to be heard come first. The order is steady while levels jump about."""

    __slots__ = ("_heard", "_ranked_at", "sounding", "steady")

    def __init__(self) -> None:
        self.sounding: set[str] = set()
        """Speakers, and the one steady sound that is let through."""
        self.steady: str | None = None
        """The steady sound that is let through."""
        self._heard: set[str] = set()
        self._ranked_at = 0.0

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
            least = _LOUD_STEADY if voices[steady].level >= LOUD else _STEADY
            claims[steady] = max(claims[steady], least + (LEAD if steady in self._heard else 0.0))
        order = sorted(claims, key=lambda name: -claims[name])
        first, rest = order[:places], order[places:]
        for name in first:
            if name not in self._heard:
                voices[name].entered_at = now
            voices[name].waited = 0.0
        for name in rest:
            voice = voices[name]
            if not voice.speaks(now):
                voice.waited = 0.0
            elif voice.spoke_at == now:
                voice.waited += now - self._ranked_at
        self._ranked_at = now
        self._heard = set(first)
        self.sounding = {name for name, voice in voices.items() if name == steady or voice.speaks(now)} - mute
        # A viewer with fewer places hears those who began to speak last.
        first.sort(key=lambda name: (claims[name] < _SPEAKING, -voices[name].onset_at))
        return first + rest

    def _find_steady(self, voices: Mapping[str, Voice], mute: set[str], now: float) -> str | None:
        """Find the loudest sound that never pauses. It may be music; noise must not take the places of voices."""

        def loudness(name: str) -> float:
            return voices[name].level + 127.0 * voices[name].shared + LEAD * (name == self.steady)

        candidates = [
            name
            for name, voice in voices.items()
            if voice.level >= FAINT
            and name not in mute
            and not voice.speaks(now)
            and (not voice.rising or name == self.steady)
        ]
        self.steady = max(candidates, key=loudness, default=None)
        return self.steady
