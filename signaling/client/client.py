"""A participant that is a program: what it can do in a call, and what keeps it there."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from signaling import messages
from signaling.client.errors import ClientError
from signaling.client.events import ClientEvent, Events, Reconnected, Reconnecting
from signaling.client.http import join_ticket, load_test_headers, unreachable
from signaling.client.media import Playable
from signaling.client.offer import VIDEO_CODECS, build_offer, read_answer
from signaling.client.offer import Answer as SdpAnswer
from signaling.client.options import ClientOptions
from signaling.client.publishing import Publishing
from signaling.client.receive import Slot
from signaling.client.record import Recorder
from signaling.client.recordings import Recordings
from signaling.client.recovery import MediaRecovery
from signaling.client.rejoin import Before, comes_back, is_temporary, try_until_in
from signaling.client.send import Player
from signaling.client.socket import Signaling
from signaling.client.state import RoomState
from signaling.client.transport import MediaTransport
from signaling.client.view import RoomView
from signaling.codes import normalise_code, split_link
from signaling.messages import Answer, EventBody, Publication, SlotChanged, Source, Welcome
from signaling.sdp.description import SdpError

PROBE_SECONDS = 1.5
"""How long the server may take to answer when media has stopped, until its connection counts as lost too."""

RETRY_SECONDS = 0.1
"""Between attempts to send a chat message, each of which waits for the connection."""

_LEAVE_SECONDS = 2.0


class Client(RoomView):
    """Someone in a room, from `join` (or `async with`) to `leave`.

    Methods raise `ClientError`, `publish` and `record` also `MediaError`. `leave` stops in this order: recordings,
    signaling, media, HTTP; nothing of it lives on afterwards.

    A client whose connection is lost comes back by itself: it resumes its session, or joins again if the server has
    forgotten it, and publishes and watches what it did before. `events` yields `Reconnecting` and `Reconnected`.
    """

    codecs = VIDEO_CODECS
    """Of video, in its offers."""

    def __init__(self, url: str, room: str = "", name: str = "bot", options: ClientOptions | None = None) -> None:
        """`url`: of the server, or the room's link; `room`: its code or link, needed beside the first."""
        super().__init__()
        self.url, linked = split_link(url)
        self.code = normalise_code(room) or linked or ""
        self.name = name
        self.options = options or ClientOptions()
        self.device = secrets.token_hex(16)
        """Tells the server that it is the same client when it joins again."""
        self.resume_count = 0
        self.rejoin_count = 0
        self.failure: ClientError | None = None
        """Why the client is out of the room, where it didn't leave and nobody said goodbye."""
        self.bye: messages.Bye | None = None
        """The server's goodbye."""
        self._session: aiohttp.ClientSession | None = None
        self._signaling: Signaling | None = None
        self._transport: MediaTransport | None = None
        self._welcome: Welcome | None = None
        self._wishes: dict[str, messages.SlotWatch] = {}
        self._publishing = Publishing(self._request, self._connected, simulcast=self.options.simulcast)
        self._events = Events()
        self._inside = asyncio.Event()
        """Set while there is a session, be it one whose connection is being taken up again."""
        self._before: Before | None = None
        """What is to be taken up again after joining again."""
        self._chatting = asyncio.Lock()
        self._recordings = Recordings()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._ended = asyncio.Event()
        self._complete = True
        """Whether the media connection carries all that it should: not while another is being made."""
        self._recovery = MediaRecovery(self._restart_ice, self._renegotiate, self._arriving)
        self._recovering: asyncio.Task[None] | None = None

    # Coming and going

    async def __aenter__(self) -> "Client":
        await self.join()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def join(self) -> None:
        """Enter the room and connect media."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ClientError("unreachable", f"{self.url} is not an address that begins with http:// or https://.")
        if not self.code:
            raise ClientError("room_not_found", f"No room given: {self.url} is not a room's link and has no code.")
        # A guest is known by its cookie; and who sends one says that no other site made it do so.
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self.options.timeout),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"Sec-Fetch-Site": "same-origin", **load_test_headers(self.options.load_test_token)},
        )
        try:
            await self._enter()
            await self._negotiate()
            self._recovering = self._spawn(self._recovery.run)
        except BaseException:
            await self.close()
            raise

    async def _enter(self) -> None:
        """Get a token, and a session for it in place of one that there was."""
        assert self._session is not None
        known = {"device": self.device, "features": ["publications.muted"]}
        ticket = await join_ticket(
            self._session, self.url, {"code": self.code, "name": self.name}, known, self.options.access_token
        )
        if self._signaling is not None:
            await self._signaling.close()
        url, token = urljoin(self.url + "/", str(ticket["ws_url"]).lstrip("/")), str(ticket["token"])
        self._signaling = Signaling(self._session, url, self._on_event, self._on_resumed, self._on_end)
        self._signaling.on_lost = lambda: self._events.emit(Reconnecting("The connection was lost."))
        try:
            welcome = await self._signaling.join(token, self.options.timeout, self.options.wait)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unreachable(self.url, error) from None
        self._welcome = welcome
        self._state = RoomState(welcome)
        self.bye = None
        self._inside.set()

    async def _rejoin(self, why: str) -> None:
        """Join again after the server has forgotten the session, and take up what was before."""
        self._complete = False
        self._before = Before(self._joined(), self._wishes, self._before)
        self._wishes.clear()
        if self._recovering is not None:
            self._recovering.cancel()
        self._events.emit(Reconnecting(why))
        try:
            await try_until_in(self._enter, self.options.rejoin)
        except ClientError as error:
            self._fail(error)
            return
        self.rejoin_count += 1
        self._recovery = MediaRecovery(self._restart_ice, self._renegotiate, self._arriving)
        self._recovering = self._spawn(self._recovery.run)
        self._recovery.ended()

    async def _negotiate(self) -> None:
        """Make a media connection, in place of one that there was."""
        certificate = None
        if self._transport is not None:
            self._transport.close()
            certificate = Certificate()
        transport = self._transport = self._make_transport(certificate)
        await self._offer(transport, transport.endpoint.local, transport.connect)
        self._watch_more()

    def _make_transport(self, certificate: Certificate | None) -> MediaTransport:
        """A media connection that isn't connected yet."""
        return MediaTransport(self._on_media_closed, self._on_media_silent, certificate)

    async def _restart_ice(self) -> None:
        """Find another path to the relay for the media connection that there is."""
        if not self._complete:
            await self._renegotiate()
            return
        transport, local = self._connected(), Credentials.generate()

        async def reach(answer: SdpAnswer, preferred: str | None, seconds: float) -> None:
            await transport.restart(answer, local, preferred, seconds)

        await self._offer(transport, local, reach)

    async def _offer(
        self,
        transport: MediaTransport,
        local: Credentials,
        reach: Callable[[SdpAnswer, str | None, float], Awaitable[None]],
    ) -> None:
        assert self._welcome is not None
        assert self._signaling is not None
        options, proposed = self.options, self._welcome.slots
        offer = build_offer(
            local,
            transport.endpoint.certificate.fingerprint,
            audio_slots=proposed.audio if options.audio_slots is None else options.audio_slots,
            video_slots=proposed.video if options.video_slots is None else options.video_slots,
            simulcast=options.simulcast,
            origin=transport.next_origin(),
            codecs=self.codecs,
        )
        result = await self._request(messages.Offer, sdp=offer)
        try:
            if not isinstance(result, Answer):
                raise SdpError("The server's reply to the offer is not an answer.")
            answer = read_answer(result.sdp)
            await reach(answer, self._signaling.peer, options.timeout)
        except TimeoutError:
            places = ", ".join(f"{host}:{port}" for host, port, *_ in answer.addresses)
            raise ClientError(
                "media_failed",
                f"No media connection: UDP to {places} gets no answer. The network may block it: ask for outgoing UDP "
                "to that address and port to be allowed.",
            ) from None
        except (SdpError, OSError) as error:
            raise ClientError("media_failed", f"No media connection: {error}.") from None

    async def leave(self) -> None:
        """Leave the room, and let go of everything; does nothing the second time."""
        if self._signaling is not None and not self._ended.is_set():
            self._leaving = True
            try:
                await self._signaling.request(messages.Leave, _LEAVE_SECONDS)
            except ClientError:
                pass  # then the server notices by itself
        await self.close()

    async def close(self) -> None:
        """Let go of everything without a word to the room."""
        self._recordings.stop_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._signaling is not None:
            await self._signaling.close()
        if self._transport is not None:
            self._transport.close()
        if self._session is not None:
            await self._session.close()
        self._finish()

    def _finish(self) -> None:
        self._ended.set()
        self._inside.set()
        self._events.finish()

    # The room

    def _connected(self) -> MediaTransport:
        if self._transport is None or self._ended.is_set():
            why = "" if self.failure is None else f": {self.failure}"
            raise ClientError("bad_state", f"The client is not in the room{why}.")
        return self._transport

    @property
    def slots(self) -> dict[str, Slot]:
        """What one receives in, by mid: sound, which the relay fills, then pictures, which `watch` fills."""
        return {} if self._transport is None else self._transport.reception.slots

    @property
    def players(self) -> list[Player]:
        """The streams that one sends, with their counters."""
        return [] if self._transport is None else list(self._transport.players)

    def events(self) -> AsyncIterator[ClientEvent]:
        """The room's events from now on, until it is over; also `Reconnecting` and `Reconnected`."""
        return self._events.stream()

    async def ended(self) -> None:
        """Wait until the client is out of the room; `failure` says why."""
        await self._ended.wait()

    def _on_event(self, event: EventBody) -> None:
        self._joined().apply(event)
        if isinstance(event, messages.Bye):
            self.bye = event
        elif isinstance(event, messages.MediaClosed):
            remote = None if self._transport is None else self._transport.endpoint.remote
            if remote is not None and remote.ufrag == event.ice_ufrag:
                self._recovery.ended()
        elif isinstance(event, SlotChanged):
            slot = self.slots.get(event.slot)
            if slot is not None:
                slot.changed(event.publication, event.layer, paused=event.paused, why=event.why)
        elif isinstance(event, messages.PublicationAdded | messages.PublicationUpdated):
            self._note_muted([event.publication.id])
        elif isinstance(event, messages.PublicationsMuted):
            self._note_muted(event.publications)
        self._events.emit(event)
        if isinstance(event, messages.PublicationAdded):
            self._watch_again(event.publication)
        if isinstance(event, messages.PublicationAdded | messages.PublicationRemoved | messages.ParticipantLeft):
            self._watch_more()

    @property
    def media_connected(self) -> bool:
        """Whether media arrives from the relay, be it only its reports. Where it doesn't, it is being brought back."""
        return self._transport is not None and self._transport.arriving.is_set()

    def _note_muted(self, identifiers: list[str]) -> None:
        state = self._joined()
        for publication in (state.publications.get(each) for each in identifiers):
            if publication is not None and publication.participant == state.you_id:
                self._publishing.note_muted(publication.source, muted=publication.muted)

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

    def _on_resumed(self, negotiated: bool) -> None:
        self.resume_count += 1
        self._events.emit(Reconnected(rejoined=False))
        if not negotiated:
            self._recovery.ended()
        elif not self.media_connected:
            self._recovery.broken()

    def _on_media_closed(self, reason: str) -> None:
        self._recovery.ended()

    def _on_media_silent(self) -> None:
        self._recovery.broken()
        if self._signaling is not None:
            self._spawn(partial(self._signaling.probe, PROBE_SECONDS))

    async def _renegotiate(self) -> None:
        """Make another media connection, and publish in it what was published in the one before."""
        self._complete = False
        await self._negotiate()
        if self._wishes:
            await self._request(messages.Watch, slots=list(self._wishes.values()))
        await self._publishing.publish_again()
        self._complete = True
        if self._before is not None and not self._before.taken_up:
            await self._take_up(self._before)

    async def _take_up(self, before: Before) -> None:
        """After joining again: be as it was before. What others haven't published again yet is waited for."""
        for publication in list(self.publications.values()):
            own = publication.participant == self._joined().you_id
            if own and publication.muted and publication.source not in before.muted:
                await self.mute(publication.source, muted=False)
            elif not own:
                self._watch_again(publication)
        if before.hand:
            await self.raise_hand()
        before.taken_up = True
        self._events.emit(Reconnected(rejoined=True))

    def _arriving(self) -> asyncio.Event:
        return asyncio.Event() if self._transport is None else self._transport.arriving

    def _on_end(self, error: ClientError | None) -> None:
        """The session is over."""
        if self._leaving or self.options.rejoin == 0 or not comes_back(error, self.bye):
            self._fail(error)
            return
        self._inside.clear()
        why = f"The server ended the session: {self.bye.why}." if self.bye is not None else str(error)
        self._spawn(partial(self._rejoin, why))

    def _fail(self, error: ClientError | None) -> None:
        self.failure = self.failure or error
        self._finish()

    def _spawn(self, action: Callable[[], Any]) -> asyncio.Task[None] | None:
        """Do something in the background; what the server refuses then is of no interest to anyone."""

        async def run() -> None:
            try:
                await action()
            except ClientError as error:
                if error.code == "media_failed":
                    self._fail(error)

        if self._leaving or self._ended.is_set():
            return None
        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _request(self, kind: type[messages.Request], **fields: Any) -> messages.Result | None:
        """Make a request, after the client has joined again where it has to. Raises `ClientError`."""
        if self._signaling is None:
            raise ClientError("bad_state", "The client hasn't joined.")
        try:
            async with asyncio.timeout(self.options.timeout):
                await self._inside.wait()
        except TimeoutError:
            raise ClientError("connection_lost", "The server can't be reached.") from None
        return await self._signaling.request(kind, self.options.timeout, **fields)

    async def chat(self, text: str, to: str | None = None) -> None:
        """Say something to all, or to one participant (by id), once the messages before it are sent.

        It is sent again after a lost connection, also after joining again, and arrives once.
        """
        client_id = secrets.token_hex(16)
        async with self._chatting:
            while True:
                server = None if self._welcome is None else self._welcome.server
                known = server is not None and "client_id" in server.features
                try:
                    fields = {"client_id": client_id} if known else {}
                    await self._request(messages.Chat, text=text, to=to, **fields)
                    return
                except ClientError as error:
                    if not known or self._ended.is_set() or not (is_temporary(error) or error.code == "closed"):
                        raise
                await asyncio.sleep(RETRY_SECONDS)

    async def chat_before(self, before: int | None = None, limit: int = 50) -> messages.ChatPage:
        """Older chat messages: those before the one with that id."""
        page = await self._request(messages.History, before=before, limit=limit)
        if not isinstance(page, messages.ChatPage):
            raise ClientError("internal", "The server's reply is not a page of messages.")
        return page

    async def moderate(self, action: messages.Action) -> None:
        """Do what only hosts may, such as `messages.Remove(participant=…)`."""
        await self._request(messages.Moderate, action=action)

    async def raise_hand(self, *, raised: bool = True) -> None:
        """Raise or lower one's hand."""
        await self._request(messages.Hand, raised=raised)

    async def react(self, emoji: str) -> None:
        """Show a reaction."""
        await self._request(messages.React, emoji=emoji)

    # What one sends

    async def publish(self, source: Playable, *, screen: bool = False) -> list[Publication]:
        """Publish a pattern or a file; what it has become.

        Its picture and sound are camera and microphone, or with `screen` a shared screen and its sound. There may be
        all four at once; what was published before from the same source is replaced.
        """
        self._connected()
        picture: Source = "screen" if screen else "camera"
        sound: Source = "screen_audio" if screen else "microphone"
        simulcast = self._publishing.takes_sizes(picture)
        media = await asyncio.to_thread(source.prepare, self.name, simulcast=simulcast)
        made = await self._publishing.publish(media, picture, sound)
        state = self._joined()
        found = (state.source_of(state.you_id, each) for each in made)
        return [each for each in found if each is not None]

    async def unpublish(self, source: Source) -> None:
        """Withdraw a publication: `camera`, `microphone`, `screen` or `screen_audio`. The others go on."""
        await self._publishing.unpublish(source)

    async def mute(self, source: Source, *, muted: bool = True) -> None:
        """Mute or unmute a publication of one's own: the relay stops or goes on forwarding it."""
        await self._request(messages.Mute, source=source, muted=muted)

    # What one receives

    async def watch(
        self, publication: str | None, *, height: int = 360, slot: str | None = None, priority: int = 0
    ) -> Slot:
        """Show a publication (by id) in a video slot, `height` pixels high; without `slot`: where it is, or a free one.

        None shows nothing in that slot any more.
        """
        chosen = self._choose_slot(publication) if slot is None else self.slots.get(slot)
        if chosen is None:
            raise ClientError("too_many", "There is no free video slot.")
        wish = messages.SlotWatch(slot=chosen.mid, publication=publication, height=height, priority=priority)
        before = chosen.publication
        chosen.publication = publication  # taken, before the server has said so
        try:
            await self._request(messages.Watch, slots=[wish])
        except ClientError:
            chosen.publication = before
            raise
        self._wishes[chosen.mid] = wish
        return chosen

    def _choose_slot(self, publication: str | None) -> Slot | None:
        slots = [slot for slot in self.slots.values() if slot.kind == "video"]
        shown = next((slot for slot in slots if publication is not None and slot.publication == publication), None)
        return shown or next((slot for slot in slots if slot.publication is None), None)

    def _watch_more(self) -> None:
        """Look at what nobody looks at yet, where the options say so and slots are free."""
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
        """Ask for a keyframe of what a slot (by mid) carries."""
        self._connected().request_keyframe(self._slot(slot))

    def _slot(self, mid: str) -> Slot:
        slot = self.slots.get(mid)
        if slot is None:
            raise ClientError("not_found", f"There is no slot {mid}.")
        return slot

    def record(self, path: str | os.PathLike[str], *, slots: list[str] | None = None) -> Recorder:
        """Record slots (by mid; at most one of sound and one of pictures) to a .mkv or .webm file, until one leaves.

        Without `slots`: the first of each kind; what the first video slot shows is for `watch` to say.
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
