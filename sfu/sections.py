"""Media sections of an offer, as negotiated: what a client sends or can receive in them."""

from dataclasses import dataclass
from typing import Literal

from sfu.codecs import Codec
from sfu.wire.rtp import Mid, Rid, Ssrc

Kind = Literal["audio", "video"]


@dataclass(frozen=True, slots=True)
class SendSection:
    """A media section in which the client sends, as negotiated.

    `codecs` by payload type; `rids` in the order of the SDP; `ssrcs`: pairs of a stream and its retransmission stream
    (0: none), where the SDP names them; `paused`: those of the `rids` that the sender doesn't send at first.
    """

    mid: Mid
    kind: Kind
    codecs: dict[int, Codec]
    rids: tuple[Rid, ...] = ()
    ssrcs: tuple[tuple[Ssrc, Ssrc], ...] = ()
    paused: frozenset[Rid] = frozenset()


@dataclass(frozen=True, slots=True)
class ReceiveSection:
    """A media section in which the client receives, as negotiated: codecs by name, and extension ids by URI."""

    mid: Mid
    kind: Kind
    codecs: dict[str, Codec]
    extension_ids: dict[str, int]
