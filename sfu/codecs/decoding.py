"""Whether a viewer can take a stream: the one place where this is decided, from what both have negotiated."""

import functools
from collections.abc import Callable, Iterable

from sfu.codecs import av1, h264, red, vp9
from sfu.codecs.codec import Codec

_decodes: dict[str, Callable[[str, str], bool]] = {
    h264.NAME: h264.decodes,
    vp9.NAME: vp9.decodes,
    av1.NAME: av1.decodes,
}
"""By codec name: whether a decoder with the first parameters can decode a stream with the second. Any decoder of a
codec that isn't listed can."""


def find_playable(taken: dict[str, Codec], sent: Codec) -> Codec | None:
    """The viewer's codec to send this one as; None: the viewer can't decode it. `taken`: the viewer's codecs by name.

    Viewers without RED get it as Opus: the relay strips the redundancy. So do viewers with another payload type for
    Opus, as RED names the payload type of its blocks.
    """
    found = taken.get(sent.name)
    if sent.name == red.NAME and (found is None or red.block_type(found.parameters) != red.block_type(sent.parameters)):
        return taken.get("opus")
    if found is None or not _is_decoded(sent.name, found.parameters, sent.parameters):
        return None
    return found


def can_play_any(taken: dict[str, Codec], sent: Iterable[Codec]) -> bool:
    """Whether the viewer can decode one of these codecs, of which the sender may use any."""
    return any(find_playable(taken, codec) is not None for codec in sent)


@functools.lru_cache(maxsize=1024)
def _is_decoded(name: str, decoder: str, stream: str) -> bool:
    check = _decodes.get(name)
    return check is None or check(decoder, stream)
