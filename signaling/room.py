"""A room: who is in it, what they publish and say, and who is told what.

Takes `now` and has no socket: messages go out through `Participant.tell`, media through the relay's transports.
"""

from collections import deque
from typing import Literal

from sfu.relay import Relay
from sfu.router import Router, RouterError, SlotWish
from sfu.rtp import Mid, Rid
from sfu.transport import State, Transport
from signaling import messages, negotiation, quality, sdp
from signaling.messages import ChatMessage, EventBody, Publication, Rights, Source
from signaling.participant import Participant

MAX_PARTICIPANTS = 1000
MAX_CHAT = 200
"""Chat messages that a newcomer is shown."""

AUDIO_SLOTS, VIDEO_SLOTS = 4, 9
"""What the first offer should have room for; more video slots may be offered later."""

CLOSED_TAB_SECONDS = 3.0
RESUME_SECONDS = 30.0
"""How long a participant without WebSocket is waited for."""

_AUDIO_SOURCES = ("microphone", "screen_audio")


class RoomError(Exception):
    """A request that is refused; `code` is the protocol's, `args[0]` a sentence."""

    def __init__(self, code: messages.ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: messages.ErrorCode = code


class Room:
    """Its participants live from `join` to `leave`; it has no life of its own."""

    def __init__(
        self, identifier: str, code: str, title: str, relay: Relay, owners: "dict[Transport, Room] | None" = None
    ) -> None:
        self.id = identifier
        self.code = code
        self.title = title
        self.participants: dict[str, Participant] = {}
        self.router = Router()
        self.chat: deque[ChatMessage] = deque(maxlen=MAX_CHAT)
        self.empty_since: float | None = None
        """When the last one left; None while someone is in, or nobody has been yet."""
        self._chat_id = 0
        self._relay = relay
        self._owners: dict[Transport, Room] = {} if owners is None else owners
        self._by_transport: dict[Transport, Participant] = {}

    def describe(self) -> messages.Room:
        """As its members see it."""
        return messages.Room(id=self.id, code=self.code, title=self.title)

    def _tell_all(self, body: EventBody, *, but: Participant | None = None) -> None:
        for participant in self.participants.values():
            if participant is not but:
                participant.tell(body)

    def join(self, person: str, name: str, rights: Rights) -> Participant:
        """Let someone in. Raises `RoomError` where the room is full."""
        if len(self.participants) >= MAX_PARTICIPANTS:
            raise RoomError("room_full", "The room is full.")
        participant = Participant(person, name, rights)
        self._tell_all(messages.ParticipantJoined(participant=participant.describe()))
        self.participants[participant.id] = participant
        self.empty_since = None
        return participant

    def leave(self, participant: Participant, why: Literal["left", "lost", "removed", "replaced"], now: float) -> None:
        """Take someone out: media first, so that nothing is forwarded to or from who isn't in the list any more."""
        if self.participants.pop(participant.id, None) is None:
            return
        self._drop_transport(participant, why)
        self._tell_all(messages.ParticipantLeft(participant=participant.id, why=why))
        self.reconcile(now)
        if not self.participants:
            self.empty_since = now

    def _drop_transport(self, participant: Participant, why: str) -> None:
        transport, participant.transport = participant.transport, None
        if transport is not None:
            self.router.leave(participant.id)
            del self._by_transport[transport], self._owners[transport]
            self._relay.remove(transport, why)

    def offer(self, participant: Participant, text: str, addresses: list[tuple[str, int]], now: float) -> str:
        """Negotiate media; the answer's SDP. Raises `RoomError`."""
        try:
            plan = negotiation.plan(sdp.parse(text))
        except (sdp.SdpError, negotiation.OfferError) as error:
            raise RoomError("bad_offer", str(error)) from None
        transport = participant.transport
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
            transport.negotiate(plan.sends, plan.receives, plan.extension_ids)
        except ValueError as error:
            raise RoomError("bad_offer", str(error)) from None
        self.reconcile(now, transport)
        return negotiation.build_answer(plan, transport, self._relay.certificate.fingerprint, addresses)

    def _withdraw_all(self, participant: Participant) -> None:
        """The media connection is another one: what was published in the old one is gone."""
        for publication in participant.publications.values():
            self._tell_all(messages.PublicationRemoved(publication=publication.id))
        participant.publications.clear()

    def publish(self, participant: Participant, request: messages.Publish, now: float) -> None:
        """Tell the room what a section carries. Raises `RoomError`."""
        if not participant.rights.publish:
            raise RoomError("not_allowed", "You may not publish in this room.")
        heights = {Rid(encoding.rid): encoding.height for encoding in request.encodings}
        try:
            made = self.router.publish(
                participant.id, Mid(request.mid), request.source, muted=request.muted, heights=heights
            )
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
            muted=request.muted,
            width=request.width,
            height=request.height,
        )
        before = participant.publications.get(request.source)
        participant.publications[request.source] = publication
        if before is None:
            self._tell_all(messages.PublicationAdded(publication=publication))
        elif before != publication:
            self._tell_all(messages.PublicationUpdated(publication=publication))
        self.reconcile(now)

    def unpublish(self, participant: Participant, source: Source, now: float) -> None:
        """Withdraw a publication. Raises `RoomError`."""
        try:
            self.router.unpublish(participant.id, source)
        except RouterError as error:
            raise RoomError("bad_state", str(error)) from None
        publication = participant.publications.pop(source)
        self.reconcile(now)
        self._tell_all(messages.PublicationRemoved(publication=publication.id))

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
        self.reconcile(now)
        self._tell_all(messages.PublicationUpdated(publication=publication))

    def watch(self, participant: Participant, slots: list[messages.SlotWatch], now: float) -> None:
        """Take what someone's video slots should show. Raises `RoomError`."""
        wishes = [SlotWish(Mid(each.slot), each.publication, each.height, each.priority) for each in slots]
        try:
            self.router.watch(participant.id, wishes)
        except RouterError as error:
            raise RoomError("bad_state", str(error)) from None
        self.reconcile(now, participant.transport)

    def say(self, participant: Participant, text: str, to: str | None, unix_now: float) -> None:
        """Pass on a chat message. Raises `RoomError`."""
        if not participant.rights.chat:
            raise RoomError("not_allowed", "You may not write in this room.")
        if not text.strip():
            raise RoomError("bad_message", "The message is empty.")
        receiver = None
        if to is not None:
            receiver = self.participants.get(to)
            if receiver is None:
                raise RoomError("not_found", "That person is not in the room.")
        self._chat_id += 1
        message = ChatMessage(
            id=self._chat_id, sender=participant.id, sender_name=participant.name, text=text, to=to, sent_at=unix_now
        )
        event = messages.ChatAdded(message=message)
        if receiver is None:
            self.chat.append(message)
            self._tell_all(event)
        else:
            participant.tell(event)
            if receiver is not participant:
                receiver.tell(event)

    def raise_hand(self, participant: Participant, *, raised: bool) -> None:
        """Raise or lower a hand."""
        if participant.hand != raised:
            participant.hand = raised
            self._tell_all(participant.updated())

    def react(self, participant: Participant, emoji: str) -> None:
        """Show a reaction."""
        self._tell_all(messages.Reaction(participant=participant.id, emoji=emoji))

    def transport_changed(self, transport: Transport, now: float) -> None:
        """After a transport has connected, was lost, came back or ended."""
        participant = self._by_transport.get(transport)
        if participant is None:
            return
        states: dict[State, Literal["joining", "connected", "lost"]] = {
            State.CONNECTING: "joining",
            State.CONNECTED: "connected",
            State.LOST: "lost",
            State.CLOSED: "lost",
        }
        connection = states[transport.state]
        if connection != participant.connection:
            participant.connection = connection
            self._tell_all(participant.updated())
        self.reconcile(now)

    def reconcile(self, now: float, only: Transport | None = None) -> None:
        """Make slots carry what they should, and tell their viewers."""
        for change in self.router.reconcile(now, only):
            participant = self.participants.get(change.member)
            if participant is not None:
                state = change.state
                participant.tell(
                    messages.SlotChanged(
                        slot=change.slot,
                        publication=state.publication,
                        layer=state.layer,
                        paused=state.why is not None,
                        why=state.why,
                    )
                )

    def tick(self, now: float) -> None:
        """Do what only time brings: speakers, layers that come and go, people who don't come back."""
        if self.router.listen(now):
            self._tell_all(messages.Speakers(participants=self.router.speakers))
        self.reconcile(now)
        for participant in list(self.participants.values()):
            if participant.resume_until is not None and now >= participant.resume_until:
                self.leave(participant, "lost", now)
            elif participant.transport is not None:
                found = quality.measure(participant.transport, participant.quality)
                if found.level != participant.quality:
                    participant.quality = found.level
                    self._tell_all(
                        messages.Quality(
                            participant=participant.id,
                            quality=found.level,
                            loss=found.loss,
                            round_trip_ms=None if found.round_trip is None else round(found.round_trip * 1000, 1),
                        )
                    )
