"""What a program receives of a room's media: slots, tracks of decoded frames, recordings."""

import asyncio
import os
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from signaling import messages
from signaling.client.actions import RETRY_SECONDS, RoomActions
from signaling.client.errors import ClientError
from signaling.client.events import ClientEvent, Events
from signaling.client.incoming import Incoming
from signaling.client.lazy_types import MediaStreamTrack, Recorder
from signaling.client.options import ClientOptions
from signaling.client.receive import Slot
from signaling.client.recordings import Recordings
from signaling.client.rejoin import Before, is_temporary
from signaling.client.transport import MediaTransport
from signaling.messages import Publication, Source

TRACK_HEIGHT = 1080
"""Pixels; a `Client.track` is of no larger picture, unless asked for."""


class Receiving(RoomActions):
    """Says what slots show, and what becomes of what comes in them. Its subclass has the connection."""

    def __init__(self, options: ClientOptions) -> None:
        super().__init__()
        self.options = options
        self._transport: MediaTransport | None = None
        self._wishes: dict[str, messages.SlotWatch] = {}
        self._before: Before | None = None
        """What is to be taken up again after joining again."""
        self._complete = True
        """Whether the media connection carries all that it should: not while another is being made."""
        self._events = Events()
        self._incoming = Incoming(lambda slot: self._connected().request_keyframe(slot), self._on_incoming_end)
        self._recordings = Recordings()

    @abstractmethod
    def _connected(self) -> MediaTransport:
        """The media connection. Raises `ClientError` if there is none."""

    @abstractmethod
    def _spawn(self, action: Callable[[], Awaitable[Any]]) -> asyncio.Task[None] | None:
        """Do something in the background; None: the client is leaving."""

    def events(self) -> AsyncIterator[ClientEvent]:
        """The room's events from now on, until it is over; also `Reconnecting`, `Reconnected` and `TrackEnded`."""
        return self._events.stream()

    @property
    def slots(self) -> dict[str, Slot]:
        """Receive slots by mid: audio, which the relay fills, then video, which `watch` fills."""
        return {} if self._transport is None else self._transport.reception.slots

    async def watch(
        self, publication: str | None, *, height: int = 360, slot: str | None = None, priority: int = 0
    ) -> Slot:
        """Show a publication (by id) in a video slot, `height` pixels high. Without `slot`: in its own, or a free one.

        A publication of None empties the slot.
        """
        chosen = self._choose_slot(publication) if slot is None else self.slots.get(slot)
        if chosen is None:
            raise ClientError("too_many", "There is no free video slot.")
        wish = messages.SlotWatch(slot=chosen.mid, publication=publication, height=height, priority=priority)
        before = chosen.publication
        chosen.publication = publication  # taken, before the server has said so
        self._incoming.route(chosen)
        try:
            await self._request(messages.Watch, slots=[wish])
        except ClientError:
            chosen.publication = before
            self._incoming.route(chosen)
            raise
        self._wishes[chosen.mid] = wish
        return chosen

    def track(self, publication: str | Publication, *, height: int | None = None) -> MediaStreamTrack:
        """Decoded frames of somebody's publication (or its id), as a track for aiortc's consumers and your own code.

        It is the same one as long as it hasn't ended; `MediaRelay` gives it to several readers. A picture takes a video
        slot, in which it is watched in `height` pixels (None: as large as it is, at most 1,080); `watch` changes that.
        Sound comes while the relay has it in one of the `ClientOptions.audio_slots`: always, in a room that isn't
        large. Frames come in `recv`; while the publication is muted, it waits; when the publication ends, it raises
        `aiortc.mediastreams.MediaStreamError`. After a restart of the server the track goes on.

        Raises `ClientError`: `not_found`, or `too_many` where there is no slot.
        """
        self._connected()
        state = self._joined()
        found = state.publications.get(publication if isinstance(publication, str) else publication.id)
        if found is None or found.participant == state.you_id:
            raise ClientError("not_found", "Nobody else publishes that here.")
        track = self._incoming.find(found.id)
        slots = [slot for slot in self.slots.values() if slot.kind == found.kind]
        if track is None:
            if not slots or (found.kind == "video" and self._choose_slot(found.id) is None):
                raise ClientError("too_many", f"There is no free {found.kind} slot.")
            track = self._incoming.open(found, slots, state)
        elif height is None:
            return track
        slot = self._choose_slot(found.id) if found.kind == "video" else None
        wish = None if slot is None else self._wishes.get(slot.mid)
        if slot is not None and (height is not None or wish is None or wish.publication != found.id):
            slot.publication = found.id
            wanted = height or min(found.height or TRACK_HEIGHT, TRACK_HEIGHT)
            self._spawn(partial(self._watch_for_track, found.id, wanted, slot.mid))
        return track

    async def _watch_for_track(self, publication: str, height: int, slot: str) -> None:
        while publication in self.publications:
            try:
                await self.watch(publication, height=height, slot=slot)
                return
            except ClientError as error:
                if not is_temporary(error):
                    self._incoming.ended(publication)
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    def _on_incoming_end(self, publication: str) -> None:
        """The track of a publication is over: its slot is free for others."""
        for mid, wish in list(self._wishes.items()):
            if wish.publication == publication:
                del self._wishes[mid]
                slot = self.slots.get(mid)
                if slot is not None and slot.publication == publication:
                    self._spawn(partial(self.watch, None, slot=mid))

    async def each_publication(self, *sources: Source) -> AsyncIterator[Publication]:
        """What others publish from these sources (none named: all): first what there is, then what comes, to the end.

        A publication that is there again after a restart of the server, and whose `track` goes on, isn't told again.
        """
        events = self.events()
        told: set[str] = set()
        while True:
            for publication in list(self.publications.values()):
                wanted = not sources or publication.source in sources
                new = publication.id not in told and publication.participant != self._joined().you_id
                told.add(publication.id)
                if new and wanted and self._incoming.find(publication.id) is None:
                    yield publication
            try:
                event = await anext(events)
            except StopAsyncIteration:
                return
            if isinstance(event, messages.PublicationRemoved):
                told.discard(event.publication)

    def _choose_slot(self, publication: str | None) -> Slot | None:
        slots = [slot for slot in self.slots.values() if slot.kind == "video"]
        shown = next((slot for slot in slots if publication is not None and slot.publication == publication), None)
        return shown or next((slot for slot in slots if slot.publication is None), None)

    def _watch_more(self) -> None:
        """With `ClientOptions.watch_height`, show what isn't shown yet in slots that are free."""
        state, height = self._joined(), self.options.watch_height
        if not height:
            return
        shown = {slot.publication for slot in self.slots.values()}
        for publication in state.publications.values():
            own = publication.participant == state.you_id
            if publication.kind == "video" and not own and publication.id not in shown:
                slot = self._choose_slot(publication.id)
                if slot is None:
                    return
                slot.publication = publication.id
                self._spawn(partial(self.watch, publication.id, height=height, slot=slot.mid))

    def request_keyframe(self, slot: str) -> None:
        """Ask for a keyframe in a slot (by mid)."""
        self._connected().request_keyframe(self._slot(slot))

    def _slot(self, mid: str) -> Slot:
        slot = self.slots.get(mid)
        if slot is None:
            raise ClientError("not_found", f"There is no slot {mid}.")
        return slot

    def record(self, path: str | os.PathLike[str], *, slots: list[str] | None = None) -> Recorder:
        """Record slots (by mid; at most one audio and one video) to a .mkv or .webm file, until you leave.

        Without `slots`: the first of each kind; `watch` says what the first video slot shows.
        """
        transport = self._connected()
        if slots is None:
            firsts = {slot.kind: slot for slot in reversed(self.slots.values())}
        else:
            firsts = {slot.kind: slot for slot in map(self._slot, slots)}
            if len(firsts) != len(slots):
                raise ClientError("bad_state", "A recording has at most one slot of each kind.")
        if not firsts:
            raise ClientError("bad_state", "There is no slot to record.")
        return self._recordings.begin(path, firsts, transport.request_keyframe)

    def stop_recording(self, recorder: Recorder) -> None:
        """End a recording and its file."""
        self._recordings.stop(recorder)

    def _watch_again(self, publication: Publication) -> None:
        """Show a publication in the slot that showed it before the client had to join again, once there is media."""
        before = self._before
        if before is None or not self._complete or (wish := before.match(self._joined(), publication)) is None:
            return

        async def watch() -> None:
            try:
                await self.watch(
                    publication.id, height=wish.watch.height, slot=wish.watch.slot, priority=wish.watch.priority
                )
            except ClientError:
                before.put_back(wish)
                raise

        self._spawn(watch)
