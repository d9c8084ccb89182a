"""Connects live rooms with the store: loads rooms when people come, and ends them when their time is up."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from signaling.codes import is_code, normalise_code
from signaling.errors import RoomError
from signaling.messages import DeleteChat, EndReason
from signaling.rooms import moderation
from signaling.rooms.chat import MAX_SENT, cleaned
from signaling.rooms.journal import SavedMessage, SavedRoom, SourceUnavailableError, StateChanged
from signaling.rooms.lifecycle import LIVE, LifecycleError, Trigger
from signaling.rooms.moderation import RoomAction
from signaling.rooms.room import Room
from signaling.session import SignalingServer
from storage import records
from storage.errors import StorageError, StorageUnavailableError
from storage.store import Store
from web.journal_writer import JournalWriter
from web.room_settings import info_of

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""Between polls for rooms and log-ins that have expired, or that another process (the command line) has changed."""
TOUCH_SECONDS = 60.0
PURGE_SECONDS = 3600.0

WRITTEN_SECONDS = 5.0
"""How long something is waited for that happened in a call and has to be stored."""

KEEP_HISTORY = 90 * 86_400.0
"""Seconds for which the history of rooms is kept."""
KEEP_UNCONFIRMED = 86_400.0
"""Least time in seconds for which an address that was registered but not confirmed is kept."""
KEEP_ENDED = 30 * 86_400.0
"""Seconds for which an ended room and its chat are kept."""

LOAD_CHAT = 200


class StoredRooms:
    """The `RoomSource` of this server."""

    def __init__(self, store: Store, writer: JournalWriter) -> None:
        self._store = store
        self._writer = writer
        self.loaded: set[str] = set()
        """Ids of rooms that were loaded from the store."""

    async def load(self, room_id: str) -> SavedRoom | None:
        """Load a room that can be joined. Raises `SourceUnavailableError`."""
        # The latest messages may not be stored yet.
        if not await self._writer.written(WRITTEN_SECONDS):
            raise SourceUnavailableError
        try:
            room = await self._store.rooms.by_id(room_id)
            if room is None or room.state not in LIVE:
                return None
            members = await self._store.rooms.members(room_id)
            bans = await self._store.rooms.bans(room_id)
            chat = await self._store.chat.page(room_id, None, limit=LOAD_CHAT)
            sent = await self._store.chat.sent(room_id, limit=MAX_SENT)
            gaps = await self._store.chat.gaps(room_id)
        except StorageUnavailableError:
            raise SourceUnavailableError from None
        self.loaded.add(room_id)
        return SavedRoom(
            info=info_of(room),
            owner=room.owner_id,
            state=room.state,
            hosts=frozenset(member.user_id for member in members if member.role == "host"),
            banned=frozenset(ban.person_id for ban in bans),
            chat=_saved(message for message in chat if message.deleted_at is None),
            sent={(message.sender_id, message.client_id): message.id for message in sent},
            gaps=gaps,
        )

    async def history(self, room_id: str, person: str, before: int | None, limit: int) -> list[SavedMessage]:
        """Load older messages that the person may read. Raises `SourceUnavailableError`."""
        await self._writer.written(timeout=1.0)
        try:
            found = await self._store.chat.page(room_id, person, before, limit)
        except StorageUnavailableError:
            raise SourceUnavailableError from None
        return _saved(found)


def _saved(stored: Iterable[records.Message]) -> list[SavedMessage]:
    """Convert messages, and remove characters that chat accepted before texts were checked."""
    return [
        cleaned(
            SavedMessage(
                id=message.id,
                sender=message.sender_id,
                sender_name=message.sender_name,
                text=message.text,
                recipient=message.recipient_id,
                recipient_name=message.recipient_name,
                sent_at=message.sent_at,
                client_id=message.client_id,
            )
        )
        for message in stored
    ]


class Calls:
    """Live rooms, and what time and other processes change about them. Call `start`, then `stop`."""

    def __init__(
        self,
        store: Store,
        signaling: SignalingServer,
        rooms: StoredRooms,
        writer: JournalWriter,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._signaling = signaling
        self._rooms = rooms
        self._writer = writer
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._away = False
        """Whether the database was unavailable at the last attempt."""

    async def start(self) -> None:
        """Begin to manage rooms; call it before anyone can join. Raises `StorageUnavailableError`."""
        if await self._store.runs.was_cut_off():
            await self._store.chat.mark_gaps_of_active(self._clock())
        await self._store.runs.begin(self._clock())
        await self._store.rooms.all_left(self._clock())
        await self._store.rooms.expire_due(self._clock())
        self._writer.start()
        chores = ((POLL_SECONDS, self.poll), (TOUCH_SECONDS, self.touch), (PURGE_SECONDS, self.purge))
        self._tasks = [asyncio.create_task(self._run_every(seconds, chore)) for seconds, chore in chores]

    async def stop(self) -> None:
        """Stop, and store what is still queued."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if await self._writer.stop():
            with contextlib.suppress(StorageError):
                await self._store.runs.end()

    async def find(self, code: str) -> Room | records.Room | None:
        """Find the room with a code, as typed by people: a live room if it can be joined, the stored one if it has
        ended.

        Raises `StorageUnavailableError`, except for a room that is in use.
        """
        live = self._signaling.registry.find(code)
        if live is not None:
            return live
        normal = normalise_code(code)
        # A text that can't be a code is looked up too, so that the answer takes as long.
        stored = await self._store.rooms.by_code(normal if is_code(normal) else "none")
        if stored is None or stored.state not in LIVE:
            return stored
        return await self.open(stored.id) or stored

    async def open(self, room_id: str) -> Room | None:
        """Return the live room, loading it if necessary. None: it can't be joined. Raises `StorageUnavailableError`."""
        try:
            return await self._signaling.registry.open(room_id, self._signaling.now())
        except RoomError as error:
            if error.code == "unavailable":
                raise StorageUnavailableError(str(error)) from None
            return None

    async def written(self) -> None:
        """Wait up to a second until the latest events of calls are stored, so that they can be read."""
        await self._writer.written(timeout=1.0)

    @property
    def away(self) -> bool:
        """Whether the last attempt to write to the database failed."""
        return self._away

    @property
    def unwritten(self) -> int:
        """The number of room events waiting to be stored."""
        return len(self._writer)

    @property
    def lost(self) -> int:
        """The number of room events lost since the server started."""
        return self._writer.lost_in_all

    def changed(self, room_id: str) -> Room | None:
        """Note that a room has changed in the store, and return the live room, if any. See `Registry.changed`."""
        return self._signaling.registry.changed(room_id)

    def live(self, room_id: str) -> Room | None:
        """Return the room if it is in memory."""
        return self._signaling.registry.by_id(room_id)

    # Changes over HTTP: each method changes the store and the live room.

    async def change(self, room_id: str, settings: Mapping[str, Any]) -> records.Room | None:
        """Change a room's settings, and tell its participants. None: no such room. Raises `StorageUnavailableError`."""
        changed = await self._store.rooms.update(room_id, **settings)
        live = self.changed(room_id)
        if live is not None and changed is not None:
            live.change(info_of(changed))
        return changed

    async def moderate(self, room_id: str, person: str, action: RoomAction, *, moderates: bool) -> None:
        """Carry out a host's action as over the WebSocket; `moderates`: whether the person is a host.

        Raises `RoomError` and `StorageUnavailableError`.
        """
        room = await self.open(room_id)
        if room is not None:
            moderation.act_on_room(room, person, action, self._signaling.now(), moderates=moderates)
            if not await self._writer.written(WRITTEN_SECONDS):
                raise StorageUnavailableError("what was done isn't stored yet")
        elif moderates and isinstance(action, DeleteChat):  # the room has ended, so there is nobody to tell
            await self._store.chat.delete(room_id, action.message, self._clock(), person)

    async def remove_member(self, room_id: str, user_id: str) -> bool:
        """Remove a user from a room, and revoke the host role in its call. False: they weren't a member.

        Raises `StorageUnavailableError`.
        """
        removed = await self._store.rooms.remove_member(room_id, user_id)
        live = self.changed(room_id)
        if live is not None and removed:
            live.make_host(user_id, host=False, keep=False)
        return removed

    async def unban(self, room_id: str, person: str) -> bool:
        """Lift a person's ban. False: they weren't banned. Raises `StorageUnavailableError`."""
        unbanned = await self._store.rooms.unban(room_id, person)
        live = self.changed(room_id)
        if live is not None and unbanned:
            live.admission.unban(person)
        return unbanned

    async def destroy(self, room_id: str) -> bool:
        """End a room for good and tell everyone in it. False: it had ended before. Raises `StorageUnavailableError`."""
        done = await self._store.rooms.set_state(room_id, "destroyed", self._clock())
        self._close(room_id, "deleted", "room_closed")
        return done

    def _close(self, room_id: str, trigger: Trigger, why: EndReason) -> None:
        room = self.changed(room_id)
        if room is None:
            return
        self._signaling.registry.close(room, why, self._signaling.now())
        try:
            room.advance(trigger)
        except LifecycleError:
            log.debug("room %s has ended already", room_id)
        self._rooms.loaded.discard(room_id)

    def sign_out(self, user_id: str, *, session: str | None = None, keep: str | None = None) -> None:
        """End a user's calls: those of the log-in `session`, or all but those of `keep`."""
        self._signaling.sign_out(user_id, session=session, keep=keep)

    async def _run_every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
        """Run a chore repeatedly, even if it fails."""
        while True:
            try:
                await chore()
                if self._away:
                    log.info("the database is available again")
                    self._away = False
            except StorageUnavailableError as error:
                if not self._away:
                    log.warning("the database is unavailable, calls go on without it: %s", error)
                self._away = True
            except Exception:
                log.exception("a background task failed and will be retried")
            await asyncio.sleep(seconds)

    async def poll(self) -> None:
        """End rooms that have expired or were ended elsewhere, and calls of log-ins that have ended."""
        # Until this is stored, a room that someone has just joined may still count as empty, and would expire.
        if not await self._writer.written(POLL_SECONDS):
            raise StorageUnavailableError("some room events aren't stored yet")
        await self._expire()
        await self._end_ended()
        await self._end_signed_out()

    async def _expire(self) -> None:
        """End rooms that haven't been used for their time to live."""
        in_use: list[Room] = []
        for expired in await self._store.rooms.expire_due(self._clock()):
            room = self.live(expired.id)
            if room is not None and room.participants:
                in_use.append(room)  # someone joined during the query
            else:
                self._close(expired.id, "timed_out", "room_expired")
        if in_use:
            await self._store.rooms.unexpire([room.id for room in in_use], self._clock())
            for room in in_use:
                self._writer.record(StateChanged(room.id, room.state))  # its present state, even if everyone has left

    async def _end_ended(self) -> None:
        """End live rooms that have ended in the database."""
        here = {room.id for room in self._signaling.registry.rooms}
        self._rooms.loaded &= here
        # A room opened during the query is neither in this list nor in the answer.
        asked = sorted(self._rooms.loaded)
        states = await self._store.rooms.states(asked)
        for room_id in asked:
            state = states.get(room_id, "destroyed")
            if state == "expired":
                self._close(room_id, "timed_out", "room_expired")
            elif state == "destroyed":
                self._close(room_id, "deleted", "room_closed")

    async def _end_signed_out(self) -> None:
        sessions = {
            person.session: person.id
            for room in self._signaling.registry.rooms
            for person in room.everyone()
            if person.session is not None
        }
        if sessions:
            ended = sessions.keys() - await self._store.tokens.live(sorted(sessions), self._clock())
            for session in ended:
                self.sign_out(sessions[session], session=session)

    async def touch(self) -> None:
        """Note which rooms are in use, so that none looks unused after a crash."""
        active = [room.id for room in self._signaling.registry.rooms if room.participants]
        await self._store.rooms.touch(active, self._clock())

    async def purge(self) -> None:
        """Delete what is only kept for a while."""
        now = self._clock()
        await self._store.tokens.purge(now)
        await self._store.users.purge_unconfirmed(now - KEEP_UNCONFIRMED)
        await self._store.mail.purge(now - KEEP_ENDED)
        await self._store.history.purge(now - KEEP_HISTORY)
        await self._store.rooms.purge(now - KEEP_ENDED)
