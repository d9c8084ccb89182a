"""The licence notices of what an installation consists of."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from web.cli import licences, main

ROOT = Path(__file__).parents[3]


def test_every_part_that_milanio_needs_is_there_with_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["licences"]) == 0
    said = capsys.readouterr().out
    names = {part.name for part in licences.installed()}
    assert names >= {"milanio", "aiohttp", "multidict", "psycopg", "psycopg-binary", "cryptography", "cffi"}
    assert not names & {"pytest", "mypy", "pip"}
    for name in names:
        assert f"\n{name} " in said
    assert said.startswith(f"{'=' * 80}\nmilanio ")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in said
    assert "Apache License" in said


def test_what_is_not_installed_is_left_out() -> None:
    assert licences.installed("no-such-package") == []


def test_the_page_s_packages_are_told_without_those_that_only_build(tmp_path: Path) -> None:
    packages = {
        "": {"version": "0"},
        "node_modules/@scope/shown": {"version": "1.2.3", "license": "MIT"},
        "node_modules/builder": {"version": "2.0.0", "license": "ISC", "dev": True},
        "node_modules/elsewhere": {"version": "3.0.0", "license": "ISC", "optional": True},
    }
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": packages}))
    for name in ("@scope/shown", "builder"):
        (tmp_path / "node_modules" / name).mkdir(parents=True)
        (tmp_path / "node_modules" / name / "LICENSE.md").write_text(f"Terms of {name}\n")
    target = tmp_path / "licences.txt"
    subprocess.run([sys.executable, str(ROOT / "tools" / "page-licences"), str(tmp_path), str(target)], check=True)
    rule = "=" * 80
    assert target.read_text() == f"{rule}\n@scope/shown 1.2.3 (MIT), in the page\n{rule}\n\nTerms of @scope/shown\n\n"
