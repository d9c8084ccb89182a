"""What a program publishes: up to four sources at once, each in a section of its own, kept to be published again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from signaling import messages
from signaling.client.media import Media, Track
from signaling.client.offer import RIDS, SEND_MIDS, SIMULCAST_SOURCE
from signaling.client.send import Player
from signaling.client.transport import MediaTransport
from signaling.messages import Source

Tracks = tuple[Track, ...]
Ask = Callable[..., Awaitable[messages.Result | None]]


class Publishing:
    """Tells the server of publications and plays them. What it asks for raises `ClientError`.

    `request` makes a request of the server; `transport` gives the media connection there is, or raises; `simulcast`:
    the offer has the camera's picture in several sizes.
    """

    def __init__(self, request: Ask, transport: Callable[[], MediaTransport], *, simulcast: bool) -> None:
        self._request, self._transport, self._simulcast = request, transport, simulcast
        self._groups: list[dict[Source, Tracks]] = []
        """What plays in time, such as a picture with its sound; a source is in one of them at most."""
        self._players: dict[Source, list[Player]] = {}
        self._muted: set[Source] = set()
        self._changing = asyncio.Lock()

    def takes_sizes(self, source: Source) -> bool:
        """Whether a picture can be published in several sizes."""
        return self._simulcast and source == SIMULCAST_SOURCE

    def note_muted(self, source: Source, *, muted: bool) -> None:
        """Remember that it is or isn't muted, so that it is the same when it has to be published again."""
        (self._muted.add if muted else self._muted.discard)(source)

    async def publish(self, media: Media, picture: Source, sound: Source) -> list[Source]:
        """Publish media as these sources, in place of what they were before; which of the two it has."""
        parts: tuple[tuple[Source, Tracks], ...] = (
            (picture, media.video),
            (sound, () if media.audio is None else (media.audio,)),
        )
        group = {source: tracks for source, tracks in parts if tracks}
        async with self._changing:
            await self._play(group)
            self._forget(group)
            self._groups.append(group)
        return list(group)

    async def unpublish(self, source: Source) -> None:
        """Withdraw a publication; what else there is goes on."""
        async with self._changing:
            await self._request(messages.Unpublish, source=source)
            self._transport().stop(self._players.pop(source, []))
            self._forget((source,))
            self._muted.discard(source)

    async def publish_again(self) -> None:
        """Publish everything in another media connection."""
        async with self._changing:
            for group in self._groups:
                await self._play(group)

    def _forget(self, sources: Iterable[Source]) -> None:
        gone = set(sources)
        left = ({source: group[source] for source in group if source not in gone} for group in self._groups)
        self._groups = [group for group in left if group]

    async def _play(self, group: dict[Source, Tracks]) -> None:
        for source, tracks in group.items():
            await self._request(
                messages.Publish,
                mid=SEND_MIDS[source],
                source=source,
                muted=source in self._muted,
                **self._sizes(source, tracks),
            )
        transport = self._transport()
        for source in group:
            transport.stop(self._players.pop(source, []))
        # All begin at one moment, so that sound and picture stay together.
        sent = [
            (source, (track, SEND_MIDS[source], rid))
            for source, tracks in group.items()
            for track, rid in zip(tracks, self._rids(source, tracks), strict=True)
        ]
        players = transport.play([each for _, each in sent])
        for (source, _), player in zip(sent, players, strict=True):
            self._players.setdefault(source, []).append(player)

    def _rids(self, source: Source, tracks: Tracks) -> tuple[str, ...]:
        return RIDS[-len(tracks) :] if self.takes_sizes(source) else ("",)

    def _sizes(self, source: Source, tracks: Tracks) -> dict[str, Any]:
        largest = tracks[-1]
        if not largest.height:
            return {}
        encodings = [
            messages.Encoding(rid=rid, height=track.height)
            for rid, track in zip(self._rids(source, tracks), tracks, strict=True)
        ]
        return {"width": largest.width, "height": largest.height, "encodings": encodings}
