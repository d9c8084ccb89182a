"""Who has a port: the process that holds its socket, from Linux's `/proc`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Protocol = Literal["TCP", "UDP"]

PROC = Path("/proc")

_WAITS = {"TCP": "0A", "UDP": "07"}
"""State of a socket that waits for others: `TCP_LISTEN` and `TCP_CLOSE` of Linux's `tcp_states.h`."""
_LOCAL, _STATE, _INODE = 1, 3, 9
"""Columns of `/proc/net/tcp` and `udp` (proc_net_tcp(5))."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def owner_of(protocol: Protocol, port: int, proc: Path = PROC) -> Owner | None:
    """Return the process that waits on a port. None: nobody does, or this user may not see who it is."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(protocol, port, proc)}
    if not wanted:
        return None
    for process in proc.glob("[0-9]*"):
        if any(link in wanted for link in _links(process / "fd")):
            return Owner(int(process.name), _first_line(process / "comm"))
    return None


def file_limit(pid: int, proc: Path = PROC) -> int | None:
    """Return how many files a process may have open at most (the hard limit); None: this user may not see it."""
    for line in _lines(proc / str(pid) / "limits"):
        if line.startswith("Max open files"):
            most = line.split()[4]
            return int(most) if most.isdecimal() else None
    return None


def _inodes(protocol: Protocol, port: int, proc: Path) -> Iterator[str]:
    for name in (protocol.lower(), f"{protocol.lower()}6"):
        for line in _lines(proc / "net" / name)[1:]:
            columns = line.split()
            if columns[_STATE] == _WAITS[protocol] and int(columns[_LOCAL].rpartition(":")[2], 16) == port:
                yield columns[_INODE]


def _links(folder: Path) -> Iterator[str]:
    try:
        for entry in folder.iterdir():
            yield str(entry.readlink())
    except OSError:
        return  # another user's process, or one that has just ended


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _first_line(path: Path) -> str:
    return next(iter(_lines(path)), "a program")
