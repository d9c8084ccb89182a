"""The one-file program: made, and used where nothing else of Milanio is."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.long.installed import ROOT, empty_folder, run, serving

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def binary() -> Iterator[Path]:
    """The program, alone in an empty folder."""
    subprocess.run(["make", "binary"], cwd=ROOT, check=True, capture_output=True, timeout=600)
    # Not pytest's folders, which are for one user.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(shutil.copy(ROOT / "dist" / "milanio", folder))


@pytest.fixture
def home() -> Iterator[Path]:
    with empty_folder() as folder:
        yield folder


def test_it_says_its_version(binary: Path, home: Path) -> None:
    done = run(binary, home, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("milanio ")


def test_it_serves_and_plays_a_load_test(binary: Path, home: Path) -> None:
    with serving(binary, home) as server:
        done = run(
            binary,
            home,
            "loadtest",
            server.url,
            "--people",
            "3",
            "--duration",
            "3",
            "--processes",
            "2",
            "--json",
            "found.json",
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((home / "found.json").read_text())
    assert found["joins"]["succeeded"] == 3
    assert found["loss"] == 0
    assert found["first_frame"]["p95_s"] > 0


@pytest.mark.parametrize("words", [("join", "http://localhost:1"), ("loadtest", "--publish")])
def test_what_needs_codecs_says_so_in_a_line(binary: Path, home: Path, words: tuple[str, ...]) -> None:
    video = home / "video.webm"
    video.write_bytes(b"?")
    if words[-1] == "--publish":
        with serving(binary, home) as server:
            done = run(
                binary, home, "loadtest", server.url, "--people", "1", "--duration", "1", "--publish", str(video)
            )
    else:
        done = run(binary, home, *words)
    assert done.returncode == 2
    assert "PyAV" in done.stderr or "library av" in done.stderr
    assert len(done.stderr.splitlines()) == 1
