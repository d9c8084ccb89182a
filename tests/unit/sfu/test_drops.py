"""Every reason for which the relay drops something is listed, and none is listed that isn't used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sfu.drops import REASONS

SOURCE = Path(__file__).parents[3] / "sfu"


def literals(node: ast.AST) -> Iterator[str]:
    """The values that an expression may have, where they are written in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def reasons(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("drops"):
            yield from literals(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "_reject":
                yield from literals(node.args[1])
            elif node.func.attr == "_fail":
                yield from (f"exception_{step}" for step in literals(node.args[1]))
            elif node.func.attr == "note":
                yield from (f"exception_{step}" for step in literals(node.args[0]))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_TOO_OFTEN":
            yield from literals(node.value)


def test_the_list_has_every_reason_that_the_code_gives() -> None:
    used = {reason for path in SOURCE.rglob("*.py") for reason in reasons(ast.parse(path.read_text("utf-8")))}
    assert used == REASONS.keys()


def test_reasons_are_names_that_a_query_can_have() -> None:
    assert [name for name in REASONS if not re.fullmatch("[a-z]+(_[a-z]+)*", name)] == []
