import json
import time
from pathlib import Path

import pytest

from signaling.codes import MAX_PASTED, find_code, is_code, make_code, normalise_code, split_link
from tests import times

CODE = "abcde-fghjk-mnpqr"
EXAMPLES = json.loads((Path(__file__).parents[2] / "examples" / "room_codes.json").read_text())


@pytest.mark.parametrize(("text", "code"), [(each["text"], each["code"]) for each in EXAMPLES])
def test_codes_are_found_in_what_people_paste(text: str, code: str | None) -> None:
    assert find_code(text) == code
    assert normalise_code(text) == (text if code is None else code)


def test_codes_are_different_and_have_their_form() -> None:
    made = {make_code() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_code(code) and find_code(code.upper()) == code for code in made)
    assert not any(is_code(text) for text in ("", "abcde", CODE + "x", CODE.replace("a", "1"), CODE.replace("a", "l")))


@pytest.mark.parametrize(
    "piece", [" ", "-", ":", ": ", "a", "abcde", "abcde-", "abcde ", "r/", "/", "%25", "%", "=\n", "<", "_"]
)
def test_long_texts_without_a_code_cost_little(piece: str) -> None:
    text = piece * (100 * MAX_PASTED // len(piece))
    started = time.thread_time()
    find_code(text)
    # What grows with the square of the text takes seconds.
    assert time.thread_time() - started < times.cpu_seconds(0.2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"https://meet.example/r/{CODE}", ("https://meet.example", CODE)),
        (f"https://meet.example/calls/r/{CODE.upper()}.", ("https://meet.example/calls", CODE)),
        (f"<http://localhost:8080/r/{CODE}?name=Ada#x>", ("http://localhost:8080", CODE)),
        (f"Join me: http://[::1]:8080/r/{CODE} at 5", ("http://[::1]:8080", CODE)),
        (f"HTTPS://MEET.EXAMPLE/R/{CODE.upper()}", ("HTTPS://MEET.EXAMPLE", CODE)),
        ("http://localhost:8080/", ("http://localhost:8080", None)),
        ("http://localhost:8080/r/", ("http://localhost:8080/r", None)),
        ("localhost", ("localhost", None)),
    ],
)
def test_a_link_names_the_server_and_the_room(text: str, found: tuple[str, str | None]) -> None:
    assert split_link(text) == found
