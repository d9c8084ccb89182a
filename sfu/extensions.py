"""RTP header extensions that a relay reads or passes on, by their SDP names."""

from typing import ClassVar

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

RECEIVED = frozenset((MID, RID, REPAIRED_RID, TRANSPORT_WIDE, AUDIO_LEVEL, VIDEO_ORIENTATION, PLAYOUT_DELAY))
"""What the relay asks senders for."""

FORWARDED = frozenset((AUDIO_LEVEL, VIDEO_ORIENTATION, PLAYOUT_DELAY))
"""What viewers get as it came; `TRANSPORT_WIDE` they get with numbers of their own transport."""


class ExtensionMap:
    """The ids under which a viewer takes extensions in a media section; one object for all who use the same."""

    __slots__ = ("forwarded", "transport_wide")

    def __init__(self, ids: dict[str, int]) -> None:
        self.transport_wide = ids.get(TRANSPORT_WIDE, 0)
        """Its id; 0: not negotiated."""
        self.forwarded = {name: ids[name] for name in sorted(FORWARDED) if name in ids}

    _known: ClassVar["dict[tuple[tuple[str, int], ...], ExtensionMap]"] = {}

    @classmethod
    def of(cls, ids: dict[str, int]) -> "ExtensionMap":
        """The shared object for these ids: packets are prepared once for all viewers that have it."""
        relevant = {
            name: number
            for name, number in ids.items()
            if 1 <= number <= 14 and (name in FORWARDED or name == TRANSPORT_WIDE)
        }
        return cls._known.setdefault(tuple(sorted(relevant.items())), cls(relevant))
