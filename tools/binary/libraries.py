"""Licence notices of what a packed Milanio has besides Python packages: Python, PyInstaller and system libraries."""

import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from web.cli.licences import notice

_LGPL = """psycopg and libraries of the same licence are used unchanged; their source is at https://pypi.org/project/psycopg/.
The unpacked variant of this program has them as files of their own, which you may replace."""


def notices(binaries: Iterable[str]) -> str:
    """One text for all; `binaries` are the paths of the shared libraries that are packed."""
    return "".join(_parts([Path(each).resolve() for each in binaries]))


def _parts(binaries: list[Path]) -> Iterator[str]:
    yield notice("LGPL", "", [_LGPL])
    yield notice(f"Python {sys.version.split()[0]}", "PSF-2.0", [_python()])
    packer = distribution("pyinstaller")
    texts = [path.read_text("utf-8") for path in packer.files or () if path.name == "COPYING.txt"]
    yield notice(f"PyInstaller {packer.version}, its bootloader", "GPL-2.0-or-later with an exception", texts)
    python = (Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), Path.cwd())
    system = {path for path in binaries if not any(path.is_relative_to(folder) for folder in python)}
    for package, names in sorted(_packages(system).items()):
        text = Path(f"/usr/share/doc/{package}/copyright")
        found = [text.read_text("utf-8", "replace")] if text.is_file() else []
        yield notice(f"{', '.join(sorted(names))} of the system's package {package}", "", found)


def _python() -> str:
    for folder in (sysconfig.get_path("stdlib"), sys.base_prefix):
        path = Path(folder) / "LICENSE.txt"
        if path.is_file():
            return path.read_text("utf-8")
    return "See https://docs.python.org/3/license.html"


def _packages(paths: set[Path]) -> dict[str, list[str]]:
    """Names of libraries by the Debian package that each is of; "unknown" on other systems."""
    found: dict[str, list[str]] = {}
    for path in paths:
        # Debian knows some files below /lib, and others below /usr/lib.
        for place in (path, Path(str(path).removeprefix("/usr"))):
            try:
                asked = ["dpkg", "--search", str(place)]
                done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
            except OSError:
                break
            if done.returncode == 0:
                found.setdefault(done.stdout.partition(":")[0], []).append(path.name)
                break
        else:
            found.setdefault("unknown", []).append(path.name)
    return found
