"""Limits of TCP connections that aiohttp lacks: how many there may be, in all and from one address, how long a
request's header may take, and which WebSocket frames are valid.
"""

import asyncio
import logging
import resource
from collections.abc import Callable, Hashable
from typing import Any, Protocol, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from signaling.fair_share import FairShare
from signaling.frames import POISON, FrameCheck, FrameError

log = logging.getLogger(__name__)

HEADER_SECONDS = 10.0
"""How long a client may take to send a request's header; for the first request, counted from the connection."""
PER_ADDRESS = 1000
"""Connections from one address, without WebSockets; the next one takes the place of the least recently used."""
MOST = 20_000
"""Connections in all, if the system allows that many descriptors."""
RESERVED = 128
"""Descriptors for everything else: the database, the relay, files being served."""

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""The answer to who hasn't sent a header in time."""


def raise_descriptor_limit() -> int:
    """Raise the limit of open files to the maximum, and return it. The usual 1,024 are soon used up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            log.info("the limit of open files stays at %d", soft)
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Droppable(Hashable, Protocol):
    """A connection of any kind, as it is counted. `exempt`: whether that is outside of its address's share."""

    exempt: bool

    def drop(self) -> None:
        """Close at once: others need the place."""


class Connections:
    """All connections of the server. `key` gives the key that an address is counted under; None: it isn't limited."""

    def __init__(self, key: Callable[[str], str | None], *, limited: bool = True) -> None:
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if descriptors == resource.RLIM_INFINITY:
            descriptors = MOST + RESERVED
        self._most = max(16, min(MOST, descriptors - RESERVED))
        self._key = key
        self._pool = FairShare[Droppable](self._most, PER_ADDRESS if limited else None)
        """Connections that may have to give way. Not WebSockets, which signaling limits."""
        self._exempt = 0
        """Connections outside the pool."""
        self.turned_away = 0
        """Connections closed in favour of others."""
        self.too_slow = 0
        """Connections closed because a request's header didn't arrive in time."""

    def factory(self, server: web.Server) -> Callable[[Callable[[], None]], "Connection"]:
        """Return a factory that makes each connection's protocol; see `front_door.Way.protocol`."""
        loop = asyncio.get_running_loop()
        # As `web.Server` itself makes them.
        return lambda made: Connection(self, server, made, loop=loop, **server._kwargs)  # noqa: SLF001

    def opened(self, connection: Droppable, address: str) -> bool:
        """Count a connection. Returns False if there is no place for it."""
        key = self._key(address)
        if key is None:
            self._exempt += 1
            connection.exempt = True
            return True
        gone = self._pool.enter(key, connection, self._most - self._exempt)
        for other in gone:
            self.turned_away += 1
            if other is not connection:
                other.drop()
        return connection not in gone

    def used(self, connection: Droppable) -> None:
        """Note that a request has arrived on a connection."""
        self._pool.touch(connection)

    def exempted(self, connection: Droppable) -> None:
        """Exempt a connection that is now a WebSocket, or of a load test: no other may take its place."""
        if not connection.exempt:
            self._pool.leave(connection)
            self._exempt += 1
            connection.exempt = True

    def closed(self, connection: Droppable) -> None:
        """Give a connection's place back."""
        if connection.exempt:
            self._exempt -= 1
            connection.exempt = False
        else:
            self._pool.leave(connection)

    def __len__(self) -> int:
        return len(self._pool) + self._exempt


class Connection(RequestHandler):
    """aiohttp's protocol of one connection, with limits."""

    def __init__(
        self,
        connections: Connections,
        server: web.Server,
        made: Callable[[], None],
        *,
        loop: asyncio.AbstractEventLoop,
        **options: Any,
    ) -> None:
        super().__init__(server, loop=loop, **options)
        self._made = made
        self._connections = connections
        self._header_timer: asyncio.TimerHandle | None = None
        self._refused = False
        self.exempt = False
        """Whether it is counted outside of its address's share."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock, or close at once if there is no place."""
        self._made()
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else ""
        if not self._connections.opened(self, address):
            self._refused = True
            cast(asyncio.Transport, transport).abort()
            return
        super().connection_made(transport)
        self._await_header()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._stop_clock()
        if self._refused:
            return
        self._connections.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass data on, and check whether a header is complete."""
        if self._refused:
            return
        before = self._request_count
        super().data_received(data)
        if self._request_count != before:
            self._stop_clock()
            self._connections.used(self)
        elif self._header_timer is None and self._current_request is None and not self._messages and not self._upgraded:
            # The first bytes of another request on a connection that has served one.
            self._await_header()

    def set_parser(self, parser: Any, data_received_cb: Callable[[], None] | None = None) -> None:
        """Become a WebSocket, whose frames are checked before the library reads them."""
        self.exempt_from_share()
        super().set_parser(cast(Any, _CheckedReader(parser, self._loop)), data_received_cb)

    def exempt_from_share(self) -> None:
        """Count it outside of its address's share from now on."""
        self._connections.exempted(self)

    def drop(self) -> None:
        """Close at once: others need the place."""
        if self.transport is not None:
            self.transport.abort()

    def _await_header(self) -> None:
        self._header_timer = self._loop.call_later(HEADER_SECONDS, self._too_slow)

    def _stop_clock(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _too_slow(self) -> None:
        self._header_timer = None
        self._connections.too_slow += 1
        if self.transport is not None:
            self.transport.write(TOO_SLOW)
        self.force_close()


class _CheckedReader:
    """A WebSocket reader behind a `FrameCheck`."""

    def __init__(self, reader: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._reader = reader
        self._loop = loop
        self._check = FrameCheck()
        self._failed = False

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """As aiohttp's."""
        if self._failed:
            return True, b""
        try:
            data = self._check.feed(data, self._loop.time())
        except FrameError as error:
            log.debug("a WebSocket client broke the protocol: %s", error)
            self._failed = True
            data = error.good + POISON
        fed: tuple[bool, bytes] = self._reader.feed_data(data)
        return fed

    def feed_eof(self) -> None:
        """As aiohttp's."""
        self._reader.feed_eof()
