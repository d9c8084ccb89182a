"""A participant that is a program: joining, staying in the call, publishing."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Any, overload
from urllib.parse import urljoin, urlsplit

import aiohttp

from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from signaling import messages
from signaling.client.actions import RETRY_SECONDS
from signaling.client.errors import ClientError, MediaError
from signaling.client.events import Reconnected, Reconnecting, TrackEnded
from signaling.client.http import join_ticket, load_test_headers, unreachable
from signaling.client.incoming import AGAIN_SECONDS, LOST_SECONDS
from signaling.client.lazy_types import MediaStreamTrack
from signaling.client.media import Playable
from signaling.client.offer import SEND_MIDS, VIDEO_CODECS, build_offer, read_answer
from signaling.client.offer import Answer as SdpAnswer
from signaling.client.options import ClientOptions
from signaling.client.publishing import Publishing
from signaling.client.receiving import Receiving
from signaling.client.recovery import MediaRecovery
from signaling.client.rejoin import Before, comes_back, is_temporary, try_until_in
from signaling.client.send import LiveStream, Player
from signaling.client.socket import Signaling
from signaling.client.state import RoomState
from signaling.client.transport import MediaTransport, Protocol
from signaling.codes import normalise_code, split_link
from signaling.messages import Answer, EventBody, Publication, SlotChanged, Source
from signaling.sdp.description import SdpError

PROBE_SECONDS = 1.5
"""How long the server has to answer once media has stopped, before the WebSocket counts as lost too."""

_LEAVE_SECONDS = 2.0


class Client(Receiving):
    """Someone in a room, from `join` (or `async with`) to `leave`.

    Methods raise `ClientError`, `publish` and `record` also `MediaError`. `leave` stops in this order: recordings,
    signaling, media, HTTP; nothing of it lives on afterwards.

    A client whose connection is lost comes back by itself: it resumes its session, or joins again if the server has
    forgotten it, and publishes and watches what it did before. `events` yields `Reconnecting` and `Reconnected`.
    """

    codecs = VIDEO_CODECS
    """Video codecs in its offers."""

    def __init__(self, url: str, room: str = "", name: str = "bot", options: ClientOptions | None = None) -> None:
        """`url`: the room's link, or the server's address; with the latter, `room` is the room's code or link."""
        super().__init__(options or ClientOptions())
        self.url, linked = split_link(url)
        self.code = normalise_code(room) or linked or ""
        self.name = name
        self.device = secrets.token_hex(16)
        """Tells the server that it is the same client when it joins again."""
        self.resume_count = 0
        self.rejoin_count = 0
        self.failure: ClientError | None = None
        """Why the client is out of the room, if it neither left nor got a goodbye."""
        self.bye: messages.Bye | None = None
        """The server's goodbye."""
        self._session: aiohttp.ClientSession | None = None
        self._signaling: Signaling | None = None
        self._offers_sizes = self.options.simulcast is not False
        self._publishing = Publishing(
            self._request,
            self._connected,
            simulcast=self._offers_sizes,
            prefer=self.options.codec,
            on_end=self._on_track_end,
        )
        self._inside = asyncio.Event()
        """Set while there is a session, even if its connection is being resumed."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False
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
        """Get a token and open a session with it, replacing any earlier one."""
        assert self._session is not None
        who = {"code": self.code, "name": self.name, **({"host": True} if self.options.host else {})}
        known = {"device": self.device, "features": ["events", "layers.wanted", "publications.muted"]}
        ticket = await join_ticket(self._session, self.url, who, known, self.options.access_token)
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
        if welcome.video_codecs is not None:
            self._publishing.follow(welcome.video_codecs.send)
        self.bye = None
        self._inside.set()

    async def _rejoin(self, why: str) -> None:
        """Join again after the server has forgotten the session, and restore what there was."""
        self._complete = False
        self._before = Before(self._joined(), self._wishes, self._before)
        self._incoming.lose(self._joined())
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
        for publication in list(self.publications.values()):
            self._incoming.match(self._joined(), publication)
        self._spawn(partial(self._give_up_lost, LOST_SECONDS, None))

    async def _give_up_lost(self, seconds: float, publication: str | None) -> None:
        """End the tracks of those who haven't come back by then."""
        await asyncio.sleep(seconds)
        self._incoming.give_up(publication)

    def _end_track(self, publication: str) -> None:
        if self._incoming.removed(publication):
            self._spawn(partial(self._give_up_lost, AGAIN_SECONDS, publication))

    async def _negotiate(self) -> None:
        """Make a media connection, replacing any earlier one."""
        certificate = None
        if self._transport is not None:
            self._transport.close()
            certificate = Certificate()
        transport = self._transport = self._make_transport(certificate)
        await self._offer(transport, transport.endpoint.local, transport.connect)
        self._watch_more()

    def _make_transport(self, certificate: Certificate | None) -> MediaTransport:
        """A media connection that isn't connected yet."""
        return MediaTransport(self._on_media_closed, self._on_media_silent, certificate, self._protocols)

    @property
    def _protocols(self) -> tuple[Protocol, ...]:
        """What may carry media, in the order of trying."""
        return ("udp", "tcp") if self.options.transport is None else (self.options.transport,)

    async def _restart_ice(self) -> None:
        """Find another path to the relay for the present media connection."""
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
            simulcast=self._offers_sizes,
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
            raise ClientError("media_failed", _no_way(answer, self._protocols)) from None
        except (SdpError, OSError) as error:
            raise ClientError("media_failed", f"No media connection: {error}.") from None

    async def leave(self) -> None:
        """Leave the room and release everything. A second call does nothing."""
        if self._signaling is not None and not self._ended.is_set():
            self._leaving = True
            try:
                await self._signaling.request(messages.Leave, _LEAVE_SECONDS)
            except ClientError:
                pass  # then the server notices by itself
        await self.close()

    async def close(self) -> None:
        """Release everything without telling the room."""
        self._recordings.stop_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._publishing.close()
        await self._incoming.close()
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
        self._publishing.cancel()
        self._incoming.finish()
        self._events.finish()

    # The room

    def _connected(self) -> MediaTransport:
        if self._transport is None or self._ended.is_set():
            why = "" if self.failure is None else f": {self.failure}"
            raise ClientError("bad_state", f"The client is not in the room{why}.")
        return self._transport

    @property
    def players(self) -> list[Player]:
        """The streams of published patterns and files, with their counters."""
        return [] if self._transport is None else list(self._transport.players)

    @property
    def streams(self) -> list[LiveStream]:
        """The streams of published tracks, with their counters."""
        return [] if self._transport is None else list(self._transport.live)

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
                self._incoming.route(slot)
        elif isinstance(event, messages.PublicationAdded | messages.PublicationUpdated):
            self._note_muted([event.publication.id])
        elif isinstance(event, messages.PublicationsMuted):
            self._note_muted(event.publications)
        elif isinstance(event, messages.LayersWanted):
            if self._transport is not None:
                for each in event.sources:
                    self._transport.want(SEND_MIDS.get(each.source, ""), each.rids)
        elif isinstance(event, messages.CodecsChanged):
            self._publishing.follow(event.send)
        elif isinstance(event, messages.PublicationRemoved):
            self._end_track(event.publication)
        elif isinstance(event, messages.ParticipantLeft):
            for publication in self._incoming.of(event.participant):
                self._end_track(publication)
        if isinstance(event, messages.PublicationAdded):
            self._incoming.match(self._joined(), event.publication)
        self._events.emit(event)
        if isinstance(event, messages.PublicationAdded):
            self._watch_again(event.publication)
        if isinstance(event, messages.PublicationAdded | messages.PublicationRemoved | messages.ParticipantLeft):
            self._watch_more()

    @property
    def media_connected(self) -> bool:
        """Whether anything arrives from the relay, if only its reports. If not, the client is reconnecting."""
        return self._transport is not None and self._transport.arriving.is_set()

    def _note_muted(self, identifiers: list[str]) -> None:
        state = self._joined()
        for publication in (state.publications.get(each) for each in identifiers):
            if publication is not None and publication.participant == state.you_id:
                self._publishing.note_muted(publication.source, muted=publication.muted)

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
        """Make another media connection, and publish everything again in it."""
        self._complete = False
        await self._negotiate()
        if self._wishes:
            await self._request(messages.Watch, slots=list(self._wishes.values()))
        await self._publishing.publish_again()
        self._complete = True
        if self._before is not None and not self._before.taken_up:
            await self._take_up(self._before)

    async def _take_up(self, before: Before) -> None:
        """After joining again, restore mutes, hand and slots. Wait for what others haven't published again yet."""
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
        """Run something in the background, and ignore refusals by the server."""

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
        """Make a request, once the client has a session. Raises `ClientError`."""
        if self._signaling is None:
            raise ClientError("bad_state", "The client hasn't joined.")
        try:
            async with asyncio.timeout(self.options.timeout):
                await self._inside.wait()
        except TimeoutError:
            raise ClientError("connection_lost", "The server can't be reached.") from None
        return await self._signaling.request(kind, self.options.timeout, **fields)

    # What one sends

    @overload
    async def publish(self, source: Playable, *, screen: bool = False) -> list[Publication]: ...

    @overload
    async def publish(self, source: MediaStreamTrack, *, screen: bool = False) -> Publication: ...

    async def publish(self, source: Any, *, screen: bool = False) -> list[Publication] | Publication:
        """Publish a track of aiortc, or a `Pattern` or `MediaFile`.

        A track of kind video is your camera, one of kind audio your microphone; with `screen` a shared screen and its
        sound. A pattern or a file is both at once. What was published before from the same source is replaced.

        Tracks are encoded here, in threads: sound as Opus; pictures as VP8 or H.264, at most 30 a second and 1,080
        lines, a camera of 360 lines or more in three sizes. Returns what it has become: one `Publication` of a track, a
        list of a pattern or a file. The client stops a track when it is unpublished or replaced, when you leave, and
        when publishing it fails. Raises `MediaError` for what can't be published, such as a track that ends at once or
        is already published; else `ClientError`.
        """
        self._connected()
        if hasattr(source, "recv"):
            made = [await self._publishing.publish_track(source, screen=screen)]
        elif hasattr(source, "prepare"):
            picture: Source = "screen" if screen else "camera"
            sound: Source = "screen_audio" if screen else "microphone"
            simulcast = bool(self.options.simulcast) and self._publishing.takes_sizes(picture)
            media = await asyncio.to_thread(source.prepare, self.name, simulcast=simulcast)
            made = await self._publishing.publish(media, picture, sound)
        else:
            raise MediaError(f"A {type(source).__name__} can't be published: it is neither a track nor a file.")
        state = self._joined()
        found = [each for source in made if (each := state.source_of(state.you_id, source)) is not None]
        if not hasattr(source, "recv"):
            return found
        if not found:
            raise ClientError("closed", "The publication was withdrawn at once.")
        return found[0]

    def _on_track_end(self, source: Source, track: MediaStreamTrack, error: MediaError | None) -> None:
        async def withdraw() -> None:
            while True:
                try:
                    await self._publishing.end_track(source, track)
                    break
                except ClientError as refusal:
                    if not is_temporary(refusal):
                        break
                await asyncio.sleep(RETRY_SECONDS)
            self._events.emit(TrackEnded(source, track, error))

        self._spawn(withdraw)

    async def unpublish(self, source: Source) -> None:
        """Withdraw a publication: `camera`, `microphone`, `screen` or `screen_audio`. Raises `ClientError`."""
        await self._publishing.unpublish(source)


def _no_way(answer: SdpAnswer, protocols: tuple[Protocol, ...]) -> str:
    """What to say where none of the relay's addresses answers."""
    found = {"udp": answer.addresses, "tcp": answer.stream_addresses}
    tried = [
        f"{protocol.upper()} to {', '.join(f'{host}:{port}' for host, port, *_ in found[protocol])}"
        for protocol in protocols
        if found[protocol]
    ]
    verb = "gets" if len(tried) == 1 else "get"
    return (
        f"No media connection: {' and '.join(tried)} {verb} no answer. The network may block it: ask for outgoing "
        f"{' or '.join(each.upper() for each in protocols)} to that address and port to be allowed."
    )
