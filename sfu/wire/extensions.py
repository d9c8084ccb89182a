"""RTP header extensions that a relay reads or passes on, by their SDP names."""

from typing import ClassVar

from sfu.wire.rtp import ONE_BYTE_PROFILE, TWO_BYTE_PROFILE

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

RECEIVED = frozenset(
    (
        MID,
        RID,
        REPAIRED_RID,
        TRANSPORT_WIDE,
        AUDIO_LEVEL,
        VIDEO_ORIENTATION,
        PLAYOUT_DELAY,
        DEPENDENCY_DESCRIPTOR,
    )
)
"""The extensions that the relay negotiates with senders."""

MAX_ONE_BYTE_ID, MAX_ID = 14, 255
"""Of one-byte elements, and of two-byte elements (RFC 8285, sections 4.2 and 4.3)."""

FORWARDED = frozenset((AUDIO_LEVEL, VIDEO_ORIENTATION, PLAYOUT_DELAY, DEPENDENCY_DESCRIPTOR))
"""Extensions forwarded to viewers unchanged, except for the frame numbers of a dependency descriptor. Viewers get
`TRANSPORT_WIDE` with the numbers of their own transport."""

MAX_SHORT = 16
"""Bytes of a value in the one-byte form (RFC 8285, section 4.2)."""

LONG = frozenset((DEPENDENCY_DESCRIPTOR,))
"""Extensions that may be longer than `MAX_SHORT`: packets with such a value have all elements in the two-byte form."""


_MAX_SHARED = 1024
"""Objects kept to be shared: clients choose the ids, but browsers choose nearly the same."""


class ExtensionMap:
    """A viewer's extension ids in a media section; one object for all viewers with the same ids.

    Elements have the one-byte form, or all of them the two-byte form if an id needs it (RFC 8285, section 4.1.2).
    """

    __slots__ = ("forwarded", "profile", "transport_wide", "two_byte", "wide_shift", "wide_size", "wide_tag")

    def __init__(self, ids: dict[str, int], *, two_byte: bool = False) -> None:
        self.transport_wide = ids.get(TRANSPORT_WIDE, 0)
        """Its id; 0: not negotiated."""
        self.forwarded = {name: ids[name] for name in sorted(FORWARDED) if name in ids}
        short = not two_byte and all(
            number <= MAX_ONE_BYTE_ID for number in (self.transport_wide, *self.forwarded.values())
        )
        self.profile = ONE_BYTE_PROFILE if short else TWO_BYTE_PROFILE
        self.two_byte: ExtensionMap | None = None
        """The same ids in the two-byte form, if values may need it."""
        if short and not LONG.isdisjoint(self.forwarded):
            self.two_byte = ExtensionMap(ids, two_byte=True)
        self.wide_tag, self.wide_shift, self.wide_size = (
            ((self.transport_wide << 4 | 1) << 24, 8, 3) if short else (self.transport_wide << 24 | 2 << 16, 0, 4)
        )
        """The element with the transport-wide number as 32 bits: all but the number, the number's left shift, and how
        many of the four bytes the element takes."""

    def element(self, identifier: int, value: bytes) -> bytes:
        """An extension element, of a value of 1 to 16 bytes; in the two-byte form up to 255."""
        if self.profile == ONE_BYTE_PROFILE:
            return bytes((identifier << 4 | len(value) - 1,)) + value
        return bytes((identifier, len(value))) + value

    _known: ClassVar["dict[tuple[tuple[str, int], ...], ExtensionMap]"] = {}

    @classmethod
    def of(cls, ids: dict[str, int]) -> "ExtensionMap":
        """The shared object for these ids: packets are prepared once for all viewers that have it."""
        relevant = {
            name: number
            for name, number in ids.items()
            if 1 <= number <= MAX_ID and (name in FORWARDED or name == TRANSPORT_WIDE)
        }
        key = tuple(sorted(relevant.items()))
        found = cls._known.get(key)
        if found is None:
            found = cls(relevant)
            if len(cls._known) < _MAX_SHARED:
                cls._known[key] = found
        return found
