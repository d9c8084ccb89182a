"""A publication of somebody else as a track of decoded frames, as aiortc's consumers take it."""

import asyncio
from collections import deque
from collections.abc import Callable

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from signaling.client.decoder import Assembler, Decoded, FrameDecoder
from signaling.client.receive import MediaPacket
from signaling.client.reorder import EncodedFrame
from signaling.messages import Kind

MAX_QUEUED = 50
"""Decoded frames that wait for a reader; the oldest give way: a second of sound, two of pictures."""

MAX_UNDECODED = 100
"""Encoded frames that wait for the decoder. Where it falls behind further, it goes on at the next keyframe."""

KEYFRAME_SECONDS = 1.0
"""Between two requests for a keyframe."""


class RemoteTrack(MediaStreamTrack):
    """Decoded frames of a publication, from the first `recv` on.

    `recv` gives `av.VideoFrame`s (yuv420p) or `av.AudioFrame`s (s16, stereo, 48 kHz, 20 ms as a rule); `pts` counts
    from the first `recv`, in 1/90,000 and 1/48,000 s. While the publication is muted it waits. It raises
    `MediaStreamError` once the publication has ended, you have left or `stop` was called. If you read too slowly, the
    oldest frames are dropped.
    """

    def __init__(self, kind: Kind, on_stop: Callable[["RemoteTrack"], None]) -> None:
        super().__init__()
        self.kind: Kind = kind
        self._on_stop = on_stop
        self._request_keyframe: Callable[[], None] = lambda: None
        self._asked_at = float("-inf")
        self._started: float | None = None
        self._assembler = Assembler(kind)
        self._decoder = FrameDecoder()
        self._encoded: list[tuple[EncodedFrame, int]] = []
        self._frames: deque[Decoded] = deque(maxlen=MAX_QUEUED)
        self._more_encoded, self._more_frames = asyncio.Event(), asyncio.Event()
        self._over = False
        self._task: asyncio.Task[None] | None = None

    async def recv(self) -> Decoded:
        """The next frame."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._task is None:
            self._started = asyncio.get_running_loop().time()
            self._task = asyncio.create_task(self._decode())
            self._ask_for_keyframe(self._started)
        while not self._frames:
            if self._over:
                self.stop()
                raise MediaStreamError
            self._more_frames.clear()
            await self._more_frames.wait()
        return self._frames.popleft()

    def stop(self) -> None:
        """Receive it no longer."""
        if self.readyState == "ended":
            return
        super().stop()
        self._over = True
        self._frames.clear()
        self._more_frames.set()
        if self._task is not None:
            self._task.cancel()
        self._on_stop(self)

    # For `Incoming`

    def bind(self, request_keyframe: Callable[[], None]) -> None:
        """Packets come from another slot from now on."""
        self._request_keyframe = request_keyframe
        self._assembler.begin_again()

    def feed(self, packet: MediaPacket) -> None:
        """Take a packet of the slot."""
        if self._started is None or self._over:
            return
        self._encoded += self._assembler.add(packet, self._started)
        if len(self._encoded) > MAX_UNDECODED:
            self._encoded.clear()
            self._assembler.begin_again()
        if self._assembler.wants_keyframe:
            self._ask_for_keyframe(packet.arrival)
        if self._encoded:
            self._more_encoded.set()

    def finish(self) -> None:
        """The publication has ended: `recv` gives what is there, then raises."""
        self._over = True
        self._more_frames.set()
        if self._task is None:
            self.stop()
        else:
            self._task.cancel()

    async def closed(self) -> None:
        """Wait until nothing of it runs any more."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _ask_for_keyframe(self, now: float) -> None:
        if self.kind == "video" and now >= self._asked_at + KEYFRAME_SECONDS:
            self._asked_at = now
            self._request_keyframe()

    async def _decode(self) -> None:
        while True:
            await self._more_encoded.wait()
            self._more_encoded.clear()
            encoded, self._encoded = self._encoded, []
            frames, failed = await asyncio.to_thread(self._decoder.decode, encoded)
            if failed:
                self._ask_for_keyframe(asyncio.get_running_loop().time())
            if frames:
                self._frames += frames
                self._more_frames.set()
