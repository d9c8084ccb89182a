"""`MILANIO_PURE` makes Python take the source of a module whose compiled form lies beside it."""

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from sfu import forms

ROOT = Path(__file__).parents[3]
IMPORT = "import signaling.loadtest.clock as module; print(module.__file__)"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Packages with one module each that is compiled, or seems to be."""
    for package in ("sfu", "signaling", "signaling/loadtest"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text((ROOT / package / "__init__.py").read_text())
    (tmp_path / "sfu" / "forms.py").write_text((ROOT / "sfu" / "forms.py").read_text())
    for module in ("sfu/clock", "signaling/loadtest/clock"):
        (tmp_path / f"{module}.py").write_text("")
        (tmp_path / f"{module}{EXTENSION_SUFFIXES[0]}").write_bytes(b"not really an extension")
    return tmp_path


def imported(tree: Path, pure: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), forms.VARIABLE: pure}
    return subprocess.run(
        [sys.executable, "-P", "-c", IMPORT], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


def test_the_source_is_taken_where_it_is_asked_for(tree: Path) -> None:
    assert imported(tree, "1").stdout == f"{tree}/signaling/loadtest/clock.py\n"


@pytest.mark.parametrize("pure", ["", "0"])
def test_else_the_extension_is_taken(tree: Path, pure: str) -> None:
    done = imported(tree, pure)
    assert done.stdout == ""
    assert "ImportError" in done.stderr
    assert EXTENSION_SUFFIXES[0] in done.stderr
