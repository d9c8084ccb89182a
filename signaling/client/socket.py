"""A program's WebSocket: requests and replies, events in order, and resuming after a lost connection."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

import aiohttp
from pydantic import ValidationError

from signaling import messages
from signaling.client.errors import ClientError
from signaling.client.http import websocket_refused
from signaling.messages import (
    Admitted,
    BadMessageError,
    Bye,
    Error,
    Event,
    EventBody,
    Ok,
    Request,
    Result,
    Resumed,
    Unknown,
    Waits,
    Welcome,
)

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0
"""Seconds between attempts to connect again, doubled each time, and shortened at random so that a crowd spreads out."""

_MAX_MESSAGE = 4 << 20


class Signaling:
    """The signaling connection, from `join` to `close`.

    `on_event` gets every event once, in order; `on_end` the reason for the end. `on_resumed` is told whether the server
    still has the media connection.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        on_event: Callable[[EventBody], None],
        on_resumed: Callable[[bool], None],
        on_end: Callable[[ClientError | None], None],
    ) -> None:
        self.url = url
        self.last_event = 0
        """Sequence number of the last event."""
        self.on_lost: Callable[[], None] = lambda: None
        """Called when the connection is lost, before it is resumed."""
        self._session = session
        self._on_event, self._on_resumed, self._on_end = on_event, on_resumed, on_end
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._ready = asyncio.Event()
        """Set while requests can be sent, and after the end."""
        self._over: ClientError | None = None
        self._waiting: dict[int, asyncio.Future[Result | None]] = {}
        self._next_id = 1
        self._resume_token = ""
        self._resume_seconds = 30.0
        self._task: asyncio.Task[None] | None = None

    async def join(self, token: str, timeout: float, wait: float | None = None) -> Welcome:
        """Connect and enter the room. If a host has to admit the client, wait for `wait` seconds; None: indefinitely.

        Raises `ClientError`, with code `denied` or the server's goodbye if the client isn't admitted.
        """
        async with asyncio.timeout(timeout):
            self._socket = await self._connect()
            result = await self._ask_in(self._socket, token)
        if isinstance(result, Waits):
            try:
                async with asyncio.timeout(wait):
                    result = await self._ask_in(self._socket, await self._admission(self._socket))
            except TimeoutError:
                raise ClientError("denied", "No host admitted you in time.") from None
        if not isinstance(result, Welcome):
            raise ClientError("internal", "The server's reply to join is not a welcome.")
        self._resume_token, self._resume_seconds = result.resume_token, result.resume_seconds
        self.last_event = result.last_event
        self._ready.set()
        self._task = asyncio.create_task(self._run(self._socket))
        return result

    async def _ask_in(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> Result | None:
        await socket.send_str(messages.Join(id=0, token=token).model_dump_json())
        return await self._first_reply(socket)

    async def _admission(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Wait to be admitted; the token that comes with it."""
        async for frame in socket:
            for message in self._parse(frame.data) if frame.type is aiohttp.WSMsgType.TEXT else []:
                if isinstance(message, Event) and isinstance(message.event, Admitted):
                    return message.event.token
                if isinstance(message, Event) and isinstance(message.event, Bye):
                    raise ClientError(message.event.why, "The host declined the request.")
        raise ClientError("connection_lost", "The connection was lost while waiting to be admitted.")

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        try:
            socket = await self._session.ws_connect(
                self.url,
                protocols=(messages.SUBPROTOCOL,),
                heartbeat=HEARTBEAT_SECONDS,
                max_msg_size=_MAX_MESSAGE,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
            )
        except aiohttp.WSServerHandshakeError as error:
            raise await websocket_refused(self._session, self.url, error.status) from None
        if socket.protocol != messages.SUBPROTOCOL:
            await socket.close()
            raise ClientError("internal", f"{self.url} doesn't speak {messages.SUBPROTOCOL}.")
        return socket

    async def _first_reply(self, socket: aiohttp.ClientWebSocketResponse) -> Result | None:
        while True:
            frame = await socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                raise ClientError("connection_lost", "The server closed the connection without a reply.")
            for reply in self._parse(frame.data):
                if isinstance(reply, Error):
                    raise ClientError(reply.code, reply.message)
                if isinstance(reply, Ok):
                    return reply.result

    @staticmethod
    def _parse(text: str) -> list[Ok | Error | Event | Unknown]:
        try:
            return messages.parse_server_messages(text)
        except BadMessageError as error:
            raise ClientError("bad_message", f"The server sent a message that isn't valid: {error}") from None

    @property
    def peer(self) -> str | None:
        """The host part of the server's address."""
        name = self._socket.get_extra_info("peername") if self._socket is not None else None
        return name[0] if name else None

    async def request(self, kind: type[Request], timeout: float, **fields: Any) -> Result | None:
        """Send a request, once there is a connection, and wait for its result. `timeout`: seconds for both.

        Raises `ClientError`; with `connection_lost` the request may or may not have been carried out.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._ready.wait()
                if self._over is not None:
                    raise self._over
                return await self._send(kind, fields)
        except TimeoutError:
            raise ClientError("connection_lost", "The server didn't reply in time.") from None

    async def _send(self, kind: type[Request], fields: dict[str, Any]) -> Result | None:
        identifier, self._next_id = self._next_id, self._next_id + 1
        try:
            # null is what is left out anyway; an older server doesn't know all fields.
            text = kind(id=identifier, **fields).model_dump_json(exclude_none=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ClientError("bad_message", f"{first['loc'][0] if first['loc'] else kind}: {first['msg']}") from None
        reply: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        self._waiting[identifier] = reply
        try:
            assert self._socket is not None
            await self._socket.send_str(text)
            return await reply
        except (ConnectionError, aiohttp.ClientError):
            raise ClientError("connection_lost", "The connection was lost.") from None
        finally:
            self._waiting.pop(identifier, None)

    async def _run(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        end: ClientError | None = None
        try:
            while not await self._read(socket):
                if socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION:
                    raise ClientError("closed", "The server refused the session; join again.")
                self._ready.clear()
                self._fail_waiting(ClientError("connection_lost", "The connection was lost."))
                log.info("connection lost, continuing on a new one")
                self.on_lost()
                self._socket = socket = await self._resume()
                self._ready.set()
        except ClientError as error:
            end = error
        finally:
            self._over = end or ClientError("closed", "The client left the room.")
            self._fail_waiting(self._over)
            self._ready.set()
        self._on_end(end)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Handle messages until the socket closes. True: the server sent `bye`."""
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT and any(map(self._take, self._parse(frame.data))):
                return True
        return False

    def _take(self, message: Ok | Error | Event | Unknown) -> bool:
        match message:
            case Unknown(seq):
                if seq is not None:
                    self._count(seq)
            case Event():
                self._count(message.seq)
                self._on_event(message.event)
                return isinstance(message.event, Bye)
            case Ok():
                reply = self._waiting.get(message.id)
                if reply is not None and not reply.done():
                    reply.set_result(message.result)
            case Error():
                reply = self._waiting.get(message.id) if message.id is not None else None
                if reply is not None and not reply.done():
                    reply.set_exception(ClientError(message.code, message.message))
        return False

    def _count(self, seq: int) -> None:
        if seq != self.last_event + 1:
            raise ClientError("internal", f"Event {seq} came after event {self.last_event}.")
        self.last_event = seq

    def _fail_waiting(self, error: ClientError) -> None:
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(error)

    async def _resume(self) -> aiohttp.ClientWebSocketResponse:
        """Reconnect and resume, for as long as the server keeps the session. Raises `ClientError`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._resume_seconds
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._resume_once()
            except (OSError, aiohttp.ClientError, TimeoutError):
                if loop.time() + pause > until:
                    raise ClientError("connection_lost", "The server couldn't be reached again.") from None
            except ClientError as error:
                if not error.temporary or loop.time() + pause > until:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (spreads clients, hides nothing)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _resume_once(self) -> aiohttp.ClientWebSocketResponse:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            socket = await self._connect()
            try:
                request = messages.Resume(id=0, token=self._resume_token, last_event=self.last_event)
                await socket.send_str(request.model_dump_json())
                result = await self._first_reply(socket)
            except BaseException:
                await socket.close()
                raise
        if not isinstance(result, Resumed):
            raise ClientError("internal", "The server's reply to resume isn't valid.")
        self._on_resumed(result.negotiated)
        return socket

    async def probe(self, seconds: float) -> None:
        """Check that the server still answers; if not, close the socket, so that the session is resumed on another."""
        socket = self._socket
        if socket is None or not self._ready.is_set() or self._over is not None:
            return
        try:
            await self.request(messages.Ping, seconds)
        except ClientError:
            if socket is self._socket and self._over is None:
                await socket.close()

    async def close(self) -> None:
        """End the connection and its task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
