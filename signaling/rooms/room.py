"""A room: who is in it, what they publish and say, and who is told what.

Takes `now` and has no socket: messages go out through `Participant.tell`, media through the relay's transports.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from sfu.relay import Relay
from sfu.router import Router, RouterError, SlotChange, SlotWish
from sfu.transport import State, Transport
from sfu.wire.rtp import Mid, Rid
from signaling import diary, messages
from signaling.errors import RoomError
from signaling.limits import MAX_PARTICIPANTS, MAX_VISITORS, MAX_VISITORS_PER_ADDRESS
from signaling.mailbox import Backlog, Backlogs, Body
from signaling.messages import ChatMessage, EndReason, EventBody, Publication, Rights, Source
from signaling.names import NameNumbers, without_marks
from signaling.rooms import journal, lifecycle, quality
from signaling.rooms.admission import Admission, Visitor
from signaling.rooms.chat import ChatLog, may_read, receiver_of, shown
from signaling.rooms.hosts import Hosts
from signaling.rooms.journal import Journal, NullJournal, SavedMessage, SavedRoom
from signaling.rooms.media_connection import connection_of, is_over, why_closed
from signaling.rooms.participant import Participant, Person
from signaling.rooms.person_keys import PersonKeys
from signaling.sdp import description as sdp
from signaling.sdp import negotiation
from signaling.text import is_clean_line, is_clean_text, with_line_feeds

AUDIO_SLOTS, VIDEO_SLOTS = 4, 9
"""What the first offer should have room for; more video slots may be offered later."""

CLOSED_TAB_SECONDS = 3.0
RESUME_SECONDS = 30.0
"""How long a participant without WebSocket is waited for."""

DISCONNECTED_AT_ONCE = 25
"""People whose connections are closed in one go when a call is ended: each takes up to 0.2 ms."""

_AUDIO_SOURCES = ("microphone", "screen_audio")

Gone = Literal["left", "lost", "removed", "replaced"]


class NeedsToWaitError(Exception):
    """A host has to let this person in."""


class Room:
    """Its participants live from `join` to `leave`, it from its first state to its last (see `lifecycle`)."""

    def __init__(
        self,
        saved: SavedRoom,
        relay: Relay,
        owners: "dict[Transport, Room] | None" = None,
        journal: Journal | None = None,
        backlogs: Backlogs | None = None,
        on_dirty: Callable[["Room"], None] | None = None,
        secret: bytes | None = None,
    ) -> None:
        """`on_dirty` is called when slots may have to change: `reconcile` is then due, once, later in this turn.

        `secret`: what the keys of people are derived from.
        """
        self.info = saved.info
        self.state = saved.state
        self.participants: dict[str, Participant] = {}
        self.hosts = Hosts(saved.owner, saved.hosts)
        self.admission = Admission(saved.banned)
        self.router = Router()
        self.chat = ChatLog(saved.chat, saved.sent)
        self.chat_gaps = tuple(saved.gaps)
        """Messages after which others may be missing, as the server stopped before they were stored."""
        self.empty_since: float | None = None
        """When the last one left; None while someone is in, or nobody has been yet."""
        self._journal: Journal = NullJournal() if journal is None else journal
        self._locked_by_setting = saved.info.locked
        self._relay = relay
        self._owners: dict[Transport, Room] = {} if owners is None else owners
        self._by_transport: dict[Transport, Participant] = {}
        self._by_person: dict[str, dict[str, Participant]] = {}
        """Somebody's participants, by their ids: one for each device."""
        self._names = NameNumbers()
        self._person_keys = PersonKeys(saved.info.id, secret)
        self._backlog = Backlog(backlogs)
        self._on_dirty = on_dirty
        self._dirty: Literal["no", "wishes", "all"] = "no"
        self._ending: deque[tuple[Participant, EndReason]] = deque()

    @property
    def id(self) -> str:
        """What names the room for good."""
        return self.info.id

    @property
    def code(self) -> str:
        """What people share."""
        return self.info.code

    def tell_all(self, event: EventBody, *, exclude: Participant | None = None) -> None:
        """Tell everyone in the room."""
        body = Body(event)
        for participant in self.participants.values():
            if participant is not exclude:
                participant.tell_body(body)

    def tell_hosts(self, event: EventBody) -> None:
        """Tell the hosts who are in the room."""
        body = Body(event)
        for participant in self.participants.values():
            if participant.rights.moderate:
                participant.tell_body(body)

    def advance(self, trigger: lifecycle.Trigger) -> None:
        """Go on in the room's life. Raises `LifecycleError` where that can't be."""
        following = lifecycle.after(self.state, trigger)
        if following != self.state:
            self.state = following
            self._journal.record(journal.StateChanged(self.id, following))

    # People

    def check_entry(self, person: Person, *, host: bool, needs_admission: bool) -> None:
        """Check whether somebody may come in. Raises `RoomError`, and `NeedsToWaitError` where they have to wait."""
        if self.state not in lifecycle.LIVE:
            raise RoomError("not_found", "The room doesn't exist any more.")
        host = host or person.id in self.hosts
        inside = self.count_without(person)
        if inside >= MAX_PARTICIPANTS:
            raise RoomError("room_full", "The room is full.")
        # Over the capacity a host comes in once, not with one device after the other.
        first = all(participant.is_left_behind_by(person) for participant in self.of_person(person.id))
        self.admission.check(person, self.info, inside, host=host, over_capacity=host and first)
        self.admission.check_caps(person, (participant.who for participant in self.participants.values()))
        if not host and self.admission.has_to_wait(person, by_setting=needs_admission):
            raise NeedsToWaitError

    def join(self, person: Person, rights: Rights, *, needs_admission: bool = False) -> Participant:
        """Let someone in. Raises `RoomError`; `NeedsToWaitError` where a host has to let them in: see `wait`."""
        self.check_entry(person, host=rights.moderate, needs_admission=needs_admission)
        if rights.moderate:
            self.hosts.add(person.id)
        behind = self._left_behind(person)
        person = self._told_apart(person)
        participant = Participant(person, rights, self._backlog, self._person_keys.of(person.id))
        for other in self.of_person(person.id):
            participant.share_budget(other)
        if not self.participants:
            self.advance("joined")
        self.participants[participant.id] = participant
        self._by_person.setdefault(person.id, {})[participant.id] = participant
        self.admission.enter(person)
        self.empty_since = None
        self.settle_hosts(newcomer=participant)
        self.tell_all(messages.ParticipantJoined(participant=participant.describe()), exclude=participant)
        self._journal.record(journal.PresenceChanged(self.id, person.id, person.name, "joined"))
        for before in behind:
            self._replace(before, participant)
        return participant

    def _told_apart(self, person: Person) -> Person:
        """Somebody under the name that others see, which nobody else in this call has."""
        return replace(person, name=self._names.shown(person.id, person.name, self._by_person))

    def count_without(self, person: Person) -> int:
        """How many are in the room, without what somebody has left behind in it."""
        return len(self.participants) - sum(each.is_left_behind_by(person) for each in self.of_person(person.id))

    def _left_behind(self, person: Person) -> list[Participant]:
        """What somebody's joining replaces: what this device was before; in a full room all of theirs that is lost."""
        same = [each for each in self.of_person(person.id) if each.who.is_same_device(person)]
        most = min(MAX_PARTICIPANTS, self.info.capacity or MAX_PARTICIPANTS)
        if len(self.participants) - len(same) < most:
            return same
        return [each for each in self.of_person(person.id) if each.is_left_behind_by(person)]

    def _replace(self, before: Participant, participant: Participant) -> None:
        """A device has joined again: take out what it was, which it goes on from."""
        participant.started |= before.started
        participant.chat_limit, participant.budget = before.chat_limit, before.budget
        before.end("replaced")
        self.leave(before, "replaced", 0.0)  # the time matters only where the room is empty then

    def leave(self, participant: Participant, why: Gone, now: float) -> None:
        """Take someone out: media first, so that nothing is forwarded to or from who isn't in the list any more."""
        if self.participants.pop(participant.id, None) is None:
            return
        self._drop_transport(participant, why)
        self._forget(participant)
        participant.close()
        diary.left(self.id, participant, why)
        self.tell_all(messages.ParticipantLeft(participant=participant.id, why=why))
        kind: Literal["left", "removed"] = "removed" if why == "removed" else "left"
        self._journal.record(journal.PresenceChanged(self.id, participant.person, participant.name, kind))
        self.settle_hosts()
        if not self.participants:
            self._emptied(now)

    def _forget(self, participant: Participant) -> None:
        own = self._by_person[participant.person]
        del own[participant.id]
        if not own:
            del self._by_person[participant.person]

    def _emptied(self, now: float) -> None:
        self.empty_since = now
        self.admission.call_over()
        self._names.clear()
        self.info = self.info.model_copy(update={"locked": self._locked_by_setting})
        if self.state == "active":
            self.advance("emptied")

    def disconnect(self, participant: Participant, why: EndReason, now: float, gone: Gone = "left") -> None:
        """End someone's call and tell them why."""
        participant.end(why)
        self.leave(participant, gone, now)

    def everyone(self) -> list[Person]:
        """Who is in the room, or waits to be."""
        inside = [participant.who for participant in self.participants.values()]
        return inside + [visitor.who for visitor in self.admission.visitors.values()]

    def of_person(self, person: str) -> list[Participant]:
        """Somebody's participants: one for each device."""
        return list(self._by_person.get(person, {}).values())

    def settle_hosts(self, newcomer: Participant | None = None, exclude: str | None = None) -> None:
        """See to it that there is a host, and tell of what has changed."""
        self.hosts.settle([participant.person for participant in self.participants.values()], exclude)
        for participant in self.participants.values():
            moderate = participant.person in self.hosts
            if moderate == participant.rights.moderate:
                continue
            participant.rights = participant.rights.model_copy(update={"moderate": moderate})
            if participant is not newcomer:
                waiting = self.waiting_list(participant)
                participant.tell(messages.RightsUpdated(rights=participant.rights, waiting=waiting))
                self.tell_all(participant.updated())

    def make_host(self, person: str, *, host: bool, exclude: str | None = None, keep: bool = True) -> None:
        """Let somebody be a host or be none any more; kept for later calls where they have an account, and `keep`."""
        (self.hosts.add if host else self.hosts.remove)(person)
        if keep and any(not participant.who.guest for participant in self.of_person(person)):
            self._journal.record(journal.HostMade(self.id, person, host))
        self.settle_hosts(exclude=exclude)

    # The waiting room

    def wait(self, visitor: Visitor) -> None:
        """Let someone wait. Raises `RoomError` where too many do."""
        for other in list(self.admission.visitors.values()):
            if other.who.is_same_device(visitor.who):
                other.end("replaced")
                self.stop_waiting(other)
        if len(self.admission.visitors) >= MAX_VISITORS:
            raise RoomError("room_full", "Too many people wait to be let in.")
        address = visitor.who.address
        neighbours = sum(other.who.address == address for other in self.admission.visitors.values())
        if address and neighbours >= MAX_VISITORS_PER_ADDRESS:
            raise RoomError("room_full", "Too many people from your network wait to be let in.")
        visitor.who = self._told_apart(visitor.who)
        self.admission.visitors[visitor.id] = visitor
        self.tell_hosts(messages.WaitingJoined(waiting=visitor.describe()))

    def stop_waiting(self, visitor: Visitor) -> None:
        """Someone waits no more."""
        if self.admission.visitors.pop(visitor.id, None) is not None:
            self.tell_hosts(messages.WaitingLeft(waiting=visitor.id))

    def waiting_list(self, viewer: Participant) -> list[messages.Waiting]:
        """Who waits, for a host to see; for others nobody does."""
        if not viewer.rights.moderate:
            return []
        return [visitor.describe() for visitor in self.admission.visitors.values()]

    def admit(self, visitors: Iterable[Visitor]) -> None:
        """Let in those who wait."""
        for visitor in list(visitors):
            self.admission.enter(visitor.who)
            visitor.let_in(visitor)
            self.stop_waiting(visitor)

    # Settings and the end

    def change(self, info: messages.Room) -> None:
        """Take over the room's settings as they are kept from now on, and tell of them."""
        self._locked_by_setting = info.locked
        self._apply(info)
        if info.access == "open":
            self.admit(self.admission.visitors.values())

    def lock(self, *, locked: bool) -> None:
        """Lock the room until everyone has left, or open it again."""
        self._apply(self.info.model_copy(update={"locked": locked}))

    def _apply(self, info: messages.Room) -> None:
        if info != self.info:
            self.info = info
            self.tell_all(messages.RoomUpdated(room=info))

    def end(self, why: EndReason, now: float) -> None:
        """End the call for all, those who wait among them."""
        for visitor in list(self.admission.visitors.values()):
            visitor.end(why)
            self.stop_waiting(visitor)
        leaving = list(self.participants.values())
        # All at once: to tell each of every other would take long in a large room.
        self.participants.clear()
        for participant in leaving:
            self._forget(participant)
            self._journal.record(journal.PresenceChanged(self.id, participant.person, participant.name, "left"))
            self._ending.append((participant, why))
        if leaving:
            self._emptied(now)
            self._disconnect_some()

    def _disconnect_some(self) -> None:
        """Close the connections of people whose call was ended: some now, the others in the next turns of the loop."""
        for _ in range(min(len(self._ending), DISCONNECTED_AT_ONCE)):
            participant, why = self._ending.popleft()
            participant.end(why)
            participant.close()
            self._drop_transport(participant, why)
            diary.left(self.id, participant, why)
        if self._ending:
            self.touch()

    def interrupt(self) -> None:
        """The server ends amid a call: everyone leaves, but the room stays in use, for they will be back."""
        for participant in self.participants.values():
            self._journal.record(journal.PresenceChanged(self.id, participant.person, participant.name, "left"))

    def ban(self, person: Person, by: Participant) -> None:
        """Keep somebody out for good."""
        self.admission.ban(person)
        self._journal.record(journal.Banned(self.id, person.id, without_marks(person.name), by.person))

    # Media

    def _drop_transport(self, participant: Participant, why: str) -> None:
        transport, participant.transport = participant.transport, None
        if transport is not None:
            self.router.leave(participant.id)
            del self._by_transport[transport], self._owners[transport]
            self._relay.remove(transport, why)
            self.touch()

    def offer(self, participant: Participant, text: str, addresses: list[tuple[str, int]], now: float) -> str:
        """Negotiate media; the answer's SDP. Raises `RoomError`."""
        try:
            plan = negotiation.plan(sdp.parse(text))
        except (sdp.SdpError, negotiation.OfferError) as error:
            raise RoomError("bad_offer", str(error)) from None
        transport = participant.transport
        if transport is not None and is_over(transport, plan, participant.offer_session):
            raise RoomError("media_closed", "This media connection has ended; make an offer from a new one.")
        participant.offer_session = plan.session_id
        if transport is None or transport.state is State.CLOSED or transport.dtls.peer != plan.fingerprint:
            self._withdraw_all(participant)
            self._drop_transport(participant, "replaced by another connection")
            transport = self._relay.add(plan.remote, plan.fingerprint, now)
            participant.transport = transport
            self._by_transport[transport] = participant
            self._owners[transport] = self
            self.router.join(participant.id, transport)
        elif transport.ice.remote != plan.remote:
            self._relay.restart_ice(transport, plan.remote)
        try:
            transport.negotiate(plan.sends, plan.receives, plan.extension_ids, plan.idle)
        except ValueError as error:
            raise RoomError("bad_offer", str(error)) from None
        gone = self.router.withdrawn(participant.id)
        for source in [source for source in participant.publications if source in gone]:
            self.unpublish(participant, source, now)
        self.touch()
        return negotiation.build_answer(plan, transport, self._relay.certificate.fingerprint, addresses)

    def has_media(self, participant: Participant) -> bool:
        """Whether the participant has a media connection that an offer can go on with."""
        return participant.transport is not None and participant.transport.state is not State.CLOSED

    def _withdraw_all(self, participant: Participant) -> None:
        """The media connection is another one: what was published in the old one is gone."""
        for publication in participant.publications.values():
            self.tell_all(messages.PublicationRemoved(publication=publication.id))
        participant.publications.clear()

    def publish(self, participant: Participant, request: messages.Publish, now: float) -> None:
        """Tell the room what a section carries. Raises `RoomError`."""
        if not participant.rights.publish:
            raise RoomError("not_allowed", "You may not publish in this room.")
        heights = {Rid(encoding.rid): encoding.height for encoding in request.encodings}
        muted = request.muted or self._starts_muted(participant, request.source)
        try:
            made = self.router.publish(participant.id, Mid(request.mid), request.source, muted=muted, heights=heights)
        except RouterError as error:
            raise RoomError("bad_state", str(error)) from None
        if (made.kind == "audio") != (request.source in _AUDIO_SOURCES):
            self.router.unpublish(participant.id, request.source)
            raise RoomError("bad_state", f"Section {request.mid} is {made.kind}, which {request.source} is not.")
        publication = Publication(
            id=made.id,
            participant=participant.id,
            source=request.source,
            kind=made.kind,
            muted=muted,
            width=request.width,
            height=request.height,
        )
        before = participant.publications.get(request.source)
        participant.publications[request.source] = publication
        participant.started.add(request.source)
        if before is None:
            self.tell_all(messages.PublicationAdded(publication=publication))
        elif before != publication:
            self.tell_all(messages.PublicationUpdated(publication=publication))
        self.touch()

    def _starts_muted(self, participant: Participant, source: Source) -> bool:
        """Whether the room has this source begin without being forwarded."""
        if source in participant.started or participant.rights.moderate:
            return False
        return (source == "microphone" and self.info.start_muted) or (source == "camera" and self.info.start_camera_off)

    def unpublish(self, participant: Participant, source: Source, now: float) -> None:
        """Withdraw a publication. Raises `RoomError`."""
        try:
            self.router.unpublish(participant.id, source)
        except RouterError as error:
            raise RoomError("bad_state", str(error)) from None
        publication = participant.publications.pop(source)
        self.touch()
        self.tell_all(messages.PublicationRemoved(publication=publication.id))

    def mute(self, participant: Participant, source: Source, *, muted: bool, now: float) -> None:
        """Stop or go on forwarding a publication. Raises `RoomError`."""
        try:
            self.router.mute(participant.id, source, muted=muted)
        except RouterError as error:
            raise RoomError("bad_state", str(error)) from None
        before = participant.publications[source]
        if before.muted == muted:
            return
        publication = participant.publications[source] = before.model_copy(update={"muted": muted})
        self.touch()
        self.tell_all(messages.PublicationUpdated(publication=publication))

    def watch(self, participant: Participant, slots: list[messages.SlotWatch], now: float) -> None:
        """Take what someone's video slots should show. Raises `RoomError`."""
        wishes = [SlotWish(Mid(each.slot), each.publication, each.height, each.priority) for each in slots]
        try:
            self.router.watch(participant.id, wishes)
        except RouterError as error:
            raise RoomError("bad_state", str(error)) from None
        self.touch("wishes")

    # Chat, hands, reactions

    def say(self, participant: Participant, request: messages.Chat, now: float, unix_now: float) -> int:
        """Pass on a chat message, unless it was sent before, and return its id. Raises `RoomError`."""
        text, to = request.text, request.to
        before = self.chat.sent_before(participant, request.client_id)
        if before is not None:
            return before
        if not participant.rights.chat or not self.info.chat:
            raise RoomError("not_allowed", "You may not write in this room.")
        text = with_line_feeds(text)
        if not text.strip() or not is_clean_text(text):
            raise RoomError("bad_message", "The message is empty, or has characters that can't be shown.")
        receiver = None
        if to is not None:
            receiver = receiver_of(to, participant, self.participants)
        if not participant.chat_limit.allow(now):
            raise RoomError("too_many", "You write too fast; wait a moment.")
        message = self.chat.add(participant, text, receiver, unix_now, request.client_id)
        self._journal.record(journal.Said(self.id, message))
        own, others = (
            Body(messages.ChatAdded(message=self._shown(message, viewer))) for viewer in (message.sender, "")
        )
        for reader in self.participants.values():
            if may_read(message, reader.person):
                reader.tell_body(own if reader.person == message.sender else others)
        return message.id

    def _id_of(self, person: str) -> str:
        """Somebody's latest participant; empty where they aren't in the room."""
        return next(reversed(self._by_person.get(person, {})), "")

    def show(self, message: SavedMessage, viewer: Participant) -> ChatMessage:
        """A message as someone sees it."""
        return self._shown(message, viewer.person)

    def _shown(self, message: SavedMessage, viewer: str) -> ChatMessage:
        return shown(message, viewer, self._id_of, self._person_keys.of)

    def shown_chat(self, viewer: Participant) -> list[ChatMessage]:
        """What was said lately, as someone sees it."""
        return [self.show(message, viewer) for message in self.chat.readable_by(viewer.person)]

    def delete_chat(self, message_id: int) -> None:
        """Take a message away, for everyone."""
        self.chat.remove(message_id)
        self._journal.record(journal.MessageDeleted(self.id, message_id))
        self.tell_all(messages.ChatDeleted(message=message_id))

    def raise_hand(self, participant: Participant, *, raised: bool) -> None:
        """Raise or lower a hand."""
        if participant.hand != raised:
            participant.hand = raised
            self.tell_all(participant.updated())

    def react(self, participant: Participant, emoji: str) -> None:
        """Show a reaction to everyone who is there to see it. Raises `RoomError`."""
        if not is_clean_line(emoji):
            raise RoomError("bad_message", "A reaction can't have characters that can't be shown.")
        body = Body(messages.Reaction(participant=participant.id, emoji=emoji))
        for viewer in self.participants.values():
            if viewer.attached:  # it passes, and is nothing to come back to
                viewer.tell_body(body)

    def transport_changed(self, transport: Transport) -> None:
        """After a transport has connected, was lost, came back or ended, its encodings are others, or slots switched.

        The last is nobody else's concern but the viewer's, and what happens most.
        """
        participant = self._by_transport.get(transport)
        if participant is None or participant.id not in self.participants:
            return
        for change in self.router.report_switched(participant.id):
            self._tell_slot(change)
        if not transport.altered:
            return
        transport.altered = False
        connection = connection_of(transport)
        if connection != participant.connection:
            participant.connection = connection
            self.tell_all(participant.updated())
        if transport.state is State.CLOSED:
            why = why_closed(transport)
            participant.tell(messages.MediaClosed(ice_ufrag=transport.ice.local.ufrag, why=why))
            diary.media_ended(self.id, participant, why, transport.close_reason)
        self.touch()

    def touch(self, what: Literal["wishes", "all"] = "all") -> None:
        """Note that slots may have to carry something else, because of what their viewers wish, or for any reason."""
        if self._dirty == "no" and self._on_dirty is not None:
            self._on_dirty(self)
        if self._dirty != "all":
            self._dirty = what

    @property
    def dirty(self) -> bool:
        """Whether `reconcile` is due."""
        return self._dirty != "no"

    def reconcile(self, now: float) -> None:
        """Make slots carry what they should, and tell their viewers. Once in a turn of the loop, whatever happened."""
        if self._ending:
            self._disconnect_some()
        work = self.router.fulfil if self._dirty == "wishes" else self.router.reconcile
        self._dirty = "all" if self._ending else "no"
        for change in work(now, self._relay.heard_until):
            self._tell_slot(change)

    def _tell_slot(self, change: SlotChange) -> None:
        participant = self.participants.get(change.member)
        if participant is not None:
            state = change.state
            paused = state.why is not None
            participant.tell(
                messages.SlotChanged(
                    slot=change.slot, publication=state.publication, layer=state.layer, paused=paused, why=state.why
                )
            )

    def tick(self, now: float) -> None:
        """Do all `chores`."""
        for _ in self.chores(now):
            pass

    def chores(self, now: float) -> Iterator[None]:
        """What only time brings: speakers, layers that come and go, people who don't come back, bad connections.

        In pieces, between which other things may happen.
        """
        if self.router.listen(min(now, self._relay.heard_until)):
            self.tell_all(messages.Speakers(participants=self.router.speakers))
        self._dirty = "all"
        self.reconcile(now)
        yield
        for participant in list(self.participants.values()):
            if participant.id not in self.participants:
                continue
            if participant.resume_until is not None and now >= participant.resume_until:
                self.leave(participant, "lost", now)
                yield
            elif (changed := quality.judge(participant)) is not None:
                self.tell_all(changed)
                yield
