"""The files of `deploy` for systemd and containers: what can be checked without either."""

import configparser
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from tests import times
from tests.integration.guide import program
from tests.integration.process import running
from web.config import Settings
from web.config_names import PREFIX

ROOT = Path(__file__).parents[2]
CONTAINER, UNIT = ROOT / "deploy" / "container", ROOT / "deploy" / "systemd" / "milanio.service"
HEALTH = CONTAINER / "healthcheck.py"


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def test_the_unit_is_accepted_by_systemd_and_well_shut_off(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    # What it names has to be there: the program and the user.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE)
    text = re.sub(r"^(User|Group)=milanio$", r"\1=daemon", text, flags=re.MULTILINE)
    path = tmp_path / "milanio.service"
    path.write_text(text)
    # The units that it refers to, itself or as every service does: the machine may have no others.
    for target in ("basic", "multi-user", "network-online", "shutdown", "sysinit"):
        (tmp_path / f"{target}.target").write_text("[Unit]\n")
    verified = subprocess.run(
        [analyze, "verify", str(path)], env={"SYSTEMD_UNIT_PATH": str(tmp_path)},
        capture_output=True, text=True, timeout=times.seconds(60), check=False,
    )  # fmt: skip
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=30", str(path)],
        capture_output=True, text=True, timeout=times.seconds(60), check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-200:]


def test_the_unit_may_have_low_ports_and_nothing_else_of_root() -> None:
    service = unit()["Service"]
    assert service["User"] == "milanio"
    assert service["AmbientCapabilities"] == service["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"
    assert int(service["LimitNOFILE"]) >= 8192
    guide = (ROOT / "docs" / "self-hosting.md").read_text()
    assert service["WorkingDirectory"] in guide
    assert service["ExecStart"].split()[0] in guide


def test_compose_sets_only_what_there_is_and_shuts_containers_off() -> None:
    services = yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"]
    milanio = services["milanio"]
    for name in milanio["environment"]:
        assert name.removeprefix(PREFIX).lower() in Settings.model_fields
    assert milanio["read_only"] is True
    assert milanio["cap_drop"] == ["ALL"]
    assert (ROOT / milanio["build"]["dockerfile"]).is_file()
    assert {"443:443/tcp", "443:443/udp"} <= set(milanio["ports"])
    assert all("no-new-privileges:true" in each["security_opt"] for each in services.values())


def test_the_container_runs_as_nobody_in_particular() -> None:
    text = (CONTAINER / "Containerfile").read_text()
    final = text[text.rindex("\nFROM ") :]
    assert "USER 10001:0" in final
    assert "HEALTHCHECK" in final
    assert 'ENTRYPOINT ["milanio"]' in final
    copied = re.findall(r"^COPY (?!--from)(\S+) ", final, re.MULTILINE)
    assert copied
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_is_built_with_all_that_the_page_imports_from_elsewhere() -> None:
    """The page's type check reads its tests, too, and they read files of `tests`, of which the image gets no others."""
    lines = (CONTAINER / "Containerfile.dockerignore").read_text().split()
    page = ROOT / "web" / "ui"
    sources = [path for folder in ("src", "tests") for path in (page / folder).rglob("*.ts*")]
    outside = set()
    for source in sources:
        for name in re.findall(r"""from ["'](\.\.?/[^"']+)["']""", source.read_text()):
            path = (source.parent / name).resolve()
            if not path.is_relative_to(page):
                outside.add(path.relative_to(ROOT))
    assert outside
    for path in outside:
        # Whether the last pattern that matches the file, or a folder above it, leaves it out.
        taken = [line for line in lines if any(each.match(line.removeprefix("!")) for each in (path, *path.parents))]
        assert not taken or taken[-1].startswith("!"), path


def check(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """What the health check says in that folder, with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, str(HEALTH)],
        cwd=folder,
        env={**kept, **{f"{PREFIX}{name}": value for name, value in settings.items()}},
        capture_output=True, text=True, timeout=times.seconds(30), check=False,
    )  # fmt: skip


@pytest.mark.asyncio
async def test_the_health_check_says_whether_the_server_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        unused = str(other.getsockname()[1])
    (tmp_path / "run").mkdir()
    (empty := tmp_path / "empty").mkdir()
    (written := tmp_path / "written").mkdir()
    async with running(tmp_path / "run") as server:
        port = server.url.rpartition(":")[2]
        assert check(empty, PORT=port).returncode == 0
        # As the server does, it takes what the file says, and rather what the environment says.
        (written / "milanio.toml").write_text(f"port = {port}\n")
        assert check(written).returncode == 0
        assert check(empty, CONFIG=str(written / "milanio.toml")).returncode == 0
        assert check(written, PORT=unused).returncode == 1
        (written / "milanio.toml").write_text(f'port = {port}\ndomain = "meet.example"\n')
        assert "https://" in check(written).stderr
    done = check(empty, PORT=unused)
    assert done.returncode == 1
    assert "refused" in done.stderr
