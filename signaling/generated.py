"""Write generated files, or check that they are current. For the programs that generate them."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def insert(document: str, text: str, name: str = "") -> str:
    """Put this text between the document's two marks, and return that. Raises `ValueError` where it lacks them.

    `name`: of one of several such parts, whose marks are `<!-- generated NAME: begin -->` and the like.
    """
    begin, end = (mark.replace("generated", f"generated {name}") if name else mark for mark in (BEGIN, END))
    before, rest = document.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def main(outputs: Callable[[], Mapping[Path, str]], what: str, arguments: Iterable[str] | None = None) -> int:
    """Write each file that isn't current, or only report it with `--check`. Returns the exit status."""
    parser = argparse.ArgumentParser(description=f"Write {what}.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is not current")
    check = parser.parse_args(None if arguments is None else list(arguments)).check
    found = outputs()
    stale = [path for path, text in found.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.name} is not current: run make format", file=sys.stderr)
        else:
            path.write_text(found[path], "utf-8")
    return 1 if stale and check else 0
