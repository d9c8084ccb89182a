"""The program in one file, and in a folder: made, and used where nothing else of Milanio is."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.long.browsers import three_call
from tests.long.installed import ROOT, empty_folder, make, page, run, serving

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A folder with nothing but what `make binary` makes, unpacked."""
    make("binary")
    # Not pytest's folders, which are for one user.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shutil.copy(ROOT / "dist" / "milanio", folder)
        [packed] = (ROOT / "dist").glob("milanio-*-linux-*.tar.gz")
        subprocess.run(["tar", "--extract", "--gzip", "--file", str(packed), "--directory", folder], check=True)
        yield Path(folder)


@pytest.fixture(scope="module", params=["one file", "unpacked"])
def binary(made: Path, request: pytest.FixtureRequest) -> Path:
    """The program, in both variants."""
    if request.param == "one file":
        return made / "milanio"
    [program] = made.glob("milanio-*-linux-*/milanio")
    return program


@pytest.fixture
def home() -> Iterator[Path]:
    with empty_folder() as folder:
        yield folder


@pytest.mark.parametrize(("variables", "form"), [({}, "compiled"), ({"MILANIO_PURE": "1"}, "pure Python")])
def test_it_says_its_version_and_form(binary: Path, home: Path, variables: dict[str, str], form: str) -> None:
    done = run(binary, home, "--version", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("milanio ")
    assert done.stdout.endswith(f" ({form})\n")


def test_it_has_the_licence_notices_of_all_its_parts(binary: Path, home: Path) -> None:
    done = run(binary, home, "licences")
    assert (done.returncode, done.stderr) == (0, "")
    for part in ("milanio", "aiohttp", "psycopg", "cryptography", "react", "Python", "PyInstaller"):
        assert f"\n{part} " in done.stdout, part
    assert "\nav " not in done.stdout
    assert "\naiortc " not in done.stdout


def test_it_serves_and_plays_a_load_test(binary: Path, home: Path) -> None:
    with serving(binary, home) as server:
        assert 'id="root"' in page(server.url)
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


@pytest.mark.asyncio
async def test_three_chromium_call_where_there_is_no_other_program(binary: Path, home: Path) -> None:
    begun = time.monotonic()
    # No folder of programs: neither Node.js nor a compiler, nor anything else.
    with serving(binary, home, PATH=str(home)) as server:
        print(f"\nready after {time.monotonic() - begun:.1f} s: {binary}")
        await three_call(server.url)


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
