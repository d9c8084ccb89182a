"""Handles for the measured processes: the relay alone, or a whole server, of this tree or another one."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from sfu.secure.dtls import Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire.rtp import Mid, Rid
from sfu.wire.stun import Address

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path("tests/bench/program.py")
PUBLISH_MID = Mid("send")
RIDS = (Rid("q"), Rid("h"), Rid("f"))


class ProgramError(Exception):
    """The process ended, or it runs another tree than requested."""


class _Process:
    def __init__(self, root: Path, *words: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MILANIO_")}
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            # Without -P the program's folder would come first in the module search path.
            [sys.executable, "-P", str(root / PROGRAM), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**kept, "PYTHONPATH": str(root)},
            cwd=root,
            text=True,
        )
        self.hello = self._read()
        if Path(self.hello["root"]) != root.resolve():
            self.stop()
            raise ProgramError(f"{root} was to be measured, not {self.hello['root']}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self.errors.seek(0)
            raise ProgramError(f"the process that is measured has ended: {self.errors.read()[-2000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def log(self) -> str:
        """Its log so far: warnings and errors."""
        self.errors.flush()
        return os.pread(self.errors.fileno(), 1 << 24, 0).decode(errors="replace")

    def call(self, name: str, *arguments: Any) -> Any:
        """Run one of the commands; returns its result."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self._process.stdin.flush()
        return self._read()["result"]

    def stop(self) -> None:
        """Stop the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self.errors.close()


class RelayProcess(_Process):
    """A relay; `fingerprint` and `address` are what clients need."""

    def __init__(self, core: int | None = None, host: str = "127.0.0.1", root: Path = ROOT) -> None:
        """Start it, bound to a core if one is given."""
        super().__init__(root, "relay", host, "" if core is None else str(core))
        self.fingerprint = Fingerprint(*self.hello["fingerprint"])
        self.address: Address = (host, self.hello["media_port"])

    def add(
        self, name: str, local: Credentials, peer: Fingerprint, sends: str, videos: int, audios: int
    ) -> Credentials:
        """Add a participant: see `Commands.add`."""
        words = [local.ufrag, local.password], [peer.algorithm, peer.value], sends, videos, audios
        return Credentials(*self.call("add", name, *words))


class ServerProcess(RelayProcess):
    """A whole server without rate limits, at `url`, and a separate room of the relay."""

    def __init__(self, core: int | None, data: Path, root: Path = ROOT) -> None:
        host = "127.0.0.1"
        _Process.__init__(self, root, "server", host, "" if core is None else str(core), str(data.resolve()))
        self.fingerprint = Fingerprint(*self.hello["fingerprint"])
        self.address = (host, self.hello["media_port"])
        self.url = f"http://{host}:{self.hello['port']}"
