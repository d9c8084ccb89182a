"""apt-get is started again while another apt holds a lock, and only then."""

import os
import subprocess
from pathlib import Path

TOOL = Path(__file__).resolve().parents[3] / "tools" / "apt-wait"

_APT = """#!/bin/sh
echo "$@" >> "$CALLS"
[ $(wc -l < "$CALLS") -gt "$FAILURES" ] && exit 0
echo "$ERROR" >&2
exit 100
"""
LOCKED = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)"


def _run(folder: Path, *, failures: int, error: str, wait: int = 600) -> tuple[int, str, list[str]]:
    """The exit status, the errors, and the arguments of each apt-get."""
    fake = folder / "apt-get"
    fake.write_text(_APT)
    fake.chmod(0o755)
    (folder / "sleep").symlink_to("/bin/true")
    calls = folder / "calls"
    calls.touch()
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CALLS": str(calls),
        "FAILURES": str(failures),
        "ERROR": error,
        "MILANIO_APT_WAIT": str(wait),
    }
    done = subprocess.run([TOOL, "update", "-qq"], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, calls.read_text().splitlines()


def test_a_held_lock_is_waited_for(tmp_path: Path) -> None:
    status, errors, calls = _run(tmp_path, failures=1, error=LOCKED)
    assert status == 0
    assert errors.count("waiting") == 1
    assert [call.endswith("update -qq") for call in calls] == [True, True]
    assert "DPkg::Lock::Timeout=600" in calls[0]


def test_another_error_is_told_at_once(tmp_path: Path) -> None:
    status, errors, calls = _run(tmp_path, failures=9, error="E: Unable to locate package chromium")
    assert (status, errors, len(calls)) == (100, "E: Unable to locate package chromium\n", 1)


def test_a_lock_that_is_never_freed_is_given_up(tmp_path: Path) -> None:
    status, errors, calls = _run(tmp_path, failures=9, error=LOCKED, wait=2)
    assert status == 100
    assert errors.endswith(f"{LOCKED}\n")
    assert len(calls) == 2
