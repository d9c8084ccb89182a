"""Compiles the modules that pyproject.toml lists under `tool.milanio`, if `tools/build_backend.py` asks for it."""

import os
import tomllib
from pathlib import Path

from setuptools import setup

COMPILE = "MILANIO_COMPILE"


def extensions() -> list[object]:
    """The modules as C extensions: mypyc translates them, unchanged."""
    if not os.environ.get(COMPILE):
        return []
    from mypyc.build import mypycify

    modules = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["milanio"]["compiled"]
    # Without the project's own configuration: `make check` judges types; what isn't installed here counts as untyped.
    arguments = ["--config-file=", "--ignore-missing-imports", *modules]
    return list(mypycify(arguments, opt_level="3", debug_level="0", group_name="milanio"))


setup(ext_modules=extensions())
