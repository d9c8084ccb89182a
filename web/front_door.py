"""Accepts TCP connections, and gives each to what speaks its protocol: all on one port number."""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from web.connections import HEADER_SECONDS, TOO_SLOW, Connections
from web.tls.first_bytes import Speaks, recognise

log = logging.getLogger(__name__)

BACKLOG, AT_ONCE = 1024, 32
"""Connections that may wait to be accepted, and how many are accepted in one turn of the loop, each counted at once."""

EXHAUSTED_SECONDS = 0.5
"""Pause after descriptors or memory ran out."""

AGAIN_SECONDS = 0.05
"""Until the first bytes are looked at again if there were too few. As they stay in the socket, it can't be waited for
the next ones.
"""

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


PEEKED = 4096
"""First bytes that are looked at."""


@dataclass(frozen=True, slots=True)
class Way:
    """Who takes connections of one protocol, and with which TLS.

    `protocol` makes one connection's, which calls what it is given as soon as it is connected: until then, the
    connection has a place as one that waits.
    """

    protocol: Callable[[Callable[[], None]], asyncio.BaseProtocol]
    context: ssl.SSLContext | None = None


Choose = Callable[[Speaks, bytes], Way | None]
"""Chooses by a connection's protocol and its first bytes; None: it is closed."""


class FrontDoor:
    """A listening socket, which it closes. `choose` says who takes a connection."""

    def __init__(
        self, listener: socket.socket, connections: Connections, choose: Choose, *, says_too_slow: bool = False
    ) -> None:
        """`says_too_slow`: whether who says nothing is told so in HTTP, as there is no other protocol."""
        self.connections = connections
        self.choose = choose
        self.says_too_slow = says_too_slow
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._waiting: set[_Waiting] = set()
        self._again: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to accept."""
        self._listener.setblocking(False)
        self._listener.listen(BACKLOG)
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Stop, and close connections that haven't said anything yet. Closing it again does nothing."""
        if self._again is not None:
            self._again.cancel()
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener.fileno())
            self._listener.close()
        for waiting in list(self._waiting):
            waiting.drop()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, peer = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                log.error("no connection can be accepted: %s", error.strerror)
                self._loop.remove_reader(self._listener.fileno())
                self._again = self._loop.call_later(EXHAUSTED_SECONDS, self.open)
                return
            accepted.setblocking(False)
            _Waiting(self, accepted, peer[0] if isinstance(peer, tuple) else "", self._waiting)


class _Waiting:
    """A connection whose protocol isn't known yet, or whose TLS isn't agreed on: counted like any other."""

    def __init__(self, door: FrontDoor, accepted: socket.socket, address: str, all_of_them: set["_Waiting"]) -> None:
        self.exempt = False
        self._door = door
        self._socket = accepted
        self._loop = asyncio.get_running_loop()
        self._all = all_of_them
        self._open = True
        self._task: asyncio.Task[Any] | None = None
        self._again: asyncio.TimerHandle | None = None
        if not door.connections.opened(self, address):
            accepted.close()
            self._open = False
            return
        all_of_them.add(self)
        self._timer = self._loop.call_later(HEADER_SECONDS, self._too_slow)
        self._loop.add_reader(accepted.fileno(), self._look)

    def drop(self) -> None:
        """Close at once."""
        if not self._open:
            return
        if self._task is not None:
            self._task.cancel()
        else:
            self._release()
            self._socket.close()
        self._leave()

    def _too_slow(self) -> None:
        self._door.connections.too_slow += 1
        if self._task is None and self._door.says_too_slow:
            with contextlib.suppress(OSError):
                self._socket.send(TOO_SLOW)
        self.drop()

    def _leave(self) -> None:
        if self._open:
            self._open = False
            self._timer.cancel()
            self._all.discard(self)
            self._door.connections.closed(self)

    def _release(self) -> None:
        """Stop waiting for bytes."""
        self._loop.remove_reader(self._socket.fileno())
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _look(self) -> None:
        self._release()
        try:
            first = self._socket.recv(PEEKED, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            self._loop.add_reader(self._socket.fileno(), self._look)
            return
        except OSError:
            first = b""
        if not first:
            self.drop()
            return
        speaks = recognise(first)
        if speaks is None:
            self._again = self._loop.call_later(AGAIN_SECONDS, self._look)
            return
        way = self._door.choose(speaks, first)
        if way is None:
            self.drop()
            return
        self._task = self._loop.create_task(self._hand_over(way))
        self._task.add_done_callback(self._handed_over)

    def _handed_over(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled():  # perhaps before it began
            self._socket.close()

    async def _hand_over(self, way: Way) -> None:
        timeout = None if way.context is None else HEADER_SECONDS
        try:
            await self._loop.connect_accepted_socket(
                lambda: way.protocol(self._leave), self._socket, ssl=way.context, ssl_handshake_timeout=timeout
            )
        except (OSError, TimeoutError) as error:
            # The client has gone, or offers no safe TLS.
            log.debug("a connection didn't come about: %s", error)
            self._socket.close()
        finally:
            self._leave()


def listening_socket(host: str, port: int) -> socket.socket:
    """Open a TCP socket on an address; empty: on all of them, IPv6 and IPv4. Raises `OSError`."""
    if not host and socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def cannot_listen(protocol: str, port: int, error: OSError, setting: str = "--port") -> str:
    """Say in one line why a port can't be used, and what to do; `setting` chooses another."""
    if error.errno == errno.EADDRINUSE:
        return f"{protocol} port {port} is in use by another program; choose another with {setting}"
    if error.errno == errno.EACCES:
        return (
            f"{protocol} port {port} needs privileges that this user doesn't have; choose one from 1024 up with "
            f"{setting}, or add AmbientCapabilities=CAP_NET_BIND_SERVICE to the systemd service"
        )
    return f"{protocol} port {port} can't be used: {error.strerror or error}"
