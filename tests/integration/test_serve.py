"""The command `milanio serve` from outside: what an operator sees when something is wrong, and a clean end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests import times
from web import page


def _serve(*flags: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    root = Path(page.__file__).resolve().parent.parent
    return subprocess.Popen(
        [sys.executable, "-m", "web.cli", "serve", *flags],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(root), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _refused(process: subprocess.Popen[str]) -> str:
    """The one line that a start which can't be says; the exit status is 2."""
    _, errors = process.communicate(timeout=times.seconds(20))
    assert process.returncode == 2, errors
    lines = errors.strip().splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("milanio: ")
    return lines[0]


def test_a_tcp_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = _refused(_serve("--host", "127.0.0.1", "--port", str(port), cwd=tmp_path))
    assert line == f"milanio: TCP port {port} is in use by another program; choose another with --port"


def test_a_udp_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        line = _refused(_serve("--host", "127.0.0.1", "--port", "0", "--media-port", str(port), cwd=tmp_path))
    assert line == f"milanio: UDP port {port} is in use by another program; choose another with --media-port"


@pytest.mark.parametrize(
    ("flags", "env", "words"),
    [
        (("--port", "70000"), {}, "port"),
        (("--announce", "nowhere"), {}, "announce"),
        (("--host", "not-an-address"), {}, "host"),
        ((), {"MILANIO_PORT": "many"}, "port"),
        (("--data", "/proc/nothing"), {}, "data folder /proc/nothing"),
    ],
)
def test_a_bad_setting_is_one_clear_line(
    tmp_path: Path, flags: tuple[str, ...], env: dict[str, str], words: str
) -> None:
    assert words in _refused(_serve(*flags, cwd=tmp_path, env=env))


def test_a_missing_build_is_one_clear_line(tmp_path: Path) -> None:
    code = "import web.page, pathlib, web.cli; web.page.STATIC = pathlib.Path('nowhere'); exit(web.cli.main(['serve']))"
    root = Path(page.__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=times.seconds(20),
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip() == "milanio: the page isn't built; run make build, or install Milanio from a package"


def test_it_serves_the_page_with_its_headers_and_ends_on_sigterm(tmp_path: Path) -> None:
    process = _serve("--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path / "data"), cwd=tmp_path)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split()[3].rstrip(",")
        with urllib.request.urlopen(f"{url}/r/any-code") as response:
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
            assert response.headers["Cache-Control"] == "no-cache"
            text = response.read().decode()
        asset = text.split('src="')[1].split('"')[0]
        with urllib.request.urlopen(url + asset) as response:
            assert "immutable" in response.headers["Cache-Control"]
        with urllib.request.urlopen(f"{url}/api/health") as response:
            assert response.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=times.seconds(20))
    assert process.returncode == 0, errors
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0
