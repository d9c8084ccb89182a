"""Builds packages as setuptools does, with the modules of the packet path compiled by mypyc.

`MILANIO_PURE=1` leaves them as they are: then the wheel is one for all machines, and no C compiler is needed. An
unbuilt clone is refused, as its package would lack what make builds.
"""

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

_ROOT = Path(__file__).resolve().parent.parent
_BUILT = {
    "the page": _ROOT / "web" / "static" / "index.html",
    "the clips of load tests": _ROOT / "signaling" / "loadtest" / "clips" / "speech.clip",
}
_COMPILER = ["mypy[mypyc]==2.4.1"]
"""The version in requirements-dev.lock."""


def _pure() -> bool:
    return os.environ.get("MILANIO_PURE", "") not in ("", "0")


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """The hook of PEP 517: what the build needs besides setuptools."""
    found: list[str] = build_meta.get_requires_for_build_wheel(config_settings)
    return found if _pure() else [*found, *_COMPILER]


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """The hook of PEP 517. Ends the build with a line if something is missing."""
    for what, path in _BUILT.items():
        if not path.is_file():
            sys.exit(f"milanio: the package would lack {what}; run make build first")
    if not _pure():
        _look_for_compiler()
        os.environ["MILANIO_COMPILE"] = "1"
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def _look_for_compiler() -> None:
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not shutil.which(compiler):
        missing = f"a C compiler ({compiler}; Debian: apt install gcc)"
    elif not header.is_file():
        missing = f"Python's headers ({header}; Debian: apt install python3-dev)"
    else:
        return
    sys.exit(f"milanio: compiling needs {missing}; MILANIO_PURE=1 builds a wheel without compiled modules")
