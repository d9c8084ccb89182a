"""The one-file program: made, and used where nothing else of Milanio is."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests import times

ROOT = Path(__file__).parents[2]
NOBODY = 65534

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
    """An empty folder of who runs it."""
    with TemporaryDirectory() as folder:
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


def run(binary: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(binary), *words], **surroundings(home), capture_output=True, text=True, check=False, timeout=120
    )


def surroundings(home: Path) -> dict[str, Any]:
    """An empty folder, no rights, and nothing in the environment."""
    nobody: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "MILANIO_MEDIA_PORT": "0"}
    return {"cwd": home, "env": environment, **nobody}


@contextmanager
def serving(binary: Path, home: Path) -> Iterator[str]:
    """The address of a server that it is."""
    words = [str(binary), "serve", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(words, **surroundings(home), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[3].rstrip(",")
            server.terminate()
            assert server.wait(times.seconds(10)) == 0
        finally:
            server.kill()


def test_it_says_its_version(binary: Path, home: Path) -> None:
    done = run(binary, home, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("milanio ")


def test_it_serves_and_plays_a_load_test(binary: Path, home: Path) -> None:
    with serving(binary, home) as url:
        done = run(
            binary,
            home,
            "loadtest",
            url,
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
        with serving(binary, home) as url:
            done = run(binary, home, "loadtest", url, "--people", "1", "--duration", "1", "--publish", str(video))
    else:
        done = run(binary, home, *words)
    assert done.returncode == 2
    assert "PyAV" in done.stderr or "library av" in done.stderr
    assert len(done.stderr.splitlines()) == 1
