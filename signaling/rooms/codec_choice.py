"""Which video codecs the people in a room should send: the ones that everyone there can decode."""

from collections.abc import Iterable, Sequence
from typing import Literal

from sfu.codecs import Codec, can_play_any
from sfu.sections import ReceiveSection, SendSection

VideoCodec = Literal["VP8", "H264", "VP9", "AV1"]

VIDEO_CODECS: tuple[VideoCodec, ...] = ("VP8", "H264")
"""The default, preferred first: VP8 costs the least to encode in several sizes, and every browser has both."""

Decoders = tuple[Codec, ...]
"""The video codecs that a participant can decode."""


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
        self._decoders: dict[str, Decoders] = {}
        """By participant; none for those who receive no video."""
        self._sent: dict[str, tuple[Codec, ...]] = {}

    def update(self, participant: str, sends: Iterable[SendSection], receives: Iterable[ReceiveSection]) -> bool:
        """Note what a participant has negotiated. True: `send` has changed."""
        slot = next((section for section in receives if section.kind == "video"), None)
        self._decoders.pop(participant, None)
        if slot is not None:
            self._decoders[participant] = tuple(slot.codecs.values())
        sent = {codec: None for section in sends if section.kind == "video" for codec in section.codecs.values()}
        self._sent[participant] = tuple(sent)
        return self._choose()

    def remove(self, participant: str) -> bool:
        """Forget a participant. True: `send` has changed."""
        self._decoders.pop(participant, None)
        self._sent.pop(participant, None)
        return self._choose()

    def _choose(self) -> bool:
        kinds: dict[Decoders, int] = {}
        for decoders in self._decoders.values():
            kinds[decoders] = kinds.get(decoders, 0) + 1
        streams = {codec for codecs in set(self._sent.values()) for codec in codecs}
        counts = {name: _count(kinds, [each for each in streams if each.name == name]) for name in self.preferred}
        most = max(counts.values(), default=0)
        before, self.send = self.send, tuple(name for name in self.preferred if counts[name] == most)
        return before != self.send


def _count(kinds: dict[Decoders, int], streams: list[Codec]) -> int:
    """How many people can decode all of these streams, of one codec; none if nobody can send it."""
    return sum(
        count
        for decoders, count in kinds.items()
        if streams and all(can_play_any({codec.name: codec for codec in decoders}, [each]) for each in streams)
    )
