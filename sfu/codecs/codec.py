"""A codec, as negotiated in a media section."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codec:
    """A negotiated codec; `parameters` are those of its fmtp line."""

    name: str
    payload_type: int
    clock_rate: int
    rtx_payload_type: int | None = None
    parameters: str = ""
