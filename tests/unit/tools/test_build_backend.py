"""A package is made with the page, or not at all."""

import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[3] / "tools"

_SETUPTOOLS = """
def build_wheel(*arguments): return "x.whl"
build_editable = build_sdist = get_requires_for_build_editable = get_requires_for_build_sdist = build_wheel
get_requires_for_build_wheel = prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel = build_wheel
"""


def test_no_wheel_is_made_of_a_clone_that_make_has_not_built(tmp_path: Path) -> None:
    tools, static = tmp_path / "tools", tmp_path / "web" / "static"
    clips = tmp_path / "signaling" / "loadtest" / "clips"
    for folder in (tools / "setuptools", static, clips):
        folder.mkdir(parents=True)
    (tools / "build_backend.py").write_bytes((TOOLS / "build_backend.py").read_bytes())
    (tools / "setuptools" / "__init__.py").write_text("")
    (tools / "setuptools" / "build_meta.py").write_text(_SETUPTOOLS)
    build = [sys.executable, "-c", "import build_backend; print(build_backend.build_wheel('dist'))"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(build, env={"PYTHONPATH": str(tools)}, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 1
    assert done.stderr == "milanio: the package would lack the page; run make build first\n"
    (static / "index.html").write_text("")
    assert run().stderr == "milanio: the package would lack the clips of load tests; run make build first\n"
    (clips / "speech.clip").write_text("")
    assert run().stdout == "x.whl\n"
