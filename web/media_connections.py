"""Connections that carry media, counted with those that carry requests."""

import asyncio
from collections.abc import Callable

from sfu.net.streams import StreamConnection, Streams
from web.connections import Connections


class MediaConnection(StreamConnection):
    """One of them: until a client's check has come over it, it may have to give way to another."""

    def __init__(self, streams: Streams, connections: Connections, made: Callable[[], None]) -> None:
        super().__init__(streams)
        self.exempt = False
        """Whether it is counted outside of its address's share."""
        self._connections = connections
        self._made = made
        self._counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read, or close at once if there is no place."""
        self._made()
        peer = transport.get_extra_info("peername")
        self._counted = self._connections.opened(self, peer[0] if isinstance(peer, tuple) else "")
        super().connection_made(transport)
        if not self._counted:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        if self._counted:
            self._counted = False
            self._connections.closed(self)
        super().connection_lost(exc)

    def trusted(self) -> None:
        """Keep the place: it is a participant's."""
        self._connections.exempted(self)

    def drop(self) -> None:
        """Close at once: others need the place."""
        self.abort()
