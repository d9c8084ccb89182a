"""What the system gives: its kernel, socket buffers, open files, and place on the disk."""

import os
import shutil
import socket
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sfu.net.udp import RECEIVE_BUFFER, SEND_BUFFER, UdpSocket
from web.doctor.finding import Finding, ok, problem, warning

GSO_SINCE = (4, 18)
"""Version of Linux from which on it splits a send into several datagrams."""

WANTED_FILES, FEW_FILES = 8192, 1024
"""Open files, one for each connection: below the first, a large call may be too much; below the second, a few are."""

LITTLE, SOME = 100 << 20, 1 << 30
"""Bytes of free space below which things will soon fail, and below which somebody should know."""

_LOOPBACK = "127.0.0.1"
_PIECE = 100
_WAIT = 1.0
"""Seconds until a datagram over loopback counts as lost."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """What a UDP socket of this machine can do, and the bytes of its buffers."""

    segments: bool
    receive: int
    send: int


def try_sockets() -> Sockets:
    """Open a socket as the relay does, and send two datagrams at once. Raises `OSError`."""
    with closing(UdpSocket(_LOOPBACK, 0)) as sender, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((_LOOPBACK, 0))
        receiver.settimeout(_WAIT)
        sender.send(bytes(2 * _PIECE), _PIECE, receiver.getsockname())
        arrived = []
        with suppress(TimeoutError):
            arrived = [len(receiver.recv(1 << 16)) for _ in range(2)]
        stats = sender.stats
        segments = sender.can_segment and not stats.limited and arrived == [_PIECE, _PIECE]
        return Sockets(segments, stats.receive_buffer, stats.send_buffer)


def check_kernel(system: str, release: str) -> Finding:
    """`system` and `release` as of `uname`."""
    if system != "Linux":
        return warning("kernel", f"{system} {release}: packets are sent one by one", "Use Linux for large calls.")
    version = tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdecimal())
    if version < GSO_SINCE:
        return warning(
            "kernel", f"Linux {release} is older than 4.18: packets are sent one by one", "Update the system."
        )
    return ok("kernel", f"Linux {release}")


def check_segments(found: Sockets) -> Finding:
    """Check that the kernel sends many packets in one call."""
    if found.segments:
        return ok("gso", "the kernel sends many packets in one call")
    return warning(
        "gso",
        "the kernel doesn't send many packets in one call (UDP GSO): sending costs several times as much",
        "Use Linux 4.18 or later, and no sandbox such as gVisor.",
    )


def check_buffers(found: Sockets) -> Finding:
    """Check that bursts fit into the socket's buffers."""
    # Linux doubles what it was asked for, to have room for its own records (socket(7)).
    short = [
        f"net.core.{name}={wanted}"
        for name, granted, wanted in (
            ("rmem_max", found.receive, RECEIVE_BUFFER),
            ("wmem_max", found.send, SEND_BUFFER),
        )
        if granted < 2 * wanted
    ]
    granted = f"{_size(found.receive // 2)} to receive, {_size(found.send // 2)} to send"
    if not short:
        return ok("buffers", f"the relay's socket has {granted}")
    return warning(
        "buffers",
        f"the relay's socket has only {granted}: packets are lost in large calls",
        f"On the host, put into /etc/sysctl.d/milanio.conf: {' and '.join(short)}; then run sysctl --system.",
    )


def check_files(limit: int | None, *, running: bool) -> Finding:
    """Check how many files may be open; None: unknown or without limit. `running`: of the server, not of this shell."""
    whose = "the running server" if running else "this shell (the server's may differ)"
    if limit is None or limit >= WANTED_FILES:
        return ok("files", f"{whose} may open {'any number of' if limit is None else format(limit, ',')} files")
    text = f"{whose} may open {limit:,} files, one for each connection"
    advice = "Set LimitNOFILE=65536 in the systemd service, or run ulimit -n 65536 before the server."
    return (problem if limit < FEW_FILES else warning)("files", text, advice)


@dataclass(frozen=True, slots=True)
class Disk:
    """The data folder. `error`: why nothing can be written there. `free`: in bytes; None: unknown."""

    folder: Path
    exists: bool
    free: int | None
    error: str = ""
    stranger: bool = False
    """Whether this is root, and the folder somebody else's: what root can do says nothing about them."""


def try_disk(folder: Path) -> Disk:
    """Write a file into the folder, or find out whether the folder could be made."""
    folder = folder.absolute()
    place = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        free = None
    stranger = os.geteuid() == 0 and place == folder and folder.stat().st_uid != 0
    try:
        if not place.is_dir():
            raise NotADirectoryError(20, "it isn't a folder")
        if place == folder:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(4096))
                file.flush()
        elif not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(13, f"user {os.geteuid()} may not make it in {place}")
    except OSError as error:
        return Disk(folder, place == folder, free, error.strerror or str(error), stranger)
    return Disk(folder, place == folder, free, stranger=stranger)


def check_disk(disk: Disk) -> Finding:
    """Check that the data folder can be written, and that there is room."""
    if disk.error:
        return problem(
            "disk",
            f"nothing can be written to {disk.folder}: {disk.error}",
            "Give the folder to the user who runs Milanio (chown), make room, or name another one (--data).",
        )
    room = "" if disk.free is None else f", {_size(disk.free)} free"
    if disk.free is not None and disk.free < SOME:
        found = problem if disk.free < LITTLE else warning
        return found(
            "disk", f"{disk.folder} has {_size(disk.free)} left", "Make room, or name another folder (--data)."
        )
    if disk.stranger:
        return warning(
            "disk",
            f"{disk.folder} belongs to another user than root, who runs this check",
            "Run it as that user: sudo -u milanio milanio doctor.",
        )
    if not disk.exists:
        return ok("disk", f"{disk.folder} will be made when the server starts{room}")
    return ok("disk", f"{disk.folder} can be written{room}")


def _size(number: int) -> str:
    for unit, length in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if number >= length:
            return f"{number / length:,.0f} {unit}"
    return f"{number} bytes"
