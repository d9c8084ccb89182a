"""The wheel with compiled modules: installed where nothing else of Milanio is, and judged by the project's tests."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.long.browsers import three_call
from tests.long.installed import ROOT, empty_folder, make, page, run, serving

SOURCES = ("docs", "sfu", "signaling", "storage", "tests", "tools", "web")

PATCHING = (
    *(
        f"tests/sim/test_failures.py::test_an_exception_ends_the_transport_at_fault_and_nobody_else_misses_a_packet[{step}]"
        for step in (
            "Encoding.received of a",
            "Encoding.take_batch of a",
            "Encoding.replay of a",
            "Batch.layout of a",
            "Forwarder._write_layout of b",
            "Relay._distribute of a",
            "Relay._settle of b",
            "Relay._schedule of b",
        )
    ),
    "tests/unit/sfu/net/test_server.py::test_a_turn_of_the_loop_is_bounded_in_time_whatever_datagrams_and_timers_cost",
    "tests/unit/sfu/net/test_server.py::test_before_timers_judge_silence_a_late_loop_looks_whether_something_waits",
    "tests/unit/sfu/net/test_server.py::test_what_had_come_before_is_heard_once_a_whole_buffer_was_read_after_it",
    "tests/unit/sfu/path/test_thinning.py::test_viewers_of_the_same_layers_share_one_layout",
)
"""Tests that replace methods of compiled classes, which nothing can: compiled code calls them directly."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def wheel() -> Path:
    """The wheel that `make wheel` makes."""
    return ROOT / make("wheel")[-1]


def _interpreter() -> str:
    """A Python of this version that the unprivileged user can start, too."""
    for each in (os.path.realpath(sys.executable), "/usr/bin/python{}.{}".format(*sys.version_info)):
        with empty_folder() as home:
            try:
                if run(Path(each), home, "-c", "").returncode == 0:
                    return each
            except OSError:
                pass
    pytest.skip("no Python of this version that an unprivileged user can start")


@pytest.fixture(scope="module")
def program(wheel: Path) -> Iterator[Path]:
    """The command of a bare environment in which only the wheel and what it needs are installed."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run([_interpreter(), "-m", "venv", "--without-pip", folder], check=True, timeout=300)
        pip = [sys.executable, "-m", "pip", "--python", f"{folder}/bin/python", "install", "--quiet"]
        # Not from the clone, or where it is in the search path: there, pip would find Milanio installed already.
        outside: dict[str, Any] = {
            "cwd": folder,
            "env": {name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        }
        locked = ["--require-hashes", "-r", str(ROOT / "requirements.lock")]
        subprocess.run([*pip, *locked], check=True, timeout=900, **outside)
        subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, timeout=300, **outside)
        yield Path(folder) / "bin" / "milanio"


@pytest.fixture
def home() -> Iterator[Path]:
    with empty_folder() as folder:
        yield folder


@pytest.mark.parametrize(("variables", "form"), [({}, "compiled"), ({"MILANIO_PURE": "1"}, "pure Python")])
def test_it_serves_the_page_and_plays_a_load_test_in_both_forms(
    program: Path, home: Path, variables: dict[str, str], form: str
) -> None:
    said = run(program, home, "--version", **variables)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith(f" ({form})\n")
    with serving(program, home, **variables) as server:
        assert 'id="root"' in page(server.url)
        loaded = Path(f"/proc/{server.pid}/maps").read_text()
        assert ("milanio__mypyc" in loaded) is (form == "compiled")
        words = ("loadtest", server.url, "--people", "3", "--duration", "3", "--json", "found.json")
        done = run(program, home, *words, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((home / "found.json").read_text())
    assert found["joins"]["succeeded"] == 3
    assert found["loss"] == 0
    assert found["first_frame"]["p95_s"] > 0


@pytest.mark.asyncio
async def test_three_chromium_call_where_there_is_no_other_program(program: Path, home: Path) -> None:
    with serving(program, home, PATH=str(home)) as server:
        await three_call(server.url)


def _tree(folder: Path, wheel: Path) -> None:
    """Copy the project, with the compiled modules of the wheel."""
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, folder)
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder, [name for name in packed.namelist() if name.endswith(".so")])


def test_the_relay_s_and_the_load_test_s_own_tests_pass_with_the_compiled_form(wheel: Path, tmp_path: Path) -> None:
    _tree(tmp_path, wheel)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MILANIO_", "PYTEST_"))}
    # Not the clone, which an editable install puts into the search path.
    environment["PYTHONPATH"] = str(tmp_path)
    python = [sys.executable, "-P"]
    form = subprocess.run(
        [*python, "-c", "from sfu import forms; print(forms.__file__, forms.form())"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert form.stdout == f"{tmp_path}/sfu/forms.py compiled\n"
    words = ["-m", "pytest", "--quiet", "--numprocesses", "2", "-p", "no:cacheprovider"]
    folders = ["tests/unit/sfu", "tests/unit/signaling", "tests/sim", "tests/integration/loadtest"]
    deselected = [f"--deselect={test}" for test in PATCHING]
    done = subprocess.run(
        [*python, *words, *deselected, *folders],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=3000,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    print(done.stdout.splitlines()[-1])
