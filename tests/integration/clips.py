"""Media files that programs in tests publish."""

import math
from array import array
from fractions import Fraction
from pathlib import Path

import av

from signaling.client.pattern import COLOURS


def make_clip(path: Path, video: str, audio: str) -> None:
    """Two seconds of green, with a tone."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(video, rate=20)
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height, pictures.pix_fmt = 160, 120, "yuv420p"
        pictures.codec_context.gop_size = 10
        pictures.codec_context.max_b_frames = 0
        sound = container.add_stream(audio, rate=48_000)
        assert isinstance(sound, av.AudioStream)
        for number in range(40):
            picture = av.VideoFrame(160, 120, "yuv420p")
            for plane, value in zip(picture.planes, COLOURS[1], strict=True):
                plane.update(bytes((value,)) * plane.buffer_size)
            picture.pts = number
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode(None))
        for start in range(0, 96_000, 960):
            frame = av.AudioFrame("s16", "mono", 960)
            wave = (int(9000 * math.sin(2 * math.pi * 440 * n / 48_000)) for n in range(start, start + 960))
            frame.planes[0].update(array("h", wave).tobytes())
            frame.pts, frame.sample_rate, frame.time_base = start, 48_000, Fraction(1, 48_000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
