"""What a program is told: the room's events, and what becomes of its own connection."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from signaling.client.errors import MediaError
from signaling.client.lazy_types import MediaStreamTrack
from signaling.messages import EventBody, Source

MAX_QUEUED_EVENTS = 10_000
"""Events that wait for a reader; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection to the server is lost, and being made again. Requests wait for it."""

    why: str
    """A sentence for people."""
    type: Literal["reconnecting"] = "reconnecting"


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The client is back, with its media if it had to join again."""

    rejoined: bool
    """False: it was away for a moment and missed nothing. True: it is another participant now, and so may be others:
    ids that are kept elsewhere are void. What it published and watched, it publishes and watches again."""
    type: Literal["reconnected"] = "reconnected"


@dataclass(frozen=True, slots=True)
class TrackEnded:
    """A track that the client published has ended by itself, and its publication is withdrawn."""

    source: Source
    track: MediaStreamTrack
    error: MediaError | None
    """Why, where it failed; None: it came to its end."""
    type: Literal["track.ended"] = "track.ended"


ClientEvent = EventBody | Reconnecting | Reconnected | TrackEnded


class _Reader:
    """What waits for one reader of events."""

    __slots__ = ("queue", "wake")

    def __init__(self) -> None:
        self.queue: deque[ClientEvent] = deque(maxlen=MAX_QUEUED_EVENTS)
        self.wake = asyncio.Event()


class Events:
    """Passes events on to all who read them, until `finish`."""

    def __init__(self) -> None:
        self._readers: list[_Reader] = []
        self._finished = False

    def emit(self, event: ClientEvent) -> None:
        """Pass on an event."""
        for reader in self._readers:
            reader.queue.append(event)
            reader.wake.set()

    def finish(self) -> None:
        """There will be no more."""
        self._finished = True
        for reader in self._readers:
            reader.wake.set()

    def stream(self) -> AsyncIterator[ClientEvent]:
        """The events from now on."""
        reader = _Reader()
        self._readers.append(reader)
        return self._read(reader)

    async def _read(self, reader: _Reader) -> AsyncIterator[ClientEvent]:
        try:
            while True:
                while reader.queue:
                    yield reader.queue.popleft()
                if self._finished:
                    return
                reader.wake.clear()
                await reader.wake.wait()
        finally:
            self._readers.remove(reader)
