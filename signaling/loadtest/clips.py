"""The media that load tests publish: clips, cut into RTP payloads already, and their files.

A file has one line of JSON (`codec`, `width`, `height`, `fps`, and `frames`: for each one whether it is a keyframe, its
temporal layer, or for sound its level, and the sizes of its payloads), then all payloads one after the other.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from signaling.client.errors import MediaError
from signaling.client.media import CLOCK_RATES, SILENCE, CodecName

SPEECH = "speech"
"""The name of the clip with sound."""

KBPS = {90: 60, 180: 150, 360: 500, 720: 1500}
"""Bitrates of pictures by their lines, kbit/s at 15 frames per second."""

FRAME_RATES = (15, 30)

FASTER = 1.4
"""What 30 frames per second take of the bitrate of 15."""

SIZES = {180: (90, 180), 360: (90, 180, 360), 720: (180, 360, 720)}
"""Lines of the encodings of a camera with simulcast, by those of its largest."""


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """An encoded frame. `payloads` are without the descriptors of VP8 and VP9; `level` is of sound, -dBov; `ticks`:
    clock ticks until the next frame, 0 for those of the clip's frame rate.
    """

    payloads: tuple[bytes, ...]
    keyframe: bool = True
    temporal: int = 0
    level: int = SILENCE
    ticks: int = 0


@dataclass(frozen=True)
class Clip:
    """A loop of frames, its first one a keyframe; `width` and `height` in pixels, 0 for sound; `fps` per second."""

    codec: CodecName
    width: int
    height: int
    fps: int
    frames: tuple[ClipFrame, ...]

    @property
    def duration(self) -> int:
        """Clock ticks of a frame."""
        return CLOCK_RATES[self.codec] // self.fps

    @cached_property
    def octets_per_second(self) -> float:
        """Bytes of payload per second."""
        ticks = sum(frame.ticks or self.duration for frame in self.frames)
        return (
            sum(len(payload) for frame in self.frames for payload in frame.payloads) * CLOCK_RATES[self.codec] / ticks
        )


def name_of(codec: CodecName, height: int, fps: int) -> str:
    """The file name of a picture's clip, without its ending."""
    return f"{codec}-{height}-{fps}"


def kbps(height: int, fps: int) -> int:
    """The bitrate of an encoding, kbit/s."""
    return round(KBPS[height] * (FASTER if fps > 15 else 1))


def write(path: Path, clip: Clip) -> None:
    """Write a clip's file."""
    sound = clip.codec == "opus"
    frames = [
        [int(frame.keyframe), frame.level if sound else frame.temporal, [len(payload) for payload in frame.payloads]]
        for frame in clip.frames
    ]
    head = {"codec": clip.codec, "width": clip.width, "height": clip.height, "fps": clip.fps, "frames": frames}
    body = b"".join(payload for frame in clip.frames for payload in frame.payloads)
    path.write_bytes(json.dumps(head, separators=(",", ":")).encode() + b"\n" + body)


def read(path: Path) -> Clip:
    """Read a clip's file. Raises `MediaError`."""
    try:
        line, _, body = path.read_bytes().partition(b"\n")
        head = json.loads(line)
        frames, position = [], 0
        for keyframe, layer, sizes in head["frames"]:
            payloads = []
            for size in sizes:
                payloads.append(body[position : position + size])
                position += size
            sound = head["codec"] == "opus"
            frames.append(
                ClipFrame(tuple(payloads), bool(keyframe), 0 if sound else int(layer), int(layer) if sound else SILENCE)
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f"The clip {path} is damaged ({error}): delete it in a clone of the source, or install Milanio again."
        ) from None
    return Clip(head["codec"], head["width"], head["height"], head["fps"], tuple(frames))
