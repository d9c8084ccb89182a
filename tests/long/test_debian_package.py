"""The Debian package: made, looked into, installed into a folder, and started there by a user without rights."""

import os
import re
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from signaling.version import version
from tests import times
from tests.integration.guide import program as tool
from tests.long.installed import ROOT, empty_folder, make, page, run, serving
from web.config import Settings

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]

CONFIGURATION = Path("etc/milanio/milanio.toml")
UNIT = Path("usr/lib/systemd/system/milanio.service")


def _output(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, timeout=times.seconds(300)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package() -> Path:
    """The package that `make deb` makes."""
    return ROOT / make("deb")[-1]


@pytest.fixture(scope="module")
def unpacked(package: Path) -> Iterator[Path]:
    # Not pytest's folders, which are for one user.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        _output("dpkg-deb", "--extract", package, folder)
        yield Path(folder)


def test_it_says_what_it_is_and_needs(package: Path) -> None:
    architecture = _output("dpkg", "--print-architecture").strip()
    assert package.name == f"milanio_{version()}_{architecture}.deb"
    fields = dict(
        line.split(": ", 1) for line in _output("dpkg-deb", "--field", package).splitlines() if line[0] != " "
    )
    assert (fields["Package"], fields["Version"], fields["Architecture"]) == ("milanio", version(), architecture)
    assert re.fullmatch(r"libc6 \(>= 2\.\d+\), passwd", fields["Depends"])
    assert 50_000 < int(fields["Installed-Size"]) < 300_000
    print(f"\n{package.stat().st_size / 1e6:.0f} MB, installed {int(fields['Installed-Size']) / 1e3:.0f} MB")


def test_all_of_it_is_root_s_and_nobody_else_may_write(package: Path) -> None:
    lines = [line.split() for line in _output("dpkg-deb", "--contents", package).splitlines()]
    assert {line[1] for line in lines} == {"root/root"}
    assert not [line for line in lines if line[0][0] != "l" and (line[0][5] == "w" or line[0][8] == "w")]
    names = {line[5].removeprefix("./") for line in lines}
    assert {"usr/bin/milanio", "usr/share/doc/milanio/copyright", str(CONFIGURATION), str(UNIT)} <= names
    tops = {name.split("/")[0] for name in names if name}
    assert tops == {"etc", "usr"}


def test_its_service_is_that_of_the_guide_with_the_package_s_places(unpacked: Path, tmp_path: Path) -> None:
    unit, guide = (unpacked / UNIT).read_text(), (ROOT / "deploy/systemd/milanio.service").read_text()
    changed = set(unit.splitlines()) - set(guide.splitlines())
    assert changed == {
        "WorkingDirectory=/var/lib/milanio",
        "ExecStart=/usr/bin/milanio serve",
        "ReadWritePaths=/var/lib/milanio",
    }
    path = tmp_path / "milanio.service"
    path.write_text(unit)
    _output(tool("systemd-analyze"), "security", "--offline=true", "--threshold=30", path)


def test_its_settings_are_ones_that_there_are(unpacked: Path) -> None:
    written = tomllib.loads((unpacked / CONFIGURATION).read_text())
    settings = Settings.model_validate(written)
    assert settings.data == Path("/var/lib/milanio")
    assert (settings.registration, settings.guest_rooms) == ("closed", False)


def test_its_command_serves_for_a_user_without_rights(unpacked: Path) -> None:
    command = unpacked / "usr/bin/milanio"
    with empty_folder() as home:
        said = run(command, home, "--version")
        assert (said.returncode, said.stdout) == (0, f"milanio {version()} (compiled)\n")
        with serving(command, home) as server:
            assert 'id="root"' in page(server.url)


@pytest.mark.skipif(os.getuid() != 0, reason="only root installs packages")
def test_installing_makes_the_user_and_keeps_settings_and_data_from_others(package: Path, tmp_path: Path) -> None:
    system = tmp_path / "system"
    for folder in ("etc", "var/lib/dpkg/info", "var/lib/dpkg/updates"):
        (system / folder).mkdir(parents=True)
    for name in ("passwd", "group", "shadow", "gshadow"):
        (system / "etc" / name).touch()
    (system / "var/lib/dpkg/status").touch()
    # Its C library isn't there, and its scripts can't be run in there.
    dpkg = ("dpkg", f"--root={system}", "--force-depends", "--force-script-chrootless", "--no-triggers")
    assert "set domain in /etc/milanio/milanio.toml" in _output(*dpkg, "--install", package)
    name, _, uid, gid, _, home, shell = (system / "etc/passwd").read_text().strip().split(":")
    assert (name, home, shell) == ("milanio", "/var/lib/milanio", "/usr/sbin/nologin")
    data, configuration = (system / "var/lib/milanio").stat(), (system / CONFIGURATION).stat()
    assert (data.st_uid, data.st_gid, stat.S_IMODE(data.st_mode)) == (int(uid), int(gid), 0o700)
    assert (configuration.st_uid, configuration.st_gid) == (0, int(gid))
    assert stat.S_IMODE(configuration.st_mode) == 0o640

    # Installed once more, removed and purged, it keeps what people have.
    kept = system / "var/lib/milanio/secret.key"
    kept.write_text("key")
    (system / CONFIGURATION).write_text('domain = "meet.example.org"\n')
    _output(*dpkg, "--install", package)
    assert "meet.example.org" in (system / CONFIGURATION).read_text()
    _output(*dpkg, "--remove", "milanio")
    assert not (system / "usr/bin/milanio").exists()
    assert (system / CONFIGURATION).exists()
    assert "is still there" in _output(*dpkg, "--purge", "milanio")
    assert not (system / CONFIGURATION).exists()
    assert kept.read_text() == "key"
