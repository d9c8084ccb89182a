"""Imports go one way: `web → signaling → sfu` and `web → storage`. No module imports one that needs it."""

import ast
import functools
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAY_IMPORT = {
    "sfu": set[str](),
    "storage": set[str](),
    "signaling": {"sfu"},
    "web": {"sfu", "signaling", "storage"},
}
"""By package, which of the others it may import."""

WITHOUT_CIRCLES = ["sfu", "signaling", "storage", "web"]

MEDIA_VALUES = {
    "sfu.plane",
    "sfu.sections",
    "sfu.codecs",
    "sfu.codecs.av1",
    "sfu.codecs.fmtp",
    "sfu.codecs.h264",
    "sfu.codecs.vp9",
    "sfu.wire.extensions",
    "sfu.wire.rtp",
    "sfu.budget",
    "sfu.histogram",
}
"""What rooms know of the relay: the media plane, the values that cross it, names of the wire, and two tools."""


def modules(package: str) -> dict[str, Path]:
    """Every module of a package by its dotted name."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """What a module imports, wherever in it: modules by their own names, also those of `from package import module`."""
    for node in imports(path):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        else:
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in known else node.module


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_only_those_below_them(package: str) -> None:
    found = modules(package)
    assert found
    wrong = [
        f"{name} imports {target}"
        for name, path in found.items()
        for target in imported(path, found)
        if target.partition(".")[0] in MAY_IMPORT.keys() - MAY_IMPORT[package] - {package}
    ]
    assert wrong == []


@pytest.mark.parametrize("package", WITHOUT_CIRCLES)
def test_no_module_imports_one_that_imports_it(package: str) -> None:
    found = modules(package)
    graph = {name: {each for each in imported(path, found) if each in found} for name, path in found.items()}
    assert any(graph.values())
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


@pytest.mark.parametrize("package", WITHOUT_CIRCLES)
def test_no_import_is_only_for_type_checkers(package: str) -> None:
    """It would hide a circle."""
    hidden = [name for name, path in modules(package).items() if "TYPE_CHECKING" in path.read_text("utf-8")]
    assert hidden == []


def test_rooms_know_nothing_of_the_relay_but_the_plane_and_its_values() -> None:
    known = modules("sfu")
    wrong = [
        f"{name} imports {target}"
        for name, path in modules("signaling").items()
        if not name.startswith(("signaling.client", "signaling.loadtest"))
        for target in imported(path, known)
        if target.partition(".")[0] == "sfu" and target not in MEDIA_VALUES
    ]
    assert wrong == []
