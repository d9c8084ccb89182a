"""Datagrams on a stream, each after its length in two bytes (RFC 4571, section 2): what ICE over TCP carries."""

import struct

from sfu.wire.rtp import HEADER_SIZE, MAX_DATAGRAM

LENGTH = struct.Struct("!H")


MOST_EMPTY = 16
"""Frames without content that are skipped in one piece; they may be sent to keep a connection open."""


class FramingError(ValueError):
    """A frame that is shorter or longer than any datagram of WebRTC: the stream is something else, or out of step.

    (Short frames would also be the cheapest way to make work.)
    """


def framed(data: memoryview | bytes, segment: int) -> bytes:
    """Frame the datagrams of `segment` bytes in `data`, the last of which may be shorter."""
    size = len(data)
    if size <= segment:
        return LENGTH.pack(size) + data
    pieces: list[memoryview | bytes] = []
    for start in range(0, size, segment):
        piece = data[start : start + segment]
        pieces += LENGTH.pack(len(piece)), piece
    return b"".join(pieces)


class Deframer:
    """Takes the bytes of one stream in any pieces. It keeps less than one frame."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: memoryview | bytes) -> list[memoryview]:
        """Return the datagrams that are complete now; they are views of `data` or of a copy.

        Raises `FramingError`, after which nothing more can be taken.
        """
        view = memoryview(self._rest + data if self._rest else data)
        size, position, empty = len(view), 0, 0
        found: list[memoryview] = []
        while position + 2 <= size:
            (length,) = LENGTH.unpack_from(view, position)
            if not HEADER_SIZE <= length <= MAX_DATAGRAM:
                empty += 1
                if length or empty > MOST_EMPTY:
                    raise FramingError(f"a frame of {length} bytes")
            end = position + 2 + length
            if end > size:
                break
            if length:
                found.append(view[position + 2 : end])
            position = end
        self._rest = bytes(view[position:])
        return found
