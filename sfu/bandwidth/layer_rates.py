"""The bitrate of an encoding and of its layers, as it is received.

Nothing is done for each packet as it comes: the whole bitrate is sampled from counters, and its split from the latest
packets in the cache.
"""

from sfu.feedback.receive_stats import ReceiveStats
from sfu.path.cache import PacketCache
from sfu.path.thinning import Layers

PERIOD = 0.5
"""Least seconds of a sample: some pictures of each layer at 15 a second."""

RISING, FALLING = 0.5, 0.15
"""Weights of a sample that is above or below the bitrate: it had better be thought too high than too low."""

SAMPLED = 128
"""Most packets of a sample whose layers are looked at."""

SHARE_WEIGHT = 0.3
"""Weight of a sample's split into layers."""

GONE = 0.005
"""Share below which a layer isn't sent any more."""

OVERHEAD = 40
"""Bytes of a packet besides its payload: header, extensions and authentication."""


class LayerRates:
    """Measures one encoding."""

    __slots__ = ("_octets", "_packets", "_sampled_at", "_seen", "_shares", "bitrate")

    def __init__(self) -> None:
        self.bitrate: float | None = None
        """Bits per second with all layers; None: not known yet."""
        self._sampled_at: float | None = None
        self._packets = self._octets = 0
        self._seen = 0
        """The newest packet whose layer was looked at."""
        self._shares: dict[tuple[int, int], float] = {}
        """Shares of the bitrate by spatial and temporal layer; together 1."""

    def sample(self, now: float, stats: ReceiveStats, cache: PacketCache, newest: int | None) -> None:
        """Measure. Call it at any time; `newest`: the highest sequence number so far.

        Time in which nothing comes doesn't count: whether an encoding is sent is decided elsewhere.
        """
        before = self._sampled_at
        packets, octets = stats.packets - self._packets, stats.bytes - self._octets
        if before is None or packets == 0 or newest is None:
            self._sampled_at = now
            if packets:
                self._packets, self._octets, self._seen = stats.packets, stats.bytes, newest or 0
            return
        if now - before < PERIOD:
            return
        self._sampled_at, self._packets, self._octets = now, stats.packets, stats.bytes
        rate = (octets + packets * OVERHEAD) * 8 / (now - before)
        if self.bitrate is None:
            self.bitrate = rate
        else:
            self.bitrate += (rate - self.bitrate) * (RISING if rate > self.bitrate else FALLING)
        self._split(cache.octets_by_layer(max(self._seen + 1, newest - SAMPLED + 1), newest))
        self._seen = newest

    def _split(self, octets: dict[tuple[int, int], int]) -> None:
        total = sum(octets.values())
        if not total:
            return
        weight = SHARE_WEIGHT if self._shares else 1.0
        shares = {
            layer: self._shares.get(layer, 0.0) * (1 - weight) + octets.get(layer, 0) / total * weight
            for layer in {*self._shares, *octets}
        }
        kept = {layer: share for layer, share in shares.items() if share >= GONE}
        whole = sum(kept.values())
        self._shares = {layer: share / whole for layer, share in kept.items()}

    def bitrates(self) -> dict[Layers, int] | None:
        """Bits per second of the layers up to each of those that there are; None: not known yet."""
        if self.bitrate is None or not self._shares:
            return None
        shares = self._shares
        found = {}
        for spatial in {layer[0] for layer in shares}:
            for temporal in {layer[1] for layer in shares}:
                share = sum(part for (s, t), part in shares.items() if s <= spatial and t <= temporal)
                found[Layers(spatial, temporal)] = round(self.bitrate * share)
        return found
