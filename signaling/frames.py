"""Checks of frame headers: what RFC 6455 forbids clients, but the WebSocket library accepts.

The library refuses reserved bits, unknown opcodes, and control frames that are too long or fragmented. It accepts
frames without a mask, and any number of control frames and fragments, which never reach the code that counts messages.
"""

from signaling.rate_limit import RateLimit

CONTROL_BURST, CONTROL_PER_SECOND = 200, 50
"""Pings, pongs and fragments that a client may send at once, and in the long run."""

POISON = b"\x70\x80"
"""A header with all reserved bits set: the library closes the connection with 1002, "protocol error" (5.2)."""

_MASKED = 0x80
_FIN = 0x80
_CONTROL = 0x08
_OPCODE = 0x0F
_LENGTHS = {126: 2, 127: 8}
"""Bytes of the extended payload length, by the length that announces it (5.2)."""
_MASK_BYTES = 4


class FrameError(ValueError):
    """A frame that clients must not send; `good` holds the bytes before it."""

    def __init__(self, reason: str, good: bytes) -> None:
        super().__init__(reason)
        self.good = good


class FrameCheck:
    """Follows the frames of one connection. It looks at headers only, so the cost per byte is negligible."""

    def __init__(self) -> None:
        self._held = b""
        """The beginning of a header, passed on once the rest of it has arrived."""
        self._left = 0
        """Bytes of the current frame's payload that are still to come."""
        self._limit = RateLimit(CONTROL_BURST, CONTROL_PER_SECOND)

    def feed(self, data: bytes, now: float) -> bytes:
        """Check received bytes, cut anywhere; returns those to pass on. Raises `FrameError`: feed nothing after it."""
        if self._held:
            data = self._held + data
            self._held = b""
        at = 0
        while True:
            skipped = min(self._left, len(data) - at)
            self._left -= skipped
            at += skipped
            if at == len(data):
                return data
            if len(data) - at >= 2 and not data[at + 1] & _MASKED:
                # 5.1: a server must close the connection on a frame that is not masked.
                raise FrameError("a frame without a mask", data[:at])
            extended = _LENGTHS.get(data[at + 1] & 0x7F, 0) if len(data) - at >= 2 else 0
            end = at + 2 + extended + _MASK_BYTES
            if len(data) < end:
                self._held = data[at:]
                return data[:at]
            first = data[at]
            # Control frames, continuations, and messages that aren't complete in one frame.
            if (first & _CONTROL or not first & _OPCODE or not first & _FIN) and not self._limit.allow(now):
                raise FrameError("too many control frames or pieces", data[:at])
            self._left = int.from_bytes(data[at + 2 : at + 2 + extended], "big") if extended else data[at + 1] & 0x7F
            at = end
