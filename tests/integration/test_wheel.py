"""The wheel has all that an installed Milanio needs."""

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sfu", "signaling", "storage", "web")
PAGE = ("index.html", "manifest.webmanifest", "favicon.ico", "assets/main-abc.js", "assets/main-abc.css")
BUILT = {*(f"web/static/{name}" for name in PAGE), "signaling/loadtest/clips/speech.clip"}
"""What `make build` adds to the clone, in part."""


def copy_project(folder: Path) -> None:
    """Copy what a wheel is built from, without `web/ui`, and with placeholders for what is built."""
    for package in (*PACKAGES, "tools"):
        ignored = shutil.ignore_patterns("__pycache__", "ui", "static", "clips")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in BUILT:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_a_wheel_has_every_file_of_its_packages_and_the_command(tmp_path: Path) -> None:
    copy_project(tmp_path)
    files = {
        str(path.relative_to(tmp_path))
        for package in PACKAGES
        for path in (tmp_path / package).rglob("*")
        if path.is_file()
    }
    build = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        "wheels",
        ".",
    )
    # Compiling takes minutes: tests/long/test_wheel.py tries that.
    environment = {**os.environ, "MILANIO_PURE": "1"}
    done = subprocess.run(build, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
        [points] = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        entry_points = configparser.ConfigParser()
        entry_points.read_string(wheel.read(points).decode())
    assert {name for name in names if ".dist-info/" not in name} == files
    assert {name for name in files if name.endswith("py.typed")} == {"sfu/py.typed", "signaling/py.typed"}
    assert files >= BUILT
    assert dict(entry_points["console_scripts"]) == {"milanio": "web.cli:main"}
