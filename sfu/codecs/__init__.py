"""What the relay needs to know about codecs: where a decoder can start, and which numbers in a payload to rewrite."""

from collections.abc import Callable

from sfu.codecs import av1, dependency, h264, red, vp8, vp9
from sfu.codecs.codec import Codec
from sfu.codecs.decoding import can_play_any, find_playable
from sfu.codecs.dependency import Structure
from sfu.wire import extensions
from sfu.wire.packet import BEGINS_FRAME, ENDS_FRAME, Packet, make_place

__all__ = ["Codec", "can_play_any", "find_playable", "red"]  # of other modules: what most of the relay needs

MAX_LAYER = 7
"""The highest number of a layer."""


def _annotate_vp8(packet: Packet) -> None:
    payload = packet.payload
    try:
        size, begins, number, number_at, is_long, tl0, tl0_at, temporal, sync = vp8.parse(payload)
    except vp8.Vp8Error:
        return
    packet.keyframe = begins and not payload[size] & vp8.INTER_FRAME
    if is_long or tl0_at is not None:
        packet.picture = (
            (number_at or 0, number or 0, tl0_at or 0, tl0 or 0) if is_long else (0, 0, tl0_at or 0, tl0 or 0)
        )
    place = (BEGINS_FRAME if begins else 0) | (ENDS_FRAME if packet.marker else 0)
    if temporal:
        # A layer sync frame needs only the base layer: a viewer who lacks just its own layer may start that here.
        place |= make_place(temporal, up_from=temporal - 1, up_to=temporal) if sync else temporal
    packet.place = place


def _annotate_h264(packet: Packet) -> None:
    packet.keyframe = h264.is_keyframe(packet.payload)
    packet.place = make_place(0, begins=packet.keyframe, ends=packet.marker > 0)


def _annotate_vp9(packet: Packet) -> None:
    try:
        descriptor = vp9.parse(packet.payload)
    except vp9.Vp9Error:
        return
    packet.keyframe = vp9.is_keyframe(descriptor)
    packet.place = make_place(
        descriptor.temporal,
        descriptor.spatial,
        begins=descriptor.begins_frame,
        ends=descriptor.ends_frame,
        up_from=descriptor.temporal,
        up_to=MAX_LAYER if descriptor.up else 0,
    )


def _annotate_av1(packet: Packet) -> None:
    packet.keyframe = av1.is_keyframe(packet.payload)
    packet.place = make_place(0, begins=packet.keyframe, ends=packet.marker > 0)


annotate: dict[str, Callable[[Packet], None]] = {
    vp8.NAME: _annotate_vp8,
    h264.NAME: _annotate_h264,
    vp9.NAME: _annotate_vp9,
    av1.NAME: _annotate_av1,
}
"""By codec name: fill in `keyframe`, `picture` and `place` of a video packet. A payload that can't be read counts as no
keyframe and as the lowest layer."""


def annotate_by_dependencies(packet: Packet, structure: Structure | None) -> Structure | None:
    """Fill in `place` by the packet's dependency descriptor; `structure` is that of the latest keyframe.

    Returns the structure for the next packets. A descriptor that can't be read changes nothing.
    """
    value = packet.extensions[extensions.DEPENDENCY_DESCRIPTOR]
    try:
        descriptor = dependency.parse(value)
        structure = dependency.parse_structure(value) or structure
    except dependency.DependencyError:
        return structure
    template = None if structure is None else structure.find(descriptor.template)
    if template is not None:
        packet.place = make_place(
            template.temporal,
            template.spatial,
            begins=descriptor.begins_frame,
            ends=descriptor.ends_frame,
            up_from=template.temporal,
            up_to=template.up_to,
        )
    return structure
