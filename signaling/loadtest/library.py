"""All clips of load tests, by name: encoded when the package is built, or in a clone of the source when first needed.

`python -m signaling.loadtest.library` encodes those that aren't there.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import get_args

from signaling.client.errors import MediaError
from signaling.client.media import CodecName, Track
from signaling.loadtest.clips import FRAME_RATES, KBPS, SIZES, SPEECH, Clip, ClipFrame, name_of, read, write
from signaling.loadtest.scenario import Group, VideoCodec

SPEECH_LEVEL = 30
"""Of sound whose level nobody measured, -dBov."""

FOLDER = Path(__file__).parent / "clips"


def make(name: str) -> Path:
    """The file of a clip, which is encoded first where it isn't there. Raises `MediaError`."""
    path = FOLDER / f"{name}.clip"
    if path.is_file():
        return path
    # Only here: an installed package has the clips, and needs no encoder.
    try:
        from signaling.loadtest import encode
    except ImportError as error:
        raise MediaError(f"The clip {path.name} is missing, and can't be encoded without PyAV: {error}") from None
    try:
        FOLDER.mkdir(exist_ok=True)
        clip = encode.encode_named(name)
        with tempfile.NamedTemporaryFile(dir=FOLDER, suffix=".part", delete=False) as file:
            part = Path(file.name)
        write(part, clip)
        part.replace(path)  # whole or not at all: other processes may need it now
    except OSError as error:
        raise MediaError(f"The clip {path.name} can't be written: {error}") from None
    return path


@cache
def picture(codec: CodecName, height: int, fps: int) -> Clip:
    """The clip of a picture. Raises `MediaError`."""
    return read(make(name_of(codec, height, fps)))


@cache
def speech() -> Clip:
    """Speech of one person, in packets of 20 ms. Raises `MediaError`."""
    return read(make(SPEECH))


@cache
def file(path: str) -> tuple[Clip | None, Clip | None]:
    """Sound and picture of a media file, where it has them; needs PyAV. Raises `MediaError`."""
    try:
        from signaling.client.file import MediaFile
    except ImportError as error:
        raise MediaError(f"{path} can't be read without PyAV: {error}") from None
    media = MediaFile(path).prepare("", simulcast=False)
    audio = None if media.audio is None else _clip(media.audio)
    return audio, _clip(media.video[0]) if media.video else None


def _clip(track: Track) -> Clip:
    fps = round(track.clock_rate * len(track.frames) / sum(frame.duration for frame in track.frames))
    frames = tuple(
        ClipFrame(
            each.payloads,
            each.keyframe,
            level=SPEECH_LEVEL if each.level is None else each.level,
            ticks=each.duration,
        )
        for each in track.frames
    )
    return Clip(track.codec, track.width, track.height, max(1, fps), frames)


def microphone(group: Group) -> Clip | None:
    """What people of a group say; None: nothing. Raises `MediaError`."""
    if not group.audio:
        return None
    return file(group.publish)[0] if group.publish else speech()


def camera(group: Group) -> tuple[Clip, ...]:
    """What a camera of a group sends, the smallest picture first. Raises `MediaError`."""
    if not group.video:
        return ()
    if group.publish:
        found = file(group.publish)[1]
        return () if found is None else (found,)
    heights = SIZES[group.height] if group.simulcast else (group.height,)
    return tuple(picture(group.codec, height, group.fps) for height in heights)


def main() -> int:
    """Encode all clips that aren't there yet."""
    names = [name_of(codec, height, fps) for codec in get_args(VideoCodec) for height in KBPS for fps in FRAME_RATES]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, [SPEECH, *names]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
