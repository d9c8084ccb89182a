"""The interface between rooms and media: commands and events as plain values.

A room knows no relay. It gives a `MediaPlane` commands and takes `PlaneEvent`s, all of them frozen dataclasses that
serialise, so that the relay may be in this process, in another, or on another machine.

A member is named by its room and its id; `epoch` is the room's count of its media connections. The receiver of a
command or an event drops it if its epoch isn't the present one.

A publication is named after its member and its source: see `publication_id`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from sfu.sections import ReceiveSection, SendSection
from sfu.secure.dtls import Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire.rtp import Mid, Rid, Ssrc

__all__ = ["Credentials", "Fingerprint", "ReceiveSection", "SendSection"]  # of other modules: they cross as well

ConnectionState = Literal["joining", "connected", "lost"]
CloseReason = Literal["silent", "failed", "closed"]
"""Why a connection ended by itself: the client was silent; something failed; the client closed it."""
QualityLevel = Literal["good", "poor", "lost"]
PauseReason = Literal["hidden", "muted", "waiting", "codec", "bandwidth", "overload"]
Refusal = Literal["media_closed", "bad_offer"]


def publication_id(member: str, source: str) -> str:
    """The id of the publication that a member sends from a source."""
    return f"{member}.{source}"


@dataclass(frozen=True, slots=True)
class MediaOffer:
    """What a client offers: its side of ICE and DTLS, and its media sections.

    `session` names the client's peer connection, which may share its certificate with an earlier one. `idle`: sections
    in which nothing is sent now; they stay as they are. Sections missing from an offer have ended.
    """

    credentials: Credentials
    fingerprint: Fingerprint
    session: str
    sends: tuple[SendSection, ...]
    receives: tuple[ReceiveSection, ...]
    extension_ids: dict[int, str]
    idle: frozenset[Mid]


@dataclass(frozen=True, slots=True)
class SlotAnswer:
    """How the relay sends in a receive section. Slots with the same `stream` are played in sync.

    `rtx_ssrc`: the retransmission stream; None: there is none.
    """

    mid: Mid
    ssrc: Ssrc
    rtx_ssrc: Ssrc | None
    stream: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where the relay listens, on the addresses of its machine. `tcp`: it accepts connections (RFC 6544)."""

    protocol: Literal["udp", "tcp"]
    port: int


@dataclass(frozen=True, slots=True)
class MediaAnswer:
    """The relay's side of a connection.

    `replaced`: the member's earlier connection is gone, and all publications in it.
    """

    credentials: Credentials
    fingerprint: Fingerprint
    dtls_role: Literal["passive"]
    cname: str
    slots: tuple[SlotAnswer, ...]
    candidates: tuple[Candidate, ...]
    replaced: bool


class ConnectError(Exception):
    """An offer that can't be served; an earlier connection stays as it is."""

    def __init__(self, code: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class EncodingPlan:
    """A simulcast stream as its sender announces it; `height` of its picture in pixels, `max_bitrate` in bit/s."""

    rid: Rid
    height: int
    max_bitrate: int | None = None


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """What a section carries."""

    mid: Mid
    source: str
    muted: bool
    encodings: tuple[EncodingPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class MuteChange:
    """A publication to mute or unmute."""

    member: str
    source: str
    muted: bool


@dataclass(frozen=True, slots=True)
class SlotWish:
    """What a viewer wants in a video slot; `height` in pixels, 0: nothing now."""

    slot: Mid
    publication: str | None
    height: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A member's connection is up, lost, or back."""

    room: str
    member: str
    epoch: int
    state: ConnectionState


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """A member's connection has ended by itself; its publications are silent until another replaces it.

    `ufrag`: the relay's ICE user name in the latest answer. `detail`: the reason in words, for the operator.
    """

    room: str
    member: str
    epoch: int
    ufrag: str
    why: CloseReason
    detail: str


@dataclass(frozen=True, slots=True)
class SlotChanged:
    """A viewer's slot has changed; `why` is the reason if it is paused."""

    room: str
    member: str
    epoch: int
    slot: Mid
    publication: str | None
    layer: str | None
    why: PauseReason | None


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """The speakers of a room, loudest first."""

    room: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityChanged:
    """A member's connection has become better or worse. `loss` is a share, `round_trip` in seconds."""

    room: str
    member: str
    epoch: int
    level: QualityLevel
    loss: float
    round_trip: float | None


@dataclass(frozen=True, slots=True)
class SourceLayers:
    """The encodings that are wanted of a source, the smallest first; the empty RID: the only one."""

    source: str
    rids: tuple[Rid, ...]


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """The encodings that a member should send from now on, of each source of video that it publishes.

    At first all of them are wanted, and again in each connection that replaces another.
    """

    room: str
    member: str
    epoch: int
    layers: tuple[SourceLayers, ...]


MemberEvent = ConnectionChanged | ConnectionClosed | SlotChanged | QualityChanged | LayersWanted
PlaneEvent = MemberEvent | SpeakersChanged


def ignore(event: PlaneEvent) -> None:
    """Take an event that nobody waits for."""


class MediaPlane(Protocol):
    """What rooms need of media.

    Commands can't fail: rooms check requests by what was negotiated. What a command names that isn't there any more is
    ignored. Each room's events come in the order in which things happened, never from within a command, and those that
    follow an answer come after the caller of `connect` has resumed.
    """

    events: Callable[[PlaneEvent], None]
    """Called with each event; set by the owner of the rooms."""

    async def connect(self, room: str, member: str, epoch: int, offer: MediaOffer) -> MediaAnswer:
        """Take a first offer, or a later one: new sections, an ICE restart, another peer connection.

        Raises `ConnectError`.
        """

    def disconnect(self, room: str, member: str, epoch: int, reason: str) -> None:
        """End a member's connection of this epoch or an earlier one, also while it is made. No event tells of it."""

    def publish(self, room: str, member: str, epoch: int, publication: PublicationPlan) -> None:
        """Publish a section under a source, or update the publication."""

    def unpublish(self, room: str, member: str, epoch: int, source: str) -> None:
        """Withdraw a publication, which stops at once."""

    def mute(self, room: str, changes: tuple[MuteChange, ...]) -> None:
        """Mute or unmute publications; muting takes effect at once."""

    def watch(self, room: str, member: str, epoch: int, wishes: tuple[SlotWish, ...]) -> None:
        """Set what video slots should show; slots that aren't named stay as they are."""
