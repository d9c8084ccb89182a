"""The media plane of one process: a `Relay`, and a `Router` for each room that has media.

Commands take effect at once, except for the contents of slots: `work` computes those, at most once for each room in a
turn of the loop. All events come from `work`. No asyncio here: `sfu.net.plane_loop` calls `work`.
"""

import logging
import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Literal, TypeVar

from sfu.plane import (
    Candidate,
    CloseReason,
    ConnectError,
    ConnectionChanged,
    ConnectionClosed,
    ConnectionState,
    Fingerprint,
    LayersWanted,
    MediaAnswer,
    MediaOffer,
    MuteChange,
    PlaneEvent,
    PublicationPlan,
    QualityChanged,
    QualityLevel,
    SlotAnswer,
    SlotChanged,
    SlotWish,
    SourceLayers,
    SpeakersChanged,
    ignore,
)
from sfu.quality import HOLD, INTERVAL, measure
from sfu.relay import Relay
from sfu.router import Router, RouterError, SlotChange
from sfu.slot import Slot
from sfu.transport import CLOSED_BY_PEER, CONSENT_EXPIRED, State, Transport

log = logging.getLogger(__name__)

_Item = TypeVar("_Item")

JUDGED_AT_ONCE = 0.2
"""Share of a room's members whose connections are examined in one tick at most: several ticks go over all of them."""

SLICE = 0.008
"""Seconds of work in one turn of the loop: a packet waits no longer than that and one piece of work."""

_STATES: dict[State, ConnectionState] = {
    State.CONNECTING: "joining",
    State.CONNECTED: "connected",
    State.LOST: "lost",
    State.CLOSED: "lost",
}


class Member:
    """A member's connection."""

    __slots__ = ("epoch", "id", "judge_at", "quality", "quality_since", "room", "session", "state", "transport")

    def __init__(self, room: "MediaRoom", member: str, epoch: int, transport: Transport, session: str) -> None:
        self.room = room
        self.id = member
        self.epoch = epoch
        self.transport = transport
        self.session = session
        """The client's peer connection."""
        self.state: ConnectionState = "joining"
        """The state that the room was last told."""
        self.quality: QualityLevel = "good"
        self.quality_since = 0.0
        """When the quality last changed."""
        self.judge_at = 0.0
        """When to look at the quality again."""


class MediaRoom:
    """The media of one room."""

    __slots__ = ("dirty", "id", "members", "router")

    def __init__(self, room: str) -> None:
        self.id = room
        self.router = Router()
        self.members: dict[str, Member] = {}
        self.dirty: Literal["no", "wishes", "all"] = "no"


class LocalPlane:
    """A `MediaPlane` over the relay of this process.

    `clock`: the relay's clock, seconds. `candidates`: where the relay listens. `on_work` is called whenever there is
    something for `work` to do.
    """

    def __init__(
        self,
        relay: Relay,
        clock: Callable[[], float],
        candidates: Callable[[], tuple[Candidate, ...]],
        slice: float = SLICE,
    ) -> None:
        self.events: Callable[[PlaneEvent], None] = ignore
        self.on_work: Callable[[], None] | None = None
        self.rooms: dict[str, MediaRoom] = {}
        """Rooms that have members."""
        self._relay = relay
        self._clock = clock
        self._candidates = candidates
        self._slice = slice
        self._members: dict[Transport, Member] = {}
        """Members of all rooms."""
        self._changed: deque[Transport] = deque()
        """Transports with changes that rooms haven't been told yet."""
        self._dirty: dict[MediaRoom, None] = {}
        """Rooms to be reconciled."""
        self._chores: deque[Iterator[None]] = deque()
        self._hearing: deque[MediaRoom] = deque()
        """Rooms to be searched for people who begin to speak."""

    def find(self, room: str, member: str) -> Member | None:
        """A member with a connection, also one that has ended by itself."""
        found = self.rooms.get(room)
        return None if found is None else found.members.get(member)

    # Commands

    async def connect(self, room: str, member: str, epoch: int, offer: MediaOffer) -> MediaAnswer:
        """See `MediaPlane`. Waits for nothing."""
        before = self.find(room, member)
        if before is None or _is_replaced(before.transport, offer):
            if before is not None and _is_over(before, offer):
                raise ConnectError("media_closed", "This media connection has ended; make an offer from a new one.")
            transport = self._connect_anew(room, member, epoch, offer)
            replaced = before is not None
        else:
            transport, replaced = before.transport, False
            self._negotiate(transport, offer)
            if transport.ice.remote != offer.credentials:
                self._relay.restart_ice(transport, offer.credentials)
            before.epoch, before.session = epoch, offer.session
            for source in before.room.router.withdrawn(member):
                before.room.router.unpublish(member, source)  # as the room does, which knows what was offered
        self._mark(self.rooms[room])
        return answer_of(transport, self._relay.certificate.fingerprint, self._candidates(), replaced=replaced)

    def _connect_anew(self, room: str, member: str, epoch: int, offer: MediaOffer) -> Transport:
        """Make a transport that replaces the member's old one. Raises `ConnectError`."""
        transport = self._relay.add(offer.credentials, offer.fingerprint, self._clock())
        try:
            self._negotiate(transport, offer)
        except ConnectError:
            self._relay.remove(transport, "refused")
            raise
        before = self.find(room, member)
        if before is not None:
            self._remove(before, "replaced by another connection")
        found = self.rooms.get(room)
        if found is None:
            found = self.rooms[room] = MediaRoom(room)
        entry = found.members[member] = Member(found, member, epoch, transport, offer.session)
        if before is not None:
            entry.quality, entry.quality_since = before.quality, before.quality_since
        self._members[transport] = entry
        # The client may have been told something in an earlier connection, or be told just now.
        found.router.join(member, transport, tell_layers=epoch > 1)
        return transport

    def _negotiate(self, transport: Transport, offer: MediaOffer) -> None:
        try:
            transport.negotiate(list(offer.sends), list(offer.receives), offer.extension_ids, offer.idle)
        except ValueError as error:
            raise ConnectError("bad_offer", str(error)) from None

    def disconnect(self, room: str, member: str, epoch: int, reason: str) -> None:
        """See `MediaPlane`."""
        found = self.find(room, member)
        if found is not None and found.epoch <= epoch:
            self._remove(found, reason)
            self._mark(found.room)

    def _remove(self, member: Member, reason: str) -> None:
        """Close media first: nothing is forwarded to or from a member that has left the list."""
        del member.room.members[member.id], self._members[member.transport]
        member.room.router.leave(member.id)
        self._relay.remove(member.transport, reason)

    def publish(self, room: str, member: str, epoch: int, publication: PublicationPlan) -> None:
        """See `MediaPlane`."""
        found = self._present(room, member, epoch)
        if found is None:
            return
        muted, heights = publication.muted, {encoding.rid: encoding.height for encoding in publication.encodings}
        bitrates = {each.rid: each.max_bitrate for each in publication.encodings if each.max_bitrate is not None}
        try:
            found.room.router.publish(
                member, publication.mid, publication.source, muted=muted, heights=heights, bitrates=bitrates
            )
        except RouterError as error:
            log.error("publish %s: %s", publication, error)  # rooms only publish in negotiated sections
        self._mark(found.room)

    def unpublish(self, room: str, member: str, epoch: int, source: str) -> None:
        """See `MediaPlane`."""
        found = self._present(room, member, epoch)
        if found is not None:
            with suppress(RouterError):
                found.room.router.unpublish(member, source)
            self._mark(found.room)

    def mute(self, room: str, changes: tuple[MuteChange, ...]) -> None:
        """See `MediaPlane`."""
        found = self.rooms.get(room)
        if found is None:
            return
        for change in changes:
            with suppress(RouterError):
                found.router.mute(change.member, change.source, muted=change.muted)
        self._mark(found)

    def watch(self, room: str, member: str, epoch: int, wishes: tuple[SlotWish, ...]) -> None:
        """See `MediaPlane`."""
        found = self._present(room, member, epoch)
        if found is None:
            return
        try:
            found.room.router.watch(member, list(wishes))
        except RouterError as error:
            log.error("watch %s: %s", wishes, error)
        self._mark(found.room, "wishes")

    def _present(self, room: str, member: str, epoch: int) -> Member | None:
        found = self.find(room, member)
        return found if found is not None and found.epoch == epoch else None

    def _mark(self, room: MediaRoom, what: Literal["wishes", "all"] = "all") -> None:
        """Note that slots may have to change: because viewers wish for something else, or for any reason."""
        if room.dirty != "all":
            room.dirty = what
        self._dirty[room] = None
        self._wake()

    def _wake(self) -> None:
        if self.on_work is not None:
            self.on_work()

    # Events

    def take_changes(self) -> None:
        """Collect the transports that changed from the relay."""
        changed = self._relay.changed
        self._changed += dict.fromkeys(changed)
        changed.clear()
        self._wake()

    def tick(self, behind: float = 0.0) -> None:
        """Note that time has passed. Call it a few times a second. `behind`: the seconds of reading that wait."""
        self._relay.governor.update(self._clock(), behind)
        if not self._chores:
            self._chores.extend(self._pass(room) for room in self.rooms.values())
            self._wake()

    @property
    def crowded(self) -> bool:
        """Whether more people of a room could be heard than there are places: then call `hear` between ticks."""
        return any(room.router.crowded for room in self.rooms.values())

    def hear(self) -> None:
        """Give a place to those who begin to speak. Call it as `tick`, but more often."""
        if not self._hearing:
            self._hearing.extend(room for room in self.rooms.values() if room.router.crowded)
            self._wake()

    @property
    def due(self) -> bool:
        """Whether `work` has something to do."""
        return bool(self._changed or self._dirty or self._hearing or self._chores)

    def work(self) -> bool:
        """Send events and reconcile each dirty room once. True: something is left for the next turn."""
        until = self._clock() + self._slice
        while self._work_on() and self._clock() < until:
            pass
        return self.due

    def _work_on(self) -> bool:
        """Do one piece of work. False: there was none."""
        if self._changed:
            self._guarded(self._tell_change, self._changed.popleft())
        elif self._dirty:
            room = next(iter(self._dirty))
            del self._dirty[room]
            self._guarded(self._reconcile, room)
        elif self._hearing:
            self._guarded(self._hear, self._hearing.popleft())
        elif self._chores:
            self._guarded(self._go_on, self._chores[0])
        else:
            return False
        return True

    def _guarded(self, step: Callable[[_Item], None], item: _Item) -> None:
        """Run a step; an exception in one doesn't stop the others."""
        try:
            step(item)
        except Exception:
            log.exception("work for the media of a room")

    def _tell_change(self, transport: Transport) -> None:
        """Report that a transport connected, was lost, came back or ended, or that encodings or slots changed.

        The last happens most, and concerns nobody but the viewer.
        """
        member = self._members.get(transport)
        if member is None:
            return
        room = member.room
        self._tell_slots(room, room.router.report_switched(member.id))
        if not transport.altered:
            return
        transport.altered = False
        state = _STATES[transport.state]
        if state != member.state:
            member.state = state
            member.judge_at = 0.0
            self.events(ConnectionChanged(room.id, member.id, member.epoch, state))
        if transport.state is State.CLOSED:
            ufrag, why = transport.ice.local.ufrag, _why_closed(transport)
            self.events(ConnectionClosed(room.id, member.id, member.epoch, ufrag, why, transport.close_reason))
        self._mark(room)

    def _reconcile(self, room: MediaRoom) -> None:
        """Reconcile a room and report the slots that changed."""
        room.router.level = self._relay.governor.level
        work = room.router.fulfil if room.dirty == "wishes" else room.router.reconcile
        room.dirty = "no"
        self._tell_slots(room, work(self._clock(), self._relay.heard_until))
        self._tell_layers(room)
        if not room.members:
            if room.router.speakers:
                self.events(SpeakersChanged(room.id, ()))
            if self.rooms.get(room.id) is room:
                del self.rooms[room.id]

    def _tell_slots(self, room: MediaRoom, changes: list[SlotChange]) -> None:
        for change in changes:
            member, state = room.members[change.member], change.state
            self.events(
                SlotChanged(room.id, member.id, member.epoch, change.slot, state.publication, state.layer, state.why)
            )

    def _tell_layers(self, room: MediaRoom) -> None:
        """Report which encodings members should send, if that has changed."""
        for change in room.router.take_layer_news():
            member = room.members[change.member]
            layers = tuple(SourceLayers(source, rids) for source, rids in change.wanted.items())
            self.events(LayersWanted(room.id, member.id, member.epoch, layers))

    def _hear(self, room: MediaRoom) -> None:
        if room.router.hear(min(self._clock(), self._relay.heard_until)):
            self._mark(room)

    def _go_on(self, chore: Iterator[None]) -> None:
        done = True
        try:
            next(chore)
            done = False
        except StopIteration:
            pass
        finally:
            if done:
                self._chores.popleft()

    def _pass(self, room: MediaRoom) -> Iterator[None]:
        """Do in pieces what depends on time alone: speakers, encodings that come and go, connection quality."""
        if room.router.listen(min(self._clock(), self._relay.heard_until)):
            self.events(SpeakersChanged(room.id, tuple(room.router.speakers)))
        self._dirty.pop(room, None)
        room.dirty = "all"
        self._reconcile(room)
        yield
        now = self._clock()
        due = sorted(
            (member for member in room.members.values() if now >= member.judge_at), key=lambda member: member.judge_at
        )
        for member in due[: math.ceil(len(room.members) * JUDGED_AT_ONCE)]:
            if room.members.get(member.id) is member and self._judge(member, now):
                yield

    def _judge(self, member: Member, now: float) -> bool:
        """Measure a connection, and report if it has become better or worse."""
        member.judge_at = now + INTERVAL
        found = measure(member.transport, member.quality)
        if found.level == member.quality:
            return False
        if (member.quality, found.level) == ("poor", "good") and now - member.quality_since < HOLD:
            return False
        member.quality, member.quality_since = found.level, now
        self.events(QualityChanged(member.room.id, member.id, member.epoch, found.level, found.loss, found.round_trip))
        return True


def _is_replaced(transport: Transport, offer: MediaOffer) -> bool:
    """Whether an offer needs a new transport."""
    return transport.state is State.CLOSED or transport.dtls.peer != offer.fingerprint


def _is_over(member: Member, offer: MediaOffer) -> bool:
    """Whether an offer comes from a peer connection whose transport has ended.

    Such a peer connection can't be used again: browsers run one DTLS handshake for each, unless the relay's certificate
    changes. Before a handshake, a new transport can serve it.
    """
    transport = member.transport
    return (
        transport.state is State.CLOSED
        and transport.outgoing_srtp is not None
        and transport.dtls.peer == offer.fingerprint
        and member.session == offer.session
    )


def _why_closed(transport: Transport) -> CloseReason:
    """Why a transport has ended, in the words of the protocol."""
    if transport.close_reason == CONSENT_EXPIRED:
        return "silent"
    return "closed" if transport.close_reason == CLOSED_BY_PEER else "failed"


def answer_of(
    transport: Transport, fingerprint: Fingerprint, candidates: tuple[Candidate, ...], *, replaced: bool = False
) -> MediaAnswer:
    """Describe a transport for its client."""
    return MediaAnswer(
        credentials=transport.ice.local,
        fingerprint=fingerprint,
        dtls_role="passive",
        cname=transport.sender.cname,
        slots=tuple(_answer_slot(slot) for slot in transport.sender.slots.values()),
        candidates=candidates,
        replaced=replaced,
    )


def _answer_slot(slot: Slot) -> SlotAnswer:
    forwarder = slot.forwarder
    repairs = any(codec.rtx_payload_type is not None for codec in forwarder.codecs.values())
    # Browsers synchronise tracks of the same stream name (RFC 8830, section 3).
    return SlotAnswer(slot.mid, forwarder.ssrc, forwarder.rtx_ssrc if repairs else None, f"pair-{slot.pair}")
