"""Sends an aiortc track: reads its frames, has them encoded in a thread, and sends them."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.frame import Frame as DecodedFrame

from signaling.client.encoder import (
    MAX_FPS,
    Layer,
    PictureEncoder,
    SoundEncoder,
    encode_layers,
    plan_layers,
)
from signaling.client.errors import ClientError, MediaError
from signaling.client.live_clock import LiveClock
from signaling.client.media import CLOCK_RATES, CodecName, Frame, packetise
from signaling.client.send import LiveStream, OutgoingStream
from signaling.client.transport import MediaTransport
from signaling.messages import Kind

log = logging.getLogger(__name__)

FIRST_FRAME_SECONDS = 2.0
"""How long a track may take to give its first frame before it is published without a size."""

ANNOUNCE_SECONDS = 2.0
"""Seconds between two changes of the size that others are told."""

MAX_QUEUED_SOUND = 50
"""Frames of sound that wait for the encoder; the oldest give way. Of pictures only the latest waits."""

MAX_QUEUED_PACKETS = 100

_SHORTEST = CLOCK_RATES["VP8"] / (MAX_FPS * 1.2)
"""Clock ticks between two pictures."""


@dataclass(frozen=True, slots=True)
class _Item:
    """What a track gave, and when, by the event loop's clock."""

    data: "DecodedFrame | av.Packet[Any]"
    arrival: float


class LiveTrack:
    """An aiortc track that is published, from `begin` to `stop`.

    `mid`: the section it is sent in; `rids`: the section's encodings, the smallest first, or one that is empty;
    `codec`: what pictures are encoded in. `on_resize` is awaited when the picture has another size, so that it can be
    announced again; `on_end` is called when the track ends by itself, with the reason where that is a failure.
    """

    def __init__(self, track: MediaStreamTrack, mid: str, rids: tuple[str, ...], codec: CodecName) -> None:
        self.track = track
        self.kind: Kind = "audio" if track.kind == "audio" else "video"
        self.muted = False
        self.layers: tuple[Layer, ...] = ()
        """The encodings of the picture; empty for sound, and before there is a picture."""
        self.on_resize: Callable[[], Awaitable[None]] | None = None
        self.on_end: Callable[[MediaError | None], None] = lambda _: None
        self.codec = codec
        """What pictures are encoded in from the next one on."""
        self.passes_on = False
        """Whether the track gives pictures that it has encoded itself, and which stay as they are."""
        self._mid, self._rids, self._codec = mid, rids, codec
        self._transport: MediaTransport | None = None
        self._streams: dict[str, LiveStream] = {}
        self._pictures: dict[str, PictureEncoder] = {}
        self._sound: SoundEncoder | None = None
        self._sound_ticks: int | None = None
        self._clock = LiveClock(CLOCK_RATES["opus" if self.kind == "audio" else "VP8"])
        self._last_picture = float("-inf")
        """Ticks."""
        self._items: deque[_Item] = deque(maxlen=MAX_QUEUED_SOUND if self.kind == "audio" else 1)
        self._changed = asyncio.Event()
        """Set when there is something to send, or the track has ended."""
        self._ended = False
        self._failure: MediaError | None = None
        self._announced_at = float("-inf")
        self._announced: tuple[Layer, ...] = ()
        self._tasks: list[asyncio.Task[None]] = []

    # From the track

    async def begin(self) -> None:
        """Read the track, and wait for its first frame, though not for long. Raises `MediaError` where it ends at once.

        A call that fails or is cancelled stops the track.
        """
        self._tasks.append(asyncio.create_task(self._read()))
        try:
            async with asyncio.timeout(FIRST_FRAME_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return  # a track that stands still, such as that of somebody who is muted
        except BaseException:
            self.cancel()
            raise
        if self._ended and not self._items:
            self.cancel()
            raise self._failure or MediaError("The track ended before it gave a frame.")
        item = self._items[0].data
        if isinstance(item, av.VideoFrame):
            self._plan(item.width, item.height)

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                data = await self.track.recv()
                self._check(data)
                if isinstance(data, av.Packet) and self._items.maxlen == 1:
                    self._items = deque(maxlen=MAX_QUEUED_PACKETS)  # each of them needs those before it
                if not self.muted:
                    self._items.append(_Item(data, loop.time()))
                    self._changed.set()
                await asyncio.sleep(0)  # a track that never waits mustn't hold up everything else
        except MediaStreamError:
            pass
        except MediaError as error:
            self._failure = error
        except Exception as error:
            log.warning("a track of kind %s failed", self.kind, exc_info=error)
            self._failure = MediaError(f"The track failed: {type(error).__name__}: {error}")
        self._ended = True
        self._changed.set()

    def _check(self, data: object) -> None:
        expected = av.AudioFrame if self.kind == "audio" else av.VideoFrame
        if not isinstance(data, expected | av.Packet):
            raise MediaError(f"The track is of kind {self.kind}, but gave a {type(data).__name__}.")

    # To the relay

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the largest encoding, pixels; None: not known, or sound."""
        return (self.layers[-1].width, self.layers[-1].height) if self.layers else None

    @property
    def streams(self) -> list[OutgoingStream]:
        """What is being sent."""
        return [each.stream for each in self._streams.values()]

    def attach(self, transport: MediaTransport) -> None:
        """Send over this connection from now on, beginning with a keyframe."""
        self._detach()
        self._transport = transport
        self._announced = self.layers
        if len(self._tasks) == 1:
            self._tasks.append(asyncio.create_task(self._send_all()))

    def _detach(self) -> None:
        if self._transport is not None:
            self._transport.close_live(list(self._streams.values()))
        self._streams.clear()

    def restart(self) -> None:
        """Begin with a keyframe, as after a mute."""
        for stream in self._streams.values():
            stream.keyframe_wanted = True

    async def _send_all(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._items:
                    item = self._items.popleft()
                    if isinstance(item.data, av.Packet):
                        self._send_packet(item.data, item.arrival)
                    elif isinstance(item.data, av.AudioFrame):
                        await self._send_sound(item.data, item.arrival)
                    elif isinstance(item.data, av.VideoFrame):
                        await self._send_picture(item.data, item.arrival)
                if self._ended:
                    break
        except Exception as error:  # whatever a codec makes of a frame that it doesn't like
            log.warning("a frame can't be encoded: %s", error)
            self._failure = MediaError(f"A frame can't be encoded: {error}")
        self.on_end(self._failure)

    async def _send_picture(self, frame: av.VideoFrame, arrival: float) -> None:
        ticks, follows = self._clock.ticks(frame.time, arrival)
        if ticks - self._last_picture < _SHORTEST:
            return
        self._last_picture = ticks
        if self.codec != self._codec:
            self._change_codec()
        if frame.pts is None:
            frame.pts, frame.time_base = ticks, Fraction(1, CLOCK_RATES["VP8"])
        if not follows:
            self._pictures.clear()  # an encoder takes no time stamp that lies behind the last one
        self._plan(frame.width, frame.height)
        await self._announce(arrival)
        layers = [layer for layer in self.layers if self._is_wanted(layer.rid)]
        encoders = [self._picture_encoder(layer) for layer in layers]
        streams = [self._stream(layer.rid, self._codec) for layer in layers]
        wanted = [stream is not None and stream.keyframe_wanted for stream in streams]
        for stream in streams:
            if stream is not None:
                stream.keyframe_wanted = False
        encoded = await asyncio.to_thread(encode_layers, list(zip(encoders, wanted, strict=True)), frame, ticks)
        pairs = zip(streams, encoded, wanted, strict=True)
        self._send([(stream, each, want) for stream, each, want in pairs if stream is not None], ticks, arrival)

    def _change_codec(self) -> None:
        """Go on in another codec, in new streams, with a keyframe."""
        self._codec = self.codec
        self._pictures.clear()
        self._detach()

    def _send(self, encoded: list[tuple[LiveStream, Frame | None, bool]], ticks: int, arrival: float) -> None:
        frames = [(stream, frame) for stream, frame, _ in encoded if frame is not None]
        transport = self._transport
        sent = transport is not None and transport.send_live(frames, ticks, arrival)
        for stream, frame, keyframe in encoded:
            if keyframe and (not sent or frame is None):
                stream.keyframe_wanted = True

    def _is_wanted(self, rid: str) -> bool:
        """Whether anyone watches an encoding; one that nobody does begins with a keyframe later."""
        wanted = self._transport is None or self._transport.is_wanted(self._mid, rid)
        if not wanted and rid in self._streams:
            self._streams[rid].keyframe_wanted = True
        return wanted

    def _picture_encoder(self, layer: Layer) -> PictureEncoder:
        encoder = self._pictures.get(layer.rid)
        if encoder is None or encoder.layer != layer:
            encoder = self._pictures[layer.rid] = PictureEncoder(self._codec, layer)
        return encoder

    def _stream(self, rid: str, codec: CodecName) -> LiveStream | None:
        if rid not in self._streams and self._transport is not None:
            self._streams[rid] = self._transport.open_live(codec, self._mid, rid)
        return self._streams.get(rid)

    def _plan(self, width: int, height: int) -> None:
        """Take the size of the picture."""
        layers = plan_layers(width, height, simulcast=len(self._rids) > 1, rids=self._rids)
        if layers == self.layers:
            return
        self.layers = layers
        rids = {layer.rid for layer in layers}
        gone = [self._streams.pop(rid) for rid in list(self._streams) if rid not in rids]
        if self._transport is not None:
            self._transport.close_live(gone)

    async def _announce(self, now: float) -> None:
        """Tell others the picture's size where it has changed, though not all the time."""
        if self.layers == self._announced or now - self._announced_at < ANNOUNCE_SECONDS or self.on_resize is None:
            return
        self._announced_at, self._announced = now, self.layers
        try:
            await self.on_resize()
        except ClientError as error:
            log.info("the picture's new size wasn't announced: %s", error)

    async def _send_sound(self, frame: av.AudioFrame, arrival: float) -> None:
        ticks, _ = self._clock.ticks(frame.time, arrival)
        if self._sound is None:
            self._sound = SoundEncoder()
        # Packets follow on each other whatever the sizes of frames, unless the track stood still.
        if self._sound_ticks is None or abs(ticks - self._sound_ticks) > CLOCK_RATES["opus"] // 5:
            self._sound_ticks = ticks
        stream = self._stream("", "opus")
        for packet in await asyncio.to_thread(self._sound.encode, frame):
            if stream is not None:
                self._send([(stream, packet, False)], self._sound_ticks, arrival)
            self._sound_ticks += packet.duration

    def _send_packet(self, packet: "av.Packet[Any]", arrival: float) -> None:
        """Send what the track has encoded itself, as `MediaPlayer(…, decode=False)` does."""
        data = bytes(packet)
        stamp = None if packet.pts is None or packet.time_base is None else float(packet.pts * packet.time_base)
        ticks, _ = self._clock.ticks(stamp, arrival)
        codec: CodecName = "opus"
        if self.kind == "video":
            self.passes_on = True
            codec = "H264" if data[:3] == b"\x00\x00\x01" or data[:4] == b"\x00\x00\x00\x01" else "VP8"
        rid = self._rids[-1] if self.kind == "video" else ""
        if self.kind == "video" and not self._is_wanted(rid):
            return
        stream = self._stream(rid, codec)
        payloads = packetise(codec, data)
        if stream is not None and payloads:
            self._send([(stream, Frame(payloads, 0, packet.is_keyframe, None), False)], ticks, arrival)

    # The end

    def cancel(self) -> None:
        """Read and send nothing more, and stop the track, as aiortc's senders do. `stop` waits until that is done."""
        for task in self._tasks:
            task.cancel()
        self._detach()
        self._transport = None
        self.track.stop()

    async def stop(self) -> None:
        """Stop, and wait for it."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
