"""Which video codecs the people in a room should send: the ones that everyone there can decode."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from sfu.codecs import Codec, can_play_any
from sfu.sections import ReceiveSection, SendSection

VideoCodec = Literal["VP8", "H264", "VP9", "AV1"]

VIDEO_CODECS: tuple[VideoCodec, ...] = ("VP8", "H264")
"""The default, preferred first: VP8 costs the least to encode in several sizes, and every browser has both."""

Codecs = tuple[Codec, ...]

Kind = tuple[Codecs | None, Codecs]
"""The video codecs that a participant can decode (None if it receives no video), and those that it can send."""


class CodecChoice:
    """Follows what everyone in a room can send and decode. In a room of hundreds there are only a few kinds of
    clients, so each kind is compared once.
    """

    def __init__(self, preferred: Sequence[str] = VIDEO_CODECS) -> None:
        self.preferred = tuple(preferred)
        """Codecs that clients should offer, in the operator's order."""
        self.send = self.preferred
        """Codecs that publishers should send, preferred first: those that everyone can decode, or if there are none,
        those that most people can."""
        self._known: dict[str, Kind] = {}
        """By participant."""
        self._decoders: Counter[Codecs] = Counter()
        self._sent: Counter[Codecs] = Counter()
        """How many participants have these."""

    def update(self, participant: str, sends: Iterable[SendSection], receives: Iterable[ReceiveSection]) -> bool:
        """Note what a participant has negotiated. True: `send` has changed."""
        slot = next((section for section in receives if section.kind == "video"), None)
        decoders = None if slot is None else tuple(slot.codecs.values())
        sent = {codec: None for section in sends if section.kind == "video" for codec in section.codecs.values()}
        found = decoders, tuple(sent)
        before = self._known.get(participant)
        if found == before:
            return False
        self._known[participant] = found
        self._count(found, 1)
        if before is not None:
            self._count(before, -1)
        return self._choose()

    def remove(self, participant: str) -> bool:
        """Forget a participant. True: `send` has changed."""
        before = self._known.pop(participant, None)
        if before is None:
            return False
        self._count(before, -1)
        return self._choose()

    def _count(self, kind: Kind, change: int) -> None:
        for counter, codecs in ((self._decoders, kind[0]), (self._sent, kind[1])):
            if codecs is not None:
                counter[codecs] += change
                if not counter[codecs]:
                    del counter[codecs]

    def _choose(self) -> bool:
        streams = {codec for codecs in self._sent for codec in codecs}
        named = {name: [each for each in streams if each.name == name] for name in self.preferred}
        counts = {name: _decoding(self._decoders, each) for name, each in named.items()}
        most = max(counts.values(), default=0)
        before, self.send = self.send, tuple(name for name in self.preferred if counts[name] == most)
        return before != self.send


def _decoding(kinds: Counter[Codecs], streams: list[Codec]) -> int:
    """How many people can decode all of these streams, of one codec; none if nobody can send it."""
    return sum(
        count
        for decoders, count in kinds.items()
        if streams and all(can_play_any({codec.name: codec for codec in decoders}, [each]) for each in streams)
    )
