import os
from pathlib import Path

import pytest

from web.doctor import machine
from web.doctor.finding import Level
from web.doctor.machine import Disk, Sockets

MIB = 1 << 20


@pytest.mark.parametrize(
    ("system", "release", "level"),
    [
        ("Linux", "6.18.44-arch1", Level.OK),
        ("Linux", "4.18.0-553.el8", Level.OK),
        ("Linux", "4.15.0-200-generic", Level.WARNING),
        ("Darwin", "24.1", Level.WARNING),
    ],
)
def test_kernels(system: str, release: str, level: Level) -> None:
    assert machine.check_kernel(system, release).level is level


def test_two_datagrams_are_sent_at_once_over_a_real_socket() -> None:
    found = machine.try_sockets()
    assert found.receive > 0
    assert found.send > 0
    assert machine.check_segments(found).level is (Level.OK if found.segments else Level.WARNING)


def test_small_buffers_are_told_with_the_line_that_mends_them() -> None:
    enough = Sockets(segments=True, receive=8 * MIB, send=8 * MIB)
    assert machine.check_buffers(enough).level is Level.OK
    found = machine.check_buffers(Sockets(segments=True, receive=425_984, send=8 * MIB))
    assert found.level is Level.WARNING
    assert "208 kB to receive" in found.text
    assert "net.core.rmem_max=4194304" in found.advice
    assert "wmem_max" not in found.advice


@pytest.mark.parametrize(
    ("limit", "level"),
    [(None, Level.OK), (65_536, Level.OK), (4096, Level.WARNING), (1024, Level.WARNING), (256, Level.PROBLEM)],
)
def test_limits_of_open_files(limit: int | None, level: Level) -> None:
    found = machine.check_files(limit, running=True)
    assert found.level is level
    assert ("LimitNOFILE" in found.advice) == (level is not Level.OK)


def test_a_folder_that_can_be_written(tmp_path: Path) -> None:
    found = machine.try_disk(tmp_path)
    assert (found.exists, found.error, found.free is not None) == (True, "", True)
    assert list(tmp_path.iterdir()) == []
    missing = machine.try_disk(tmp_path / "not" / "yet")
    assert (missing.exists, missing.error) == (False, "")
    assert not (tmp_path / "not").exists()


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    found = machine.check_disk(machine.try_disk(tmp_path / "data"))
    assert found.level is Level.PROBLEM
    assert "isn't a folder" in found.text
    assert machine.check_disk(machine.try_disk(tmp_path / "data" / "below")).level is Level.PROBLEM


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        found = machine.check_disk(machine.try_disk(tmp_path))
        below = machine.check_disk(machine.try_disk(tmp_path / "data"))
    finally:
        tmp_path.chmod(0o700)
    # Root may write everywhere.
    assert found.level is (Level.OK if os.geteuid() == 0 else Level.PROBLEM)
    assert below.level is found.level


@pytest.mark.parametrize(
    ("free", "level"), [(None, Level.OK), (5 << 30, Level.OK), (500 * MIB, Level.WARNING), (20 * MIB, Level.PROBLEM)]
)
def test_room_on_the_disk(free: int | None, level: Level) -> None:
    assert machine.check_disk(Disk(Path("/srv/data"), exists=True, free=free)).level is level


def test_a_check_by_root_of_somebody_elses_folder_says_so() -> None:
    found = machine.check_disk(Disk(Path("/srv/data"), exists=True, free=5 << 30, stranger=True))
    assert found.level is Level.WARNING
    assert "sudo -u" in found.advice
