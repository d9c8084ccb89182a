"""A network of a test's own, in which it is root: only there may tests take the real ports."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.process import ROOT

ADDRESS = "203.0.113.7"
"""Of the machine that the test has for itself."""

_PREPARE = 'ip link set lo up && ip address add "$1/32" dev lo && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'


def _unshare() -> tuple[str, ...]:
    """The command that enters new namespaces, as any user where the system lets them, or as root."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip")
    tried = [("unshare", "--user", "--map-root-user", "--net", "--mount"), ("unshare", "--net", "--mount")]
    for command in tried:
        if (
            subprocess.run((*command, "ip", "link", "set", "lo", "up"), check=False, capture_output=True).returncode
            == 0
        ):
            return command
    pytest.skip("this system permits no network namespaces to this user")


async def run_in_own_network(folder: Path, module: str, *words: str, hosts: tuple[str, ...] = ()) -> str:
    """Run a module in a network that has nothing but these names and one address; returns its output."""
    names = folder / "hosts"
    names.write_text(f"127.0.0.1 localhost\n{ADDRESS} {' '.join(hosts)}\n")
    command = (*_unshare(), "sh", "-c", _PREPARE, "sh", ADDRESS, str(names), sys.executable, "-m", module, *words)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**os.environ, "PYTHONPATH": ROOT}, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0
    return output.decode()
