"""Publishing up to four sources, each in its own section, and again in another media connection."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from signaling import messages
from signaling.client.errors import ClientError, MediaError
from signaling.client.lazy_types import LiveTrack, MediaStreamTrack
from signaling.client.media import CodecName, Media, Track
from signaling.client.offer import RIDS, SEND_MIDS, SIMULCAST_SOURCE
from signaling.client.send import Player
from signaling.client.transport import MediaTransport
from signaling.messages import Source

log = logging.getLogger(__name__)

ENCODED: tuple[CodecName, ...] = ("VP8", "H264")
"""Video codecs in which tracks can be encoded."""

Tracks = tuple[Track, ...]
Ask = Callable[..., Awaitable[messages.Result | None]]
OnEnd = Callable[[Source, MediaStreamTrack, MediaError | None], None]

WITHDRAW_SECONDS = 2.0
"""How long the server may take to withdraw what was cancelled while it was being published."""


class Publishing:
    """Announces publications to the server and sends them. Requests raise `ClientError`.

    `request` makes a request of the server; `transport` gives the media connection there is, or raises; `simulcast`:
    the offer has the camera's picture in several sizes; `prefer`: what tracks are encoded in, if the server takes it
    and everyone in the room can decode it (see `follow`).
    `on_end` is called when a published track ends by itself, with the reason where that is a failure.
    """

    def __init__(
        self,
        request: Ask,
        transport: Callable[[], MediaTransport],
        *,
        simulcast: bool,
        prefer: CodecName = "VP8",
        on_end: OnEnd = lambda source, track, error: None,
    ) -> None:
        self._request, self._transport, self._simulcast = request, transport, simulcast
        self._prefer, self._on_end = prefer, on_end
        self._suitable: tuple[str, ...] = ()
        """The video codecs to send, preferred first, as the server says; none: it says nothing."""
        self._groups: list[dict[Source, Tracks]] = []
        """Sources that play in sync, such as a picture and its sound; a source is in at most one group."""
        self._players: dict[Source, list[Player]] = {}
        self._live: dict[Source, LiveTrack] = {}
        self._opening: list[MediaStreamTrack] = []
        """Tracks whose first frame is waited for."""
        self._muted: set[Source] = set()
        self._changing = asyncio.Lock()

    def takes_sizes(self, source: Source) -> bool:
        """Whether a picture can be published in several sizes."""
        return self._simulcast and source == SIMULCAST_SOURCE

    def note_muted(self, source: Source, *, muted: bool) -> None:
        """Remember whether a source is muted, for publishing it again."""
        (self._muted.add if muted else self._muted.discard)(source)
        live = self._live.get(source)
        if live is not None and live.muted is not muted:
            live.muted = muted
            live.restart()

    async def publish(self, media: Media, picture: Source, sound: Source) -> list[Source]:
        """Publish media as these sources, replacing what they had. Returns those that the media has."""
        parts: tuple[tuple[Source, Tracks], ...] = (
            (picture, media.video),
            (sound, () if media.audio is None else (media.audio,)),
        )
        group = {source: tracks for source, tracks in parts if tracks}
        async with self._changing:
            await self._play(group)
            for source in group:
                await self._stop_live(source)
            self._forget(group)
            self._groups.append(group)
        return list(group)

    async def publish_track(self, track: MediaStreamTrack, *, screen: bool) -> Source:
        """Publish an aiortc track, replacing what its source had. Returns the source.

        Raises `MediaError` for a track that can't be published. If it fails or is cancelled later, it stops the track.
        """
        source = self._source_of(track, screen=screen)
        self._opening.append(track)
        live: LiveTrack | None = None
        try:
            # It loads aiortc, which takes a tenth of a second, the first time.
            await asyncio.to_thread(import_module, "signaling.client.live")
            live = self._make_live(source, track)
            await live.begin()
            async with self._changing:
                await self._open(source, live)
        except BaseException:
            track.stop()
            if live is not None:
                await live.stop()
            raise
        finally:
            self._opening.remove(track)
        return source

    def _make_live(self, source: Source, track: MediaStreamTrack) -> LiveTrack:
        from signaling.client import live as sending

        rids = RIDS if self.takes_sizes(source) else ("",)
        live = sending.LiveTrack(track, SEND_MIDS[source], rids, self._choose_codec(source))
        live.on_resize = partial(self._announce, source, live)
        live.on_end = partial(self._on_end, source, track)
        return live

    def _choose_codec(self, source: Source) -> CodecName:
        """What a track's pictures are encoded in."""
        taken = self._transport().codecs.get(SEND_MIDS[source], ())
        possible = [each for each in dict.fromkeys((self._prefer, *ENCODED)) if each in taken] or [self._prefer]
        return min(possible, key=lambda each: bool(self._suitable) and each not in self._suitable)

    def follow(self, codecs: Sequence[str]) -> None:
        """Send video in one of these codecs from now on, preferred first: everyone in the room can decode them.

        Media that is encoded already stays as it is, and a line of the log says so.
        """
        self._suitable = tuple(codecs)
        for source, live in self._live.items():
            if live.kind == "video":
                live.codec = self._choose_codec(source)
                if live.passes_on:
                    self._check_suitable(source, {stream.codec for stream in live.streams})
        for source, players in self._players.items():
            self._check_suitable(source, {player.stream.codec for player in players})

    def _check_suitable(self, source: Source, sent: Iterable[CodecName]) -> None:
        for codec in sent:
            if codec != "opus" and self._suitable and codec not in self._suitable:
                _say_unsuitable(source, codec, self._suitable[0])

    async def _open(self, source: Source, live: LiveTrack) -> None:
        try:
            await self._announce(source, live)
            transport = self._transport()
        except BaseException as error:
            if not isinstance(error, ClientError) or error.code == "connection_lost":
                await self._withdraw(source)
            raise
        await self._stop_live(source)
        transport.stop(self._players.pop(source, []))
        self._forget((source,))
        live.muted = source in self._muted
        self._live[source] = live
        live.attach(transport)

    def _source_of(self, track: MediaStreamTrack, *, screen: bool) -> Source:
        kind = getattr(track, "kind", None)
        if kind not in ("audio", "video"):
            raise MediaError(f"A track is of kind audio or video, not {kind}.")
        if track.readyState == "ended":
            raise MediaError("The track has ended.")
        twice = next((source for source, live in self._live.items() if live.track is track), None)
        if any(each is track for each in self._opening):
            raise MediaError("The track is being published already.")
        if twice is not None:
            raise MediaError(f"The track is already published as {twice}. MediaRelay gives a track for each use of it.")
        if kind == "audio":
            return "screen_audio" if screen else "microphone"
        return "screen" if screen else "camera"

    async def _announce(self, source: Source, live: LiveTrack) -> None:
        """Tell the server of a track, with the size of its picture."""
        fields: dict[str, Any] = {}
        if live.layers:
            encodings = [messages.Encoding(rid=each.rid, height=each.height) for each in live.layers]
            fields = {"width": live.layers[-1].width, "height": live.layers[-1].height, "encodings": encodings}
        muted = source in self._muted
        await self._request(messages.Publish, mid=SEND_MIDS[source], source=source, muted=muted, **fields)

    async def _withdraw(self, source: Source) -> None:
        """Withdraw a publication whose request was abandoned, unless the source has another."""
        if source in self._live or source in self._players:
            return
        try:
            async with asyncio.timeout(WITHDRAW_SECONDS):
                await self._request(messages.Unpublish, source=source)
        except (ClientError, TimeoutError):
            pass  # it hasn't come so far, or the connection is gone and the publication with it

    async def _stop_live(self, source: Source) -> None:
        live = self._live.pop(source, None)
        if live is not None:
            await live.stop()

    def cancel(self) -> None:
        """Stop all tracks at once; `close` waits for it."""
        for live in self._live.values():
            live.cancel()

    async def close(self) -> None:
        """Stop all tracks."""
        for source in list(self._live):
            await self._stop_live(source)

    async def unpublish(self, source: Source) -> None:
        """Withdraw a publication. Others go on."""
        async with self._changing:
            await self._request(messages.Unpublish, source=source)
            self._transport().stop(self._players.pop(source, []))
            await self._stop_live(source)
            self._forget((source,))
            self._muted.discard(source)

    async def end_track(self, source: Source, track: MediaStreamTrack) -> None:
        """Withdraw a track that has ended by itself, unless something else is published from its source by now."""
        async with self._changing:
            live = self._live.get(source)
            if live is not None and live.track is track:
                await self._stop_live(source)
            if source not in self._live and source not in self._players:
                await self._request(messages.Unpublish, source=source)
                self._muted.discard(source)

    async def publish_again(self) -> None:
        """Publish everything in another media connection."""
        async with self._changing:
            for group in self._groups:
                await self._play(group)
            for source, live in list(self._live.items()):
                await self._announce(source, live)
                live.attach(self._transport())

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
        for source, tracks in group.items():
            self._check_suitable(source, {track.codec for track in tracks})

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


@functools.cache
def _say_unsuitable(source: Source, codec: CodecName, wanted: str) -> None:
    """Log it once, not for each of many clients."""
    log.warning(
        "someone can't decode the %s: it is encoded in %s already, and can't be sent in %s", source, codec, wanted
    )
