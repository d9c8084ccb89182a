"""Calls with cameras of real bitrates, and viewers on narrow links whose bandwidth the relay has to find out."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tests.sim.media import Frame
from tests.sim.network import Link, World
from tests.sim.peer import Peer

FPS = 15
CYCLES = ((2, 1, 1, 1), (7, 3, 3, 3), (19, 10, 9, 10))
"""Packets of four frames in a row of each encoding: the base layer has 40 % of the bitrate, as libwebrtc shares it."""

KEY_PARTS = (4, 12, 36)
"""Packets of a keyframe."""

SIZES = 960, 1000, 1000
"""Bytes of payload in each packet: 150, 500 and 1,500 kbit/s on the wire."""

OVERHEAD = 40
"""Bytes of a packet besides its payload: header, extensions and authentication."""


def open_camera(peer: Peer, phase: float) -> None:
    """Send three encodings, each in three temporal layers, and only those that are wanted; from that time on."""
    for camera, cycle, key_parts, size in zip(peer.cameras, CYCLES, KEY_PARTS, SIZES, strict=True):
        camera.layered, camera.interval = True, 1 / FPS
        camera.cycle, camera.key_parts, camera.size = cycle, key_parts, size
        camera.next_at = phase
    peer.obeys = True


class Call:
    """Publishers, and one viewer who shows each of them in a tile."""

    def __init__(self, world: World, publishers: int, down: Link, height: int = 720) -> None:
        self.world = world
        self.publishers = [world.join(f"p{number}", audio_slots=0, video_slots=0) for number in range(publishers)]
        for peer in self.publishers:
            open_camera(peer, world.now + world.random.random() / FPS)
        self.viewer = world.join("viewer", publish=(), audio_slots=2, video_slots=publishers)
        self.viewer.down = down
        for video in self.viewer.video.values():
            video.layered = True
        world.connect()
        for number, peer in enumerate(self.publishers):
            world.show(self.viewer, f"v{number}", f"{peer.name}.camera", height)

    @property
    def estimate(self) -> int:
        return self.viewer.transport.bandwidth.estimate

    def media(self) -> int:
        """Bytes of media sent to the viewer so far, on the wire, without padding and retransmissions."""
        forwarders = [slot.forwarder for slot in self.viewer.transport.sender.slots.values()]
        return sum(each.octets + OVERHEAD * each.packets for each in forwarders)

    def frames(self, since: float, tile: int = 0) -> list[Frame]:
        """What the viewer saw in a tile."""
        return [frame for frame in self.viewer.video[f"v{tile}"].frames if frame.at >= since]

    def gaps(self, since: float, tile: int = 0) -> list[float]:
        """Seconds between any two pictures in a tile, up to now."""
        times = [since, *(frame.at for frame in self.frames(since, tile)), self.world.now]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def frozen(self, since: float, tile: int = 0, still: float = 0.5) -> float:
        """The share of time in which a tile stood still for longer than `still` seconds."""
        return sum(gap for gap in self.gaps(since, tile) if gap > still) / (self.world.now - since)

    def layer(self, tile: int = 0) -> int | None:
        """The encoding of which the last picture in a tile was."""
        shown = self.viewer.video[f"v{tile}"].frames
        return shown[-1].layer if shown else None

    def voice(self, since: float, number: int = 0) -> tuple[float, list[float]]:
        """The share of a publisher's voice since then that is missing, and the delays of what was heard."""
        peer = self.publishers[number]
        assert peer.microphone is not None
        sent = peer.microphone.sent_at
        expected = {each for each, at in enumerate(sent) if since <= at < self.world.now - 1.0}
        heard = {
            each: at
            for audio in self.viewer.audio.values()
            for at, sender, each in audio.heard
            if sender == peer.number and each in expected
        }
        return 1 - len(heard) / len(expected), [at - sent[each] for each, at in heard.items()]


def quantile(values: Sequence[float], share: float) -> float:
    """That quantile."""
    return sorted(values)[int(share * (len(values) - 1))]


@dataclass
class Breakdown:
    """What came of a link of 5 Mbit/s that carried 0.3 Mbit/s for a while; in seconds, and in shares."""

    joined: float
    """From the connection until full quality."""
    voice_lost: float
    frozen: float
    """Share of the time at 0.3 Mbit/s in which the picture stood still for longer than half a second."""
    recovered: float
    """From the end of the breakdown until full quality."""


def run_breakdown(world: World, link: Link, height: int, seconds: float) -> Breakdown:
    """Watch one publisher over a link that breaks down for that long."""
    call = Call(world, 1, link, height)
    top, limit = 2 if height > 360 else 1, 15.0
    joined = world.run_until(lambda: call.layer() == top, limit)
    world.run(3.0)
    since, call.viewer.down.bandwidth = world.now, 0.3e6
    world.run(seconds)
    frozen, voice_lost = call.frozen(since), call.voice(since)[0]
    back, call.viewer.down.bandwidth = world.now, 5e6
    world.run(0.3)  # what waited in the queue still comes
    recovered = 0.3 + world.run_until(lambda: any(frame.layer == top for frame in call.frames(back + 0.3)), limit)
    return Breakdown(joined, voice_lost, frozen, recovered)
