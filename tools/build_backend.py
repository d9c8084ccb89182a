"""Builds packages as setuptools does, but none without the page, as `pip wheel` of an unbuilt clone would be."""

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

_PAGE = Path(__file__).resolve().parent.parent / "web" / "static" / "index.html"


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """The hook of PEP 517. Ends the build with a line where the page is missing."""
    if not _PAGE.is_file():
        sys.exit("milanio: the page isn't built, and the package would lack it; run make build first")
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name
