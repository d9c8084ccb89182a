"""The events of a program: the room's, and those of its own connection and tracks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from signaling.client.errors import MediaError
from signaling.client.lazy_types import MediaStreamTrack
from signaling.messages import EventBody, Source

MAX_QUEUED_EVENTS = 10_000
"""Events that wait for a reader; the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection to the server is lost; the client is reconnecting. Requests wait."""

    why: str
    """A sentence for people."""
    type: Literal["reconnecting"] = "reconnecting"


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The client is back, with its media if it had to join again."""

    rejoined: bool
    """False: the session was resumed, and no event was missed. True: the client is a new participant, and others may be
    too: ids that you have kept are void. Publications, slots and tracks are restored."""
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
    """The queue of one reader."""

    __slots__ = ("queue", "wake")

    def __init__(self) -> None:
        self.queue: deque[ClientEvent] = deque(maxlen=MAX_QUEUED_EVENTS)
        self.wake = asyncio.Event()


class Events:
    """Passes events to all readers, until `finish`."""

    def __init__(self) -> None:
        self._readers: list[_Reader] = []
        self._finished = False

    def emit(self, event: ClientEvent) -> None:
        """Pass on an event."""
        for reader in self._readers:
            reader.queue.append(event)
            reader.wake.set()

    def finish(self) -> None:
        """End all readers after what they have."""
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
