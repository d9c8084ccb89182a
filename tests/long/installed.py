"""Milanio where nothing else of it is: started from an empty folder by a user without rights."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import times

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def make(target: str) -> list[str]:
    """Make something in the clone; the lines that were printed."""
    # As part of a test that make itself runs, it would also print which folder it enters and leaves.
    words = ["make", "--no-print-directory", target]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=2400)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@contextmanager
def empty_folder() -> Iterator[Path]:
    """An empty folder of the user who runs it."""
    # Not pytest's folders, which are for one user.
    with TemporaryDirectory() as folder:
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


def surroundings(home: Path, **variables: str) -> dict[str, Any]:
    """An empty folder, no rights, and nothing in the environment but these variables."""
    nobody: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "MILANIO_MEDIA_PORT": "0", **variables}
    return {"cwd": home, "env": environment, **nobody}


def run(program: Path, home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [str(program), *words],
        **surroundings(home, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    url: str
    pid: int


@contextmanager
def serving(program: Path, home: Path, **variables: str) -> Iterator[Served]:
    """A server, which ends well on SIGTERM."""
    words = [str(program), "serve", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(words, **surroundings(home, **variables), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield Served(server.stdout.readline().split()[3].rstrip(","), server.pid)
            server.terminate()
            assert server.wait(times.seconds(10)) == 0
        finally:
            server.kill()


def page(url: str) -> str:
    """What the server answers to a browser that opens it."""
    with urllib.request.urlopen(url, timeout=times.seconds(10)) as answer:
        return str(answer.read().decode())
