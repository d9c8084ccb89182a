"""No circle of imports: each file can be read, and tested, by itself from what it imports downwards.

Imports inside functions and under `TYPE_CHECKING` count too: they only hide a circle.
"""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
Graph = dict[str, set[str]]


def graph_of(folder: Path, root: Path = ROOT) -> Graph:
    """Which modules of a package each of them imports, by their full names."""
    paths = {".".join(path.relative_to(root).with_suffix("").parts): path for path in folder.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    return {name: set(imported(path, modules)) - {name} for name, path in modules.items()}


def imported(path: Path, modules: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                name = submodule if submodule in modules else node.module or ""
                if name in modules:
                    yield name


def circle_in(graph: Graph) -> list[str]:
    """Modules that import each other, in a circle; an empty list: there is none."""
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> list[str]:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph[module]):
            found = visit(other, [*trail, module])
            if found:
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


@pytest.mark.parametrize("package", ["web", "storage"])
def test_no_imports_run_in_a_circle(package: str) -> None:
    graph = graph_of(ROOT / package)
    assert len(graph) > 10
    assert circle_in(graph) == []


def test_circles_are_found(tmp_path: Path) -> None:
    package = tmp_path / "p"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from p import b\n")
    (package / "b.py").write_text("def late():\n    from p.c import thing\n")
    (package / "c.py").write_text("thing = 1\n")
    assert circle_in(graph_of(package, tmp_path)) == []
    (package / "c.py").write_text("import p.a\n")
    assert circle_in(graph_of(package, tmp_path)) == ["p.a", "p.b", "p.c", "p.a"]
