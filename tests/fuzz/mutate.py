"""Seeded mutations of valid inputs."""

import random
from collections.abc import Sequence

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)


def mutate(data: bytes, corpus: Sequence[bytes], rng: random.Random) -> bytes:
    """A few changes at once: bits, bytes, 16-bit fields, cuts, doublings, pieces of another input."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        size = len(changed)
        at = rng.randrange(size + 1)
        match rng.randrange(8):
            case 0 if at < size:
                changed[at] ^= 1 << rng.randrange(8)
            case 1 if at < size:
                changed[at] = rng.choice(_INTERESTING)
            case 2 if at + 2 <= size:
                changed[at : at + 2] = rng.choice((0, 1, 0xFFFF, 0x8000, size, size + 1, size // 4)).to_bytes(3)[1:]
            case 3:
                del changed[at:]
            case 4:
                del changed[at : at + rng.randrange(1, 9)]
            case 5:
                changed[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 6:
                other = rng.choice(corpus)
                start = rng.randrange(len(other) + 1)
                changed[at:] = other[start:]
            case _:
                changed[at:at] = changed[at : at + rng.randrange(1, 30)]
        del changed[100_000:]
    return bytes(changed)


def mutate_text(text: str, corpus: Sequence[str], rng: random.Random) -> str:
    """The same for text: by characters, and by lines."""
    if rng.random() < 0.5:
        encoded = mutate(text.encode(), [each.encode() for each in corpus], rng)
        return encoded.decode(errors=rng.choice(("replace", "ignore")))
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice((1, 2, 4))):
        at = rng.randrange(len(lines) + 1)
        match rng.randrange(4):
            case 0:
                del lines[at : at + rng.randrange(1, 4)]
            case 1:
                lines[at:at] = lines[at : at + 3] * rng.randrange(1, 30)
            case 2:
                lines[at:at] = rng.choice(corpus).splitlines(keepends=True)[:20]
            case _ if at < len(lines):
                words = lines[at].split(" ")
                words[rng.randrange(len(words))] = rng.choice(
                    ("", "-1", "99999999999", "0", "٣", "\x00", "a=b", "x" * 500)
                )
                lines[at] = " ".join(words)
    return "".join(lines)
