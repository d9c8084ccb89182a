"""aiortc tracks that tests publish, and what is looked for in those that arrive."""

import asyncio
import math
from array import array
from collections.abc import Awaitable, Callable
from fractions import Fraction

import av
from aiortc import MediaStreamTrack, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError

from signaling.client.pattern import COLOURS
from tests import times

BITS = 8
"""Of the time code."""
_DARK, _BRIGHT = 30, 220
_RATE = 48_000


class ColourTrack(VideoStreamTrack):
    """A colour of `COLOURS`, with the number of each picture as black and white fields in its upper quarter."""

    def __init__(self, colour: int = 0, size: tuple[int, int] = (640, 360), pictures: int | None = None) -> None:
        super().__init__()
        self.colour, self.size = colour, size
        self.number = 0
        """Of the next picture."""
        self._pictures = pictures

    async def recv(self) -> av.VideoFrame:
        if self._pictures is not None and self.number >= self._pictures:
            self.stop()
            raise MediaStreamError
        pts, time_base = await self.next_timestamp()
        frame = draw(self.colour, self.size, self.number)
        frame.pts, frame.time_base = pts, time_base
        self.number += 1
        return frame


class ToneTrack(MediaStreamTrack):
    """A sine wave of that frequency (Hz), in frames of 20 ms."""

    kind = "audio"

    def __init__(self, frequency: float = 440.0) -> None:
        super().__init__()
        self._frequency = frequency
        self._samples = 0
        self._begin: float | None = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        if self._begin is None:
            self._begin = loop.time()
        await asyncio.sleep(self._begin + self._samples / _RATE - loop.time())
        if self.readyState == "ended":
            raise MediaStreamError
        frame = av.AudioFrame("s16", "mono", 960)
        step = 2 * math.pi * self._frequency / _RATE
        wave = (int(8000 * math.sin(step * number)) for number in range(self._samples, self._samples + 960))
        frame.planes[0].update(array("h", wave).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = self._samples, _RATE, Fraction(1, _RATE)
        self._samples += 960
        return frame


def draw(colour: int, size: tuple[int, int], number: int) -> av.VideoFrame:
    """A picture of that colour and number."""
    width, height = size
    frame = av.VideoFrame(width, height, "yuv420p")
    luma, *chroma = COLOURS[colour]
    plane = frame.planes[0]
    field = width // BITS
    code = b"".join(bytes((_BRIGHT if number >> bit & 1 else _DARK,)) * field for bit in range(BITS))
    padding = bytes(plane.line_size - len(code))
    plain = bytes((luma,)) * plane.line_size
    plane.update((code + padding) * (height // 4) + plain * (height - height // 4))
    for each, value in zip(frame.planes[1:], chroma, strict=True):
        each.update(bytes((value,)) * each.buffer_size)
    return frame


def at(frame: av.VideoFrame, plane: int, x: float, y: float) -> int:
    """A sample of a plane; `x` and `y` as shares of its width and height."""
    found = frame.planes[plane]
    return bytes(found)[int(y * found.height) * found.line_size + int(x * found.width)]


def shows(frame: av.VideoFrame, colour: int) -> bool:
    """Whether the lower part is of that colour, as far as codecs keep it."""
    seen = [at(frame, plane, 0.5, 0.8) for plane in range(3)]
    return all(abs(one - other) < 14 for one, other in zip(seen, COLOURS[colour], strict=True))


def number_of(frame: av.VideoFrame) -> int:
    """The number that was drawn, modulo 2 ** `BITS`."""
    return sum((at(frame, 0, (bit + 0.5) / BITS, 0.12) > 125) << bit for bit in range(BITS))


def frequency_of(frame: av.AudioFrame) -> float:
    """Of the sound, Hz, by its changes of sign; 0 of silence."""
    channels = len(frame.layout.channels)
    values = memoryview(bytes(frame.planes[0])).cast("h")[: frame.samples * channels : channels].tolist()
    if max(map(abs, values)) < 500:
        return 0.0
    crossings = [index for index in range(1, len(values)) if values[index - 1] < 0 <= values[index]]
    if len(crossings) < 2:
        return 0.0
    return (len(crossings) - 1) * frame.sample_rate / (crossings[-1] - crossings[0])


async def receive_until(track: MediaStreamTrack, wanted: Callable[[av.VideoFrame], bool], seconds: float = 15) -> None:
    """Read frames until one is as wanted; the test fails where none is."""
    async with asyncio.timeout(times.seconds(seconds)):
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.VideoFrame)
            if wanted(frame):
                return


async def hear_until(track: MediaStreamTrack, frequency: float, seconds: float = 15) -> None:
    """Read frames until one has that tone."""
    async with asyncio.timeout(times.seconds(seconds)):
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.AudioFrame)
            if abs(frequency_of(frame) - frequency) < frequency * 0.05:
                return


async def ends(track: MediaStreamTrack, seconds: float = 15) -> None:
    """Read frames until there are no more."""
    async with asyncio.timeout(times.seconds(seconds)):
        while True:
            try:
                await track.recv()
            except MediaStreamError:
                return


async def in_time(work: Awaitable[object], seconds: float = 15) -> None:
    """Wait for it; the test fails where it takes longer."""
    await asyncio.wait_for(work, times.seconds(seconds))
