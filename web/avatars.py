"""Profile pictures: uploads aren't trusted, so they are decoded and encoded again, small and square."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

MAX_UPLOAD = 4 * 1024 * 1024
"""Bytes of an upload."""
MAX_PIXELS = 40_000_000
"""Pixels of an uploaded picture; decoded, each takes up to four bytes."""
SIZE = 256
"""Pixels of each side of the result."""
TYPE = "image/webp"
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_WAITING = 8
"""Pictures that may wait in memory for their turn. One is decoded at a time."""


class NotAPictureError(ValueError):
    """The bytes are in none of the supported formats."""


class BadPictureError(ValueError):
    """A picture that can't be read, or is too large; `args[0]` is a sentence for its owner."""


class TooManyPicturesError(Exception):
    """The queue of pictures is full; answered with 503."""


class AvatarMaker:
    """Makes avatars in its own thread. Call `close` at the end."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "avatars")
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)

    async def make(self, upload: bytes) -> bytes:
        """Make an avatar of an upload. Raises `NotAPictureError`, `BadPictureError`, `TooManyPicturesError`."""
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
        """Accept no more pictures; one that is being decoded is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def make(upload: bytes) -> bytes:
    """Make a WebP of `SIZE` by `SIZE` from the middle of the picture, turned as its EXIF data says, and without
    anything else from the file. An animation gives its first picture.

    Raises `NotAPictureError` and `BadPictureError`.
    """
    # Imported with the first upload, in the pool's thread: the server starts sooner without it.
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(upload), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise BadPictureError(_TOO_LARGE)
            # JPEG can be decoded directly to a fraction of its size; other formats ignore this.
            picture.draft("RGB", (2 * SIZE, 2 * SIZE))
            mode = "RGBA" if picture.has_transparency_data else "RGB"
            # Converted only if necessary: it makes a second copy in memory.
            plain = picture if picture.mode == mode else picture.convert(mode)
            small = ImageOps.fit(plain, (SIZE, SIZE), Image.Resampling.LANCZOS)
            # Turned last, which is the least work: the middle square is the same in any orientation.
            turned = ImageOps.exif_transpose(small)
            # Pixels only, so that no metadata such as location, camera or name gets into the file.
            bare = Image.frombytes(turned.mode, turned.size, turned.tobytes())
            out = BytesIO()
            bare.save(out, "WEBP", quality=85, method=4)
            return out.getvalue()
    except UnidentifiedImageError:
        raise NotAPictureError("Unsupported image: use PNG, JPEG, WebP or GIF.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPictureError(_TOO_LARGE) from None
    except BadPictureError:
        raise
    except Exception:
        # Each decoder raises its own errors for files that are damaged or malicious.
        raise BadPictureError("The image is damaged.") from None


_TOO_LARGE = f"The image is too large: {MAX_PIXELS // 1_000_000} million pixels at most."
