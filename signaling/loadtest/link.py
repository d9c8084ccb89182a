"""Messages between the controller of a load test and its processes: JSON objects, one a line, over pipes or TCP."""

import asyncio
import hashlib
import hmac
import json
from typing import Any, Protocol

MAX_LINE = 8 << 20
"""Bytes; the longest is a share of 10,000 people."""

_MAC = 32
"""Hexadecimal digits of a line's proof: 128 bits."""


class LinkError(Exception):
    """The other side is gone, or says what can't be read; `args[0]` is one line."""


class Writer(Protocol):
    """What lines are written to: a process's standard input, or a TCP connection."""

    def write(self, data: bytes, /) -> None:
        """Send, some time."""

    async def drain(self) -> None:
        """Wait until more can be sent."""

    def close(self) -> None:
        """Send what is left, and end."""

    async def wait_closed(self) -> None:
        """Wait until it has ended."""


class Seal:
    """Proves that lines come from who knows the secret: each carries a keyed digest of itself, its place and direction.

    Nothing can be changed, left out, repeated or sent back. It hides nothing.
    """

    def __init__(self, key: bytes, direction: str) -> None:
        self._key = key
        self._direction = direction.encode()
        self._count = 0

    def proof(self, line: bytes) -> bytes:
        """Of the next line."""
        self._count += 1
        text = b"%s %d %s" % (self._direction, self._count, line)
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:_MAC].encode()


class Link:
    """One side of a connection. With seals, lines that prove nothing end it."""

    def __init__(self, reader: asyncio.StreamReader, writer: Writer, sealed: tuple[Seal, Seal] | None = None) -> None:
        self._reader, self._writer = reader, writer
        self.sealed = sealed
        """For lines sent, and for lines received."""

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises `LinkError`."""
        line = json.dumps(message, separators=(",", ":")).encode()
        if self.sealed is not None:
            line = self.sealed[0].proof(line) + line
        if len(line) >= MAX_LINE:
            raise LinkError(f"a message of {len(line):,} bytes is too long")
        try:
            self._writer.write(line + b"\n")
            await self._writer.drain()
        except (OSError, RuntimeError):
            raise LinkError("the connection was lost") from None

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None at the end. Raises `LinkError`."""
        try:
            line = await self._reader.readline()
        except ValueError:
            raise LinkError(f"it sent a line of more than {MAX_LINE:,} bytes") from None
        except OSError:
            raise LinkError("the connection was lost") from None
        if not line.endswith(b"\n"):
            return None
        line = line[:-1]
        if self.sealed is not None:
            proof, line = line[:_MAC], line[_MAC:]
            if not hmac.compare_digest(proof, self.sealed[1].proof(line)):
                raise LinkError("it doesn't know the secret")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise LinkError("it sent what isn't JSON") from None
        if not isinstance(message, dict):
            raise LinkError("it sent JSON that is no object")
        return message

    def close(self) -> None:
        """End it, as far as this side says anything."""
        self._writer.close()

    async def finish(self) -> None:
        """End it, and wait until it is."""
        self.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass  # the other side was faster
