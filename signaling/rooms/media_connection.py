"""A participant's media connection, as its room knows it: what was negotiated, and where things are published.

The room checks requests by this, so that what it asks of the media plane can't fail.
"""

import asyncio

from sfu.plane import Fingerprint, MediaAnswer, MediaOffer, SlotWish
from sfu.sections import Kind
from sfu.wire.rtp import Mid
from signaling.errors import RoomError
from signaling.messages import Source


class MediaConnection:
    """One participant's, from the first one to the latest."""

    __slots__ = (
        "_fingerprint",
        "_over",
        "_session",
        "asked",
        "closed",
        "connected",
        "epoch",
        "exists",
        "offering",
        "published",
        "sends",
        "slots",
    )

    def __init__(self) -> None:
        self.epoch = 0
        """Of the present connection; 0: there has been none. Events of others mean nothing."""
        self.asked = 0
        """Of the latest connection that was asked for."""
        self.exists = False
        """Whether there is a connection, be it one that has ended."""
        self.closed = False
        """Whether it has ended by itself."""
        self.connected = False
        """Whether it has ever come about."""
        self.offering = asyncio.Lock()
        """Held while an offer waits for its answer: offers are served one after the other."""
        self.sends: dict[Mid, Kind] = {}
        """Sections in which the client sends."""
        self.slots: dict[Mid, Kind] = {}
        """Sections in which it receives."""
        self.published: dict[Source, Mid] = {}
        self._fingerprint: Fingerprint | None = None
        self._session = ""
        self._over: tuple[Fingerprint | None, str] | None = None
        """The client's peer connection whose connection was dropped: it can't have another."""

    @property
    def lives(self) -> bool:
        """Whether an offer can go on with it."""
        return self.exists and not self.closed

    def ask(self, offer: MediaOffer) -> int:
        """The epoch to offer in: the present one, or the next where the offer is of another connection.

        Raises `RoomError`.
        """
        if self._over == (offer.fingerprint, offer.session):
            raise RoomError("media_closed", "This media connection has ended; make an offer from a new one.")
        if self.lives and offer.fingerprint == self._fingerprint:
            return self.epoch
        self.asked += 1
        return self.asked

    def take(self, epoch: int, offer: MediaOffer, answer: MediaAnswer) -> bool:
        """Go by what was negotiated. Sections that are idle keep their use, others that the offer lacks have ended.

        False: it is another connection than before.
        """
        goes_on = self.lives and epoch == self.epoch and not answer.replaced
        self.connected = self.connected and goes_on
        self.epoch, self.exists, self.closed = epoch, True, False
        self._fingerprint, self._session = offer.fingerprint, offer.session
        sends, slots = (self.sends, self.slots) if goes_on else ({}, {})
        self.sends = {mid: kind for mid, kind in sends.items() if mid in offer.idle}
        self.sends |= {section.mid: section.kind for section in offer.sends}
        self.slots = {mid: kind for mid, kind in slots.items() if mid in offer.idle}
        self.slots |= {section.mid: section.kind for section in offer.receives}
        return goes_on

    def drop(self) -> None:
        """There is no connection any more."""
        if self.connected:
            self._over = self._fingerprint, self._session
        self.exists = self.closed = self.connected = False
        self.epoch = 0
        self.sends, self.slots, self.published = {}, {}, {}

    def withdrawn(self) -> list[Source]:
        """What was published in sections that the last offer took away."""
        return [source for source, mid in self.published.items() if mid not in self.sends]

    def check_publish(self, source: Source, mid: Mid) -> Kind:
        """The kind of a section in which something is to be published. Raises `RoomError`."""
        kind = self.sends.get(mid)
        if kind is None:
            raise RoomError("bad_state", f"The offer has no section {mid} that sends.")
        other = self.published.get(source, mid)
        if other != mid:
            raise RoomError("bad_state", f"{source} is published in section {other} already.")
        carried = next((each for each, where in self.published.items() if where == mid), source)
        if carried != source:
            raise RoomError("bad_state", f"Section {mid} carries {carried} already.")
        if (kind == "audio") != (source in ("microphone", "screen_audio")):
            raise RoomError("bad_state", f"Section {mid} is {kind}, which {source} is not.")
        return kind

    def check_wishes(self, wishes: tuple[SlotWish, ...]) -> None:
        """Raises `RoomError` for slots that aren't there."""
        if not self.exists:
            raise RoomError("bad_state", "There is no media connection yet.")
        for wish in wishes:
            if self.slots.get(wish.slot) != "video":
                raise RoomError("bad_state", f"The offer has no section {wish.slot} that receives video.")
