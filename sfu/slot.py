"""A participant's place to receive: a media section in which the relay sends for as long as the participant stays."""

from dataclasses import dataclass
from typing import Literal

from sfu.budget import Budget
from sfu.codecs import can_play_any, red
from sfu.egress import Egress
from sfu.path.forwarder import Forwarder
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.publication import NOT_BEGUN, Encoding, Publication
from sfu.sections import ReceiveSection
from sfu.wire.extensions import ExtensionMap

REDUNDANT_LOSS, SPARED_LOSS = 0.02, 0.005
"""Smoothed shares of lost packets: redundancy is sent from the first on, and left out below the second."""

REDUNDANT_SECONDS = 10.0
"""Least seconds from a loss that called for redundancy until it is left out: losses come in bursts, and half of a burst
is over before it is known."""

KEYFRAME_BURST, KEYFRAMES_PER_SECOND = 10, 1.0
"""Keyframes that a viewer may request for a slot at once, and in the long run: a browser needs one after some seconds
of heavy loss; one that asks all the time has a link too narrow for its keyframes."""

BASE_RATE = Layers(ALL_LAYERS.spatial, 0)

Why = Literal["hidden", "muted", "waiting", "codec", "bandwidth", "overload"]


@dataclass(frozen=True, slots=True)
class SlotState:
    """What a slot carries, as its viewer is told; `why` says why it is paused; None: it isn't."""

    publication: str | None
    layer: str | None
    why: Why | None


class Slot:
    """What a viewer wants in one of its receive sections, and what it gets."""

    __slots__ = (
        "active",
        "allotted",
        "forwarder",
        "height",
        "keyframes",
        "kind",
        "last_sent",
        "layers",
        "left_out",
        "limit",
        "lossy_at",
        "lowered",
        "mid",
        "pair",
        "prepared",
        "priority",
        "publication",
        "raised",
    )

    def __init__(self, section: ReceiveSection, egress: Egress) -> None:
        self.mid = section.mid
        self.kind = section.kind
        self.forwarder = Forwarder(egress, section.codecs, ExtensionMap.of(section.extension_ids))
        self.keyframes = Budget(KEYFRAME_BURST, KEYFRAMES_PER_SECOND)
        """For its viewer's requests."""
        self.pair = 0
        """Its number within its kind. Audio and video slots of the same number are played in sync."""
        self.active = True
        """False: its section is inactive, and the viewer receives nothing in it."""
        self.publication: Publication | None = None
        """The publication that it should show or play."""
        self.height = 0
        """Height of the tile in pixels; 0: not visible."""
        self.priority = 0
        self.limit: int | None = None
        """Height of the largest picture that fits its viewer's link, pixels; 0: none does; None: any."""
        self.layers: Layers | None = None
        """The layers that fit the viewer's link; None: whichever are being sent."""
        self.left_out = False
        """Whether it is paused because the relay can't keep up."""
        self.allotted: str | None = None
        """The publication for which these two were set last."""
        self.raised = self.lowered = 0
        """How often the viewer's link allowed more of the same publication than before, and less."""
        self.lossy_at = float("-inf")
        """When losses last called for the redundancy of sound."""
        self.prepared: Encoding | None = None
        """The encoding for which a keyframe was requested ahead of the connection."""
        self.last_sent: SlotState = SlotState(None, None, None)
        """What the viewer was last told."""

    def negotiate(self, section: ReceiveSection) -> None:
        """Apply a later offer's section."""
        self.active = True
        self.forwarder.negotiate(section.codecs, ExtensionMap.of(section.extension_ids))

    def weigh_redundancy(self, loss: float, now: float) -> None:
        """Send RED's redundancy where packets are lost, on the way to the relay or from it; it doubles the bitrate.

        `loss`: the share that the viewer misses.
        """
        current = self.forwarder.current
        if current is None or current.codec.name != red.NAME:
            return
        loss = max(loss, current.publication.ingress.loss)
        if loss > REDUNDANT_LOSS:
            self.lossy_at = now
            self.forwarder.spare_redundancy(spare=False)
        elif loss < SPARED_LOSS and now - self.lossy_at >= REDUNDANT_SECONDS:
            self.forwarder.spare_redundancy(spare=True)

    def wanted(self, now: float) -> Encoding | None:
        """The encoding that should be forwarded into it."""
        publication = self.publication
        if publication is None or publication.muted or not self.active:
            return None
        height = self.height if self.limit is None else min(self.height, self.limit)
        if self.kind == "video" and height == 0:
            return None
        return publication.choose(height, now, self.forwarder.current, self.forwarder.codecs)

    def allot(self, limit: int | None, layers: Layers | None) -> bool:
        """Set what fits the viewer's link. False: that is as before."""
        name = None if self.publication is None else self.publication.id
        same, self.allotted = name == self.allotted, name
        if (limit, layers) == (self.limit, self.layers):
            return False
        if same and self.limit is not None and limit is not None:
            if (limit, layers or ALL_LAYERS) > (self.limit, self.layers or ALL_LAYERS):
                self.raised += 1
            else:
                self.lowered += 1
        self.limit, self.layers = limit, layers
        return True

    def set_layers(self) -> None:
        """Send the layers that fit the link.

        Until a smaller encoding begins with a keyframe, the larger one goes on with as few pictures as possible; until
        a larger one begins, the smaller one goes on as it is.
        """
        forwarder = self.forwarder
        current, target = forwarder.current, forwarder.target
        if self.layers is None:
            return
        if current is None or target is None or current.publication is not target.publication:
            forwarder.set_layers(self.layers)
        elif target.publication.height_of(target) < current.publication.height_of(current):
            forwarder.set_layers(BASE_RATE)

    def lacks_codec(self, publication: Publication) -> bool:
        """Whether its viewer can decode none of the codecs in which the publication is sent or may be sent."""
        begun = [each.codec for each in publication.encodings.values() if each.last_packet_at > NOT_BEGUN]
        return not can_play_any(self.forwarder.codecs, begun or publication.codecs.values())

    def state(self) -> SlotState:
        """What it carries at this moment."""
        publication = self.publication
        if publication is None:
            return SlotState(None, None, None)
        current = self.forwarder.current
        if current is not None and current.publication is publication:
            return SlotState(publication.id, current.rid, None)
        if publication.muted:
            return SlotState(publication.id, None, "muted")
        if not self.active or (self.kind == "video" and self.height == 0):
            return SlotState(publication.id, None, "hidden")
        if self.lacks_codec(publication):
            return SlotState(publication.id, None, "codec")
        if self.left_out:
            return SlotState(publication.id, None, "overload")
        return SlotState(publication.id, None, "bandwidth" if self.limit == 0 else "waiting")
