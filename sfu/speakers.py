"""Finds the speakers by the audio levels in senders' packets (RFC 6464)."""

from collections.abc import Iterable

SPEAKING = 75.0
"""Smoothed loudness, 0 to 127, from which someone counts as speaking: -52 dBov, above the noise of a room."""

SILENT = 65.0
"""Below this someone has stopped; in between nothing changes, so that a pause between words is no event."""

LEAD = 6.0
"""How much louder, in dB, someone must be to take the place of a speaker."""


class SpeakerDetector:
    """Keeps the list of speakers steady while levels jump about."""

    __slots__ = ("_speaking",)

    def __init__(self) -> None:
        self._speaking: dict[str, float] = {}

    def update(self, loudness: Iterable[tuple[str, float]]) -> list[str]:
        """Take everyone's smoothed loudness (0 to 127); returns the speakers, loudest first."""
        before, self._speaking = self._speaking, {}
        for name, level in loudness:
            if level >= (SILENT if name in before else SPEAKING):
                self._speaking[name] = level
        # A speaker keeps the place against a newcomer who is hardly louder.
        return sorted(self._speaking, key=lambda name: -(self._speaking[name] + (LEAD if name in before else 0.0)))
