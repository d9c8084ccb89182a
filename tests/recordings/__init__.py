"""What clients of released versions said to their server, and what it answered, word for word.

`page_0.1.0.jsonl` is of the page in Chromium (Ada has an account and the room, Ben, Cleo and Dan are guests and wait to
be let in), `python_0.1.0.jsonl` of two Python clients. Each line is a step of one of them: `post`, `connect`, `send`,
`receive`, `closed`. Left out are pings and the text of the SDP answers.

Later servers must serve these clients as the first one did, for a page stays open over an upgrade. So nothing here is
ever changed: a later release adds files.
"""

import json
from pathlib import Path
from typing import Any

Step = dict[str, Any]

RECORDINGS = sorted(path.stem for path in Path(__file__).parent.glob("*.jsonl"))


def read(name: str) -> list[Step]:
    """The steps of a recording, in order."""
    lines = (Path(__file__).parent / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def missing(recorded: Any, today: Any, where: str = "") -> list[str]:
    """Where a message of today lacks what the recorded one has: fields that are gone, and values of another type."""
    if isinstance(recorded, dict):
        if not isinstance(today, dict):
            return [f"{where} is no object any more"]
        gone = [f"{where}.{key} is gone" for key in recorded if key not in today]
        kept = (missing(value, today[key], f"{where}.{key}") for key, value in recorded.items() if key in today)
        return gone + [problem for problems in kept for problem in problems]
    if isinstance(recorded, list):
        if not isinstance(today, list):
            return [f"{where} is no list any more"]
        pairs = zip(recorded, today, strict=False)
        return [problem for pair in pairs for problem in missing(*pair, f"{where}[]")]
    # What was null may be there by now; numbers may be whole or not.
    numbers = isinstance(recorded, int | float) and not isinstance(recorded, bool) and isinstance(today, int | float)
    if recorded is None or numbers or type(recorded) is type(today):
        return []
    return [f"{where} was {recorded!r}, is {today!r}"]
