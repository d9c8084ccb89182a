"""A participant's media connection, as its room knows it: what was negotiated, and which section publishes what.

The room checks requests against this, so that its commands to the media plane can't fail.
"""

import asyncio

from sfu.plane import Fingerprint, MediaAnswer, MediaOffer, SlotWish
from sfu.sections import Kind
from sfu.wire.rtp import Mid
from signaling.errors import RoomError
from signaling.messages import Source


class MediaConnection:
    """One participant's media connections, of which only the latest is in use."""

    __slots__ = (
        "_fingerprint",
        "_over",
        "_session",
        "_shown",
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
        """Epoch of the present connection; 0: there is none. Events of other epochs are ignored."""
        self.asked = 0
        """Epoch of the latest connection requested from the plane."""
        self.exists = False
        """Whether there is a connection, even one that has ended."""
        self.closed = False
        """Whether it has ended without being dropped."""
        self.connected = False
        """Whether it was ever established."""
        self.offering = asyncio.Lock()
        """Held while an offer waits for its answer: offers are served one at a time."""
        self.sends: dict[Mid, Kind] = {}
        """Sections in which the client sends."""
        self.slots: dict[Mid, Kind] = {}
        """Sections in which it receives."""
        self.published: dict[Source, Mid] = {}
        self._fingerprint: Fingerprint | None = None
        self._session = ""
        self._shown: dict[Mid, str] = {}
        """What slots carry, by the plane's events."""
        self._over: tuple[Fingerprint | None, str] | None = None
        """The client's peer connection whose media connection was dropped; it can't get another."""

    @property
    def lives(self) -> bool:
        """Whether an offer can continue it."""
        return self.exists and not self.closed

    def ask(self, offer: MediaOffer) -> int:
        """Return the epoch for an offer: the present one, or a new one if the offer is from another peer connection.

        Raises `RoomError`.
        """
        if self._over == (offer.fingerprint, offer.session):
            raise RoomError(
                "media_closed", "This media connection has ended. Make an offer from a new peer connection."
            )
        if self.lives and offer.fingerprint == self._fingerprint:
            return self.epoch
        self.asked += 1
        return self.asked

    def take(self, epoch: int, offer: MediaOffer, answer: MediaAnswer) -> bool:
        """Take over what was negotiated. Idle sections keep their use; sections missing from the offer have ended.

        Returns False if it is a different connection than before.
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
        if not goes_on:
            self._shown = {}
        return goes_on

    def drop(self) -> None:
        """Note that there is no connection any more."""
        if self.connected:
            self._over = self._fingerprint, self._session
        self.exists = self.closed = self.connected = False
        self.epoch = 0
        self.sends, self.slots, self.published, self._shown = {}, {}, {}, {}

    def shows(self, slot: Mid, publication: str | None) -> bool:
        """Note what a slot carries from now on. True: another publication than before."""
        if publication is None:
            self._shown.pop(slot, None)
            return False
        before, self._shown[slot] = self._shown.get(slot), publication
        return publication != before

    def withdrawn(self) -> list[Source]:
        """Return what was published in sections that the last offer removed."""
        return [source for source, mid in self.published.items() if mid not in self.sends]

    def check_publish(self, source: Source, mid: Mid) -> Kind:
        """Check that a source can be published in a section, and return the section's kind. Raises `RoomError`."""
        kind = self.sends.get(mid)
        if kind is None:
            raise RoomError("bad_state", f"The offer has no section {mid} that sends.")
        other = self.published.get(source, mid)
        if other != mid:
            raise RoomError("bad_state", f"{source} is already published in section {other}.")
        carried = next((each for each, where in self.published.items() if where == mid), source)
        if carried != source:
            raise RoomError("bad_state", f"Section {mid} already carries {carried}.")
        if (kind == "audio") != (source in ("microphone", "screen_audio")):
            raise RoomError("bad_state", f"Section {mid} is {kind}, which {source} is not.")
        return kind

    def check_wishes(self, wishes: tuple[SlotWish, ...]) -> None:
        """Check that the slots exist. Raises `RoomError`."""
        if not self.exists:
            raise RoomError("bad_state", "There is no media connection yet.")
        for wish in wishes:
            if self.slots.get(wish.slot) != "video":
                raise RoomError("bad_state", f"The offer has no section {wish.slot} that receives video.")
