"""A package is made with the page, or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools"

_SETUPTOOLS = """
def build_wheel(*arguments): return "x.whl"
build_editable = build_sdist = get_requires_for_build_editable = get_requires_for_build_sdist = build_wheel
get_requires_for_build_wheel = prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel = build_wheel
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The folder of the build backend, in a clone that lacks what make builds."""
    tools = tmp_path / "tools"
    (tools / "setuptools").mkdir(parents=True)
    (tools / "build_backend.py").write_bytes((TOOLS / "build_backend.py").read_bytes())
    (tools / "setuptools" / "__init__.py").write_text("")
    (tools / "setuptools" / "build_meta.py").write_text(_SETUPTOOLS)
    return tools


def build(tools: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "import build_backend; print(build_backend.build_wheel('dist'))"]
    environment = {"PYTHONPATH": str(tools), **variables}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_no_wheel_is_made_of_a_clone_that_make_has_not_built(tmp_path: Path, tools: Path) -> None:
    static, clips = tmp_path / "web" / "static", tmp_path / "signaling" / "loadtest" / "clips"
    static.mkdir(parents=True)
    clips.mkdir(parents=True)
    done = build(tools, MILANIO_PURE="1")
    assert done.returncode == 1
    assert done.stderr == "milanio: the package would lack the page; run make build first\n"
    (static / "index.html").write_text("")
    assert (
        build(tools, MILANIO_PURE="1").stderr
        == "milanio: the package would lack the clips of load tests; run make build first\n"
    )
    (clips / "speech.clip").write_text("")
    assert build(tools, MILANIO_PURE="1").stdout == "x.whl\n"


def test_a_compiled_wheel_without_a_compiler_is_refused_in_a_line(tmp_path: Path, tools: Path) -> None:
    for built in ("web/static/index.html", "signaling/loadtest/clips/speech.clip"):
        path = tmp_path / built
        path.parent.mkdir(parents=True)
        path.write_text("")
    done = build(tools, CC="no-such-compiler -O2")
    assert done.returncode == 1
    assert done.stderr == (
        "milanio: compiling needs a C compiler (no-such-compiler; Debian: apt install gcc);"
        " MILANIO_PURE=1 builds a wheel without compiled modules\n"
    )
