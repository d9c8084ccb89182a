import asyncio
import struct
import threading
import warnings
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from storage.models import MAX_AVATAR_BYTES
from tests import times
from web import avatars
from web.avatars import AvatarMaker, BadPictureError, NotAPictureError, TooManyPicturesError, make

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    assert picture.format == "WEBP"
    assert picture.size == (256, 256)
    return picture


def near(colour: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(colour[:3], wanted, strict=True))


def quarters() -> Image.Image:
    """Red, green above blue, white."""
    picture = Image.new("RGB", (400, 400), RED)
    picture.paste(GREEN, (200, 0, 400, 200))
    picture.paste(BLUE, (0, 200, 200, 400))
    picture.paste(WHITE, (200, 200, 400, 400))
    return picture


def corners(picture: Image.Image) -> list[Any]:
    plain = picture.convert("RGB")
    return [plain.getpixel(at) for at in ((50, 50), (205, 50), (50, 205), (205, 205))]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (3, 700), (256, 256), (1000, 600)])
def test_each_kind_and_shape_becomes_a_small_square(kind: str, size: tuple[int, int]) -> None:
    made = opened(make(saved(Image.new("RGB", size, RED), kind)))
    assert near(made.convert("RGB").getpixel((128, 128)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_each_mode_of_pixels_is_read(mode: str) -> None:
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    opened(make(saved(Image.new(mode, (300, 300)), kind)))


def test_the_middle_is_kept() -> None:
    picture = Image.new("RGB", (900, 300), RED)
    picture.paste(GREEN, (300, 0, 600, 300))
    assert all(near(colour, GREEN) for colour in corners(opened(make(saved(picture, "PNG")))))


def test_transparency_stays() -> None:
    picture = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    picture.paste((0, 255, 0, 255), (100, 100, 200, 200))
    made = opened(make(saved(picture, "PNG")))
    assert made.mode == "RGBA"
    assert made.getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert made.getpixel((128, 128))[3] == 255  # type: ignore[index]


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (8, [GREEN, WHITE, RED, BLUE]),
        (99, [RED, GREEN, BLUE, WHITE]),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_is_turned_as_the_camera_says(kind: str, orientation: int, expected: list[tuple[int, int, int]]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = corners(opened(make(saved(quarters(), kind, exif=exif))))
    assert all(near(colour, wanted) for colour, wanted in zip(found, expected, strict=True)), found


def test_nothing_but_pixels_gets_through() -> None:
    exif = Image.Exif()
    exif[0x010F] = "KANARIE"
    exif.get_ifd(0x8825)[1] = "N"
    jpeg = saved(quarters(), "JPEG", exif=exif, comment=b"KANARIE", icc_profile=b"KANARIE" * 30)
    assert b"KANARIE" in jpeg
    made = make(jpeg + b"KANARIE")
    assert b"KANARIE" not in made
    picture = opened(made)
    assert not picture.getexif()
    assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}


def test_of_a_moving_picture_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (300, 300), colour) for colour in (RED, GREEN, BLUE)]
    made = opened(make(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])))
    assert near(made.convert("RGB").getpixel((128, 128)), RED)
    assert getattr(made, "n_frames", 1) == 1


def test_noise_still_fits_the_store() -> None:
    noise = Image.merge("RGBA", [Image.effect_noise((512, 512), 200) for _ in range(4)])
    assert len(make(saved(noise, "PNG"))) <= MAX_AVATAR_BYTES


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(8000, 5001), (10_000, 10_000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
@pytest.mark.parametrize("careful", [True, False], ids=["warnings are errors", "as in production"])
def test_bombs_are_refused_before_they_are_decoded(size: tuple[int, int], careful: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error" if careful else "ignore")
        with pytest.raises(BadPictureError):
            make(png_header(*size))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"%PDF"]
)
def test_what_is_no_picture_is_told_apart(data: bytes) -> None:
    with pytest.raises(NotAPictureError):
        make(data)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA"])
def test_other_formats_are_not_read(kind: str) -> None:
    with pytest.raises(NotAPictureError):
        make(saved(quarters().resize((64, 64)), kind))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_damaged_picture_is_refused_and_nothing_else_happens(kind: str) -> None:
    whole = saved(quarters(), kind)
    for cut in range(0, len(whole), max(1, len(whole) // 50)):
        for data in (whole[:cut], whole[:cut] + b"\xff" * 8 + whole[cut + 8 :]):
            try:
                opened(make(data))
            except (BadPictureError, NotAPictureError):
                pass


@pytest.mark.asyncio
async def test_only_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(upload: bytes) -> bytes:
        go.wait(times.seconds(10))
        return upload

    monkeypatch.setattr(avatars, "make", slow)
    maker = AvatarMaker()
    waiting = [asyncio.create_task(maker.make(b"%d" % n)) for n in range(avatars.MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyPicturesError):
        await maker.make(b"one too many")
    go.set()
    assert await asyncio.gather(*waiting) == [b"%d" % n for n in range(avatars.MAX_WAITING)]
    assert await maker.make(b"again") == b"again"
    maker.close()
    with pytest.raises(TooManyPicturesError):
        await maker.make(b"too late")
