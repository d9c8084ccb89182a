"""Which keys are too weak, among those that operators choose themselves."""

import itertools

MIN_BYTES = 32
MIN_DISTINCT = 8

_WORDS = (
    "changeme",
    "changethis",
    "default",
    "example",
    "insecure",
    "milanio",
    "passphrase",
    "password",
    "placeholder",
    "replaceme",
    "replacethis",
    "secret",
)
"""Common placeholders in examples. Only one random key in millions contains any of them."""


def weakness(key: str) -> str | None:
    """Say why a key isn't accepted, for the operator and without the key; None if it is accepted."""
    if len(key.encode("utf-8", "surrogatepass")) < MIN_BYTES:
        return f"it is shorter than {MIN_BYTES} bytes"
    if len(set(key)) < MIN_DISTINCT:
        return f"it has fewer than {MIN_DISTINCT} different characters"
    letters = "".join(character for character in key.casefold() if character.isalnum())
    if any(word in letters for word in _WORDS):
        return "it looks like a placeholder"
    if _repeats(key) or _counts(key):
        return "it follows a simple pattern"
    return None


def _repeats(key: str) -> bool:
    """Whether a key repeats itself, such as abcdefghabcdefgh."""
    return any(key[period:] == key[:-period] for period in range(1, len(key) // 2 + 1))


def _counts(key: str) -> bool:
    """Whether most characters are next to the ones before them, as in 0123456789abcdef."""
    steps = sum(abs(ord(second) - ord(first)) <= 1 for first, second in itertools.pairwise(key))
    return 4 * steps > 3 * len(key)
