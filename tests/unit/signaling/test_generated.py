from pathlib import Path

import pytest

from signaling.generated import BEGIN, END, insert, main


def test_only_what_is_between_the_marks_changes() -> None:
    document = f"before\n{BEGIN}\nof yesterday\n{END}\nafter\n"
    assert insert(document, "of today") == f"before\n{BEGIN}\n\nof today\n\n{END}\nafter\n"
    assert insert(insert(document, "of today"), "of today") == insert(document, "of today")


def test_parts_with_names_are_told_apart() -> None:
    marks = [f"<!-- generated {name}: {edge} -->" for name in ("one", "two") for edge in ("begin", "end")]
    document = f"{marks[0]}\n{marks[1]}\n{marks[2]}\n{marks[3]}\n{BEGIN}\n{END}"
    changed = insert(insert(document, "first", "one"), "second", "two")
    assert changed == f"{marks[0]}\n\nfirst\n\n{marks[1]}\n{marks[2]}\n\nsecond\n\n{marks[3]}\n{BEGIN}\n{END}"


@pytest.mark.parametrize("document", ["", BEGIN, END, f"{BEGIN}{BEGIN}{END}"])
def test_a_document_without_its_marks_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        insert(document, "text")


def test_stale_files_are_told_of_by_name_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, current = (tmp_path / name for name in ("old.md", "new.json", "current.md"))
    old.write_text("of yesterday", "utf-8")
    current.write_text("grün", "utf-8")

    def outputs() -> dict[Path, str]:
        return {old: "of today", new: "{}", current: "grün"}

    assert main(outputs, "some files", ["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "old.md is not current: run make format",
        "new.json is not current: run make format",
    ]
    assert (old.read_text("utf-8"), new.exists()) == ("of yesterday", False)
    assert main(outputs, "some files", []) == 0
    assert (old.read_text("utf-8"), new.read_text("utf-8")) == ("of today", "{}")
    assert main(outputs, "some files", ["--check"]) == 0
