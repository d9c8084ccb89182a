"""The two forms of the modules that wheels and the binary carry compiled: C extensions, and the source beside them.

Python prefers the extension. `MILANIO_PURE=1` makes it take the source: to find out whether a fault is in the compiled
form, to debug, to profile. Without compiled modules, as in a clone, there is nothing to choose.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType

VARIABLE = "MILANIO_PURE"

_EXAMPLE = "sfu.path.forwarder"
"""Compiled where any module is."""

_PACKAGES = ("sfu.", "signaling.")
"""Beginnings of the names of modules that may be compiled."""


class _SourceFinder(MetaPathFinder):
    """Finds modules by their source alone, and leaves those without one to the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith(_PACKAGES):
            return None
        for folder in path:
            spec = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
        return None


def choose() -> None:
    """Follow the environment; before any of those modules is imported."""
    if os.environ.get(VARIABLE, "") not in ("", "0"):
        sys.meta_path.insert(0, _SourceFinder())


def form() -> str:
    """Which form this process runs, in words."""
    spec = find_spec(_EXAMPLE)
    return "compiled" if spec is not None and isinstance(spec.loader, ExtensionFileLoader) else "pure Python"
