"""The rooms that are in memory, by id."""

import asyncio
import logging
import secrets
from collections.abc import Callable

from sfu.plane import MediaPlane, PlaneEvent
from signaling.codes import make_code, normalise_code
from signaling.errors import RoomError
from signaling.mailbox import Backlogs
from signaling.messages import EndReason
from signaling.messages import Room as RoomInfo
from signaling.rooms.admission import Caps
from signaling.rooms.codec_choice import VIDEO_CODECS, CodecChoice
from signaling.rooms.journal import Journal, NullJournal, NullSource, RoomSource, SavedRoom, SourceUnavailableError
from signaling.rooms.room import Room

log = logging.getLogger(__name__)

UNUSED_SECONDS = 60.0
"""How long a room without anyone in it is kept in memory, where it can be loaded again."""


class Registry:
    """Rooms in use. Unused ones are forgotten, and loaded again from `source` when someone comes."""

    def __init__(self, plane: MediaPlane, source: RoomSource | None = None, journal: Journal | None = None) -> None:
        self.source: RoomSource = NullSource() if source is None else source
        self.journal: Journal = NullJournal() if journal is None else journal
        self.caps = Caps()
        """The caps of all rooms."""
        self.video_codecs: tuple[str, ...] = VIDEO_CODECS
        """Codecs that clients should offer, preferred first."""
        self.secret: bytes | None = None
        """People's keys are derived from it; None: keys last as long as a room is in memory."""
        self.unfinished: dict[Room, None] = {}
        """Rooms with something to do in the next turn of the loop."""
        self.on_unfinished: Callable[[], None] | None = None
        """Called when `unfinished` gets its first room."""
        self._backlogs = Backlogs()
        self._plane = plane
        plane.events = self._take
        self._keeps_all = source is None
        self._rooms: dict[str, Room] = {}
        self._by_code: dict[str, Room] = {}
        self._loading: dict[str, asyncio.Task[Room | None]] = {}
        self._stale: set[str] = set()
        """Rooms whose stored state changed while they were being loaded."""

    @property
    def rooms(self) -> list[Room]:
        """All rooms in memory."""
        return list(self._rooms.values())

    def create(self, title: str, now: float) -> Room:
        """Create a room that lives in memory only."""
        info = RoomInfo(id=secrets.token_urlsafe(9), code=make_code(), title=title)
        return self._add(SavedRoom(info), now)

    def _add(self, saved: SavedRoom, now: float) -> Room:
        room = Room(saved, self._plane, self.journal, self._backlogs, self._mark, self.secret)
        room.admission.caps = self.caps
        room.codecs = CodecChoice(self.video_codecs)
        room.empty_since = now
        self._rooms[room.id] = self._by_code[room.code] = room
        return room

    def _mark(self, room: Room) -> None:
        first = not self.unfinished
        self.unfinished[room] = None
        if first and self.on_unfinished is not None:
            self.on_unfinished()

    def _take(self, event: PlaneEvent) -> None:
        """Pass an event to its room, unless the room is gone."""
        room = self._rooms.get(event.room)
        if room is None:
            return
        try:
            room.take(event)
        except Exception:
            log.exception("media of room %s", room.id)

    def _forget(self, room: Room) -> None:
        if self._rooms.pop(room.id, None) is not None:
            del self._by_code[room.code]

    def find(self, code: str) -> Room | None:
        """Find the room in memory with that code, as typed by people."""
        return self._by_code.get(normalise_code(code))

    def by_id(self, identifier: str) -> Room | None:
        """Find the room in memory with that id."""
        return self._rooms.get(identifier)

    async def open(self, identifier: str, now: float) -> Room:
        """Return the room with that id; load it if it isn't in memory. Raises `RoomError`."""
        room = self._rooms.get(identifier)
        if room is not None:
            return room
        loading = self._loading.get(identifier)
        if loading is None:
            loading = self._loading[identifier] = asyncio.create_task(self._load(identifier, now))
            loading.add_done_callback(lambda _: self._loaded(identifier))
        try:
            # Shielded: others may wait for the same room.
            room = await asyncio.shield(loading)
        except SourceUnavailableError:
            raise RoomError("unavailable", "The server can't look up the room right now. Try again.") from None
        if room is None:
            raise RoomError("not_found", "The room no longer exists.")
        return room

    def _loaded(self, identifier: str) -> None:
        self._loading.pop(identifier, None)
        self._stale.discard(identifier)

    async def _load(self, identifier: str, now: float) -> Room | None:
        while True:
            self._stale.discard(identifier)
            saved = await self.source.load(identifier)
            if identifier not in self._stale:
                return None if saved is None else self._add(saved, now)

    def changed(self, identifier: str) -> Room | None:
        """Note that a room has changed in the store: its state, settings, members, bans or chat.

        Returns the room if it is in memory, so that the caller can update it. A room that is being loaded is read
        again: otherwise it would live on as it was before the change, or although it has ended.
        """
        room = self._rooms.get(identifier)
        if room is None and identifier in self._loading:
            self._stale.add(identifier)
        return room

    def close(self, room: Room, why: EndReason, now: float) -> None:
        """End a room and forget it; the caller sets its last state."""
        room.end(why, now)
        self._forget(room)

    def forget_unused(self, now: float) -> None:
        """Forget rooms that have been empty for a while."""
        if self._keeps_all:
            return
        for room in self.rooms:
            unused = room.empty_since is not None and now - room.empty_since > UNUSED_SECONDS
            if unused and not room.admission.visitors:
                self._forget(room)
