"""What the relay has to know of codecs: where a decoder can start, and which numbers in a payload must be rewritten."""

from collections.abc import Callable
from dataclasses import dataclass

from sfu.codecs import av1, h264, red, vp8, vp9
from sfu.wire.packet import Packet


@dataclass(frozen=True, slots=True)
class Codec:
    """A negotiated codec; `parameters` are those of its fmtp line."""

    name: str
    payload_type: int
    clock_rate: int
    rtx_payload_type: int | None = None
    parameters: str = ""


def find_playable(taken: dict[str, Codec], sent: Codec) -> Codec | None:
    """The viewer's codec to send this one as; None: the viewer can't decode it.

    RED reaches viewers without it as Opus: the relay strips the redundancy. So it does for those whose payload type of
    Opus is another, as RED names that of its blocks.
    """
    found = taken.get(sent.name)
    if sent.name == red.NAME and (found is None or red.block_type(found.parameters) != red.block_type(sent.parameters)):
        return taken.get("opus")
    if found is None:
        return None
    if sent.name == h264.NAME and not h264.decodes(found.parameters, sent.parameters):
        return None
    return found


def _annotate_vp8(packet: Packet) -> None:
    try:
        descriptor = vp8.parse(packet.payload)
    except vp8.Vp8Error:
        return
    packet.keyframe = vp8.is_keyframe(packet.payload, descriptor)
    if descriptor.picture_id_is_long or descriptor.tl0_offset is not None:
        long = descriptor.picture_id_is_long
        packet.picture = (
            descriptor.picture_id_offset or 0 if long else 0,
            descriptor.picture_id or 0 if long else 0,
            descriptor.tl0_offset or 0,
            descriptor.tl0_index or 0,
        )


def _annotate_h264(packet: Packet) -> None:
    packet.keyframe = h264.is_keyframe(packet.payload)


def _annotate_vp9(packet: Packet) -> None:
    packet.keyframe = vp9.is_keyframe(packet.payload)


def _annotate_av1(packet: Packet) -> None:
    packet.keyframe = av1.is_keyframe(packet.payload)


annotate: dict[str, Callable[[Packet], None]] = {
    vp8.NAME: _annotate_vp8,
    h264.NAME: _annotate_h264,
    vp9.NAME: _annotate_vp9,
    av1.NAME: _annotate_av1,
}
"""By codec name: fill in `keyframe` and `picture` of a video packet. A payload that can't be read is no keyframe."""
