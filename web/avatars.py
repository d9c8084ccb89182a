"""Pictures that people upload of themselves: read with suspicion, and made anew, small and square."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_UPLOAD = 4 * 1024 * 1024
"""Bytes."""
MAX_PIXELS = 40_000_000
"""Of the picture that is uploaded; its decoded form takes up to four bytes for each."""
SIZE = 256
"""Pixels of each side of the result."""
TYPE = "image/webp"
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_WAITING = 8
"""Pictures that may wait for their turn, in memory. One is decoded at a time."""


class NotAPictureError(ValueError):
    """Bytes of none of the formats."""


class BadPictureError(ValueError):
    """A picture that can't be read, or is too large; `args[0]` is a sentence for its owner."""


class TooManyPicturesError(Exception):
    """As many pictures as may wait are waiting already; to be told as 503."""


class AvatarMaker:
    """Makes avatars in a thread of its own. `close` at the end."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "avatars")
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)

    async def make(self, upload: bytes) -> bytes:
        """The avatar of an uploaded picture. Raises `NotAPictureError`, `BadPictureError`, `TooManyPicturesError`."""
        if not self._waiting.acquire(blocking=False):
            raise TooManyPicturesError
        try:
            future = self._pool.submit(make, upload)
        except RuntimeError:
            self._waiting.release()
            raise TooManyPicturesError from None
        future.add_done_callback(lambda _: self._waiting.release())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more; what has begun ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def make(upload: bytes) -> bytes:
    """A WebP of `SIZE` by `SIZE`: the middle of the picture, turned as its EXIF says, and nothing else of what was in
    the file. Of a moving picture, the first.

    Raises `NotAPictureError` and `BadPictureError`.
    """
    try:
        with Image.open(BytesIO(upload), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise BadPictureError(_TOO_LARGE)
            # JPEG decodes straight to a fraction of its size; other formats know no such thing and ignore it.
            picture.draft("RGB", (2 * SIZE, 2 * SIZE))
            return _square(picture)
    except UnidentifiedImageError:
        raise NotAPictureError("Unsupported image: use PNG, JPEG, WebP or GIF.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPictureError(_TOO_LARGE) from None
    except BadPictureError:
        raise
    except Exception:
        # Each decoder has errors of its own for files that are damaged or made to upset it.
        raise BadPictureError("The image is damaged.") from None


_TOO_LARGE = f"The image is too large: {MAX_PIXELS // 1_000_000} million pixels at most."


def _square(picture: Image.Image) -> bytes:
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    # Converted only if need be: it is a second copy in memory.
    plain = picture if picture.mode == mode else picture.convert(mode)
    small = ImageOps.fit(plain, (SIZE, SIZE), Image.Resampling.LANCZOS)
    # Turned last, which is least work: the middle square is the same whichever way it lies.
    turned = ImageOps.exif_transpose(small)
    # Pixels alone, so that nothing else can get into the file: no place, no camera, no name.
    bare = Image.frombytes(turned.mode, turned.size, turned.tobytes())
    out = BytesIO()
    bare.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()
