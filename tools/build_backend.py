"""Builds packages as setuptools does, but refuses an unbuilt clone, whose package would lack what make builds."""

import sys
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
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


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """The hook of PEP 517. Ends the build with a line if something is missing."""
    for what, path in _BUILT.items():
        if not path.is_file():
            sys.exit(f"milanio: the package would lack {what}; run make build first")
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name
