"""The tracks of decoded frames that a program has, and what connects them with slots and publications."""

from collections.abc import Callable, Iterable
from weakref import WeakSet

from signaling.client.lazy_types import RemoteTrack
from signaling.client.people import Published
from signaling.client.receive import Slot
from signaling.client.state import RoomState
from signaling.messages import Publication

LOST_SECONDS = 30.0
"""How long a track waits for its publication after the client has joined again: others may come back later."""

AGAIN_SECONDS = 5.0
"""How long it waits in that time for a publication that was there again and is withdrawn: others connect anew, too."""


class Incoming:
    """Gives each publication one track, feeds it from the slot that carries it, and ends it with the publication.

    `on_end` is called with the id of a publication whose track is over.
    """

    def __init__(self, request_keyframe: Callable[[Slot], None], on_end: Callable[[str], None]) -> None:
        self._request_keyframe, self._on_end = request_keyframe, on_end
        self._tracks: dict[str, RemoteTrack] = {}
        """By publication."""
        self._known: dict[str, Published] = {}
        """Whose publications they are."""
        self._settling = False
        """Whether the client has joined again lately, and so may others."""
        self._lost: dict[str, Published] = {}
        """Publications of before the client joined again whose tracks wait for them."""
        self._slots: dict[str, Slot] = {}
        """From which slot each track is fed, by publication."""
        self._closing: WeakSet[RemoteTrack] = WeakSet()
        """Tracks that are over, as long as something of them runs."""

    def find(self, publication: str) -> RemoteTrack | None:
        """The track of a publication, if it has one."""
        return self._tracks.get(publication)

    def open(self, publication: Publication, slots: Iterable[Slot], state: RoomState) -> RemoteTrack:
        """A track for a publication, fed from the slot that carries it, as soon as one does."""
        from signaling.client import tracks  # loads aiortc

        track = tracks.RemoteTrack(publication.kind, self._stopped)
        self._tracks[publication.id] = track
        self._know(publication.id, state)
        for slot in slots:
            self.route(slot)
        return track

    def _know(self, publication: str, state: RoomState) -> None:
        found = Published.find(state, publication)
        if found is not None:
            self._known[publication] = found

    def route(self, slot: Slot) -> None:
        """Feed the track of what a slot carries now, and no other."""
        if not self._tracks:
            return
        identifier = slot.publication
        track = self._tracks.get(identifier or "")
        if identifier is not None and self._slots.get(identifier) is slot:
            return
        for other in [each for each, taken in self._slots.items() if taken is slot]:
            del self._slots[other]
        slot.on_media = None
        if track is None or identifier is None:
            return
        before = self._slots.get(identifier)
        if before is not None:
            before.on_media = None
        self._slots[identifier] = slot
        slot.on_media = track.feed
        track.bind(lambda: self._request_keyframe(slot))

    def ended(self, publication: str) -> None:
        """A publication is over, and so is its track."""
        track = self._tracks.get(publication)
        if track is not None:
            self._drop(track)
            track.finish()

    def removed(self, publication: str) -> bool:
        """A publication was withdrawn. True: its track waits a moment for it; then `give_up` is to be called."""
        if self._settling and publication in self._tracks and publication in self._known:
            self._lost[publication] = self._known[publication]
            return True
        self.ended(publication)
        return False

    def of(self, participant: str) -> list[str]:
        """The publications of a participant that have tracks."""
        return [each for each in self._tracks if each.rpartition(".")[0] == participant and each not in self._lost]

    def _stopped(self, track: RemoteTrack) -> None:
        """A track's owner has stopped it."""
        self._drop(track)

    def _drop(self, track: RemoteTrack) -> None:
        for publication in [each for each, found in self._tracks.items() if found is track]:
            del self._tracks[publication]
            self._lost.pop(publication, None)
            self._known.pop(publication, None)
            slot = self._slots.pop(publication, None)
            if slot is not None:
                slot.on_media = None
            self._closing.add(track)
            self._on_end(publication)

    # Joining again

    def lose(self, state: RoomState) -> None:
        """The client joins again: `state` is of before, and its ids are void. Tracks wait for their publications."""
        self._settling = True
        for publication in self._tracks:
            self._know(publication, state)
            if publication not in self._lost and publication in self._known:
                self._lost[publication] = self._known[publication]

    def match(self, state: RoomState, publication: Publication) -> None:
        """Go on with a publication that is there again, under its id of now."""
        if publication.id in self._tracks and publication.id not in self._lost:
            return
        for before, published in self._lost.items():
            if published.is_same(state, publication):
                del self._lost[before]
                self._known.pop(before, None)
                self._know(publication.id, state)
                self._tracks[publication.id] = self._tracks.pop(before)
                slot = self._slots.pop(before, None)
                if slot is not None:
                    slot.on_media = None
                return

    def give_up(self, publication: str | None = None) -> None:
        """End the track whose publication hasn't come back; None: all of them, and wait for none from now on."""
        if publication is None:
            self._settling = False
        for each in list(self._lost):
            if publication in (None, each):
                self.ended(each)

    # The end

    def finish(self) -> None:
        """End all tracks at once; `close` waits for it."""
        for publication in list(self._tracks):
            self.ended(publication)

    async def close(self) -> None:
        """End all tracks."""
        self.finish()
        for track in list(self._closing):
            await track.closed()
        self._closing.clear()
