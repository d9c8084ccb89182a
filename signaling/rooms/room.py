"""A room: who is in it, what they publish and say, and who gets which events.

Takes `now` and has no socket: events go out through `Participant.tell`, commands for media through a `MediaPlane`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sfu.plane import (
    ConnectError,
    ConnectionChanged,
    ConnectionClosed,
    ConnectionState,
    EncodingPlan,
    LayersWanted,
    MediaPlane,
    MuteChange,
    PlaneEvent,
    PublicationPlan,
    QualityChanged,
    SlotChanged,
    SlotWish,
    SpeakersChanged,
    publication_id,
)
from sfu.wire.rtp import Mid, Rid
from signaling import diary, messages
from signaling.errors import RoomError
from signaling.limits import MAX_PARTICIPANTS, MAX_VISITORS, MAX_VISITORS_PER_ADDRESS
from signaling.mailbox import Backlog, Backlogs, Body
from signaling.messages import ChatMessage, EndReason, EventBody, LeaveReason, Publication, Rights, Source
from signaling.names import NameNumbers, without_marks
from signaling.rooms import journal, lifecycle, media_news
from signaling.rooms.admission import Admission, Visitor
from signaling.rooms.chat import ChatLog, may_read, receiver_of, shown
from signaling.rooms.codec_choice import CodecChoice
from signaling.rooms.hosts import Hosts
from signaling.rooms.journal import Journal, NullJournal, Presence, SavedMessage, SavedRoom
from signaling.rooms.participant import Participant, Person
from signaling.rooms.person_keys import PersonKeys
from signaling.rooms.quality_news import QualityNews
from signaling.sdp import description as sdp
from signaling.sdp import negotiation
from signaling.text import is_clean_line, is_clean_text, with_line_feeds

AUDIO_SLOTS, VIDEO_SLOTS = 4, 9
"""Slots that the first offer should have; more of both may be offered."""

CLOSED_TAB_SECONDS = 3.0
RESUME_SECONDS = 30.0
"""How long a participant without a WebSocket stays in the room."""

DISCONNECTED_AT_ONCE = 15
"""Connections closed in one turn of the loop when a call is ended: each takes up to 0.2 ms."""


class NeedsToWaitError(Exception):
    """A host has to let this person in first."""


class Room:
    """A room. A participant lives from `join` to `leave`; for the room's own states see `lifecycle`."""

    def __init__(
        self,
        saved: SavedRoom,
        plane: MediaPlane,
        journal: Journal | None = None,
        backlogs: Backlogs | None = None,
        on_unfinished: Callable[["Room"], None] | None = None,
        secret: bytes | None = None,
    ) -> None:
        """`on_unfinished` is called when `go_on` has something to do in the next turn of the loop.

        People's keys are derived from `secret`.
        """
        self.info = saved.info
        self.state = saved.state
        self.participants: dict[str, Participant] = {}
        self.hosts = Hosts(saved.owner, saved.hosts)
        self.codecs = CodecChoice()
        self._qualities = QualityNews()
        self.plane = plane
        self.chat = ChatLog(saved.chat, saved.sent)
        self.chat_gaps = tuple(saved.gaps)
        """Ids of messages after which others may be missing: the server stopped before those were stored."""
        self.empty_since: float | None = None
        """When the last participant left; None while the room is in use, or hasn't been used."""
        self._journal: Journal = NullJournal() if journal is None else journal
        self._locked_by_setting = saved.info.locked
        self._by_person: dict[str, dict[str, Participant]] = {}
        """Per person: their participants by id, one for each device."""
        self.admission = Admission(saved.banned, self._by_person)
        self._names = NameNumbers()
        self._person_keys = PersonKeys(saved.info.id, secret)
        self._backlog = Backlog(backlogs)
        self._on_unfinished = on_unfinished
        self._ending: deque[tuple[Participant, EndReason]] = deque()

    @property
    def id(self) -> str:
        """The id, which never changes."""
        return self.info.id

    @property
    def code(self) -> str:
        """The code that people share."""
        return self.info.code

    def tell_all(self, event: EventBody, *, exclude: Participant | None = None) -> None:
        """Send an event to everyone in the room."""
        body = Body(event)
        for participant in self.participants.values():
            if participant is not exclude:
                participant.tell_body(body)

    def tell_hosts(self, event: EventBody) -> None:
        """Send an event to the hosts in the room."""
        body = Body(event)
        for participant in self.participants.values():
            if participant.rights.moderate:
                participant.tell_body(body)

    def advance(self, trigger: lifecycle.Trigger) -> None:
        """Change the room's state. Raises `LifecycleError` if the trigger can't happen."""
        following = lifecycle.after(self.state, trigger)
        if following != self.state:
            self.state = following
            self._journal.record(journal.StateChanged(self.id, following))

    # People

    def check_entry(self, person: Person, *, host: bool, needs_admission: bool) -> None:
        """Check whether someone may come in. Raises `RoomError`, or `NeedsToWaitError` if they have to wait."""
        if self.state not in lifecycle.LIVE:
            raise RoomError("not_found", "The room no longer exists.")
        host = host or person.id in self.hosts
        inside = self.count_without(person)
        if inside >= MAX_PARTICIPANTS:
            raise RoomError("room_full", "The room is full.")
        # A host may exceed the capacity with one device, not with several.
        first = all(participant.is_left_behind_by(person) for participant in self.of_person(person.id))
        self.admission.check(person, self.info, inside, host=host, over_capacity=host and first)
        self.admission.check_caps(person, (participant.who for participant in self.participants.values()))
        if not host and self.admission.has_to_wait(person, by_setting=needs_admission):
            raise NeedsToWaitError

    def join(self, person: Person, rights: Rights, *, needs_admission: bool = False) -> Participant:
        """Let someone in. Raises `RoomError`, or `NeedsToWaitError` if a host has to let them in: see `wait`."""
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
        """Give a person the name that others see, which is unique in this call."""
        return replace(person, name=self._names.shown(person.id, person.name, self._by_person))

    def count_without(self, person: Person) -> int:
        """Count the participants, without those that this person has left behind."""
        return len(self.participants) - sum(each.is_left_behind_by(person) for each in self.of_person(person.id))

    def _left_behind(self, person: Person) -> list[Participant]:
        """Find what this person replaces by joining: the same device; in a full room, all their lost ones too."""
        same = [each for each in self.of_person(person.id) if each.who.is_same_device(person)]
        most = min(MAX_PARTICIPANTS, self.info.capacity or MAX_PARTICIPANTS)
        if len(self.participants) - len(same) < most:
            return same
        return [each for each in self.of_person(person.id) if each.is_left_behind_by(person)]

    def _replace(self, before: Participant, participant: Participant) -> None:
        """A device has joined again: carry over its old participant's state, and remove that participant."""
        participant.started |= before.started
        participant.chat_limit, participant.budget = before.chat_limit, before.budget
        before.end("replaced")
        self.leave(before, "replaced", 0.0)  # the time matters only if the room is empty afterwards

    def leave(self, participant: Participant, why: LeaveReason, now: float) -> None:
        """Remove a participant: media first, so that nothing is forwarded for someone who isn't listed any more."""
        if self.participants.pop(participant.id, None) is None:
            return
        self._drop_media(participant, why)
        if self.codecs.remove(participant.id):
            self._tell_codecs()
        self._forget(participant)
        participant.close()
        diary.left(self.id, participant, why)
        self.tell_all(messages.ParticipantLeft(participant=participant.id, why=why))
        kind: Presence = "removed" if why == "removed" else "left"
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

    def disconnect(self, participant: Participant, why: EndReason, now: float, gone: LeaveReason = "left") -> None:
        """End someone's call and tell them why."""
        participant.end(why)
        self.leave(participant, gone, now)

    def everyone(self) -> list[Person]:
        """List the people in the room, and those waiting to come in."""
        inside = [participant.who for participant in self.participants.values()]
        return inside + [visitor.who for visitor in self.admission.visitors.values()]

    def of_person(self, person: str) -> list[Participant]:
        """List a person's participants: one for each device."""
        return list(self._by_person.get(person, {}).values())

    def settle_hosts(self, newcomer: Participant | None = None, exclude: str | None = None) -> None:
        """Make sure that there is a host, and announce changes."""
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
        """Grant or revoke the host role; with `keep`, for later calls too if they have an account."""
        (self.hosts.add if host else self.hosts.remove)(person)
        if keep and any(not participant.who.guest for participant in self.of_person(person)):
            self._journal.record(journal.HostMade(self.id, person, host))
        self.settle_hosts(exclude=exclude)

    # The waiting room

    def wait(self, visitor: Visitor) -> None:
        """Add a visitor to the waiting room. Raises `RoomError` if it is full."""
        for other in list(self.admission.visitors.values()):
            if other.who.is_same_device(visitor.who):
                other.end("replaced")
                self.stop_waiting(other)
        if len(self.admission.visitors) >= MAX_VISITORS:
            raise RoomError("room_full", "Too many people are waiting to join.")
        address = visitor.who.address
        neighbours = sum(other.who.address == address for other in self.admission.visitors.values())
        if address and neighbours >= MAX_VISITORS_PER_ADDRESS:
            raise RoomError("room_full", "Too many people from your network are waiting to join.")
        visitor.who = self._told_apart(visitor.who)
        self.admission.visitors[visitor.id] = visitor
        self.tell_hosts(messages.WaitingJoined(waiting=visitor.describe()))

    def stop_waiting(self, visitor: Visitor) -> None:
        """Remove a visitor from the waiting room."""
        if self.admission.visitors.pop(visitor.id, None) is not None:
            self.tell_hosts(messages.WaitingLeft(waiting=visitor.id))

    def waiting_list(self, viewer: Participant) -> list[messages.Waiting]:
        """List the waiting visitors for a host; for anyone else the list is empty."""
        if not viewer.rights.moderate:
            return []
        return [visitor.describe() for visitor in self.admission.visitors.values()]

    def admit(self, visitors: Iterable[Visitor]) -> None:
        """Let waiting visitors in."""
        for visitor in list(visitors):
            self.admission.enter(visitor.who)
            visitor.let_in(visitor)
            self.stop_waiting(visitor)

    # Settings and the end

    def change(self, info: messages.Room) -> None:
        """Apply new settings of the room, and announce them."""
        self._locked_by_setting = info.locked
        self._apply(info)
        if info.access == "open":
            self.admit(self.admission.visitors.values())

    def lock(self, *, locked: bool) -> None:
        """Lock the room until everyone has left, or unlock it."""
        self._apply(self.info.model_copy(update={"locked": locked}))

    def _apply(self, info: messages.Room) -> None:
        if info != self.info:
            self.info = info
            self.tell_all(messages.RoomUpdated(room=info))

    def end(self, why: EndReason, now: float) -> None:
        """End the call for everyone, waiting visitors included."""
        for visitor in list(self.admission.visitors.values()):
            visitor.end(why)
            self.stop_waiting(visitor)
        leaving = list(self.participants.values())
        # All at once: sending each an event about every other would take long in a large room.
        self.participants.clear()
        for participant in leaving:
            self._forget(participant)
            self._journal.record(journal.PresenceChanged(self.id, participant.person, participant.name, "left"))
            self._ending.append((participant, why))
        if leaving:
            self._emptied(now)
            self._disconnect_some()

    def _disconnect_some(self) -> None:
        """Close connections after the call was ended: some now, the rest in the next turns of the loop."""
        for _ in range(min(len(self._ending), DISCONNECTED_AT_ONCE)):
            participant, why = self._ending.popleft()
            participant.end(why)
            participant.close()
            self._drop_media(participant, why)
            diary.left(self.id, participant, why)
        if self._ending and self._on_unfinished is not None:
            self._on_unfinished(self)

    @property
    def unfinished(self) -> bool:
        """Whether `go_on` has something to do."""
        return bool(self._ending)

    def go_on(self) -> None:
        """Continue work that is done in pieces, one piece per turn of the loop."""
        self._disconnect_some()

    def interrupt(self) -> None:
        """The server stops: record that everyone leaves, but keep the room active, since they will be back."""
        for participant in self.participants.values():
            self._journal.record(journal.PresenceChanged(self.id, participant.person, participant.name, "left"))

    def ban(self, person: Person, by: Participant) -> None:
        """Keep someone out for good."""
        self.admission.ban(person)
        self._journal.record(journal.Banned(self.id, person.id, without_marks(person.name), by.person))

    # Media

    def _drop_media(self, participant: Participant, why: str) -> None:
        media = participant.media
        if media.asked:
            self.plane.disconnect(self.id, participant.id, media.asked, why)
        media.drop()

    async def offer(self, participant: Participant, text: str, hosts: list[str]) -> str:
        """Negotiate media, and return the answer's SDP. Raises `RoomError`.

        `hosts`: addresses of the relay's machine for this client. A caller who stops waiting for the answer cancels;
        then there is no media connection.
        """
        try:
            plan = negotiation.plan(sdp.parse(text))
        except (sdp.SdpError, negotiation.OfferError) as error:
            raise RoomError("bad_offer", str(error)) from None
        media, offer = participant.media, plan.offer
        async with media.offering:
            epoch = media.ask(offer)
            try:
                answer = await self.plane.connect(self.id, participant.id, epoch, offer)
            except ConnectError as error:
                raise RoomError(error.code, str(error)) from None
            except asyncio.CancelledError:
                if self.participants.get(participant.id) is participant:
                    self._lose_media(participant)
                raise
            if self.participants.get(participant.id) is not participant:
                raise RoomError("bad_state", "You're no longer in the room.")
            if not media.take(epoch, offer, answer):
                self._withdraw_all(participant)
            for source in media.withdrawn():
                self.unpublish(participant, source)
            if self.codecs.update(participant.id, offer.sends, offer.receives):
                self._tell_codecs()
        return negotiation.build_answer(plan, answer, hosts)

    def _tell_codecs(self) -> None:
        self.tell_all(messages.CodecsChanged(send=list(self.codecs.send)))

    def _lose_media(self, participant: Participant) -> None:
        """End a media connection whose state is unknown."""
        self._withdraw_all(participant)
        self._drop_media(participant, "no answer in time")
        self._show_connection(participant, "lost" if participant.connection == "connected" else participant.connection)

    def _withdraw_all(self, participant: Participant) -> None:
        """Withdraw everything that was published in the old media connection, which has been replaced."""
        for publication in participant.publications.values():
            self.tell_all(messages.PublicationRemoved(publication=publication.id))
        participant.publications.clear()
        participant.media.published.clear()

    def publish(self, participant: Participant, request: messages.Publish) -> None:
        """Publish a source in a section. Raises `RoomError`."""
        if not participant.rights.publish:
            raise RoomError("not_allowed", "You can't publish in this room.")
        media, mid, source = participant.media, Mid(request.mid), request.source
        kind = media.check_publish(source, mid)
        muted = request.muted or self._starts_muted(participant, source)
        encodings = tuple(EncodingPlan(Rid(each.rid), each.height, each.max_bitrate) for each in request.encodings)
        self.plane.publish(self.id, participant.id, media.epoch, PublicationPlan(mid, source, muted, encodings))
        publication = Publication(
            id=publication_id(participant.id, source),
            participant=participant.id,
            source=source,
            kind=kind,
            muted=muted,
            width=request.width,
            height=request.height,
        )
        before = participant.publications.get(source)
        participant.publications[source] = publication
        media.published[source] = mid
        participant.started.add(source)
        if before is None:
            self.tell_all(messages.PublicationAdded(publication=publication))
        elif before != publication:
            self.tell_all(messages.PublicationUpdated(publication=publication))

    def _starts_muted(self, participant: Participant, source: Source) -> bool:
        """Whether the room's settings start this source muted."""
        if source in participant.started or participant.rights.moderate:
            return False
        return (source == "microphone" and self.info.start_muted) or (source == "camera" and self.info.start_camera_off)

    def unpublish(self, participant: Participant, source: Source) -> None:
        """Withdraw a publication. Raises `RoomError`."""
        publication = participant.published(source)
        del participant.publications[source], participant.media.published[source]
        self.plane.unpublish(self.id, participant.id, participant.media.epoch, source)
        self.tell_all(messages.PublicationRemoved(publication=publication.id))

    def mute(self, participant: Participant, source: Source, *, muted: bool, by: Participant | None = None) -> None:
        """Stop or resume forwarding a publication; `by` is a host, or None for the owner. Raises `RoomError`."""
        before = participant.published(source)
        if before.muted == muted:
            return
        publication = participant.publications[source] = before.model_copy(update={"muted": muted})
        self.plane.mute(self.id, (MuteChange(participant.id, source, muted),))
        self.tell_all(messages.PublicationUpdated(publication=publication, by=None if by is None else by.id))

    def watch(self, participant: Participant, slots: list[messages.SlotWatch]) -> None:
        """Set what a participant's video slots should show. Raises `RoomError`."""
        wishes = tuple(SlotWish(Mid(each.slot), each.publication, each.height, each.priority) for each in slots)
        participant.media.check_wishes(wishes)
        self.plane.watch(self.id, participant.id, participant.media.epoch, wishes)

    # Chat, hands, reactions

    def say(self, participant: Participant, request: messages.Chat, now: float, unix_now: float) -> int:
        """Deliver a chat message, unless it was sent before, and return its id. Raises `RoomError`."""
        text, to = request.text, request.to
        before = self.chat.sent_before(participant, request.client_id)
        if before is not None:
            return before
        if not participant.rights.chat or not self.info.chat:
            raise RoomError("not_allowed", "You can't write in this room.")
        text = with_line_feeds(text)
        if not text.strip() or not is_clean_text(text):
            raise RoomError("bad_message", "The message is empty or has characters that can't be shown.")
        receiver = None
        if to is not None:
            receiver = receiver_of(to, participant, self.participants)
        if not participant.chat_limit.allow(now):
            raise RoomError("too_many", "You're writing too fast. Wait a moment.")
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
        """Return the id of a person's latest participant; empty if they aren't in the room."""
        return next(reversed(self._by_person.get(person, {})), "")

    def show(self, message: SavedMessage, viewer: Participant) -> ChatMessage:
        """Return a message as the viewer sees it."""
        return self._shown(message, viewer.person)

    def _shown(self, message: SavedMessage, viewer: str) -> ChatMessage:
        return shown(message, viewer, self._id_of, self._person_keys.of)

    def shown_chat(self, viewer: Participant) -> list[ChatMessage]:
        """Return the latest messages as the viewer sees them."""
        return [self.show(message, viewer) for message in self.chat.readable_by(viewer.person)]

    def delete_chat(self, message_id: int, by: str) -> None:
        """Delete a message for everyone; `by`: a person who may read it. Raises `RoomError`."""
        message = self.chat.find(message_id)
        # What others wrote to each other isn't even there for hosts. An older message is checked when that is stored.
        if message is not None and not may_read(message, by):
            raise RoomError("not_found", "There's no such message.")
        self.chat.remove(message_id)
        self._journal.record(journal.MessageDeleted(self.id, message_id, by))
        self.tell_all(messages.ChatDeleted(message=message_id))

    def raise_hand(self, participant: Participant, *, raised: bool) -> None:
        """Raise or lower a hand."""
        if participant.hand != raised:
            participant.hand = raised
            self.tell_all(participant.updated())

    def react(self, participant: Participant, emoji: str) -> None:
        """Show a reaction to everyone who has a WebSocket. Raises `RoomError`."""
        if not is_clean_line(emoji):
            raise RoomError("bad_message", "The reaction has characters that can't be shown.")
        body = Body(messages.Reaction(participant=participant.id, emoji=emoji))
        for viewer in self.participants.values():
            if viewer.attached:  # reactions are short-lived, so they aren't kept for `resume`
                viewer.tell_body(body)

    def take(self, event: PlaneEvent) -> None:
        """Handle an event of the media plane, and tell the participants concerned."""
        if isinstance(event, SpeakersChanged):
            self.tell_all(messages.Speakers(participants=list(event.members)))
            return
        participant = self.participants.get(event.member)
        if participant is None or participant.media.epoch != event.epoch:
            return
        match event:
            case SlotChanged():
                participant.tell_body(media_news.slot_changed(participant, event))
            case LayersWanted():
                if "layers.wanted" in participant.who.features:
                    participant.tell(media_news.layers_wanted(participant, event))
            case ConnectionChanged():
                participant.media.connected |= event.state == "connected"
                self._show_connection(participant, event.state)
            case ConnectionClosed():
                participant.media.closed = True
                participant.tell(messages.MediaClosed(ice_ufrag=event.ufrag, why=event.why))
                diary.media_ended(self.id, participant, event.why, event.detail)
            case QualityChanged():
                participant.quality = event.level
                if self._qualities.at_once(event):
                    self.tell_all(media_news.quality(event))

    def _show_connection(self, participant: Participant, state: ConnectionState) -> None:
        if state != participant.connection:
            participant.connection = state
            self.tell_all(participant.updated())

    def chores(self, now: float) -> Iterator[None]:
        """Tell what `QualityNews` held back, and remove participants who didn't come back.

        In pieces, so that other work can run in between. Call it a few times a second.
        """
        for change in self._qualities.later():
            if change.member in self.participants:
                self.tell_all(media_news.quality(change))
        for participant in list(self.participants.values()):
            if participant.id not in self.participants:
                continue
            if participant.resume_until is not None and now >= participant.resume_until:
                self.leave(participant, "lost", now)
                yield
