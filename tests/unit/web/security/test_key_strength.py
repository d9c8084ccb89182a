import base64
import random

import pytest

from web.security.key_strength import weakness


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "shorter"),
        ("x7Q-fT0w+Kp9/ZsR2uVb5yNd8gHj1mL", "shorter"),
        ("a" * 64, "different characters"),
        ("changeme" * 4, "different characters"),
        ("\0" * 32, "different characters"),
        ("1234567" * 5, "different characters"),
        ("change-me-to-a-long-random-string!!", "placeholder"),
        ("YOUR_SECRET_KEY_GOES_HERE_0123456789", "placeholder"),
        ("please replace this before you start", "placeholder"),
        ("SuperSecret-but-long-enough-to-pass?", "placeholder"),
        ("0123456789abcdef" * 2, "pattern"),
        ("12345678901234567890123456789012", "pattern"),
        ("qwertzuiopqwertzuiopqwertzuiopqwertzuiop", "pattern"),
        ("abcdefghijklmnopqrstuvwxyz012345", "pattern"),
        ("98765432109876543210zyxwvutsrqponm", "pattern"),
    ],
)
def test_keys_that_could_be_guessed(key: str, reason: str) -> None:
    assert reason in str(weakness(key))


def test_keys_as_programs_draw_them() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        drawn = chance.randbytes(32)
        assert weakness(drawn.hex()) is None
        assert weakness(base64.b64encode(drawn).decode()) is None
        assert weakness(drawn[:16].hex()) is None


def test_bytes_count_and_not_characters() -> None:
    assert weakness("äöüßéèêçñøåæ€œłž") is None
    assert weakness("\udcff" * 40) is not None
