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
        return warning(
            "kernel.not_linux",
            "{kernel}: packets are sent one by one",
            "Use Linux for large calls.",
            kernel=f"{system} {release}",
        )
    version = tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdecimal())
    if version < GSO_SINCE:
        return warning(
            "kernel.old",
            "Linux {release} is older than 4.18: packets are sent one by one",
            "Update the system.",
            release=release,
        )
    return ok("kernel.linux", "Linux {release}", release=release)


def check_segments(found: Sockets) -> Finding:
    """Check that the kernel sends many packets in one call."""
    if found.segments:
        return ok("gso.many", "the kernel sends many packets in one call")
    return warning(
        "gso.single",
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
    granted = {"receive": _size(found.receive // 2), "send": _size(found.send // 2)}
    if not short:
        return ok("buffers.enough", "the relay's socket has {receive} to receive, {send} to send", **granted)
    return warning(
        "buffers.small",
        "the relay's socket has only {receive} to receive, {send} to send: packets are lost in large calls",
        "On the host, put into /etc/sysctl.d/milanio.conf: {lines}; then run sysctl --system.",
        lines=", ".join(short),
        **granted,
    )


def check_files(limit: int | None, *, running: bool) -> Finding:
    """Check how many files may be open; None: unknown or without limit. `running`: of the server, not of this shell."""
    if limit is None:
        if running:
            return ok("files.any", "the running server may open any number of files")
        return ok("files.any_here", "this shell (the server's may differ) may open any number of files")
    number = f"{limit:,}"
    if limit >= WANTED_FILES:
        if running:
            return ok("files.enough", "the running server may open {number} files", number=number)
        return ok("files.enough_here", "this shell (the server's may differ) may open {number} files", number=number)
    found = problem if limit < FEW_FILES else warning
    advice = "Set LimitNOFILE=65536 in the systemd service, or run ulimit -n 65536 before the server."
    if running:
        text = "the running server may open {number} files, one for each connection"
        return found("files.few", text, advice, number=number)
    text = "this shell (the server's may differ) may open {number} files, one for each connection"
    return found("files.few_here", text, advice, number=number)


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
    folder = str(disk.folder)
    if disk.error:
        return problem(
            "disk.unwritable",
            "nothing can be written to {folder}: {reason}",
            "Give the folder to the user who runs Milanio (chown), make room, or name another one (--data).",
            folder=folder,
            reason=disk.error,
        )
    if disk.free is not None and disk.free < SOME:
        found = problem if disk.free < LITTLE else warning
        return found(
            "disk.little",
            "{folder} has {free} left",
            "Make room, or name another folder (--data).",
            folder=folder,
            free=_size(disk.free),
        )
    if disk.stranger:
        return warning(
            "disk.stranger",
            "{folder} belongs to another user than root, who runs this check",
            "Run it as that user: sudo -u milanio milanio doctor.",
            folder=folder,
        )
    if disk.free is None:
        if disk.exists:
            return ok("disk.writable", "{folder} can be written", folder=folder)
        return ok("disk.to_be_made", "{folder} will be made when the server starts", folder=folder)
    free = _size(disk.free)
    if disk.exists:
        return ok("disk.enough", "{folder} can be written, {free} free", folder=folder, free=free)
    text = "{folder} will be made when the server starts, {free} free"
    return ok("disk.enough_to_be_made", text, folder=folder, free=free)


def _size(number: int) -> str:
    for unit, length in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if number >= length:
            return f"{number / length:,.0f} {unit}"
    return f"{number} bytes"
