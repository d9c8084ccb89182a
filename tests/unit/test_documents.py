"""What the documents for contributors name is there: files, folders, targets of make, sections they link to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = ("sfu/", "signaling/", "storage/", "web/", "tests/", "tools/", "docs/")

ids = [path.name for path in DOCUMENTS]


def anchors(text: str) -> set[str]:
    """Of the headings, as the sites that show repositories make them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if target.startswith(("http:", "https:")):
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path.read_text("utf-8")), target


@pytest.mark.parametrize("document", DOCUMENTS[:2], ids=ids[:2])
def test_files_and_folders_are_there(document: Path) -> None:
    named = re.findall(r"`([\w./-]+)`", document.read_text("utf-8"))
    paths = [name for name in named if name.startswith(PACKAGES) or name.endswith((".md", ".toml", ".lock"))]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_make_has_the_targets_and_python_the_modules() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    wanted = set(re.findall(r"(?:^|[`(])make ([a-z-]+)", text, re.MULTILINE))
    assert {"run", "check", "format", "test", "coverage", "bench"} <= wanted <= targets
