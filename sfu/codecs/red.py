"""Redundant audio (RFC 2198): the newest block, for receivers that can't take the redundancy."""

NAME = "red"


MAX_BLOCKS = 16
"""Most redundant blocks in a payload; senders add one or two."""


class RedError(ValueError):
    """A payload that is not RED."""


def block_type(parameters: str) -> str:
    """The payload type of the blocks, as the fmtp line names it (RFC 2198, section 5)."""
    return parameters.partition("/")[0].strip()


def primary(payload: bytes) -> tuple[int, bytes]:
    """Payload type and data of the newest block. Raises `RedError`."""
    position = redundant = 0
    for _ in range(MAX_BLOCKS + 1):
        if position >= len(payload):
            raise RedError("RED header cut short")
        byte = payload[position]
        if not byte & 0x80:
            break
        if position + 4 > len(payload):
            raise RedError("RED header cut short")
        redundant += int.from_bytes(payload[position + 2 : position + 4]) & 0x3FF
        position += 4
    else:
        raise RedError("more redundant blocks than anyone sends")
    start = position + 1 + redundant
    if start > len(payload):
        raise RedError("RED blocks longer than the packet")
    return byte & 0x7F, payload[start:]
