"""Sound and picture of a person are played in sync, although they don't arrive so."""

from collections import deque
from typing import Any

import pytest

from sfu.wire import rtp
from tests.browser.conftest import Meeting
from tests.browser.people import SMALL, Person, until
from tests.browser.udp_proxy import UdpProxy

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

LATE = 0.4
"""Seconds by which pictures come later than sound."""

NOTICED = 0.15
"""Seconds between sound and picture from which people notice."""

_SOUND = (63, 111)
"""Payload types of RED and Opus in Chromium."""


def is_picture(datagram: bytes) -> bool:
    is_media = rtp.is_rtp_or_rtcp(datagram[0]) and not rtp.is_rtcp(datagram[1])
    return is_media and datagram[1] & 0x7F not in _SOUND


async def played(person: Person) -> dict[str, dict[str, Any]]:
    """Statistics of the sound and of the picture that arrive; there is one of each."""
    return {
        entry["kind"]: entry
        for entry in await person.stats()
        if entry["type"] == "inbound-rtp" and entry.get("estimatedPlayoutTimestamp") and entry.get("packetsReceived")
    }


async def test_chromium_delays_sound_until_the_late_picture_of_the_same_person(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = networked
    meeting.camera = SMALL
    proxy.late = lambda datagram: LATE if is_picture(datagram) else 0.0
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.sees(ada)
    latest: deque[tuple[float, float, float]] = deque(maxlen=8)
    """Seconds by which the sound is ahead; and that it has waited, in all, and for how many samples."""

    async def is_in_sync() -> bool:
        found = await played(ben)
        if found.keys() != {"audio", "video"}:
            return False
        audio, video = found["audio"], found["video"]
        ahead = (audio["estimatedPlayoutTimestamp"] - video["estimatedPlayoutTimestamp"]) / 1000
        sample = (ahead, audio["jitterBufferDelay"], audio["jitterBufferEmittedCount"])
        if not latest or sample[2] - latest[-1][2] >= 24_000:
            latest.append(sample)
        return len(latest) == latest.maxlen and all(abs(each) < NOTICED for each, _, _ in latest)

    await until(is_in_sync, 60)
    waited = (latest[-1][1] - latest[0][1]) / (latest[-1][2] - latest[0][2])
    assert waited > LATE / 2
