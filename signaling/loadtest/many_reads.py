"""Reading what waits in a UDP socket in one system call: Linux's recvmmsg(2), which Python has no function for.

A read is what the socket gives at once: one packet, or several of the same size that came together (UDP_GRO).
"""

import ctypes
import errno
import os
import socket
import struct
import sys
import time

AT_ONCE = 16
"""Reads in one call."""

ROOM = 1 << 16
"""Bytes for each: as much as comes together at most."""

SO_TIMESTAMPNS = 35
UDP_GRO = 104
"""Numbers of Linux's socket options and control messages (SOL_SOCKET, SOL_UDP)."""

CONTROL = 64
"""Bytes for the control messages of a read: one with its arrival, and perhaps one with the size of its packets."""

Read = tuple[int, int, int, float]
"""Where it starts and ends in the buffer, the size of its packets (the last may be shorter), and its arrival by the
wall clock, seconds.
"""


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """`struct msghdr` (recvmsg(2))."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vector", ctypes.c_void_p),
        ("vectors", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """`struct mmsghdr` (recvmmsg(2))."""

    _fields_ = (("header", _Header), ("received", ctypes.c_uint))


MESSAGE = ctypes.sizeof(_Message)
"""Bytes of a message, in which `CONTROL_LENGTH` and `RECEIVED` are found."""

CONTROL_LENGTH, RECEIVED = _Header.control_length.offset, _Message.received.offset

_timespec = struct.Struct("qq").unpack
_int = struct.Struct("i").unpack


def can_read_many() -> bool:
    """Whether this system has the call, with control messages as `Poller` expects them."""
    return sys.platform == "linux" and ctypes.sizeof(ctypes.c_void_p) == 8 and hasattr(ctypes.CDLL(None), "recvmmsg")


class ManyReads:
    """The call, and the memory that it fills."""

    def __init__(self) -> None:
        self.buffer = bytearray(AT_ONCE * ROOM)
        self.control = bytearray(AT_ONCE * CONTROL)
        self.messages = bytearray(AT_ONCE * MESSAGE)
        self._vectors = (_Vector * AT_ONCE)()
        data, control = _address(self.buffer), _address(self.control)
        for number, vector in enumerate(self._vectors):
            vector.base, vector.length = data + number * ROOM, ROOM
        fresh = (_Message * AT_ONCE)()
        for number, message in enumerate(fresh):
            header = message.header
            header.vector, header.vectors = ctypes.addressof(self._vectors[number]), 1
            header.control, header.control_length = control + number * CONTROL, CONTROL
        self._fresh = bytes(fresh)
        """Messages as the kernel takes them; it changes the lengths."""
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        arguments = (_address(self.messages), AT_ONCE, socket.MSG_DONTWAIT, 0)
        types = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        # Converted once: doing so takes longer than a read.
        self._arguments = tuple(kind(value) for kind, value in zip(types, arguments, strict=True))

    def read(self, descriptor: int) -> int:
        """Read as much as there is, at most `AT_ONCE` times; returns how many. Raises `OSError`."""
        self.messages[:] = self._fresh
        count: int = self._call(descriptor, *self._arguments)
        if count >= 0:
            return count
        number = ctypes.get_errno()
        if number in (errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(number, os.strerror(number))


def read_singly(sock: socket.socket, view: memoryview) -> list[Read]:
    """The same with a call for each read, for all other systems. Raises `OSError`, if it is the first that fails."""
    found: list[Read] = []
    for start in range(0, AT_ONCE * ROOM, ROOM):
        try:
            size, control, _, _ = sock.recvmsg_into([view[start : start + ROOM]], CONTROL)
        except BlockingIOError:
            break
        except OSError:
            if found:
                break
            raise
        segment, arrival = size or 1, time.time()
        for _, kind, data in control:
            if kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = _timespec(data)
                arrival = seconds + nanoseconds * 1e-9
            elif kind == UDP_GRO:
                segment = _int(data)[0]
        found.append((start, start + size, segment, arrival))
    return found


def _address(memory: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
