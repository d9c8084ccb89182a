"""All clips of load tests, by name: encoded when the package is built, or in a clone of the source when first needed.

`python -m signaling.loadtest.library` encodes those that aren't there.
"""

import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import get_args

from signaling.client.errors import MediaError
from signaling.client.media import CodecName
from signaling.loadtest.clips import FRAME_RATES, KBPS, SIZES, SPEECH, Clip, name_of, read, write
from signaling.loadtest.scenario import VideoCodec

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


def encodings(codec: CodecName, height: int, fps: int, *, simulcast: bool) -> tuple[Clip, ...]:
    """What a camera sends, the smallest first. Raises `MediaError`."""
    heights: Iterable[int] = SIZES[height] if simulcast else (height,)
    return tuple(picture(codec, each, fps) for each in heights)


def main() -> int:
    """Encode all clips that aren't there yet."""
    names = [name_of(codec, height, fps) for codec in get_args(VideoCodec) for height in KBPS for fps in FRAME_RATES]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, [SPEECH, *names]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
