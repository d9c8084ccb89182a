"""The WebSocket edge of signaling: a session for each socket, and the server that holds them all."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from signaling import diary, handlers, join_token, messages
from signaling.errors import RoomError
from signaling.fair_share import FairShare
from signaling.handlers import Context
from signaling.join_token import JoinToken, JoinTokenError
from signaling.joins import JOINED, WAITING, Joins
from signaling.limits import MAX_LOOKUPS, PAGE_BYTES
from signaling.mailbox import CannotResumeError
from signaling.message_budget import MESSAGE_BURST, MESSAGES_PER_SECOND
from signaling.messages import MAX_MESSAGE_BYTES, SUBPROTOCOL, BadMessageError, EndReason, Error, Ok, Request, Result
from signaling.outbox import Outbox, Outboxes
from signaling.rate_limit import RateLimit
from signaling.rooms.admission import Visitor
from signaling.rooms.chat import latest
from signaling.rooms.journal import SourceUnavailableError
from signaling.rooms.participant import Participant
from signaling.rooms.registry import Registry
from signaling.rooms.room import AUDIO_SLOTS, CLOSED_TAB_SECONDS, RESUME_SECONDS, VIDEO_SLOTS, NeedsToWaitError, Room
from signaling.session_state import PERMITTED, SessionState, State
from signaling.sign_outs import SignOut, SignOuts
from signaling.turn import TurnServers
from signaling.turns import SLICE, Turns
from signaling.used_tokens import UsedTokens
from signaling.version import FEATURES, version

log = logging.getLogger(__name__)

FIRST_MESSAGE_SECONDS = 10.0
"""How long a client may take to join or resume, not counting the time that the server takes to answer."""
HEARTBEAT_SECONDS = 8.0
"""Between pings. A socket without a pong for half of that is closed, so a dead one is noticed within 12 s."""

TICK_SECONDS = 0.25
MAX_WAITING, MAX_WAITING_PER_ADDRESS = 2000, 500
"""Sockets that haven't joined yet, in all and from one address; further ones take the place of the oldest."""

Joined = tuple[Room, Participant | Visitor]

MAX_ERRORS = 50
"""Unreadable messages in a row after which the connection is closed."""


def same_origin(request: web.Request) -> bool:
    """Whether a WebSocket was opened by a page of this host, or by a program. Browsers always send an `Origin`."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()


def peer_address(request: web.Request) -> str:
    """Return what a socket counts as by default: the address that it comes from."""
    return request.remote or ""


class SignalingServer:
    """All rooms and their WebSockets; `close` ends every session."""

    def __init__(
        self,
        registry: Registry,
        hosts: Callable[[str], list[str]],
        key: bytes,
        permits: Callable[[web.Request], bool] = same_origin,
        counted_as: Callable[[web.Request], str | None] | None = peer_address,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        self.registry = registry
        self.hosts = hosts
        """Addresses of the relay's machine, for a client that used this `Host`."""
        self.key = key
        self.now = clock
        """The clock of all rooms, in seconds."""
        self.unix_now = unix_clock
        """Seconds since 1970: for tokens, and for what is shown as a time."""
        self.permits = permits
        """Which pages may connect."""
        self.turn: TurnServers | None = None
        """What clients are told of TURN servers; None: there are none."""
        self.used = UsedTokens()
        self.joins = Joins()
        self._counted_as = counted_as
        """Gives the key that a socket is counted under until it has joined. None: sockets, or this socket, aren't
        limited."""
        limit = None if counted_as is None else MAX_WAITING_PER_ADDRESS
        self.waiting = FairShare[Session](MAX_WAITING if counted_as else sys.maxsize, limit)
        """Sockets that haven't joined yet."""
        self._by_resume_token: dict[str, tuple[Room, Participant]] = {}
        self.sessions: set[Session] = set()
        """One for each open WebSocket."""
        self.stopping = False
        """Whether no WebSocket is taken any more."""
        self.turns = Turns()
        self.outboxes = Outboxes()
        self._sign_outs = SignOuts()
        self._ticker: asyncio.Task[None] | None = None
        self.registry.on_unfinished = self._go_on_soon

    def start(self) -> None:
        """Start the timer."""
        self._ticker = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self.now()
            for room in self.registry.rooms:
                if room.participants:
                    await self.turns.mine()
                    try:
                        for _ in room.chores(now):
                            await self.turns.mine()
                    except Exception:
                        log.exception("tick of room %s", room.id)
            self._forget_gone()
            if self.turn is not None:
                told = (participant for _, participant in self._by_resume_token.values())
                self.turn.renew(told, now, self.unix_now())
            self._sign_outs.forget_old(self.unix_now())
            self.registry.forget_unused(now)

    def _forget_gone(self) -> None:
        for token, (room, participant) in list(self._by_resume_token.items()):
            if participant.id not in room.participants:
                del self._by_resume_token[token]

    def _go_on_soon(self) -> None:
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """Let rooms continue work that is done in pieces; what exceeds the time slice waits for the next turn."""
        until = time.perf_counter() + SLICE
        rooms, self.registry.unfinished = self.registry.unfinished, {}
        while rooms and time.perf_counter() < until:
            room = next(iter(rooms))
            del rooms[room]
            try:
                room.go_on()
            except Exception:
                log.exception("room %s", room.id)
        if rooms:
            self.registry.unfinished |= rooms
            self._go_on_soon()

    async def join(self, token_text: str, visitor: Callable[[Room, JoinToken], Visitor]) -> Joined:
        """Let the bearer of a token in, or have them wait as a `Visitor`, made by `visitor`. Raises `RoomError`."""
        try:
            token = join_token.verify(token_text, self.key)
        except JoinTokenError as error:
            raise RoomError("bad_token", str(error)) from None
        room = await self.registry.open(token.room, self.now())
        if self._sign_outs.voids(token):
            raise RoomError("bad_token", "You've logged out since you asked to join.")
        known = self._came_before(room, token)
        if known is not None:
            return room, known
        try:
            participant = room.join(token.person, token.rights, needs_admission=token.needs_admission)
        except NeedsToWaitError:
            waiting = visitor(room, token)
            room.wait(waiting)
            self.used.add(token, room.id, waiting.id, self.unix_now())
            return room, waiting
        participant.unread_welcome = True
        self.used.add(token, room.id, participant.id, self.unix_now())
        self._by_resume_token[participant.resume_token] = (room, participant)
        return room, participant

    def _came_before(self, room: Room, token: JoinToken) -> Participant | None:
        """Find the participant who joined with this token but may never have read the `welcome`. Raises `RoomError`."""
        use = self.used.find(token)
        if use is None:
            return None
        participant = room.participants.get(use.member)
        if participant is not None and participant.unread_welcome:
            return participant
        visitor = room.admission.visitors.get(use.member)
        if visitor is None:
            raise RoomError("bad_token", "The join token has already been used.")
        visitor.end("replaced")
        room.stop_waiting(visitor)
        return None

    def let_in(self, visitor: Visitor, room: Room, token: JoinToken) -> None:
        """Give a waiting visitor the token to join with."""
        admitted = replace(token, room=room.id, needs_admission=False)
        visitor.tell(messages.Admitted(token=join_token.sign(admitted, self.key, self.unix_now())))

    def sign_out(self, person: str, *, session: str | None = None, keep: str | None = None) -> None:
        """End the calls of a person with an account: those of the log-in `session`, or all but those of `keep`."""
        sign_out = SignOut(person, session, keep)
        self._sign_outs.note(sign_out, self.unix_now())
        ends = sign_out.ends
        now = self.now()
        for room in self.registry.rooms:
            for visitor in list(room.admission.visitors.values()):
                if ends(visitor.who):
                    visitor.end("signed_out")
                    room.stop_waiting(visitor)
            for participant in list(room.participants.values()):
                if ends(participant.who):
                    room.disconnect(participant, "signed_out", now)

    def resume(self, token: str) -> tuple[Room, Participant]:
        """Find the participant whose WebSocket was lost. Raises `RoomError`."""
        found = self._by_resume_token.get(token)
        if found is None or found[1].id not in found[0].participants:
            raise RoomError("cannot_resume", "You've left the room. Join again.")
        return found

    def take_over(self, participant: Participant, session: "Session") -> None:
        """End the session that this participant had before this one."""
        for other in self.sessions:
            if other is not session and other.participant is participant:
                other.replaced()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The handler of `/ws`."""
        if not self.permits(request):
            raise web.HTTPForbidden(text="This page isn't allowed to connect here.")
        if self.stopping:
            # Who comes back at once would be sent away a second time.
            refusal = web.Response(
                status=503, text="The server is stopping. Try again in a moment.", headers={"Retry-After": "1"}
            )
            refusal.force_close()
            return refusal
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_MESSAGE_BYTES, compress=False
        )
        try:
            await socket.prepare(request)
        except ConnectionResetError:
            # The client has given up this attempt. aiohttp can't finish a WebSocket that never began.
            return web.Response()
        except ValueError:
            # aiohttp can't decode a key that isn't ASCII, and can't quote a header that isn't UTF-8 in its refusal.
            raise web.HTTPBadRequest(text="The headers of this handshake can't be decoded.") from None
        address = self._counted_as(request) if self._counted_as else ""
        session = Session(self, socket, request.transport, request.host, address or "")
        self.sessions.add(session)
        if address is not None:
            for other in self.waiting.enter(address, session):
                other.crowded_out()
        try:
            await session.run()
        finally:
            self.waiting.leave(session)
            self.sessions.discard(session)
        return socket

    async def close(self) -> None:
        """Tell everyone that the server is stopping, end all sessions, and take no more."""
        self.stopping = True
        if self._ticker is not None:
            self._ticker.cancel()
        sessions = list(self.sessions)
        for room in self.registry.rooms:
            room.interrupt()
        for session in sessions:
            session.stop()
        await asyncio.gather(*(session.finished.wait() for session in sessions))


class Session:
    """One WebSocket, from its first message to its end. The participant may outlive it and resume on another."""

    def __init__(
        self,
        server: SignalingServer,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        host: str,
        address: str,
    ) -> None:
        self.server = server
        self._host = host
        self._address = address
        """The key that the client's network address is counted under."""
        self.socket = socket
        self.room: Room | None = None
        self.participant: Participant | None = None
        self.visitor: Visitor | None = None
        self.finished = asyncio.Event()
        self._outbox = Outbox(socket, transport, server.turns, server.outboxes)
        self._deliver = self._outbox.put_event
        self._limit = RateLimit(MESSAGE_BURST, MESSAGES_PER_SECOND)
        """The person's budget, once a token has said who they are."""
        self._token: JoinToken | None = None
        """The visitor's token."""
        self._errors = 0
        self._patience = FIRST_MESSAGE_SECONDS
        """Seconds that the client has left to join."""
        self._lookups: set[asyncio.Task[object]] = set()
        self._state = SessionState()
        self._close_frame: tuple[int, bytes] = (WSCloseCode.OK, b"")
        """Code and reason that the socket is to be closed with."""
        self._end_reason: EndReason | None = None
        """Why the room has ended the session."""

    async def run(self) -> None:
        """Serve until the socket is closed."""
        writer = asyncio.create_task(self._outbox.run())
        reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
            await self.server.turns.mine()
            self._outbox.finish()
            if reader.done() or self._state.current is State.CLOSING:
                await asyncio.wait((writer,), timeout=2)
            code, reason = self._close_frame
            await self.socket.close(code=code, message=reason)
        finally:
            tasks = (reader, writer, *self._lookups)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._state.apply("gone")
            self._detach()
            self.finished.set()

    def _detach(self) -> None:
        self._stop_waiting()
        participant = self.participant
        if participant is None:
            return
        gone = self._state.current is State.GONE
        closed_by_page = gone and self.socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY)
        wait = CLOSED_TAB_SECONDS if closed_by_page else RESUME_SECONDS
        if gone and not closed_by_page and self.room is not None:
            diary.lost(self.room.id, participant)
        participant.lose(self._deliver, self.server.now() + wait)

    def _stop_waiting(self) -> None:
        visitor, self.visitor = self.visitor, None
        if visitor is not None and self.room is not None:
            visitor.detach(self._deliver)
            if visitor.id in self.room.admission.visitors and self._token is not None:
                self.server.used.release(self._token)
            self.room.stop_waiting(visitor)

    def _close(self, code: int, reason: str) -> None:
        """End the session once what is in the outbox is written."""
        self._state.apply("close")
        self._close_frame = (code, reason.encode())
        self._outbox.finish()

    def replaced(self) -> None:
        """Close the socket: the participant has resumed on another."""
        self.participant = None
        self._close(WSCloseCode.POLICY_VIOLATION, "resumed elsewhere")

    def crowded_out(self) -> None:
        """Close the socket: too many others have yet to join."""
        self._close(WSCloseCode.TRY_AGAIN_LATER, "too many connections that haven't joined")

    def abort(self) -> None:
        """Cut the connection without a close frame; the participant may resume."""
        self._outbox.abort()

    def ended(self, why: EndReason) -> None:
        """End the session: send `bye`, after the reply to a request that is being served, and close the socket."""
        self._end_reason = why
        self._state.apply("ended")
        if self._state.current is State.CLOSING:
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        mailbox = self.participant or self.visitor
        if mailbox is not None and self._end_reason is not None:
            mailbox.tell(messages.Bye(why=self._end_reason))
            self._close(WSCloseCode.OK, self._end_reason)

    def stop(self) -> None:
        """Close the socket: the server is stopping."""
        mailbox = self.participant or self.visitor
        if mailbox is not None:
            mailbox.tell(messages.Bye(why="server_stopping"))
        self._close(WSCloseCode.GOING_AWAY, "server stopping")

    async def _read(self) -> None:
        message = await self._receive_soon()
        while message is not None and self._state.reads:
            if isinstance(message, messages.History):
                self._look_up(message)
            else:
                await self.server.turns.mine()
                if self._state.reads:
                    await self._serve(message)
            if self._state.current is State.NEW:
                message = await self._receive_soon()
            else:
                self.server.waiting.leave(self)
                message = await self._receive()

    async def _receive_soon(self) -> Request | None:
        """Return the next message of a client that has yet to join; close the socket if it takes too long."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return await asyncio.wait_for(self._receive(), self._patience)
        except TimeoutError:
            self._close(WSCloseCode.POLICY_VIOLATION, "no join in time")
            return None
        finally:
            self._patience -= loop.time() - began

    def _look_up(self, request: messages.History) -> None:
        """Serve it beside other requests: it needs the store, and the call goes on while the store can't be reached."""
        if len(self._lookups) >= MAX_LOOKUPS:
            self._refuse(request.id, "too_many", "Wait for the older messages you've already asked for.")
            return
        task: asyncio.Task[object] = asyncio.create_task(self._answer(request, self._state.current))
        self._lookups.add(task)
        task.add_done_callback(self._lookups.discard)

    async def _receive(self) -> Request | None:
        """Return the next readable message; None if the socket is closed or has to be."""
        while self._state.reads:
            # Messages that arrive together must not hold up the loop: each waits for its turn.
            await asyncio.sleep(0)
            frame = await self.socket.receive()
            if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return None
            if not self._limit.allow(self.server.now()):
                self._close(WSCloseCode.POLICY_VIOLATION, "too many messages")
                return None
            try:
                if frame.type is WSMsgType.BINARY:
                    raise BadMessageError("Messages are text, not binary.")
                message = messages.parse_client_message(frame.data)
            except BadMessageError as error:
                self._refuse(error.id, "bad_message", str(error))
                self._errors += 1
                if self._errors >= MAX_ERRORS:
                    self._close(WSCloseCode.POLICY_VIOLATION, "too many unreadable messages")
                continue
            self._errors = 0
            return message
        return None

    def _refuse(self, id: int | None, code: messages.ErrorCode, sentence: str) -> None:
        self._outbox.put(Error(id=id, code=code, message=sentence).model_dump_json())

    async def _serve(self, request: Request) -> None:
        started = time.perf_counter()
        asked_in = self._state.current
        self._state.apply("request")
        result = await self._answer(request, asked_in)
        if self._state.current is State.ENDING:
            self._say_goodbye()
        elif self._state.busy:
            self._state.apply("joined" if self.participant else "waits" if self.visitor else "refused")
        spent = time.perf_counter() - started
        # A join may wait for the database, and an offer for the media plane; neither holds up anyone else.
        if isinstance(request, messages.Join):
            self.server.joins.count(result, spent)
        elif spent > 0.05 and not isinstance(request, messages.Offer):
            log.warning("%s took %.0f ms", type(request).__name__, spent * 1000)

    async def _answer(self, request: Request, asked_in: State) -> str:
        """Carry out a request, read in the given state, and reply. Returns the result as `Joins` counts it."""
        try:
            result = await self._carry_out(request, asked_in)
        except RoomError as error:
            room = None if self.room is None else self.room.id
            diary.request_refused(request, error.code, room, self.participant, self._address)
            self._refuse(request.id, error.code, str(error))
            return error.code
        except Exception:
            log.exception("request %s", type(request).__name__)
            self._refuse(request.id, "internal", "Something went wrong on the server.")
            return "internal"
        self._reply(request, result)
        return WAITING if isinstance(result, messages.Waits) else JOINED

    def _reply(self, request: Request, result: Result | None) -> None:
        self._outbox.put(Ok(id=request.id, result=result).model_dump_json())
        if self.visitor is not None:
            self.visitor.attach(self._deliver, self.ended)
        if self.participant is None or self.room is None:
            return
        if isinstance(request, messages.Resume):
            for seq, body in self.participant.missed(request.last_event):
                self._outbox.put_event(seq, body)
        if isinstance(request, messages.Join | messages.Resume):
            self._limit = self.participant.budget.messages
            if "events" in self.participant.who.features:
                self._outbox.gather(self.room.participants)
            self.participant.attach(self._deliver, self.ended)
        elif isinstance(request, messages.Leave):
            self.participant.tell(messages.Bye(why="left"))
            self.participant = None
            self._close(WSCloseCode.OK, "left")

    async def _carry_out(self, request: Request, asked_in: State) -> Result | None:
        """Raises `RoomError`."""
        if self.participant is not None:
            self.participant.unread_welcome = False
        if type(request) not in PERMITTED[asked_in]:
            raise RoomError("bad_state", "You're already in the room." if asked_in is State.JOINED else "Join first.")
        if asked_in is State.JOINED:
            return await self._carry_out_inside(request)
        if isinstance(request, messages.Join):
            return await self._join(request)
        if isinstance(request, messages.Resume):
            return self._resume(request)
        return None

    async def _carry_out_inside(self, request: Request) -> Result | None:
        room, participant = self.room, self.participant
        if room is None or participant is None or participant.id not in room.participants:
            raise RoomError("bad_state", "You're no longer in the room.")
        if isinstance(request, messages.History):
            return await self._history(room, participant, request)
        # Looked up each time: the server may have moved to another network.
        hosts = self.server.hosts(self._host) if isinstance(request, messages.Offer) else []
        context = Context(room, participant, hosts, self.server.now(), self.server.unix_now())
        return await handlers.handle(context, request)

    async def _join(self, request: messages.Join) -> Result:
        self._stop_waiting()
        room, who = await self.server.join(request.token, self._visitor)
        # No await from here until events are delivered: a participant must not miss any.
        self.room = room
        if isinstance(who, Visitor):
            self.visitor = who
            diary.waits(room.id, who, self._address)
            return messages.Waits(room=room.info)
        self.server.take_over(who, self)
        self.participant = who
        diary.joined(room.id, who, self._address)
        turn, now = self.server.turn, self.server.now()
        return messages.Welcome(
            you=who.describe(),
            rights=who.rights,
            room=room.info,
            participants=[other.describe() for other in room.participants.values() if other is not who],
            waiting=room.waiting_list(who),
            chat=room.shown_chat(who),
            chat_gaps=list(room.chat_gaps),
            ice_servers=[] if turn is None else turn.for_client(who, now, self.server.unix_now()),
            slots=messages.SlotCounts(audio=AUDIO_SLOTS, video=VIDEO_SLOTS),
            video_codecs=messages.VideoCodecs(offer=list(room.codecs.preferred), send=list(room.codecs.send)),
            resume_token=who.resume_token,
            resume_seconds=RESUME_SECONDS,
            last_event=who.last_event,
            server=messages.Server(version=version(), features=list(FEATURES)),
        )

    def _visitor(self, room: Room, token: JoinToken) -> Visitor:
        self._token = token
        return Visitor(token.person, lambda visitor: self.server.let_in(visitor, room, token))

    async def _history(self, room: Room, viewer: Participant, request: messages.History) -> messages.ChatPage:
        try:
            # One more than requested shows whether there are more.
            found = await self.server.registry.source.history(room.id, viewer.person, request.before, request.limit + 1)
        except SourceUnavailableError:
            raise RoomError("unavailable", "The server can't look that up right now. Try again.") from None
        page = latest(found[-request.limit :], PAGE_BYTES)
        more = len(found) > len(page)
        first = page[0].id if more and page else 0
        before = sys.maxsize if request.before is None else request.before
        return messages.ChatPage(
            messages=[room.show(message, viewer) for message in page],
            more=more,
            gaps=[gap for gap in room.chat_gaps if first <= gap < before],
        )

    def _resume(self, request: messages.Resume) -> Result:
        room, participant = self.server.resume(request.token)
        try:
            missed = participant.missed(request.last_event)
        except CannotResumeError:
            room.leave(participant, "replaced", self.server.now())
            raise RoomError("cannot_resume", "You've missed too much to resume. Join again.") from None
        self._stop_waiting()
        participant.unread_welcome = False
        self.server.take_over(participant, self)
        self.room, self.participant = room, participant
        diary.came_back(room.id, participant, self._address)
        return messages.Resumed(missed=len(missed), negotiated=participant.media.lives)
